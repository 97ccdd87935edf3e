"""What became of the deliveries that were tried, and how it is written down: many in one transaction."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import assert_never

from msgspec import Struct, field

from fedivoisin.activitypub.wire import synchronisation
from fedivoisin.activitypub.wire.keys import PrivateKey
from fedivoisin.activitypub.wire.request import NOTHING, Scheme
from fedivoisin.counters import Counters
from fedivoisin.store import outbox, peers
from fedivoisin.store.db import Tx
from fedivoisin.store.outbox import Again, Delivery, Over
from fedivoisin.store.peers import Habits

MAX_TRIES = 16
MAX_AGE = timedelta(days=7)
"""After which a failure is the last one, however few there were: a host that takes little may have a long queue."""


class Sent(Struct, frozen=True):
    """It arrived, signed so."""

    status: int
    scheme: Scheme


class Refused(Struct, frozen=True):
    """It will never be taken."""

    status: int | None
    error: str


class Failed(Struct, frozen=True):
    """It did not arrive this time. `is_host` when the host itself is failing, and not only this inbox."""

    status: int | None
    error: str
    wait: int | None
    is_host: bool


Result = Sent | Refused | Failed


class Turn(Struct, frozen=True):
    """Deliveries to one host, brought one after the other, and what is needed for it."""

    host: str
    deliveries: Sequence[Delivery]
    bodies: Mapping[str, bytes]
    keys: Mapping[str, PrivateKey | None]
    """As `signing.keys_of` gives them."""
    peer: Habits | None
    claimed_at: datetime
    synchronisation: Mapping[int, str] = field(default_factory=dict[int, str])
    """What goes with those for followers, by their ids (FEP-8fcf)."""
    behind: Mapping[int, Collection[int]] = field(default_factory=dict[int, Collection[int]])
    """Deliveries, by their ids, and those that must have come to an end before."""
    results: list[Result | None] = field(default_factory=list[Result | None])
    """In the order of the deliveries: none for what was passed over, and nothing for what the turn did not come to."""

    def also(self, one: Delivery) -> Mapping[str, str]:
        """Further headers of this delivery."""
        said = self.synchronisation.get(one.id)
        return {synchronisation.HEADER: said} if said is not None else NOTHING

    def is_behind(self, one: Delivery) -> bool:
        """Whether something that must come before this delivery is not over."""
        before = self.behind.get(one.id)
        if before is None:
            return False
        return not {done.id for done, result in self.tried if not isinstance(result, Failed)}.issuperset(before)

    @property
    def tried(self) -> list[tuple[Delivery, Result]]:
        """Each that was tried, with what came of it."""
        return [(one, result) for one, result in zip(self.deliveries, self.results, strict=False) if result is not None]

    @property
    def left(self) -> list[int]:
        """Those that were not tried."""
        tried = {one.id for one, _ in self.tried}
        return [one.id for one in self.deliveries if one.id not in tried]

    @property
    def last(self) -> Result | None:
        """What the host did in the end."""
        return next((result for result in reversed(self.results) if result is not None), None)

    @property
    def is_stopped(self) -> bool:
        """Whether the host wants, or takes, nothing more for now."""
        return isinstance(self.last, Failed) and (self.last.is_host or self.last.status == 429)

    def ends_with(self, one: Delivery) -> bool:
        """Whether this delivery is given up when it fails once more."""
        return one.attempts + 1 >= MAX_TRIES or self.is_old(one)

    def is_old(self, one: Delivery) -> bool:
        """Whether it has waited so long that it is not tried again after this."""
        return self.claimed_at - one.created_at >= MAX_AGE

    @property
    def is_answered(self) -> bool:
        """Whether the host said something in the end, if only no. 429 and 5xx may come from what stands before it."""
        last = self.last
        if last is None or last.status is None or (isinstance(last, Failed) and last.is_host):
            return False
        return last.status < 500 and last.status != 429

    @property
    def was_failing(self) -> bool:
        """Whether the host was silent before this."""
        return self.peer is not None and self.peer.failing_since is not None

    @property
    def is_doubtful(self) -> bool:
        """Whether the host did not answer the last time."""
        return self.peer is not None and self.peer.failures > 0


def backoff(attempts: int, chance: float) -> timedelta:
    """How long to wait after that many failed tries: n⁴ + 15 s, and up to half as much again. 16 tries: 50–75 h."""
    return timedelta(seconds=(attempts**4 + 15) * (1 + chance / 2))


async def record(tx: Tx, turns: Sequence[Turn]) -> None:
    """Write down what became of them all; what was not tried is free again."""
    ended = [_end(tx, turn, one, result) for turn in turns for one, result in turn.tried]
    await outbox.over(tx, [one for one in ended if isinstance(one, Over)])
    await outbox.again(tx, [one for one in ended if isinstance(one, Again)])
    waits = {one.id: one.wait for one in ended if isinstance(one, Again)}
    await peers.answered_all(
        tx, {turn.host: turn.last.scheme for turn in turns if isinstance(turn.last, Sent)}
    )  # fmt: skip
    await peers.are_there(tx, {turn.host for turn in turns if turn.was_failing and turn.is_answered})
    for turn in turns:
        if isinstance(turn.last, Failed):
            await _failed(tx, turn, turn.last, waits)
        else:
            await outbox.release(tx, turn.left, claimed_at=turn.claimed_at)


def count(counters: Counters, turn: Turn) -> None:
    """Let the figures know."""
    state = "failing" if turn.was_failing else "well"
    for one, result in turn.tried:
        is_over = isinstance(result, Failed) and turn.ends_with(one)
        counters.deliveries[state, "given-up" if is_over else type(result).__name__.lower()] += 1
        counters.limits["delivery-tries"] += is_over
    if isinstance(turn.last, Failed) and turn.last.is_host:
        failures = turn.peer.failures if turn.peer is not None else 0
        counters.limits["breaker"] += failures + 1 >= peers.FAILURES_TO_OPEN


def _end(tx: Tx, turn: Turn, one: Delivery, result: Result) -> Over | Again:
    match result:
        case Sent(status=status):
            return Over(one.id, "sent", status)
        case Refused(status=status, error=error):
            return Over(one.id, "refused", status, error)
        case Failed(status=status, error=error) if turn.ends_with(one):
            return Over(one.id, "given-up", status, error)
        case Failed(status=status, error=error, wait=asked):
            wait = max(backoff(one.attempts + 1, _chance(tx.new_id())), timedelta(seconds=asked or 0))
            return Again(one.id, wait, status, error)
        case _ as never:
            assert_never(never)


async def _failed(tx: Tx, turn: Turn, last: Failed, waits: Mapping[int, timedelta]) -> None:
    pause = timedelta(seconds=last.wait) if last.wait else None
    if last.is_host:
        if await peers.did_not_answer(tx, turn.host, error=last.error, pause=pause):
            await outbox.give_up(tx, turn.host)
    elif last.status == 429 and pause is not None:
        await peers.rest(tx, turn.host, pause=pause)
    # The rest of the queue for a failing host waits as long as the delivery that failed.
    wait = max((waits[one.id] for one, _ in turn.tried if one.id in waits), default=peers.PROBE)
    await outbox.release(tx, turn.left, claimed_at=turn.claimed_at, wait=wait)


def _chance(new_id: str) -> float:
    """From 0 to 1: the only dice here are the ids."""
    return int(new_id.replace("-", "")[-8:], 16) / 0xFFFFFFFF
