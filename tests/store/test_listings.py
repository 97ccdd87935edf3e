"""Listings are written whole and read whole, on both databases."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from fedivoisin.ids import PictureId
from fedivoisin.market.listing import EUR, Kind, Listing, Picture, Price, State, Unit
from fedivoisin.store import listings, pictures, search
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.listings import Topic
from fedivoisin.store.search import Query
from tests.fakes import START, FakeWorld
from tests.makers import a_listing, put_actor, put_listings, put_member, put_neighbourhood

REMOTE_PICTURE = Picture(PictureId("p-1"), "https://rennes.example/m/1.jpg", "image/jpeg", "Un vélo", 640, 480, None)


@pytest.fixture(autouse=True)
async def neighbourhood(store: Store) -> None:
    async def people(tx: Tx) -> None:
        await put_neighbourhood(tx)
        await put_member(tx, "awa")
        await put_actor(tx, "yann", host="rennes.example")

    await store.write(people)


async def found(store: Store, listing_id: str) -> Listing | None:
    async with store.read() as tx:
        return await listings.find(tx, listing_id)


async def test_a_listing_is_read_as_it_was_written(store: Store) -> None:
    rented = a_listing(
        kind=Kind.RENT,
        price=Price(Decimal("12.50"), EUR, Unit.DAY),
        deposit=Decimal(40),
        max_days=3,
        unit=Unit.DAY,
        begins_at=START,
        updated_at=START,
    )
    await put_listings(store, rented)
    assert await found(store, rented.id) == rented


async def test_a_changed_listing_replaces_the_one_that_was_there(store: Store) -> None:
    await put_listings(store, a_listing())
    changed = a_listing(title="Échelle simple", state=State.RESERVED, reserved_for="actor-awa")
    await store.write(listings.replace, changed)
    assert await found(store, changed.id) == changed
    async with store.read() as tx:
        assert (await search.find(tx, Query(words="double"))).total == 0
        assert (await search.find(tx, Query(words="simple"))).total == 1


async def test_a_listing_is_found_by_its_addresses(store: Store) -> None:
    one = a_listing(context_url="https://nantes.example/users/awa/items/listing-1/fil")
    await put_listings(store, one)
    async with store.read() as tx:
        assert await listings.find_by_url(tx, one.url) == one
        assert await listings.find_by_context(tx, str(one.context_url)) == one
        assert await listings.find_by_url(tx, "https://nowhere.example/1") is None
        assert await listings.find_all(tx, [one.id, "other"]) == {one.id: one}
        assert await listings.find_all(tx, []) == {}


async def test_a_listing_as_a_topic_says_whether_it_is_shown(store: Store) -> None:
    one, other, hidden = a_listing(), a_listing(2), a_listing(3, hidden_at=START)
    await put_listings(store, one, other, hidden)
    await store.write(listings.mark_deleted, other.id)
    async with store.read() as tx:
        by_id, by_url = await listings.topic(tx, one.id), await listings.topic_by_url(tx, one.url)
        gone, unseen = await listings.topic(tx, other.id), await listings.topic(tx, hidden.id)
        assert by_id == by_url == Topic(one.id, one.url, one.author_id, is_local=True, deleted_at=None, hidden_at=None)
        assert [one.is_shown for one in (by_id, gone, unseen) if one is not None] == [True, False, False]
        assert await listings.topic(tx, "other") is None
        assert await listings.topic_by_url(tx, "https://nowhere.example/1") is None


async def test_pictures_of_another_town_are_asked_for_once(store: Store) -> None:
    far = a_listing(7, author="actor-yann@rennes.example", is_local=False, group_id=None, pictures=(REMOTE_PICTURE,))
    await put_listings(store, far)
    await store.write(listings.replace, replace(far, title="Autre titre"))
    assert (await found(store, far.id) or far).pictures == (REMOTE_PICTURE,)
    claimed = await store.append(pictures.claim_remote, limit=10)
    assert [(one.url, one.attempts) for one in claimed] == [(REMOTE_PICTURE.url, 1)]
    assert await store.append(pictures.claim_remote, limit=10) == []


async def test_a_deleted_listing_keeps_its_row_and_loses_its_words(store: Store) -> None:
    await put_listings(store, a_listing(pictures=()))
    await store.write(listings.mark_deleted, "listing-1")
    gone = await found(store, "listing-1")
    assert gone is not None
    assert (gone.deleted_at, gone.text) == (START, "")
    async with store.read() as tx:
        assert (await search.find(tx, Query(words="échelle"))).total == 0


async def test_only_our_standing_listings_expire(store: Store, world: FakeWorld) -> None:
    soon = START + timedelta(days=2)
    await put_listings(
        store,
        a_listing(1, ends_at=soon),
        a_listing(2, url="https://nantes.example/2", ends_at=soon, state=State.CLOSED),
        a_listing(3, url="https://rennes.example/3", author="actor-yann@rennes.example", is_local=False, ends_at=soon),
    )
    async with store.read() as tx:
        assert await listings.past_their_end(tx, limit=10) == []
    world.pass_time(days=2)
    async with store.read() as tx:
        assert [one.id for one in await listings.past_their_end(tx, limit=10)] == ["listing-1"]


async def test_an_author_is_asked_once_whether_it_is_still_free(store: Store) -> None:
    ending = a_listing(9, ends_at=START + timedelta(days=2))
    await put_listings(store, ending, a_listing(1, url="https://nantes.example/1"))
    async with store.read() as tx:
        assert await listings.ending_within(tx, timedelta(days=3), limit=10) == [ending]
    await store.write(listings.reminded, ending.id, "word")
    async with store.read() as tx:
        assert await listings.ending_within(tx, timedelta(days=3), limit=10) == []
        assert await listings.by_renewal_token(tx, "word") == ending
        assert await listings.by_renewal_token(tx, "") is None
        assert await listings.renewal_token(tx, ending.id) == "word"
    await store.write(listings.renewed, ending.id)
    async with store.read() as tx:
        assert await listings.by_renewal_token(tx, "word") is None


async def test_a_closed_listing_is_swept_after_its_time(store: Store) -> None:
    closed = a_listing(state=State.CLOSED, updated_at=START - timedelta(days=31))
    await put_listings(store, closed)
    async with store.read() as tx:
        assert await listings.ended_before(tx, START - timedelta(days=30), limit=5) == [closed]
        assert await listings.ended_before(tx, START - timedelta(days=32), limit=5) == []
