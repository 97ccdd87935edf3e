"""Bringing what our actors said to other servers: claim, sign, post, try again, give up."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count, groupby

from fedivoisin.activitypub import delivered, followers_header, signing
from fedivoisin.activitypub.delivered import Failed, Refused, Result, Sent, Turn
from fedivoisin.activitypub.fetching import retry_after
from fedivoisin.activitypub.wire import signatures
from fedivoisin.activitypub.wire.request import Scheme
from fedivoisin.errors import BadActivity, Unreachable
from fedivoisin.store import outbox, outbox_order, peers
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.inbox import OUR_FAULT
from fedivoisin.store.outbox import Delivery
from fedivoisin.world import Response, World

log = logging.getLogger(__name__)

MOST_HOSTS = 64
"""Hosts served at once; each takes its deliveries one after the other."""
MOST_FOR_PERSONS = 8
"""Further places, where only answers to a person are served: the others may all be with slow hosts."""
MOST_DOUBTFUL = 16
"""How many of them may be hosts that did not answer the last time: they hold a place until a time-out."""
DOUBTFUL_WAIT = timedelta(seconds=30)
MOST_PER_CLAIM = 300
LONGEST_TURN = timedelta(seconds=30)
"""After which a slow host gives its place to others."""
LOOK_AGAIN = timedelta(seconds=2)
"""After so long a turn looks whether an admin dropped what it holds, or shut the host out."""
LONGEST_HELD = outbox.CLAIM - timedelta(seconds=45)
"""After which nothing more is begun under a claim: the last POST, and a second knock, must end within it."""
MOST_UNRECORDED = 200
LONGEST_UNRECORDED = 0.3
"""Seconds that a result waits at most for others to be written down with: a transaction for each would cost more than
all the rest. What a kill catches unrecorded is sent again, and known by its id.
"""
CONTENT_TYPE = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
LATER = frozenset({401, 408, 429})
"""The 4xx that may pass: a clock, a key that could not be fetched, a busy hour."""

Waiting = tuple[int, int, Turn]
"""A turn that waits for a place, behind its priority and its number."""
Start = Callable[[Coroutine[object, object, None]], None]
"""Runs a task beside the others; the worker's loop gives one that survives a failure."""


@dataclass(slots=True)
class Sender:
    """What it takes to deliver, and what is under way in this process."""

    store: Store
    world: World
    busy: set[str] = field(default_factory=set[str])
    """Hosts whose deliveries are here, until what became of them is recorded."""
    waiting: list[Waiting] = field(default_factory=list[Waiting])
    """A heap: answers to a person first, then in the order of the claims."""
    over: list[Turn] = field(default_factory=list[Turn])
    """Turns whose results are still to be recorded."""
    at_work: int = 0
    doubtful: int = 0
    is_recording: bool = False
    is_more: bool = False
    """Whether the last claim took as much as it may: there is more."""
    due: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when recording should not wait for more."""
    numbers: "count[int]" = field(default_factory=count)


async def run_once(sender: Sender, start: Start) -> int:
    """Claim what is due and `start` bringing it, a few hosts at once. Says how many deliveries were taken."""
    if sender.over and not sender.is_recording:
        _see_to_records(sender, start)
    is_full = len(sender.waiting) >= MOST_HOSTS
    if is_full and _is_for_a_person(sender.waiting[0]):
        return 0
    turns = await sender.store.take(_claim, busy=sender.busy, last=outbox.TO_A_PERSON if is_full else outbox.FAN_OUT)
    later: list[int] = []
    for turn in turns:
        if turn.is_doubtful and sender.doubtful >= MOST_DOUBTFUL:
            later += turn.left
            continue
        sender.busy.add(turn.host)
        sender.doubtful += turn.is_doubtful
        heappush(sender.waiting, (turn.deliveries[0].priority, next(sender.numbers), turn))
    if later:
        await sender.store.take(outbox.release, later, claimed_at=turns[0].claimed_at, wait=DOUBTFUL_WAIT)
    _start_all(sender, start)
    taken = sum(len(turn.deliveries) for turn in turns)
    sender.is_more = is_full or taken >= MOST_PER_CLAIM
    return taken


def judge(response: Response, scheme: Scheme, now: datetime) -> Result:
    """What an answer means."""
    status = response.status
    if 200 <= status < 300:
        return Sent(status, scheme)
    if status == 501 or (status < 500 and status not in LATER):
        return Refused(status, f"status-{status}")
    return Failed(status, f"status-{status}", retry_after(response.headers, now), is_host=status >= 500)


async def _claim(tx: Tx, *, busy: set[str], last: int) -> list[Turn]:
    """All that a batch needs, read once: bodies, keys, what is known of the hosts."""
    due = await outbox.claim(tx, limit=MOST_PER_CLAIM, busy=busy, last=last)
    if not due:
        return []
    may_go, behind = await outbox_order.in_order(tx, due)
    claimed = sorted(may_go, key=_by_host)
    bodies = await outbox.bodies(tx, {one.activity_id for one in claimed})
    keys = await signing.keys_of(tx, {one.actor_id for one in claimed})
    known = await peers.habits_of(tx, {one.host for one in claimed})
    synchronisation = await followers_header.of_deliveries(tx, claimed, bodies)
    return [
        Turn(host, list(several), bodies, keys, known.get(host), tx.now, synchronisation, behind)
        for host, several in groupby(claimed, key=lambda one: one.host)
    ]


def _by_host(delivery: Delivery) -> tuple[str, int, int]:
    return delivery.host, delivery.priority, delivery.id


def _start_all(sender: Sender, start: Start) -> None:
    for waiting, _ in zip(sorted(sender.waiting), range(MOST_HOSTS + MOST_FOR_PERSONS - sender.at_work), strict=False):
        if sender.at_work < MOST_HOSTS or _is_for_a_person(waiting):
            sender.at_work += 1
            start(_serve(sender, start))


async def _serve(sender: Sender, start: Start) -> None:
    """Take one host after the other, while any waits that may have this place."""
    try:
        while sender.waiting and (sender.at_work <= MOST_HOSTS or _is_for_a_person(sender.waiting[0])):
            _, _, turn = heappop(sender.waiting)
            if len(sender.waiting) == MOST_HOSTS - 1:
                sender.store.bell.ring({"delivery"})
            try:
                await _bring_all(sender, turn)
            finally:
                sender.doubtful -= turn.is_doubtful
                sender.over.append(turn)
                _see_to_records(sender, start)
    finally:
        sender.at_work -= 1
        if not sender.at_work:
            sender.due.set()


def _is_for_a_person(waiting: Waiting) -> bool:
    return waiting[0] == outbox.TO_A_PERSON


def _see_to_records(sender: Sender, start: Start) -> None:
    if len(sender.over) >= MOST_UNRECORDED:
        sender.due.set()
    if not sender.is_recording:
        sender.is_recording = True
        start(_record(sender))


async def _record(sender: Sender) -> None:
    """Write down what is over, many at a time, until nothing is left to write."""
    try:
        while sender.over:
            await _until_due(sender)
            await _record_all(sender)
    finally:
        sender.is_recording = False


async def _until_due(sender: Sender) -> None:
    try:
        async with asyncio.timeout(LONGEST_UNRECORDED):
            await sender.due.wait()
    except TimeoutError:
        pass


async def _record_all(sender: Sender) -> None:
    turns, sender.over = sender.over, []
    sender.due.clear()
    try:
        await sender.store.write(delivered.record, turns)
        for turn in turns:
            delivered.count(sender.world.counters, turn)
    finally:
        sender.busy.difference_update(turn.host for turn in turns)
        # What came meanwhile for a host that was busy is found when all rest, or at the next look.
        if not sender.busy or (sender.is_more and len(sender.waiting) < MOST_HOSTS):
            sender.store.bell.ring({"delivery"})


async def _bring_all(sender: Sender, turn: Turn) -> None:
    world = sender.world
    began = world.now()
    until = min(began + LONGEST_TURN, turn.claimed_at + LONGEST_HELD)
    looked, wanted = turn.claimed_at, {one.id for one in turn.deliveries}
    for one in turn.deliveries:
        if (now := world.now()) > until:
            return
        if now - looked >= LOOK_AGAIN:
            looked, wanted = now, await _still_wanted(sender, turn)
        may_go = one.id in wanted and not turn.is_behind(one)
        turn.results.append(await _bring(world, turn, one, _order(turn, began)) if may_go else None)
        if turn.is_stopped:
            # It would fail likewise, and what is old has no other try: a long queue for the host ends with this one.
            rest = turn.deliveries[len(turn.results) :]
            turn.results.extend(turn.last if turn.is_old(other) else None for other in rest)
            return


async def _still_wanted(sender: Sender, turn: Turn) -> set[int]:
    async with sender.store.read() as tx:
        return await outbox.still_waiting(tx, turn.left)


def _order(turn: Turn, now: datetime) -> tuple[Scheme, Scheme]:
    # What the host just took is what it takes.
    for result in reversed(turn.results):
        if isinstance(result, Sent):
            return result.scheme, signing.OTHER[result.scheme]
    return signing.schemes(turn.peer, now)


async def _bring(world: World, turn: Turn, one: Delivery, order: tuple[Scheme, Scheme]) -> Result:
    try:
        return await _post(world, turn, one, order)
    except BadActivity as error:
        return Refused(None, error.code)
    except Unreachable as error:
        return Failed(error.status, error.code, error.retry_after, is_host=True)
    except Exception:
        # Whatever breaks us is a failed try like others: without a result it would be due again at once, for ever.
        log.exception("delivery broke", extra={"delivery": one.id, "inbox": one.inbox})
        return Failed(None, OUR_FAULT, None, is_host=False)


async def _post(world: World, turn: Turn, one: Delivery, order: tuple[Scheme, Scheme]) -> Result:
    if one.actor_id not in turn.keys:
        return Refused(None, "no-key")
    if (key := turn.keys[one.actor_id]) is None:
        return Failed(None, OUR_FAULT, None, is_host=False)  # until somebody brings it back
    body, also = turn.bodies[one.activity_id], turn.also(one)

    async def attempt(scheme: Scheme) -> Response:
        signed = signatures.sign_post(one.inbox, body, also, key=key, now=world.now(), scheme=scheme)
        return await world.post(one.inbox, body=body, headers={**signed, "Content-Type": CONTENT_TYPE})

    response, scheme = await signing.knock(attempt, order)
    return judge(response, scheme, world.now())
