"""Listings of other towns, as their authors say; on both databases."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from fedivoisin.actions import remote_listings, remote_reports
from fedivoisin.actions.remote_reports import Thing
from fedivoisin.errors import BadActivity
from fedivoisin.ids import ActorId
from fedivoisin.market.events import (
    ListingChanged,
    ListingClosed,
    ListingDeleted,
    ListingLiked,
    ListingPublished,
    ListingReleased,
    ListingReserved,
    ListingUnliked,
)
from fedivoisin.market.listing import Listing, State
from fedivoisin.store import actors, events, likes, listings, reports, tombstones
from fedivoisin.store.db import Store
from fedivoisin.store.schema.listings import listing_words
from fedivoisin.store.taxonomy import Event
from tests.fakes import START
from tests.makers import a_listing, put_actor, put_listings, put_member, put_neighbourhood

BOB = ActorId("actor-bob@rennes.example")
URL = "https://rennes.example/users/bob/items/1"


def _said(hours: int = 0, **changes: Any) -> Listing:
    """Bob's listing, as said that many hours after the first time."""
    updated = START - timedelta(hours=10 - hours) if hours else None
    facts: dict[str, Any] = {
        "author": BOB,
        "url": URL,
        "is_local": False,
        "group_id": None,
        "updated_at": updated,
        "quantity": None,
    }
    return a_listing(9, **(facts | {"published_at": START - timedelta(hours=10)} | changes))


async def _bob(store: Store) -> None:
    await store.write(put_neighbourhood)
    await store.write(put_actor, "bob", host="rennes.example")


async def _happened(store: Store) -> list[Event]:
    kinds: list[type[Event]] = [
        ListingPublished,
        ListingChanged,
        ListingReserved,
        ListingReleased,
        ListingClosed,
        ListingDeleted,
        ListingLiked,
        ListingUnliked,
    ]
    async with store.read() as tx:
        told = await events.of_types(tx, kinds, limit=20)
    assert not any(one.is_local for one in told)
    return [one.event for one in reversed(told)]


async def test_each_newer_word_of_the_author_is_kept(store: Store) -> None:
    await _bob(store)
    for hours, state in ((0, State.OPEN), (1, State.RESERVED), (2, State.OPEN), (3, State.CLOSED)):
        assert await store.write(remote_listings.receive, _said(hours, state=state)) is not None
    assert await store.write(remote_listings.receive, _said(4, title="Autre chose", state=State.CLOSED)) is not None
    assert [type(one) for one in await _happened(store)] == [
        ListingPublished,
        ListingReserved,
        ListingReleased,
        ListingClosed,
        ListingChanged,
    ]


async def test_an_older_word_or_the_same_one_changes_nothing(store: Store) -> None:
    await _bob(store)
    await store.write(remote_listings.receive, _said(5))
    for hours in (0, 3, 5):
        assert await store.write(remote_listings.receive, _said(hours, title="Vieux")) is None
    async with store.read() as tx:
        known = await listings.find_by_url(tx, URL)
    assert known is not None
    assert known.title != "Vieux"


async def test_nobody_but_its_author_speaks_of_a_listing(store: Store) -> None:
    await _bob(store)
    await store.write(put_member, "awa")
    await store.write(put_actor, "eve", host="rennes.example")
    await put_listings(store, a_listing())
    await store.write(remote_listings.receive, _said())
    for said in (
        _said(1, author="actor-eve@rennes.example"),
        _said(1, url=a_listing().url),
    ):
        with pytest.raises(BadActivity, match="not-the-author"):
            await store.write(remote_listings.receive, said)
    with pytest.raises(BadActivity, match="not-the-author"):
        await store.write(remote_listings.delete, a_listing())


async def test_what_was_deleted_does_not_come_back(store: Store) -> None:
    await _bob(store)
    kept = await store.write(remote_listings.receive, _said())
    assert kept is not None
    for _ in range(2):
        async with store.read() as tx:
            known = await listings.find_by_url(tx, URL)
        assert known is not None
        await store.write(remote_listings.delete, known)
    with pytest.raises(BadActivity, match="deleted"):
        await store.write(remote_listings.receive, _said(5))
    await store.write(tombstones.put, f"{URL}0", "Note", is_local=False)
    with pytest.raises(BadActivity, match="deleted"):
        await store.write(remote_listings.receive, _said(url=f"{URL}0"))


async def test_what_its_author_shows_no_longer_is_found_by_no_word_nor_claimed_until_it_is_back(store: Store) -> None:
    await _bob(store)
    kept = await store.write(remote_listings.receive, _said())
    assert kept is not None
    assert not await store.write(remote_listings.withdraw, kept, _said())
    assert await store.write(remote_listings.withdraw, kept, _said(2))
    await store.write(put_actor, "cleunay", host="rennes.example", type="Group")
    async with store.read() as tx:
        group = await actors.by_id(tx, "actor-cleunay@rennes.example")
        gone = await listings.find_by_url(tx, URL)
    assert group is not None
    assert gone is not None
    await store.write(remote_listings.passed_on, gone, group)
    async with store.read() as tx:
        assert (await tx.conn.execute(select(listing_words.c.id))).all() == []
        assert await listings.find_by_url(tx, URL) == gone
    assert await store.write(remote_listings.receive, _said(1)) is None
    back = await store.write(remote_listings.receive, _said(3))
    async with store.read() as tx:
        assert await listings.find_by_url(tx, URL) == back
    assert [type(one) for one in await _happened(store)] == [ListingPublished, ListingDeleted, ListingPublished]


async def test_a_group_claims_a_listing_once(store: Store) -> None:
    await _bob(store)
    kept = await store.write(remote_listings.receive, _said())
    assert kept is not None
    for name in ("cleunay", "autre"):
        await store.write(put_actor, name, host="rennes.example", type="Group")
        async with store.read() as tx:
            group = await actors.by_id(tx, f"actor-{name}@rennes.example")
            known = await listings.find_by_url(tx, URL)
        assert group is not None
        assert known is not None
        await store.write(remote_listings.passed_on, known, group)
    async with store.read() as tx:
        known = await listings.find_by_url(tx, URL)
    assert known is not None
    assert known.group_id == "actor-cleunay@rennes.example"


async def test_likes_come_and_go(store: Store) -> None:
    await _bob(store)
    await store.write(put_member, "awa")
    await put_listings(store, a_listing())
    url = "https://rennes.example/likes/1"
    for _ in range(2):
        await store.write(remote_listings.like, actor_id=BOB, listing=a_listing(), activity_url=url)
    async with store.read() as tx:
        assert await likes.count(tx, a_listing().id) == 1
    for _ in range(2):
        await store.write(remote_listings.unlike, actor_id=BOB, listing_id=a_listing().id)
    assert [type(one) for one in await _happened(store)] == [ListingLiked, ListingUnliked]


async def test_a_report_from_elsewhere_is_laid_before_the_moderators_once(store: Store) -> None:
    await _bob(store)
    await store.write(put_member, "awa")
    await put_listings(store, a_listing())
    async with store.read() as tx:
        bob = await actors.by_id(tx, BOB)
    assert bob is not None
    for _ in range(2):
        await store.write(
            remote_reports.receive,
            Thing(listing_id=a_listing().id),
            by=bob,
            words="Annonce trompeuse",
            activity_url="https://rennes.example/flags/1",
        )
    async with store.read() as tx:
        (waiting,) = await reports.waiting(tx)
    assert (waiting.words, waiting.listing_id) == ("Annonce trompeuse", a_listing().id)
