"""A listing lives: published, changed, promised, over, asked about, gone; each step is in the journal."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from fedivoisin.actions import likes as liking
from fedivoisin.actions import listings as acting
from fedivoisin.errors import Reason, Refused
from fedivoisin.ids import ActorId, ListingId
from fedivoisin.market.events import ListingEnding, ListingPublished, ListingUnliked
from fedivoisin.market.listing import Listing, State
from fedivoisin.store import events, likes, listings, threads, tombstones
from fedivoisin.store.db import Store, Tx
from tests.fakes import START, FakeWorld
from tests.makers import GROUP, ORIGIN, a_draft, a_listing, put_actor, put_listings, put_member, put_neighbourhood

AWA, LEO = ActorId("actor-awa"), ActorId("actor-leo")


@pytest.fixture(autouse=True)
async def neighbourhood(store: Store) -> None:
    async def people(tx: Tx) -> None:
        await put_neighbourhood(tx)
        await put_member(tx, "awa")
        await put_member(tx, "leo")
        await put_actor(tx, "ines")

    await store.write(people)


async def journal(store: Store) -> list[str]:
    claimed: list[str] = []

    async def claim(tx: Tx) -> list[str]:
        found = await events.claim(tx, limit=20)
        await events.done_all(tx, [one.id for one in found])
        return [type(one.event).__name__ for one in found]

    while found := await store.append(claim):
        claimed += found
    return claimed


async def refused(act: Awaitable[object]) -> Reason:
    with pytest.raises(Refused) as why:
        await act
    return why.value.reason


async def test_a_member_publishes(store: Store) -> None:
    made = await store.write(acting.publish, by=AWA, draft=a_draft())
    assert made.url == f"{ORIGIN}/users/awa/items/{made.id}"
    assert (made.group_id, made.state, made.reach) == (GROUP, State.OPEN, 5)
    async with store.read() as tx:
        assert await listings.find(tx, made.id) == made
        newest = (await events.of_types(tx, [ListingPublished], limit=1))[0]
    assert (newest.subject, newest.by, newest.is_local) == (made.id, AWA, True)


async def test_a_candidate_reads_but_does_not_publish_or_like(store: Store) -> None:
    await put_listings(store, a_listing())
    ines = ActorId("actor-ines")
    assert await refused(store.write(acting.publish, by=ines, draft=a_draft())) is Reason.NOT_YET_MEMBER
    assert await refused(store.write(liking.like, listing_id=ListingId("listing-1"), by=ines)) is Reason.NOT_YET_MEMBER
    assert await journal(store) == []


async def test_nobody_unknown_publishes_or_likes(store: Store) -> None:
    await put_listings(store, a_listing())
    ghost = ActorId("actor-ghost")
    assert await refused(store.write(acting.publish, by=ghost, draft=a_draft())) is Reason.NOT_FOUND
    assert await refused(store.write(liking.like, listing_id=ListingId("listing-1"), by=ghost)) is Reason.NOT_FOUND


async def test_what_the_rule_refuses_leaves_nothing_behind(store: Store) -> None:
    assert await refused(store.write(acting.publish, by=AWA, draft=a_draft(title="V"))) is Reason.TITLE_LENGTH
    assert await journal(store) == []


async def test_a_listing_is_edited_promised_freed_closed_and_renewed(store: Store) -> None:
    made = await store.write(acting.publish, by=AWA, draft=a_draft())
    edited = await store.write(acting.edit, listing_id=made.id, by=AWA, draft=a_draft(title="Vélo bleu"))
    assert edited.title == "Vélo bleu"
    steps: list[tuple[Callable[..., Awaitable[Listing]], State]] = [
        (acting.reserve, State.RESERVED),
        (acting.release, State.OPEN),
        (acting.close, State.CLOSED),
        (acting.renew, State.OPEN),
    ]
    for act, state in steps:
        changed = await store.write(act, listing_id=made.id, by=AWA)
        assert changed.state is state
    assert await journal(store) == [
        "ListingPublished",
        "ListingChanged",
        "ListingReserved",
        "ListingReleased",
        "ListingClosed",
        "ListingRenewed",
    ]


async def test_saying_the_same_again_tells_nobody(store: Store) -> None:
    draft = a_draft(ends_at=START + timedelta(days=9))
    made = await store.write(acting.publish, by=AWA, draft=draft)
    await store.write(acting.edit, listing_id=made.id, by=AWA, draft=draft)
    assert await journal(store) == ["ListingPublished"]


async def test_only_its_author_touches_a_listing(store: Store) -> None:
    await put_listings(store, a_listing())
    for act in (acting.reserve, acting.close, acting.renew, acting.delete):
        assert await refused(store.write(act, listing_id=ListingId("listing-1"), by=LEO)) is Reason.FORBIDDEN
    assert await refused(store.write(acting.close, listing_id=ListingId("nothing"), by=AWA)) is Reason.NOT_FOUND
    assert await refused(store.write(acting.delete, listing_id=ListingId("nothing"), by=AWA)) is Reason.NOT_FOUND


async def test_it_is_promised_only_to_somebody_who_asked(store: Store) -> None:
    await put_listings(store, a_listing())
    listing_id = ListingId("listing-1")
    assert (
        await refused(store.write(acting.reserve, listing_id=listing_id, by=AWA, reserved_for=LEO)) is Reason.NOT_FOUND
    )

    async def ask(tx: Tx) -> None:
        await threads.open_between(
            tx, listing_id=listing_id, asker_id=LEO, author_id=AWA, thread_id="t", context_url="https://x.example/t"
        )

    await store.write(ask)
    changed = await store.write(acting.reserve, listing_id=listing_id, by=AWA, reserved_for=LEO)
    assert changed.reserved_for == LEO


async def test_nobody_finds_out_who_asked_by_trying_to_promise_it(store: Store) -> None:
    await put_listings(store, a_listing())
    listing_id = ListingId("listing-1")
    for asker in (LEO, ActorId("actor-ines")):
        work = store.write(acting.reserve, listing_id=listing_id, by=LEO, reserved_for=asker)
        assert await refused(work) is Reason.FORBIDDEN


async def test_a_deleted_listing_leaves_a_tombstone(store: Store) -> None:
    await put_listings(store, a_listing())
    await store.write(acting.delete, listing_id=ListingId("listing-1"), by=AWA)
    async with store.read() as tx:
        assert await tombstones.by_url(tx, a_listing().url) is not None
    assert await refused(store.write(acting.delete, listing_id=ListingId("listing-1"), by=AWA)) is Reason.LISTING_GONE
    assert await refused(store.write(liking.like, listing_id=ListingId("listing-1"), by=LEO)) is Reason.LISTING_GONE


async def test_what_has_passed_its_date_closes_itself_once(store: Store, world: FakeWorld) -> None:
    await put_listings(store, a_listing(ends_at=START + timedelta(days=1)))
    assert await store.write(acting.expire_due) == 0
    world.pass_time(days=1)
    assert await store.write(acting.expire_due) == 1
    assert await store.write(acting.expire_due) == 0
    assert await journal(store) == ["ListingClosed"]


async def test_the_author_is_asked_and_one_click_renews(store: Store, world: FakeWorld) -> None:
    await put_listings(store, a_listing(9, ends_at=START + timedelta(days=2)))
    assert await store.write(acting.ask_if_still_free) == 1
    assert await store.write(acting.ask_if_still_free) == 0
    async with store.read() as tx:
        token = await listings.renewal_token(tx, "listing-9")
        assert len(await events.of_types(tx, [ListingEnding], limit=5)) == 1
    renewed = await store.write(acting.renew_by_link, token=str(token))
    assert renewed.ends_at == START + timedelta(days=30)
    assert await refused(store.write(acting.renew_by_link, token=str(token))) is Reason.RENEWAL_SPENT


async def test_the_same_link_also_says_that_it_is_over(store: Store) -> None:
    await put_listings(store, a_listing(9, ends_at=START + timedelta(days=2)))
    await store.write(acting.ask_if_still_free)
    async with store.read() as tx:
        token = str(await listings.renewal_token(tx, "listing-9"))
    assert (await store.write(acting.close_by_link, token=token)).state is State.CLOSED
    assert await refused(store.write(acting.close_by_link, token=token)) is Reason.RENEWAL_SPENT
    assert await refused(store.write(acting.renew_by_link, token="")) is Reason.RENEWAL_SPENT


async def test_what_is_long_over_is_swept(store: Store) -> None:
    await put_listings(store, a_listing(state=State.CLOSED, updated_at=START - timedelta(days=31)))
    assert await store.write(acting.sweep_closed) == 1
    assert await store.write(acting.sweep_closed) == 0
    assert await journal(store) == ["ListingDeleted"]


async def test_a_like_is_said_once_and_taken_back_once(store: Store) -> None:
    await put_listings(store, a_listing())
    listing_id = ListingId("listing-1")
    for act in (liking.like, liking.like, liking.unlike, liking.unlike):
        await store.write(act, listing_id=listing_id, by=LEO)
    async with store.read() as tx:
        undone = (await events.of_types(tx, [ListingUnliked], limit=1))[0].event
        assert await likes.count(tx, listing_id) == 0
    assert isinstance(undone, ListingUnliked)
    assert undone.activity_url.startswith(f"{ORIGIN}/users/leo/activities/")
    assert await journal(store) == ["ListingLiked", "ListingUnliked"]


async def test_likes_are_counted_and_found(store: Store) -> None:
    await put_listings(store, a_listing())
    await store.write(liking.like, listing_id=ListingId("listing-1"), by=LEO)
    async with store.read() as tx:
        url = str(await likes.activity_of(tx, LEO, "listing-1"))
        assert await likes.by_activity(tx, url) == (LEO, "listing-1")
        assert await likes.by_activity(tx, "https://x.example/1") is None
        assert await likes.count(tx, "listing-1") == 1
        assert await likes.of_actor(tx, LEO, ["listing-1", "listing-2"]) == {"listing-1"}
        assert await likes.of_actor(tx, LEO, []) == set()


async def test_a_hidden_listing_cannot_be_liked(store: Store) -> None:
    await put_listings(store, a_listing(hidden_at=START))
    assert await refused(store.write(liking.like, listing_id=ListingId("listing-1"), by=LEO)) is Reason.NOT_FOUND
