"""What the door remembers for a moment: keys, blocks and who we are. On both databases."""

import asyncio
from collections.abc import Collection
from contextvars import Context

import pytest
from sqlalchemy import delete, update

from fedivoisin.activitypub import remembered
from fedivoisin.activitypub.remembered import NO_KEY, Remembered
from fedivoisin.errors import BadActivity
from fedivoisin.store import blocks, keys, neighbourhoods
from fedivoisin.store.db import Tx
from fedivoisin.store.schema.actors import key
from tests.activitypub.neighbours import RENNES, Neighbours
from tests.makers import ORIGIN

BOB_KEY, EVE_KEY = f"{RENNES}/users/bob#main-key", f"{RENNES}/users/eve#main-key"


async def _forget_key(tx: Tx) -> None:
    await tx.conn.execute(delete(key).where(key.c.id == BOB_KEY))


async def _spoil_key(tx: Tx) -> None:
    await tx.conn.execute(update(key).where(key.c.id == BOB_KEY).values(public="-----BEGIN NOTHING-----"))


async def _refusal(door: Remembered, key_id: str) -> str:
    with pytest.raises(BadActivity) as refusal:
        await door.key(key_id)
    return refusal.value.code


async def test_a_key_is_looked_up_once_and_known_again(here: Neighbours) -> None:
    door = Remembered(here.store)
    assert (await door.key(BOB_KEY)).key is None
    await here.met("bob")
    first = await door.key(BOB_KEY)
    assert first.key is not None
    assert await door.key(BOB_KEY) is first


async def test_what_changes_here_is_known_at_once(here: Neighbours) -> None:
    await here.met("bob")
    door = Remembered(here.store)
    assert (await door.here()).origin == (await door.here()).origin == ORIGIN
    assert (await door.key(BOB_KEY)).key is not None
    await here.store.write(blocks.add, "rennes.example", reason="escroquerie", by=None)
    assert await _refusal(door, BOB_KEY) == "blocked"
    await here.store.write(neighbourhoods.change, origin="")
    assert await _refusal(door, BOB_KEY) == "trial-mode"


async def test_what_changes_elsewhere_is_known_after_a_moment(here: Neighbours) -> None:
    await here.met("bob")
    door = Remembered(here.store)
    first = await door.key(BOB_KEY)
    assert door.at_hand(BOB_KEY) is first
    here.world.pass_time(seconds=3)
    assert door.at_hand(BOB_KEY) is None
    again = await door.key(BOB_KEY)
    assert again is not first
    assert again.key is first.key  # the same text need not be read again
    await here.store.write(_forget_key)
    assert (await door.key(BOB_KEY)).key is first.key  # another process would not have told us
    here.world.pass_time(seconds=3)
    assert (await door.key(BOB_KEY)).key is None


async def test_the_many_who_come_in_one_moment_look_once(here: Neighbours, monkeypatch: pytest.MonkeyPatch) -> None:
    await here.met("bob")
    await here.met("eve", 2)
    door = Remembered(here.store)
    await asyncio.gather(door.key(BOB_KEY), door.key(EVE_KEY))
    here.world.pass_time(seconds=3)
    asked: list[list[str]] = []
    by_ids = keys.by_ids

    async def counted(tx: Tx, key_ids: Collection[str]) -> list[keys.Key]:
        asked.append(sorted(key_ids))
        return await by_ids(tx, key_ids)

    monkeypatch.setattr(keys, "by_ids", counted)
    found = await asyncio.gather(*[door.key(one) for one in (BOB_KEY, EVE_KEY) * 5])
    assert all(one.key is not None for one in found)
    assert asked == [[BOB_KEY, EVE_KEY]]


async def test_a_key_that_cannot_be_read_any_more_shuts_out_its_owner_alone(here: Neighbours) -> None:
    await here.met("bob")
    await here.met("eve", 2)
    door = Remembered(here.store)
    await asyncio.gather(door.key(BOB_KEY), door.key(EVE_KEY))
    await here.store.write(_spoil_key)
    here.world.pass_time(seconds=3)
    assert (await door.key(EVE_KEY)).key is not None
    assert await _refusal(door, BOB_KEY) == "bad-key"


async def test_a_key_that_went_is_not_at_hand(here: Neighbours) -> None:
    await here.met("bob")
    door = Remembered(here.store)
    await door.key(BOB_KEY)
    await here.store.write(blocks.add, "rennes.example", reason="escroquerie", by=None)
    await door.here()
    with pytest.raises(BadActivity, match="blocked"):
        door.at_hand(BOB_KEY)


async def test_only_so_many_keys_are_remembered(here: Neighbours, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "MOST_KEYS", 1)
    await here.met("bob")
    await here.met("eve", 2)
    door = Remembered(here.store)
    bob, eve = await door.key(BOB_KEY), await door.key(EVE_KEY)
    assert await door.key(BOB_KEY) is bob
    assert await door.key(EVE_KEY) is not eve


async def test_a_key_that_could_not_be_had_is_not_asked_for_at_once(here: Neighbours) -> None:
    await here.store.write(keys.note_unreachable, BOB_KEY)
    assert await _refusal(Remembered(here.store), BOB_KEY) == NO_KEY


async def test_a_look_that_takes_long_is_believed_by_who_waited_for_it(
    here: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    await here.met("bob")
    door = Remembered(here.store)
    domains = blocks.domains

    async def slow(tx: Tx) -> frozenset[str]:
        here.world.pass_time(seconds=5)
        here.store.bell.ring({"door"})
        return await domains(tx)

    monkeypatch.setattr(blocks, "domains", slow)
    assert (await door.key(BOB_KEY)).key is not None
    assert (await door.here()).origin == ORIGIN


async def test_what_was_read_before_a_change_is_not_remembered_after_it(
    here: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    await here.met("bob")
    door = Remembered(here.store)
    await door.here()
    by_id = keys.by_id

    async def overtaken(tx: Tx, key_id: str) -> keys.Key | None:
        found = await by_id(tx, key_id)
        monkeypatch.setattr(keys, "by_id", by_id)
        # Somebody else, outside this read.
        await asyncio.get_running_loop().create_task(_look(door), context=Context())
        return found

    async def _look(door: Remembered) -> None:
        here.store.bell.ring({"door"})
        await door.here()

    monkeypatch.setattr(keys, "by_id", overtaken)
    await door.key(BOB_KEY)
    assert door.at_hand(BOB_KEY) is None
