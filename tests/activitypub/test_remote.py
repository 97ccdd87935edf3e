"""Other servers' actors, keys and hosts: fetched once for all who wait, checked, kept. On both databases."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from fedivoisin.activitypub import remote
from fedivoisin.activitypub.parse.objects import ListingDocument
from fedivoisin.activitypub.wire import keys as wire_keys
from fedivoisin.errors import BadActivity, Unreachable
from fedivoisin.store import keys, peers
from fedivoisin.store.peers import Peer
from fedivoisin.world import Response
from tests.activitypub.neighbours import RENNES, Neighbours, note, offer, says
from tests.fakes import key_pair

BOB = f"{RENNES}/users/bob"
KEY = f"{BOB}#main-key"
SHORT = wire_keys.public_pem(generate_private_key(public_exponent=65537, key_size=1024).public_key())
"""Of a size that was enough once."""


async def _key(here: Neighbours, key_id: str = KEY) -> str:
    """Fetch it: its owner, or why not."""
    try:
        return (await remote.fetch_key(here.reception.remote, key_id)).owner
    except BadActivity as error:
        return error.code


def _json(here: Neighbours, url: str, document: Any) -> None:
    here.world.publish(url, json.dumps(document).encode(), content_type="application/json")


async def _peer(here: Neighbours) -> Peer:
    async with here.store.read() as tx:
        known = await peers.by_host(tx, "rennes.example")
    assert known is not None
    return known


async def test_a_document_is_fetched_once_for_all_who_ask_meanwhile(here: Neighbours) -> None:
    here.show(offer(BOB))
    found = await asyncio.gather(*(remote.fetch_document(here.reception.remote, f"{BOB}/item-1") for _ in range(5)))
    assert all(isinstance(one, ListingDocument) for one in found)
    assert here.asked() == [f"{BOB}/item-1"]


async def test_who_stops_waiting_leaves_the_answer_to_the_others(here: Neighbours) -> None:
    may_answer = asyncio.Event()

    async def work() -> str:
        await may_answer.wait()
        return "done"

    first = asyncio.create_task(here.reception.remote.together("one", work))
    second = asyncio.create_task(here.reception.remote.together("one", work))
    await asyncio.sleep(0)
    first.cancel()
    may_answer.set()
    assert await second == "done"


async def test_a_failure_reaches_all_who_wait_and_the_next_one_asks_anew(here: Neighbours) -> None:
    asks = [remote.fetch_document(here.reception.remote, f"{BOB}/item-1") for _ in range(2)]
    assert {type(one) for one in await asyncio.gather(*asks, return_exceptions=True)} == {Unreachable}
    here.show(offer(BOB))
    assert isinstance(await remote.fetch_document(here.reception.remote, f"{BOB}/item-1"), ListingDocument)


async def test_what_is_under_way_is_called_off_at_the_end(here: Neighbours) -> None:
    waiting = asyncio.create_task(here.reception.remote.together("one", asyncio.Event().wait))
    await asyncio.sleep(0)
    await here.reception.remote.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_a_page_leads_to_the_document_at_its_own_address(here: Neighbours) -> None:
    document = offer(BOB)
    here.show(document)
    here.world.pages[f"{RENNES}/@bob/1"] = here.world.pages[str(document["id"])]
    found = await remote.fetch_document(here.reception.remote, f"{RENNES}/@bob/1")
    assert isinstance(found, ListingDocument)
    assert here.asked() == [f"{RENNES}/@bob/1", f"{BOB}/item-1"]


async def test_a_page_that_leads_in_a_circle_is_not_believed(here: Neighbours) -> None:
    for here_, there in ((f"{BOB}/a", f"{BOB}/b"), (f"{BOB}/b", f"{BOB}/c")):
        here.world.publish(here_, json.dumps(note(BOB, id=there)).encode())
    with pytest.raises(BadActivity, match="foreign-id"):
        await remote.fetch_document(here.reception.remote, f"{BOB}/a")


async def test_what_is_no_actor_is_not_taken_for_one(here: Neighbours) -> None:
    here.show(note(BOB))
    with pytest.raises(BadActivity, match="not-an-actor"):
        await remote.fetch_actor(here.reception.remote, f"{BOB}/note-1")


async def test_an_actor_is_found_by_its_name(here: Neighbours) -> None:
    bob = here.actor("bob")
    link = {"rel": "self", "type": "application/activity+json", "href": bob}
    resource = f"{RENNES}/.well-known/webfinger?resource=acct%3Abob%40rennes.example"
    _json(here, resource, {"subject": "acct:bob@rennes.example", "links": [link]})
    found = await remote.find(here.reception.remote, "bob", "rennes.example")
    assert (found.url, found.host, found.name) == (bob, "rennes.example", "bob")


async def test_a_key_is_kept_with_its_owner(here: Neighbours) -> None:
    here.actor("bob")
    assert await _key(here) == BOB
    bob = await here.person(BOB)
    async with here.store.read() as tx:
        assert {one.purpose for one in await keys.of_actor(tx, bob.id)} == {"http", "assertion"}


async def test_a_key_at_its_own_address_is_believed_when_its_owner_lists_it(here: Neighbours) -> None:
    public = {"id": f"{BOB}/main-key", "owner": BOB, "publicKeyPem": key_pair(1).rsa_public}
    here.actor("bob", publicKey=public)
    here.show(public)
    assert await _key(here, f"{BOB}/main-key") == BOB
    here.actor("bob")
    assert await _key(here, f"{BOB}/main-key") == "owner-does-not-list-key"


async def test_a_key_at_its_own_address_is_listed_when_its_owner_names_it(here: Neighbours) -> None:
    apart, forged = f"{BOB}/main-key", f"{RENNES}/uploads/key"
    bob = await here.met("bob", publicKey=[apart, f"{BOB}/none"])
    for one in (apart, forged):
        here.show({"id": one, "owner": BOB, "publicKeyPem": key_pair(1).rsa_public})
    assert await _key(here, apart) == BOB
    assert await _key(here, forged) == "owner-does-not-list-key"
    await remote.fetch_actor(here.reception.remote, BOB)
    async with here.store.read() as tx:
        assert {one.id for one in await keys.of_actor(tx, bob.id)} == {apart, f"{BOB}#ed25519"}
    here.show({"id": apart, "owner": f"{RENNES}/users/eve", "publicKeyPem": key_pair(2).rsa_public})
    here.actor("eve", 2)
    assert await _key(here, apart) == "owner-does-not-list-key"


async def test_a_key_in_a_page_of_its_owner_is_read_at_the_owner(here: Neighbours) -> None:
    public = {"id": f"{BOB}/keys/1", "owner": BOB, "publicKeyPem": key_pair(1).rsa_public}
    here.actor("bob", publicKey=public)
    here.world.pages[f"{BOB}/keys/1"] = here.world.pages[BOB]
    assert await _key(here, f"{BOB}/keys/1") == BOB


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (note(BOB, id=f"{BOB}/key"), "not-a-key"),
        ({"id": f"{BOB}/other", "owner": BOB, "publicKeyPem": "x"}, "foreign-key"),
        ({"id": f"{BOB}/key", "owner": "https://lyon.example/u", "publicKeyPem": "x"}, "foreign-key"),
        ({"id": f"{BOB}/key", "owner": f"{BOB}/note-1", "publicKeyPem": "x"}, "not-an-actor"),
    ],
)
async def test_a_key_that_nobody_answers_for_is_refused(here: Neighbours, document: dict[str, Any], code: str) -> None:
    here.show(note(BOB))
    here.world.publish(f"{BOB}/key", json.dumps(document).encode())
    assert await _key(here, f"{BOB}/key") == code


async def test_an_actor_whose_inbox_is_elsewhere_is_refused(here: Neighbours) -> None:
    here.actor("bob", inbox="https://lyon.example/inbox")
    assert await _key(here) == "foreign-inbox"


async def test_keys_and_inboxes_of_others_are_not_taken_over(here: Neighbours) -> None:
    pair = key_pair(1)
    multikey = {"id": f"{BOB}#proof", "type": "Multikey", "publicKeyMultibase": pair.ed25519_public}
    here.actor(
        "bob",
        endpoints={"sharedInbox": "https://lyon.example/inbox"},
        publicKey=[
            {"id": KEY, "owner": BOB, "publicKeyPem": pair.rsa_public},
            {"id": "https://lyon.example/key", "owner": BOB, "publicKeyPem": pair.rsa_public},
        ],
        assertionMethod=[
            multikey | {"controller": "https://lyon.example/users/eve"},
            multikey | {"id": "https://lyon.example/key#2", "controller": BOB},
        ],
    )
    assert await _key(here) == BOB
    bob = await here.person(BOB)
    async with here.store.read() as tx:
        assert [one.id for one in await keys.of_actor(tx, bob.id)] == [KEY]
    assert bob.shared_inbox is None


async def test_nobody_takes_a_key_over_by_listing_it(here: Neighbours) -> None:
    def listed(key_id: str, owner: str, number: int) -> dict[str, str]:
        return {"id": key_id, "owner": owner, "publicKeyPem": key_pair(number).rsa_public}

    eve, apart = f"{RENNES}/users/eve", f"{BOB}/main-key"
    own = listed(f"{eve}#main-key", eve, 2)
    taken = [own, listed(KEY, eve, 2), listed(apart, eve, 2)]
    # Listed before anybody knew them, and after.
    for _ in range(2):
        await here.met("eve", 2, publicKey=taken)
        here.show(listed(apart, BOB, 3))
        here.actor("bob", publicKey=[listed(KEY, BOB, 1), listed(apart, BOB, 3)])
        assert {await _key(here, one) for one in (KEY, apart)} == {BOB}
        assert await _key(here, own["id"]) == eve
    await here.met("eve", 2, publicKey=taken)
    async with here.store.read() as tx:
        kept = {one.id: (one.owner, one.public) for one in await keys.by_ids(tx, [own["id"], KEY, apart])}
    public = {number: key_pair(number).rsa_public for number in (1, 2, 3)}
    assert kept == {own["id"]: (eve, public[2]), KEY: (BOB, public[1]), apart: (BOB, public[3])}


async def test_a_key_that_stood_with_somebody_else_is_of_whom_its_own_address_says(here: Neighbours) -> None:
    apart, eve = f"{RENNES}/keys/1", f"{RENNES}/users/eve"
    for owner, name in ((eve, "eve"), (BOB, "bob")):
        public = {"id": apart, "owner": owner, "publicKeyPem": key_pair(1).rsa_public}
        here.show(public)
        here.actor(name, publicKey=public)
        assert await _key(here, apart) == owner


async def test_a_key_that_cannot_be_used_takes_no_other_with_it(here: Neighbours) -> None:
    def listed(key_id: str, pem: str) -> dict[str, str]:
        return {"id": key_id, "owner": BOB, "publicKeyPem": pem}

    good = key_pair(1).rsa_public
    here.actor("bob", publicKey=[listed(KEY, f"\n\0{good}"), listed(f"{BOB}#old", SHORT), listed(f"{BOB}#odd", "\0")])
    assert await _key(here) == BOB
    assert await _key(here, f"{BOB}#old") == "owner-does-not-list-key"
    here.actor("bob", publicKey=listed(KEY, SHORT))
    assert await _key(here) == "bad-key"


async def test_keys_that_are_no_longer_listed_are_forgotten(here: Neighbours) -> None:
    await here.met("bob")
    here.actor("bob", assertionMethod=[])
    assert await _key(here) == BOB
    bob = await here.person(BOB)
    async with here.store.read() as tx:
        assert [one.id for one in await keys.of_actor(tx, bob.id)] == [KEY]


async def test_who_left_does_not_come_back_because_somebody_looks(here: Neighbours) -> None:
    await here.followed("bob", name="Bob")
    assert await here.hear(says("Delete", BOB, BOB)) == "done"
    here.world.pass_time(minutes=6)
    here.actor("bob", 2, name="Bob")
    with pytest.raises(BadActivity, match="gone"):  # forged, but for that a key is fetched anew
        await here.hear(says("Like", BOB, f"{RENNES}/nothing"), 3)
    with pytest.raises(BadActivity, match="gone"):
        await remote.fetch_actor(here.reception.remote, BOB)
    assert await _key(here, f"{BOB}#new") == "gone"
    bob = await here.person(BOB)
    assert (bob.gone_at, bob.display_name) == (here.world.now() - timedelta(minutes=6), "")
    async with here.store.read() as tx:
        assert {one.fetched_at for one in await keys.of_actor(tx, bob.id)} == {bob.gone_at}


async def test_an_actor_without_a_name_is_called_by_its_address_and_its_place_is_blurred(here: Neighbours) -> None:
    place = {"type": "Place", "name": "Rennes", "latitude": 48.117266, "longitude": -1.677793}
    bob = await here.met("bob", preferredUsername="", location=place, icon={"type": "Image", "url": f"{BOB}.png"})
    assert bob.name == "bob"
    assert bob.icon_url == f"{BOB}.png"
    assert await here.met("bob", location={"type": "Place", "name": "Rennes"}) is not None


async def test_a_host_says_what_it_is(here: Neighbours) -> None:
    rel = "http://nodeinfo.diaspora.software/ns/schema/2.1"
    _json(here, f"{RENNES}/.well-known/nodeinfo", {"links": [{"rel": rel, "href": f"{RENNES}/nodeinfo/2.1"}]})
    _json(here, f"{RENNES}/nodeinfo/2.1", {"software": {"name": "Fedivoisin", "version": "1"}, "metadata": {}})
    await remote.describe_host(here.reception.remote, RENNES)
    assert (await _peer(here)).software == "fedivoisin"


@pytest.mark.parametrize(
    "links", [[], [{"rel": "http://nodeinfo.diaspora.software/ns/schema/2.1", "href": "https://lyon.example/n"}]]
)
async def test_a_host_that_does_not_say_what_it_is_is_left_unknown(here: Neighbours, links: list[Any]) -> None:
    _json(here, f"{RENNES}/.well-known/nodeinfo", {"links": links})
    await remote.describe_host(here.reception.remote, RENNES)
    assert (await _peer(here)).software == ""


@pytest.mark.parametrize("answer", [Unreachable("timeout"), Response(RENNES, 500, {}, b"")])
async def test_what_a_host_said_holds_while_it_cannot_be_asked(here: Neighbours, answer: Any) -> None:
    said = {"name": "Cleunay", "understands": {"trust": 1}}
    await here.store.write(peers.describe, "rennes.example", software="fedivoisin", version="1", metadata=said)
    here.world.pass_time(days=8)
    here.world.pages[f"{RENNES}/.well-known/nodeinfo"] = answer
    await remote.describe_host(here.reception.remote, RENNES)
    known = await _peer(here)
    assert (known.software, known.software_version, known.metadata) == ("fedivoisin", "1", said)
    assert known.nodeinfo_at == here.world.now()


async def test_a_document_that_is_gone_is_said_to_be(here: Neighbours) -> None:
    here.world.pages[BOB] = Response(BOB, 410, {}, b"")
    assert await _key(here) == "gone"
