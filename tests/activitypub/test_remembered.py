"""What the door remembers for a moment: keys, blocks and who we are. On both databases."""

import pytest

from fedivoisin.activitypub import remembered
from fedivoisin.activitypub.remembered import NO_KEY, Remembered
from fedivoisin.errors import BadActivity
from fedivoisin.store import blocks, keys, neighbourhoods
from tests.activitypub.neighbours import RENNES, Neighbours
from tests.makers import ORIGIN

BOB_KEY, EVE_KEY = f"{RENNES}/users/bob#main-key", f"{RENNES}/users/eve#main-key"


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
    here.world.pass_time(seconds=3)
    assert await door.key(BOB_KEY) is not first


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
