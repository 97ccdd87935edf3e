"""What this very process has just received and will carry out: taken apart at the door, it is not taken apart again."""

from asyncio import sleep
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, cast

from msgspec import Struct

from fedivoisin.activitypub.wire import jsonld, strict_json
from fedivoisin.store.db import Queue, Store
from fedivoisin.store.inbox import Incoming

MOST = 1_000
HEAVIEST = 16 * 1024 * 1024
"""Of all of them together, in what `inbox.weigh` gives."""
LOOK_AGAIN = 1.5
"""Seconds after which the database is looked at whatever is here: something was put off, or a claim is over."""
PACE = 0.08
"""Seconds between two times that few are taken: those who come meanwhile share a transaction."""

_QUEUE: tuple[Queue, ...] = ("inbox",)


class Loaded(Struct, frozen=True):
    """A posted document: strict JSON, in our words."""

    document: Mapping[str, Any]
    raw: Mapping[str, Any]
    """As it came, for proofs inside it."""


def load(body: bytes) -> Loaded:
    """Raises BadActivity as `strict_json` and `jsonld` do."""
    raw = strict_json.load(body)
    return Loaded(raw if jsonld.is_surely_plain(raw, body) else jsonld.normalise(raw), raw)


class Taken(Struct, frozen=True):
    """A row of the inbox that is ours to carry out, without a look at the database."""

    id: int
    actor_url: str
    activity_url: str
    attempts: int
    loaded: Loaded


@dataclass(slots=True)
class Fresh:
    """Rows that were written as claimed, in their order, where one process works alone: nobody else takes them
    meanwhile, and the next start gives back what is left.

    Who speaks twice is heard in that order. What is here is older than what waits in the database alone: while anything
    may wait there nothing is taken in, and it is looked at when nothing is left here.
    """

    store: Store
    _is_wanted: bool = False
    """Somebody in this process carries out."""
    _kept: deque[tuple[Taken, int]] = field(default_factory=deque[tuple[Taken, int]])
    _weight: int = 0
    _left: int = 1
    """How often rows were left in the database."""
    _seen: int = 0
    """The same at the last look that found no more than it could take."""
    _looked_at: float = 0.0
    _taken_at: float = 0.0

    def begin(self) -> None:
        """From now on somebody comes for them. Past one process they are for whoever looks: others write, too."""
        self._is_wanted = self.store.is_alone

    def end(self) -> None:
        """Nobody does any more: what is left stays claimed until the next start."""
        self._is_wanted, self._weight = False, 0
        self._kept.clear()
        self.left()

    def takes(self, several: Sequence[Incoming]) -> bool:
        """Whether all of these are to be written as claimed and then handed over; else they are for whoever looks."""
        if not self._is_wanted or self._left != self._seen:
            return False
        weight = self._weight + sum([one.weight for one in several])
        return weight <= HEAVIEST and len(self._kept) + len(several) <= MOST

    def hand_over(self, several: Sequence[tuple[int, Incoming]]) -> None:
        """They are on the disk under these numbers."""
        for number, one in several:
            taken = Taken(number, one.verified.owner, one.activity_url, 1, cast(Loaded, one.loaded))
            self._kept.append((taken, one.weight))
            self._weight += one.weight
        self.store.bell.ring(_QUEUE)

    def left(self) -> None:
        """Some are for whoever looks: to be said before they are written, and again when they are."""
        self._left += 1

    async def take(self, limit: int) -> list[Taken]:
        """The oldest, which are then the caller's to carry out. Where few are there, more may come for a moment."""
        wait = self._taken_at + PACE - monotonic()
        if wait > 0 and 0 < len(self._kept) < limit:
            await sleep(wait)
        self._taken_at = monotonic()
        if self._is_time() and self._left == self._seen:
            self.left()  # nothing comes in until this is carried out and the database has been looked at
        taken = [self._kept.popleft() for _ in range(min(limit, len(self._kept)))]
        self._weight -= sum([weight for _, weight in taken])
        return [one for one, _ in taken]

    def must_look(self) -> bool:
        """Whether rows may wait in the database, once nothing is left here."""
        return not self._is_wanted or self._left != self._seen or self._is_time()

    def before_look(self) -> int:
        """To be said to `after_look`."""
        return self._left

    def after_look(self, before: int) -> None:
        """The database had no more than was taken: what was left up to then has been seen."""
        self._seen, self._looked_at = before, monotonic()

    def _is_time(self) -> bool:
        return monotonic() - self._looked_at >= LOOK_AGAIN
