"""What follows from an event that cannot be made waits, and keeps nothing else waiting. On both databases."""

import pytest
from sqlalchemy import select

from fedivoisin.activitypub.publish import listings
from fedivoisin.ids import ActorId, ListingId
from fedivoisin.market.events import ListingChanged
from fedivoisin.store import events
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.schema.journal import event
from fedivoisin.store.sqlite import Undone
from fedivoisin.workers.loop import make_effects
from tests.fakes import FakeWorld
from tests.makers import put_neighbourhood

AWA = ActorId("actor-awa")


@pytest.fixture(autouse=True)
async def founded(store: Store) -> None:
    await store.write(put_neighbourhood)


async def _change(store: Store, listing: str) -> None:
    async def write(tx: Tx) -> None:
        happened = ListingChanged(ListingId(listing), AWA, by=AWA, fields=("title",))
        await events.record(tx, happened, subject=listing, by=AWA)

    await store.write(write)


async def _done(store: Store) -> set[str]:
    async with store.read() as tx:
        return set(await tx.conn.scalars(select(event.c.subject).where(event.c.done_at.is_not(None))))


async def test_one_that_fails_for_ever_is_tried_each_hour_and_stops_no_other(
    store: Store, world: FakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = _break(monkeypatch, ArithmeticError("poison"))
    await _change(store, "bad")
    for hours in range(60):
        await _change(store, f"good-{hours}")
        assert await make_effects(store) == 2
        world.pass_time(hours=1)
    assert len(tries) == 60
    assert await _done(store) == {f"good-{hours}" for hours in range(60)}


async def test_one_that_undoes_the_whole_batch_takes_no_other_with_it(
    store: Store, world: FakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    _break(monkeypatch, Undone())
    for listing in ("good", "bad", "better"):
        await _change(store, listing)
    assert await make_effects(store) == 3
    assert await _done(store) == {"good", "better"}
    assert await make_effects(store) == 0
    world.pass_time(seconds=2)
    assert await make_effects(store) == 1


def _break(monkeypatch: pytest.MonkeyPatch, error: Exception) -> list[str]:
    """Let what follows from a change of the bad listing fail; when it was tried."""
    tries: list[str] = []

    async def changed(_tx: Tx, listing_id: str) -> None:
        if listing_id == "bad":
            tries.append(listing_id)
            raise error

    monkeypatch.setattr(listings, "changed", changed)
    return tries
