"""What this very process has just received and will carry out: taken apart at the door, it is not taken apart again."""

import time
from asyncio import sleep
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from msgspec import Struct

from fedivoisin.store.db import Queue, Store
from fedivoisin.store.inbox import Incoming

MOST = 1_000
MOST_BYTES = 4 * 1024 * 1024
"""Of bodies: read, a document takes ten times as much."""
LOOK_AGAIN = timedelta(seconds=2)
PACE = 0.08
"""Seconds between two times that few are taken: those who come meanwhile share a transaction."""

_QUEUE: tuple[Queue, ...] = ("inbox",)


class Loaded(Struct, frozen=True):
    """A posted document: strict JSON, in our words."""

    document: Mapping[str, Any]
    raw: Mapping[str, Any]
    """As it came, for proofs inside it."""


class Taken(Struct, frozen=True):
    """A row of the inbox that is ours to carry out, without a look at the database."""

    id: int
    actor_url: str
    activity_url: str
    attempts: int
    loaded: Loaded


@dataclass(slots=True)
class Fresh:
    """Rows that were written as claimed by this process, in their order, so that nobody else takes them meanwhile. When
    it dies they are given back like every claim.

    Who speaks twice is heard in that order: nothing is taken in while older rows may wait in the database alone.
    """

    store: Store
    _is_wanted: bool = False
    """Somebody in this process carries out."""
    _kept: deque[tuple[Taken, int]] = field(default_factory=deque[tuple[Taken, int]])
    _bytes: int = 0
    _others_wait: bool = True
    """The database may have rows that are due and that nobody has claimed."""
    _looked_at: datetime | None = None
    _taken_at: float = 0.0

    def begin(self) -> None:
        """From now on somebody comes for them."""
        self._is_wanted = True

    def end(self) -> None:
        """Nobody does any more: what is left stays claimed until this process ends."""
        self._is_wanted, self._others_wait, self._bytes = False, True, 0
        self._kept.clear()

    def takes(self, several: Sequence[Incoming]) -> bool:
        """Whether all of these are to be written as claimed and then handed over; else they are for whoever looks."""
        if not self._is_wanted or self._others_wait:
            return False
        size = self._bytes + sum([len(one.verified.body) for one in several])
        return size <= MOST_BYTES and len(self._kept) + len(several) <= MOST

    def hand_over(self, several: Sequence[tuple[int, Incoming]]) -> None:
        """They are on the disk under these numbers."""
        for number, one in several:
            taken = Taken(number, one.verified.owner, one.activity_url, 1, cast(Loaded, one.loaded))
            size = len(one.verified.body)
            self._kept.append((taken, size))
            self._bytes += size
        self.store.bell.ring(_QUEUE)

    def left(self) -> None:
        """Some are for whoever looks: to be said before they are written, and again when they are."""
        self._others_wait = True

    def must_look(self) -> bool:
        """Whether it is the database's turn. It is what is older, or was put off and is due by now."""
        now = self.store.now()
        if not self._others_wait and self._looked_at is not None and now - self._looked_at < LOOK_AGAIN:
            return False
        self._others_wait, self._looked_at = False, now
        return True

    async def take(self, limit: int) -> list[Taken]:
        """The oldest, which are then the caller's to carry out. Where few are there, more may come for a moment."""
        wait = self._taken_at + PACE - time.monotonic()
        if wait > 0 and 0 < len(self._kept) < limit:
            await sleep(wait)
        self._taken_at = time.monotonic()
        taken = [self._kept.popleft() for _ in range(min(limit, len(self._kept)))]
        self._bytes -= sum([size for _, size in taken])
        return [one for one, _ in taken]
