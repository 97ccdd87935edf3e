"""What leaves after each event: which activities, to whom; nothing in trial mode. On both databases."""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from fedivoisin.actions import conversations, following, likes, listings, moderation
from fedivoisin.actions.remote_listings import receive
from fedivoisin.activitypub.publish.listings import catch_up
from fedivoisin.ids import ActorId, MemberId
from fedivoisin.market.listing import Kind, Listing
from fedivoisin.store import actors, follows, neighbourhoods
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.reports import NewReport
from fedivoisin.store.schema.federation import activity, delivery
from fedivoisin.store.schema.listings import listing
from fedivoisin.trust.decisions import Breach, Measure
from fedivoisin.workers import loop
from tests.fakes import START
from tests.federation.towns import found
from tests.makers import ORIGIN, a_draft, a_listing, put_actor

BOB = ActorId("actor-bob@rennes.example")
BOB_URL = "https://rennes.example/users/bob"
SHARED = "https://rennes.example/inbox"


@dataclass(frozen=True, slots=True)
class Scene:
    """A neighbourhood with one member, whom Bob of Rennes does not know yet."""

    store: Store
    awa: ActorId
    group: ActorId

    async def effects(self) -> None:
        """Let follow what follows."""
        while await loop.make_effects(self.store):
            pass

    async def left(self) -> list[tuple[str, list[str]]]:
        """Every activity so far, with the inboxes that it goes to."""
        async with self.store.read() as tx:
            said = (await tx.conn.execute(select(activity).order_by(activity.c.published_at, activity.c.id))).all()
            targets = (await tx.conn.execute(select(delivery.c.activity_id, delivery.c.inbox))).all()
        return [(one.type, sorted(to.inbox for to in targets if to.activity_id == one.id)) for one in said]

    async def bodies(self, kind: str) -> list[dict[str, Any]]:
        """The documents of one type."""
        async with self.store.read() as tx:
            rows = await tx.conn.execute(select(activity.c.body).where(activity.c.type == kind))
            return [json.loads(body) for body in rows.scalars()]

    async def bob_follows(self, whom: ActorId) -> None:
        """As if Bob had been accepted long ago."""
        await self.store.write(
            follows.put,
            follow_id=f"follow-{whom}",
            follower_id=BOB,
            followed_id=whom,
            activity_url=f"{BOB_URL}/follows/{whom}",
            state="accepted",
        )

    async def publish(self) -> Listing:
        """Awa's listing."""
        return await self.store.write(listings.publish, by=self.awa, draft=a_draft())


async def _prepare(tx: Tx, origin: str) -> tuple[ActorId, ActorId]:
    await neighbourhoods.prepare(tx, origin=origin, setup_hash="x")
    admin = await found(tx, origin, "doulon")
    await put_actor(tx, "bob", host="rennes.example", shared_inbox=SHARED)
    here = await neighbourhoods.current(tx)
    assert here.group_id is not None
    return admin, here.group_id


async def _scene(store: Store, origin: str = ORIGIN) -> Scene:
    awa, group = await store.write(_prepare, origin)
    return Scene(store, awa, group)


async def test_a_listing_is_created_by_its_author_and_passed_on_twice_by_the_group(store: Store) -> None:
    scene = await _scene(store)
    await scene.bob_follows(scene.group)
    published = await scene.publish()
    await scene.effects()
    assert sorted(await scene.left()) == [("Announce", [SHARED]), ("Announce", [SHARED]), ("Create", [])]
    (create,) = await scene.bodies("Create")
    assert create["object"]["id"] == published.url
    assert create["proof"]["cryptosuite"] == "eddsa-jcs-2022"
    (whole,) = [one for one in await scene.bodies("Announce") if one["object"] != published.url]
    assert whole["object"]["proof"] == create["proof"]


async def test_a_change_reaches_followers_of_both_and_the_end_takes_the_announces_back(store: Store) -> None:
    scene = await _scene(store)
    await scene.bob_follows(scene.group)
    published = await scene.publish()
    await store.write(listings.reserve, listing_id=published.id, by=scene.awa)
    await store.write(listings.close, listing_id=published.id, by=scene.awa)
    await scene.effects()
    kinds = [kind for kind, _ in await scene.left()]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {"Create": 1, "Announce": 4, "Update": 2, "Undo": 2}
    assert all(inboxes == [SHARED] for kind, inboxes in await scene.left() if kind != "Create")
    assert [one["object"]["type"] for one in await scene.bodies("Undo")] == ["Announce", "Announce"]


async def test_what_its_author_does_with_a_hidden_listing_says_nothing_to_others(store: Store) -> None:
    scene = await _scene(store)
    await scene.bob_follows(scene.group)
    published = await scene.publish()
    moderator = MemberId(scene.awa)
    report = await store.write(moderation.keep, NewReport(reason="autre", words="Non", listing_id=published.id))
    hide = moderation.Decision(measure=Measure.HIDE, ground=Breach.OTHER, facts="Ce n’est pas admis ici.")
    await store.write(moderation.decide, report, hide, by=moderator)
    await scene.effects()
    announced = len(await scene.bodies("Announce"))
    swap = {"kind": Kind.SWAP, "price": None, "wanted": "des insultes"}
    words = {"title": "Des insultes", "text": "Insultes.", "place_name": "insultes", "availability": "insultes"}
    await store.write(listings.edit, listing_id=published.id, by=scene.awa, draft=a_draft(**words, **swap))
    await store.write(listings.renew, listing_id=published.id, by=scene.awa)
    await scene.effects()
    assert "insultes" not in json.dumps(await scene.bodies("Update")).casefold()
    assert [one for one in (await scene.bodies("Announce"))[announced:] if isinstance(one["object"], str)] == []


async def test_a_deletion_leaves_a_tombstone(store: Store) -> None:
    scene = await _scene(store)
    await scene.bob_follows(scene.awa)
    published = await scene.publish()
    await store.write(listings.delete, listing_id=published.id, by=scene.awa)
    await scene.effects()
    assert ("Delete", [SHARED]) in await scene.left()
    (deletion,) = await scene.bodies("Delete")
    assert (deletion["object"]["type"], deletion["object"]["id"]) == ("Tombstone", published.url)


async def test_follows_are_asked_answered_and_taken_back(store: Store) -> None:
    scene = await _scene(store)
    await store.write(following.follow, follower_id=scene.awa, followed_id=BOB)
    await store.write(following.unfollow, follower_id=scene.awa, followed_id=BOB)
    async with store.read() as tx:
        bob, group = await actors.by_id(tx, BOB), await actors.by_id(tx, scene.group)
    assert bob is not None
    assert group is not None
    await store.write(following.asked_by_peer, follower=bob, followed=group, activity_url=f"{BOB_URL}/follows/1")
    await scene.effects()
    kinds = [kind for kind, inboxes in await scene.left() if inboxes == [f"{BOB_URL}/inbox"]]
    assert sorted(kinds) == ["Accept", "Undo"]
    (accept,) = await scene.bodies("Accept")
    assert accept["object"]["id"] == f"{BOB_URL}/follows/1"
    async with store.read() as tx:
        assert (await neighbourhoods.current(tx)).federated_at == START


async def test_a_private_answer_goes_to_its_reader_alone_and_a_like_to_the_author(store: Store) -> None:
    scene = await _scene(store)
    said = a_listing(9, author=BOB, url=f"{BOB_URL}/items/1", is_local=False, group_id=None)
    await store.write(receive, said)
    await store.write(conversations.ask, listing_id=said.id, asker_id=scene.awa, text="Libre ?")
    await store.write(likes.like, listing_id=said.id, by=scene.awa)
    await scene.effects()
    assert sorted(await scene.left()) == [("Create", [f"{BOB_URL}/inbox"]), ("Like", [f"{BOB_URL}/inbox"])]
    (create,) = await scene.bodies("Create")
    assert (create["to"], create["cc"]) == ([BOB_URL], [])
    assert "proof" not in create
    await store.write(likes.unlike, listing_id=said.id, by=scene.awa)
    await scene.effects()
    assert ("Undo", [f"{BOB_URL}/inbox"]) in await scene.left()


async def test_what_others_told_us_is_not_told_again(store: Store) -> None:
    scene = await _scene(store)
    await scene.bob_follows(scene.group)
    await store.write(receive, a_listing(9, author=BOB, url=f"{BOB_URL}/items/1", is_local=False, group_id=None))
    await scene.effects()
    assert await scene.left() == []


async def test_in_trial_mode_nothing_leaves_until_there_is_an_address(store: Store) -> None:
    scene = await _scene(store, "")
    await scene.bob_follows(scene.group)
    published = await scene.publish()
    await scene.effects()
    assert await scene.left() == []
    async with store.read() as tx:
        rows = await tx.conn.execute(select(listing.c.id))
        assert list(rows.scalars()) == [published.id]
    await store.write(neighbourhoods.change, origin=ORIGIN)
    await store.write(catch_up)
    assert len(await scene.left()) == 3
