"""What every request of another server asks of the database, remembered for a moment: the door must cost little."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from fedivoisin.activitypub.keyring import usable
from fedivoisin.activitypub.wire.keys import PublicKey
from fedivoisin.errors import BadActivity
from fedivoisin.store import blocks, keys, neighbourhoods
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.keys import Key
from fedivoisin.store.neighbourhoods import Neighbourhood
from fedivoisin.urls import authority_of

LONGEST = timedelta(seconds=2)
"""What this process changes is forgotten at once; what another one changes, after so long."""
MOST_KEYS = 5_000
NO_KEY = "key-unreachable"


@dataclass(frozen=True, slots=True)
class Kept:
    """A key from the store, if there is one, and when its owner last showed it."""

    key: PublicKey | None
    fetched_at: datetime | None
    text: str = ""
    """As it is stored: while that stays, `key` need not be read again."""


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
    _used: set[str] = field(default_factory=set[str])
    """Keys that somebody asked for since the last look: the next one looks at these, all at once."""
    _since: datetime | None = None
    _changes: int = 0
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def here(self) -> Neighbourhood:
        """The neighbourhood."""
        return (self._still_true() or await self._fresh()).here

    async def key(self, key_id: str) -> Kept:
        """The key of a request. BadActivity from a blocked domain, in trial mode, or when it could not be had."""
        door = await self._fresh()
        _check(door, key_id)
        kept = self._keys.get(key_id)
        if kept is None:
            async with self.store.read() as tx:
                kept = await _look_up(tx, key_id)
            # Not what was read before a look that came between: that look may know better.
            if kept.key is not None and self._door is door and len(self._keys) < MOST_KEYS:
                self._keys[key_id] = kept
        if key_id in self._keys:
            self._used.add(key_id)
        return kept

    def at_hand(self, key_id: str) -> Kept | None:
        """The same without asking anybody; None when somebody must be asked. BadActivity as above."""
        door = self._still_true()
        if door is None or (kept := self._keys.get(key_id)) is None:
            return None
        _check(door, key_id)
        self._used.add(key_id)
        return kept

    async def _fresh(self) -> _Door:
        if (door := self._still_true()) is not None:
            return door
        async with self._looking:  # the many who come in this moment wait for one look
            # Ours began after we came: true enough, however long it took and whatever changed meanwhile.
            return self._still_true() or await self._look()

    def _still_true(self) -> _Door | None:
        is_old = self._since is None or self.store.now() - self._since >= LONGEST
        return None if is_old or self._changes != self.store.bell.changes else self._door

    async def _look(self) -> _Door:
        # What changes while we look is noticed at the next look: the count is of before.
        changes, used = self.store.bell.changes, self._used
        async with self.store.read() as tx:
            door = await _look_at_door(tx)
            found = await keys.by_ids(tx, used)
        kept: dict[str, Kept] = {}
        for one in found:
            with suppress(BadActivity):  # one that cannot be read must not shut the door for all
                kept[one.id] = _kept(one, self._keys[one.id])
        self._keys, self._used = kept, set()
        self._door, self._changes, self._since = door, changes, tx.now
        return door


async def _look_at_door(tx: Tx) -> _Door:
    return _Door(await neighbourhoods.current(tx), await blocks.domains(tx))


def _check(door: _Door, key_id: str) -> None:
    if door.here.is_trial:
        raise BadActivity("trial-mode", status=403)
    if blocks.covers(door.blocked, authority_of(key_id)):
        raise BadActivity("blocked", status=403)


async def _look_up(tx: Tx, key_id: str) -> Kept:
    found = await keys.by_id(tx, key_id)
    if found is not None and found.private is None:
        return _kept(found)
    if await keys.unreachable_until(tx, key_id) is not None:
        raise BadActivity(NO_KEY, status=401)
    return Kept(None, None)


def _kept(found: Key, before: Kept | None = None) -> Kept:
    """The same text of the same owner as `before` is not read again."""
    known = before.key if before is not None and before.text == found.public else None
    if known is None or known.owner != found.owner:
        known = usable(found)
    return Kept(known, found.fetched_at, found.public)
