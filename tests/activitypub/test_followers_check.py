"""Two servers that differ about who follows whom find out, and agree again (FEP-8fcf). On both databases."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from fedivoisin import addresses
from fedivoisin.activitypub import followers_check, remote, serving
from fedivoisin.activitypub.parse.activities import CollectionDocument
from fedivoisin.activitypub.parse.objects import Document
from fedivoisin.activitypub.remote import Remote
from fedivoisin.activitypub.serving import Found
from fedivoisin.activitypub.wire import signatures, synchronisation
from fedivoisin.activitypub.wire.keys import PrivateKey
from fedivoisin.activitypub.wire.origins import origin_of
from fedivoisin.activitypub.wire.request import Scheme, SignedRequest, lines_of
from fedivoisin.activitypub.wire.synchronisation import HEADER, Synchronisation, digest_of
from fedivoisin.ids import ActorId
from fedivoisin.store import actors, follower_checks, follows
from fedivoisin.store.db import Tx
from fedivoisin.store.follower_checks import Check
from fedivoisin.store.schema.federation import activity
from fedivoisin.world import Response
from tests.activitypub.neighbours import RENNES, Neighbours, private_key, says
from tests.activitypub.test_delivery import deliver
from tests.makers import ORIGIN, put_member

BOB = f"{RENNES}/users/bob"
FOLLOWERS = f"{BOB}/followers"
PARTIAL = f"{BOB}/followers_synchronization"
GROUP = f"{ORIGIN}/groups/doulon"


async def _told(
    here: Neighbours, said: Synchronisation | str, *, scheme: Scheme = "cavage", is_signed: bool = True
) -> None:
    """Bob posts something, with the header."""
    value = said if isinstance(said, str) else synchronisation.write(said)
    body = json.dumps(says("Like", BOB, f"{ORIGIN}/nothing")).encode()
    key, now = PrivateKey(f"{BOB}#main-key", private_key(1)), here.world.now()
    also = {HEADER: value} if is_signed else {}
    headers = signatures.sign_post(f"{ORIGIN}/inbox", body, also, key=key, now=now, scheme=scheme)
    request = SignedRequest("POST", "/inbox", lines_of((headers | {HEADER: value}).items()), body, origin_of(ORIGIN))
    await followers_check.heard(here.reception, request)


async def _check(here: Neighbours) -> Check | None:
    async with here.store.read() as tx:
        bob = await actors.by_url(tx, BOB)
        return await follower_checks.of(tx, bob.id) if bob is not None else None


def _shown(here: Neighbours, *items: object, **changes: Any) -> Synchronisation:
    """Bob's server lists these, and says so."""
    document = {"@context": "https://www.w3.org/ns/activitystreams", "id": PARTIAL, "type": "OrderedCollection"}
    here.show(document | {"orderedItems": list(items)} | changes)
    return Synchronisation(FOLLOWERS, PARTIAL, digest_of(one for one in items if isinstance(one, str)))


async def _follow(here: Neighbours, follower: ActorId, state: str = "accepted") -> None:
    bob = await here.person(BOB)
    await here.store.write(
        follows.put,
        follow_id=f"f-{follower}",
        follower_id=follower,
        followed_id=bob.id,
        activity_url=f"{ORIGIN}/f/{follower}",
        state=state,
    )


async def _following(here: Neighbours, *, state: str = "accepted") -> list[str]:
    bob = await here.person(BOB)

    async def look(tx: Tx) -> list[str]:
        found = [(one, who) for one, who in await follows.followers_here(tx, bob.id) if one.state == state]
        return [who.url for _, who in found]

    async with here.store.read() as tx:
        return await look(tx)


@pytest.fixture
async def town(here: Neighbours) -> Neighbours:
    """Awa has followed Bob for long."""
    await here.followed("bob", followers=FOLLOWERS)
    here.world.pass_time(hours=3)
    return here


@pytest.mark.parametrize("scheme", ["cavage", "rfc9421"])
async def test_a_digest_that_differs_is_looked_into_once_an_hour(town: Neighbours, scheme: Scheme) -> None:
    await _told(town, Synchronisation(FOLLOWERS, PARTIAL, digest_of([])), scheme=scheme)
    first = await _check(town)
    assert first is not None
    assert (first.url, first.digest, first.next_at) == (PARTIAL, "0" * 64, town.world.now())
    town.world.pass_time(minutes=50)
    await _told(town, Synchronisation(FOLLOWERS, PARTIAL, "1" * 64), scheme=scheme)
    assert await _check(town) == first
    town.world.pass_time(minutes=11)
    await _told(town, Synchronisation(FOLLOWERS, PARTIAL, "1" * 64), scheme=scheme)
    again = await _check(town)
    assert again is not None
    assert again.digest == "1" * 64


async def test_a_digest_that_is_ours_asks_nothing(town: Neighbours) -> None:
    await _told(town, Synchronisation(FOLLOWERS, PARTIAL, digest_of([town.awa_url])))
    assert await _check(town) is None


@pytest.mark.parametrize(
    "said",
    [
        Synchronisation(f"{RENNES}/users/eve/followers", PARTIAL, "0" * 64),
        Synchronisation(FOLLOWERS, "https://elsewhere.example/list", "0" * 64),
        "not as the proposal says",
    ],
)
async def test_what_is_about_others_or_misspelt_is_left_alone(town: Neighbours, said: Synchronisation | str) -> None:
    await _told(town, said)
    assert await _check(town) is None


async def test_a_header_that_the_signature_does_not_cover_is_left_alone(town: Neighbours) -> None:
    await _told(town, Synchronisation(FOLLOWERS, PARTIAL, "0" * 64), is_signed=False)
    assert await _check(town) is None


async def test_somebody_unknown_is_not_asked(here: Neighbours) -> None:
    await _told(here, Synchronisation(FOLLOWERS, PARTIAL, "0" * 64))
    assert await here.store.take(follower_checks.claim, limit=9) == []


async def test_who_is_not_on_their_list_no_longer_follows(town: Neighbours) -> None:
    zoe = await town.store.write(put_member, "zoe")
    await _follow(town, zoe)
    await _told(town, _shown(town))
    assert await followers_check.repair_due(town.reception) == 1
    assert await _following(town) == [f"{ORIGIN}/users/zoe"]  # accepted a moment ago: not on their list yet, perhaps
    check = await _check(town)
    assert check is not None
    assert (check.outcome, check.next_at) == ("repaired", None)
    assert await followers_check.repair_due(town.reception) == 0


async def test_who_waits_for_an_answer_was_accepted_and_who_never_asked_undoes_it(town: Neighbours) -> None:
    zoe, yan = [await town.store.write(put_member, name) for name in ("zoe", "yan")]
    await _follow(town, zoe, "asked")
    nobody, abroad = f"{ORIGIN}/users/nobody", "https://elsewhere.example/users/x"
    urls = [town.awa_url, *(f"{ORIGIN}/users/{name}" for name in ("zoe", "yan")), nobody, abroad]
    await _told(town, _shown(town, *urls))
    await followers_check.repair_due(town.reception)
    assert await _following(town) == [town.awa_url, f"{ORIGIN}/users/zoe"]
    await town.effects()
    async with town.store.read() as tx:
        (undo,) = (await tx.conn.execute(select(activity).where(activity.c.actor_id == yan))).all()
    said = json.loads(undo.body)
    assert (said["type"], said["object"]["type"], said["object"]["object"]) == ("Undo", "Follow", BOB)
    assert said["object"]["actor"] == f"{ORIGIN}/users/yan"


async def test_a_list_that_is_not_that_of_the_digest_changes_nothing(town: Neighbours) -> None:
    said = _shown(town, town.awa_url, {"id": "x"})
    await _told(town, Synchronisation(said.collection, said.url, digest_of(["somebody else"])))
    await followers_check.repair_due(town.reception)
    check = await _check(town)
    assert check is not None
    assert check.outcome == "another-digest"
    assert await _following(town) == [town.awa_url]


async def test_what_is_no_list_changes_nothing(town: Neighbours) -> None:
    town.show({"@context": "https://www.w3.org/ns/activitystreams", "id": PARTIAL, "type": "Note", "attributedTo": BOB})
    await _told(town, Synchronisation(FOLLOWERS, PARTIAL, "0" * 64))
    await followers_check.repair_due(town.reception)
    check = await _check(town)
    assert check is not None
    assert check.outcome == "not-a-collection"


async def test_a_server_that_is_away_is_asked_three_times(town: Neighbours) -> None:
    town.world.pages[PARTIAL] = Response(PARTIAL, 503, {}, b"")
    await _told(town, Synchronisation(FOLLOWERS, PARTIAL, "0" * 64))
    for _ in range(3):
        assert await followers_check.repair_due(town.reception) == 1
        assert await followers_check.repair_due(town.reception) == 0
        town.world.pass_time(minutes=6)
    assert await followers_check.repair_due(town.reception) == 0
    check = await _check(town)
    assert check is not None
    assert check.outcome == "status-503"


async def test_a_list_that_breaks_us_is_looked_at_three_times(
    town: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_way: Remote, _url: str) -> Document | CollectionDocument:
        raise KeyError

    monkeypatch.setattr(remote, "fetch_document", broken)
    await _told(town, Synchronisation(FOLLOWERS, PARTIAL, "0" * 64))
    for _ in range(3):
        with pytest.raises(KeyError):
            await followers_check.repair_due(town.reception)
        town.world.pass_time(minutes=6)
    assert await followers_check.repair_due(town.reception) == 0
    town.world.pass_time(hours=1)
    await _told(town, Synchronisation(FOLLOWERS, PARTIAL, "0" * 64))
    with pytest.raises(KeyError):
        await followers_check.repair_due(town.reception)


async def test_who_left_meanwhile_is_not_repaired(town: Neighbours) -> None:
    await _told(town, _shown(town))
    bob = await town.person(BOB)
    await town.store.write(actors.mark_gone, bob.id)
    await followers_check.repair_due(town.reception)
    check = await _check(town)
    assert check is not None
    assert check.outcome == "gone"


async def test_what_a_group_says_goes_with_the_digest_of_who_follows_there(here: Neighbours) -> None:
    here.actor("bob")
    here.actor("eve", 2, origin="https://brest.example")
    await here.hear(says("Follow", BOB, GROUP))
    await here.hear(says("Follow", "https://brest.example/users/eve", GROUP), 2)
    await here.effects()
    await deliver(here.store, here.world)
    assert all(HEADER not in one.headers for one in here.requests if one.method == "POST")  # an Accept is for one
    await here.publish()
    await here.effects()
    await deliver(here.store, here.world)
    sent = [one for one in here.world.sent_to(f"{BOB}/inbox") if HEADER in one.headers]
    assert {one.headers[HEADER] for one in sent} == {
        synchronisation.write(
            Synchronisation(f"{GROUP}/followers", f"{GROUP}/followers_synchronization", digest_of([BOB]))
        )
    }
    assert "collection-synchronization" in sent[0].headers["Signature"]


async def test_a_server_reads_who_of_its_own_follows_and_nobody_else(here: Neighbours) -> None:
    here.actor("bob")
    await here.hear(says("Follow", BOB, GROUP))
    url = addresses.followers_synchronization(GROUP)
    async with here.store.read() as tx:
        shown = await serving.at(tx, url, page=0, reader=f"{RENNES}/actor")
        others = await serving.at(tx, url, page=0, reader="https://brest.example/actor")
        assert await serving.at(tx, url, page=0, reader=None) is None
        nothing = addresses.followers_synchronization(f"{ORIGIN}/groups/nothing")
        assert await serving.at(tx, nothing, page=0, reader=BOB) is None
    assert isinstance(shown, Found)
    assert isinstance(others, Found)
    assert (shown.document["orderedItems"], others.document["orderedItems"]) == ([BOB], [])


async def test_a_list_that_stands_elsewhere_is_not_theirs(town: Neighbours) -> None:
    elsewhere = {"id": "https://elsewhere.example/list", "type": "OrderedCollection", "orderedItems": []}
    town.show(elsewhere)
    town.world.pages[PARTIAL] = town.world.pages["https://elsewhere.example/list"]
    await _told(town, Synchronisation(FOLLOWERS, PARTIAL, "0" * 64))
    assert await followers_check.repair_due(town.reception) == 1
    check = await _check(town)
    assert check is not None
    assert check.outcome == "not-a-collection"
    assert await _following(town) == [town.awa_url]
