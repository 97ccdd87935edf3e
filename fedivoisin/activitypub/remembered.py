"""What every request of another server asks of the database, remembered for a moment: the door must cost little."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from fedivoisin.activitypub.keyring import usable
from fedivoisin.activitypub.wire.keys import PublicKey
from fedivoisin.errors import BadActivity
from fedivoisin.store import blocks, keys, neighbourhoods
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.neighbourhoods import Neighbourhood
from fedivoisin.urls import parse

LONGEST = timedelta(seconds=2)
"""What this process changes is forgotten at once; what another one changes, after so long."""
MOST_KEYS = 5_000
NO_KEY = "key-unreachable"


@dataclass(frozen=True, slots=True)
class Kept:
    """A key from the store, if there is one, and when its owner last showed it."""

    key: PublicKey | None
    fetched_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Door:
    """Who we are and whom we shut out."""

    here: Neighbourhood
    blocked: frozenset[str]


@dataclass(slots=True)
class Remembered:
    """One per process that receives."""

    store: Store
    _door: _Door | None = None
    _keys: dict[str, Kept] = field(default_factory=dict[str, Kept])
    _since: datetime | None = None
    _changes: int = 0

    async def here(self) -> Neighbourhood:
        """The neighbourhood."""
        door = self._still_true()
        if door is not None:
            return door.here
        changes = self.store.bell.changes
        async with self.store.read() as tx:
            return self._learn(await _look_at_door(tx), changes, tx.now).here

    async def key(self, key_id: str) -> Kept:
        """The key of a request. BadActivity from a blocked domain, in trial mode, or when it could not be had."""
        door, kept = self._still_true(), self._keys.get(key_id)
        if door is None or kept is None:
            changes = self.store.bell.changes
            async with self.store.read() as tx:
                door = door or self._learn(await _look_at_door(tx), changes, tx.now)
                _check(door, key_id)
                kept = await _look_up(tx, key_id)
            if kept.key is not None and len(self._keys) < MOST_KEYS:
                self._keys[key_id] = kept
        _check(door, key_id)
        return kept

    def _still_true(self) -> _Door | None:
        is_old = self._since is None or self.store.now() - self._since >= LONGEST
        if is_old or self._changes != self.store.bell.changes:
            self._door = None
            self._keys.clear()
        return self._door

    def _learn(self, door: _Door, changes: int, now: datetime) -> _Door:
        # What changed while we looked is noticed at the next look: the count is of before.
        self._door, self._changes, self._since = door, changes, now
        return door


async def _look_at_door(tx: Tx) -> _Door:
    return _Door(await neighbourhoods.current(tx), await blocks.domains(tx))


def _check(door: _Door, key_id: str) -> None:
    if door.here.is_trial:
        raise BadActivity("trial-mode", status=403)
    if blocks.covers(door.blocked, parse(key_id).authority):
        raise BadActivity("blocked", status=403)


async def _look_up(tx: Tx, key_id: str) -> Kept:
    found = await keys.by_id(tx, key_id)
    if found is not None and found.private is None:
        return Kept(usable(found), found.fetched_at)
    if await keys.unreachable_until(tx, key_id) is not None:
        raise BadActivity(NO_KEY, status=401)
    return Kept(None, None)
