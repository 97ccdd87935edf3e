"""Mastodon, Lemmy and Mobilizon follow a Group over HTTP, each in its own shapes, and hear what they understand."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fedivoisin.actions import following, listings, pins
from fedivoisin.activitypub.wire import signatures, synchronisation
from fedivoisin.activitypub.wire.keys import PrivateKey
from fedivoisin.activitypub.wire.synchronisation import HEADER, Synchronisation, digest_of
from fedivoisin.app import utc_now
from fedivoisin.market.listing import Listing
from fedivoisin.store import actors, follows
from fedivoisin.store import listings as rows
from fedivoisin.store.actors import Actor
from fedivoisin.store.db import Tx
from tests.fakes import key_pair
from tests.federation.stranger import ACTIVITY, Stranger, a_stranger, private_key
from tests.federation.towns import PATIENCE, Town, a_town, free_socket

FOLDER = Path(__file__).parents[1] / "data" / "activities"
SOFTWARE = ("mastodon", "lemmy", "mobilizon")
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Peer:
    """A server that speaks as one of the three, and whose person follows a Group of the town."""

    stranger: Stranger
    software: str
    town: Town
    person: Json

    @property
    def url(self) -> str:
        """The person."""
        return str(self.person["id"])

    def said(self, name: str) -> Json:
        """A document of that software, as if it came from here and concerned the town."""
        return _as_of(self.stranger, self.town, self.software, name)

    async def post(self, activity: Json) -> int:
        """To the shared inbox, signed by who speaks."""
        return await self.stranger.post(self.town, activity, key_id=f"{activity['actor']}#main-key")

    def heard(self, verb: str) -> list[Json]:
        """What came of that kind."""
        return [one for one in self.stranger.received if one["type"] == verb]

    async def hears(self, verb: str, *, inside: str = "", number: int = 1) -> list[Json]:
        """Wait until so many came; `inside` says what kind of activity they hold."""
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while True:
            found = [one for one in self.heard(verb) if not inside or _kind_inside(one) == inside]
            if len(found) >= number:
                return found
            assert asyncio.get_running_loop().time() < deadline, f"{verb} never came to {self.software}"
            await asyncio.sleep(0.05)


def _kind_inside(said: Json) -> str:
    inside: Any = said["object"]
    return "" if isinstance(inside, str) else str(inside["type"])


def _as_of(stranger: Stranger, town: Town, software: str, name: str) -> Json:
    text = (FOLDER / software / f"{name}.json").read_text("utf-8")
    text = text.replace(f"https://{software}.example", stranger.origin)
    text = text.replace("https://nantes.example/groups/bellevue", f"{town.origin}/groups/transport")
    return dict(json.loads(text))


def _with_key(document: Json) -> Json:
    return document | {"publicKey": document["publicKey"] | {"publicKeyPem": key_pair(1).rsa_public}}


@pytest.fixture
async def peers(tmp_path: Path, migrated: Path) -> AsyncIterator[tuple[Town, dict[str, Peer]]]:
    """Nantes, and three servers whose people follow its category of vehicles."""
    shutil.copyfile(migrated, tmp_path / "nantes.db")
    async with AsyncExitStack() as stack:
        strangers = [await stack.enter_async_context(a_stranger(name)) for name in SOFTWARE]
        hosts = tuple(one.host for one in strangers)
        town = await stack.enter_async_context(a_town("nantes", free_socket(), tmp_path, hosts))
        found: dict[str, Peer] = {}
        for stranger, software in zip(strangers, SOFTWARE, strict=True):
            person = _with_key(_as_of(stranger, town, software, "person"))
            stranger.show(person)
            # Mobilizon follows by an actor of its own, which is called so everywhere.
            url = f"{stranger.origin}/relay"
            key = person["publicKey"] | {"id": f"{url}#main-key", "owner": url}
            relay = person | {"id": url, "inbox": f"{url}/inbox", "type": "Application", "publicKey": key}
            stranger.show(relay)
            found[software] = Peer(stranger, software, town, relay if software == "mobilizon" else person)
        yield town, found


async def _all_follow(peers: dict[str, Peer]) -> None:
    for peer in peers.values():
        assert await peer.post(peer.said("follow")) == 202
    for peer in peers.values():
        (accept,) = await peer.hears("Accept")
        asked = peer.said("follow")
        assert (accept["object"]["id"], accept["object"]["actor"]) == (asked["id"], asked["actor"])
        assert accept["actor"] == accept["object"]["object"] == f"{peer.town.origin}/groups/transport"


async def test_each_follows_a_category_and_hears_both_forms(peers: tuple[Town, dict[str, Peer]]) -> None:
    town, everyone = peers
    await _all_follow(everyone)
    bicycle = await town.publish(await town.member("awa"))
    for peer in everyone.values():
        announced = await peer.hears("Announce", number=2)
        (passed_on,) = [one for one in announced if _kind_inside(one) == "Create"]
        (short,) = [one for one in announced if one is not passed_on]
        whole = passed_on["object"]
        # Mastodon boosts what it can fetch at the address; Lemmy and PieFed read the activity inside.
        assert short["object"] == whole["object"]["id"] == bicycle.url
        assert (whole["type"], whole["object"]["type"]) == ("Create", "Note")
        assert {one["actor"] for one in announced} == {f"{town.origin}/groups/transport"}
        status, note = await peer.stranger.get(town, bicycle.url.removeprefix(town.origin))
        assert (status, note["id"]) == (200, bicycle.url)


async def test_each_hears_that_it_is_over(peers: tuple[Town, dict[str, Peer]]) -> None:
    town, everyone = peers
    await _all_follow(everyone)
    awa = await town.member("awa")
    bicycle = await town.publish(awa)
    announced = [await peer.hears("Announce", number=2) for peer in everyone.values()]
    await town.store.write(listings.close, listing_id=bicycle.id, by=awa)
    for peer, earlier in zip(everyone.values(), announced, strict=True):
        undone = await peer.hears("Undo", number=2)
        assert {one["object"]["id"] for one in undone} == {one["id"] for one in earlier}
        assert {one["object"]["object"] for one in undone} == {bicycle.url}


async def test_lemmy_reads_the_group_as_a_community(peers: tuple[Town, dict[str, Peer]]) -> None:
    town, everyone = peers
    lemmy = everyone["lemmy"].stranger
    status, group = await lemmy.get(town, "/groups/transport")
    assert (status, group["type"], group["preferredUsername"]) == (200, "Group", "transport")
    for name in ("attributedTo", "featured", "followers", "outbox"):
        status, collection = await lemmy.get(town, group[name].removeprefix(town.origin))
        assert (status, collection["type"]) == (200, "OrderedCollection")
    status, found = await lemmy.get(town, f"/.well-known/webfinger?resource=acct:transport@{town.host}")
    assert group["id"] in [link.get("href") for link in found["links"]]


async def test_lemmy_and_mastodon_hear_what_stands_first(peers: tuple[Town, dict[str, Peer]]) -> None:
    town, everyone = peers
    await _all_follow(everyone)
    bicycle = await town.publish(await town.member("awa"))
    await town.store.write(pins.pin, listing_id=bicycle.id, by=town.admin)
    featured = f"{town.origin}/groups/transport/featured"
    (plain,) = await everyone["mastodon"].hears("Add")
    assert (plain["actor"], plain["target"]) == (f"{town.origin}/groups/transport", featured)

    (passed_on,) = await everyone["lemmy"].hears("Announce", inside="Add")
    added = passed_on["object"]
    _, moderators = await everyone["lemmy"].stranger.get(town, "/groups/transport/moderators")
    assert added["actor"] in moderators["orderedItems"]
    assert (added["object"], added["target"]) == (bicycle.url, featured)
    status, said = await everyone["lemmy"].stranger.get(town, added["id"].removeprefix(town.origin))
    assert (status, said["proof"]["type"]) == (200, "DataIntegrityProof")


async def test_who_leaves_hears_no_more(peers: tuple[Town, dict[str, Peer]]) -> None:
    town, everyone = peers
    await _all_follow(everyone)
    gone = {name: everyone[name] for name in ("mastodon", "lemmy")}
    for peer in gone.values():
        assert await peer.post(peer.said("undo-follow")) == 202

    async def left(tx: Tx) -> bool:
        group = await actors.by_url(tx, f"{town.origin}/groups/transport")
        return group is not None and await follows.count_followers(tx, group.id) == 1

    assert await town.eventually(left, that="both Undo")
    await town.publish(await town.member("awa"))
    await everyone["mobilizon"].hears("Announce", number=2)
    assert [peer.heard("Announce") for peer in gone.values()] == [[], []]


async def test_a_partial_list_is_shown_to_its_own_server_alone(peers: tuple[Town, dict[str, Peer]]) -> None:
    town, everyone = peers
    await _all_follow(everyone)
    path = "/groups/transport/followers_synchronization"
    mastodon = everyone["mastodon"]
    eve = mastodon.stranger.actor()
    assert (await mastodon.stranger.get(town, path))[0] == 404
    status, shown = await mastodon.stranger.get(town, path, sign=True)
    assert (status, shown["orderedItems"]) == (200, [mastodon.url])
    assert eve["id"] not in shown["orderedItems"]


async def test_two_servers_that_differ_agree_again(peers: tuple[Town, dict[str, Peer]]) -> None:
    town, everyone = peers
    mastodon, carla = everyone["mastodon"], everyone["mastodon"].url
    await town.member("awa")
    await mastodon.post(mastodon.said("follow"))
    await town.actor(carla)
    listed = f"{town.origin}/users/awa"  # who never asked
    partial = f"{carla}/followers_synchronization"
    context = "https://www.w3.org/ns/activitystreams"
    mastodon.stranger.show({"@context": context, "id": partial, "type": "OrderedCollection", "orderedItems": [listed]})
    value = synchronisation.write(Synchronisation(f"{carla}/followers", partial, digest_of([listed])))
    await _post_with(mastodon, value)
    (said,) = await mastodon.hears("Undo", inside="Follow")
    assert (said["actor"], said["object"]["object"]) == (listed, carla)


async def _post_with(peer: Peer, value: str) -> None:
    body = json.dumps(peer.stranger.said("Like", f"{peer.town.origin}/nothing", actor=peer.url)).encode()
    key = PrivateKey(f"{peer.url}#main-key", private_key(1))
    signed = signatures.sign_post(
        f"{peer.town.origin}/inbox", body, {HEADER: value}, key=key, now=utc_now(), scheme="cavage"
    )
    assert await peer.stranger.send(peer.town, body, {"Content-Type": ACTIVITY, **signed}) == 202


async def _follow(town: Town, member: str, address: str) -> Actor:
    awa = await town.member(member, 2)
    await town.store.write(following.follow_address, member_id=awa, typed=address)

    async def accepted(tx: Tx) -> Actor | None:
        standing = [who for one, who in await follows.followed_by(tx, awa) if one.state == "accepted"]
        return standing[0] if standing else None

    found = await town.eventually(accepted, that="the accepted follow")
    assert found is not None
    return found


@pytest.mark.parametrize("how", ["address", "page"])
async def test_a_member_follows_a_category_of_another_town(towns: tuple[Town, Town], how: str) -> None:
    nantes, rennes = towns
    awa = await nantes.member("awa")
    before = await nantes.publish(awa, "Vélo rouge")
    await nantes.publish(awa, "Papiers à remplir", category="entraide/papiers")
    typed = f"@transport@{nantes.host}" if how == "address" else f"{nantes.origin}/quartiers/transport"
    group = await _follow(rennes, "maelle", typed)
    assert (group.type, group.url) == ("Group", f"{nantes.origin}/groups/transport")
    after = await nantes.publish(awa, "Vélo bleu")
    await nantes.publish(awa, "Impôts", category="entraide/papiers")

    async def seen(tx: Tx) -> list[Listing] | None:
        found = [await rows.find_by_url(tx, one.url) for one in (before, after)]
        return [one for one in found if one is not None] if all(found) else None

    known = await rennes.eventually(seen, that="both bicycles")
    assert known is not None
    assert {one.title for one in known} == {"Vélo rouge", "Vélo bleu"}


async def test_a_town_that_forgot_a_follow_says_so_when_it_hears_of_it(towns: tuple[Town, Town]) -> None:
    nantes, rennes = towns
    awa = await nantes.member("awa")
    group = await _follow(rennes, "maelle", f"@transport@{nantes.host}")

    async def lose(tx: Tx) -> None:
        ((standing, _),) = await follows.followers_here(tx, group.id)
        await follows.remove(tx, standing.id)  # as a backup from before it would

    await rennes.store.write(lose)
    await nantes.publish(awa)

    async def nobody(tx: Tx) -> bool:
        theirs = await actors.by_url(tx, group.url)
        return theirs is not None and await follows.count_followers(tx, theirs.id) == 0

    assert await nantes.eventually(nobody, that="the Undo of a forgotten follow")
