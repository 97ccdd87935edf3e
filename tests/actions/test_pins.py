"""Moderators put a few listings first."""

from collections.abc import Awaitable, Callable

import pytest

from fedivoisin.actions import pins
from fedivoisin.actions.accounts import NewAccount, create
from fedivoisin.errors import Reason, Refused
from fedivoisin.ids import ListingId, MemberId
from fedivoisin.market.events import ListingPinned, ListingUnpinned
from fedivoisin.market.listing import Listing, State
from fedivoisin.store import actors, events, listings, residents
from fedivoisin.store import pins as rows
from fedivoisin.store.db import Store, Tx
from fedivoisin.trust.roles import Role
from tests.fakes import FakeWorld, key_pair
from tests.makers import a_listing, put_neighbourhood

FIRST, SECOND = ListingId("listing-1"), ListingId("listing-2")


@pytest.fixture
async def people(store: Store) -> dict[str, MemberId]:
    """Awa who wrote two listings, and Paul who moderates."""

    async def put(tx: Tx) -> dict[str, MemberId]:
        await put_neighbourhood(tx)
        awa = await create(tx, NewAccount("Awa", "awa@x.example"), key_pair(0))
        paul = await create(tx, NewAccount("Paul", "paul@x.example", roles=frozenset({Role.MODERATEUR})), key_pair(2))
        await listings.insert(tx, a_listing(1, author=awa, category="vide-grenier/sport"))
        await listings.insert(tx, a_listing(2, author=awa, category="animaux/garde"))
        return {"awa": awa, "paul": paul}

    return await store.write(put)


async def _standing(store: Store, category: str = "") -> list[Listing]:
    async with store.read() as tx:
        return await rows.standing(tx, category=category)


async def test_what_was_pinned_last_stands_first(store: Store, world: FakeWorld, people: dict[str, MemberId]) -> None:
    await store.write(pins.pin, listing_id=FIRST, by=people["paul"])
    world.pass_time(minutes=1)
    await store.write(pins.pin, listing_id=SECOND, by=people["paul"])
    assert [one.id for one in await _standing(store)] == [SECOND, FIRST]
    assert [one.id for one in await _standing(store, "vide-grenier")] == [FIRST]
    async with store.read() as tx:
        happened = [one.event for one in await events.of_types(tx, [ListingPinned], limit=9)]
    paul, awa = people["paul"], people["awa"]
    assert happened == [ListingPinned(SECOND, awa, paul), ListingPinned(FIRST, awa, paul)]


async def test_pinning_twice_and_unpinning_twice_is_told_once(store: Store, people: dict[str, MemberId]) -> None:
    for act in (pins.pin, pins.pin, pins.unpin, pins.unpin):
        await store.write(act, listing_id=FIRST, by=people["paul"])
    async with store.read() as tx:
        happened = [one.event for one in await events.of_types(tx, [ListingPinned, ListingUnpinned], limit=9)]
        assert await rows.of(tx, FIRST) is None
    paul, awa = people["paul"], people["awa"]
    assert happened == [ListingUnpinned(FIRST, awa, paul), ListingPinned(FIRST, awa, paul)]


@pytest.mark.parametrize("act", [pins.pin, pins.unpin])
async def test_only_moderators_say_what_stands_first(
    store: Store, people: dict[str, MemberId], act: Callable[..., Awaitable[None]]
) -> None:
    with pytest.raises(Refused) as refused:
        await store.write(act, listing_id=FIRST, by=people["awa"])
    assert refused.value.reason is Reason.FORBIDDEN
    with pytest.raises(Refused) as refused:
        await store.write(act, listing_id=ListingId("nothing"), by=people["paul"])
    assert refused.value.reason is Reason.NOT_FOUND


async def test_what_is_over_or_hidden_with_its_author_stands_first_nowhere(
    store: Store, world: FakeWorld, people: dict[str, MemberId]
) -> None:
    for one in (FIRST, SECOND):
        await store.write(pins.pin, listing_id=one, by=people["paul"])
    await store.write(listings.replace, a_listing(1, author=people["awa"], state=State.CLOSED))
    assert [one.id for one in await _standing(store)] == [SECOND]
    await store.write(residents.change, people["awa"], hidden_at=world.now())
    assert await _standing(store) == []
    async with store.read() as tx:
        assert await actors.group_of_category(tx, "vide-grenier") is None
