"""Bringing what our actors said to other servers: claim, sign, post, try again, give up."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import assert_never

from fedivoisin.activitypub import signing
from fedivoisin.activitypub.fetching import retry_after
from fedivoisin.activitypub.wire import signatures
from fedivoisin.activitypub.wire.keys import PrivateKey
from fedivoisin.activitypub.wire.request import Scheme
from fedivoisin.counters import Counters
from fedivoisin.errors import BadActivity, Unreachable
from fedivoisin.store import outbox, peers
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.outbox import Delivery
from fedivoisin.store.peers import Peer
from fedivoisin.world import Response, World

MOST_HOSTS = 64
"""Hosts served at once; each takes its deliveries one after the other."""
MOST_PER_CLAIM = 200
LONGEST_TURN = timedelta(seconds=30)
"""After which a slow host gives its place to others."""
MAX_TRIES = 16
CONTENT_TYPE = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
LATER = frozenset({401, 408, 429})
"""The 4xx that may pass: a clock, a key that could not be fetched, a busy hour."""


@dataclass(slots=True)
class Sender:
    """What it takes to deliver, and which hosts are being served right now."""

    store: Store
    world: World
    busy: set[str] = field(default_factory=set[str])


@dataclass(frozen=True, slots=True)
class Sent:
    """It arrived, signed so."""

    status: int
    scheme: Scheme


@dataclass(frozen=True, slots=True)
class Refused:
    """It will never be taken."""

    status: int | None
    error: str


@dataclass(frozen=True, slots=True)
class Failed:
    """It did not arrive this time. `is_host` when the host itself is failing, and not only this inbox."""

    status: int | None
    error: str
    wait: int | None
    is_host: bool


Result = Sent | Refused | Failed
Start = Callable[[Coroutine[object, object, None]], None]
"""Runs a task beside the others; the worker's loop gives one that survives a failure."""


async def run_once(sender: Sender, start: Start) -> int:
    """Claim what is due and `start` bringing it, a task for each host. Says how many deliveries were taken."""
    places = MOST_HOSTS - len(sender.busy)
    if places <= 0:
        return 0
    claimed = await sender.store.take(outbox.claim, limit=MOST_PER_CLAIM, busy=sender.busy)
    by_host = [(host, list(some)) for host, some in groupby(sorted(claimed, key=_by_host), key=lambda one: one.host)]
    for host, deliveries in by_host[:places]:
        sender.busy.add(host)
        start(_serve(sender, host, deliveries))
    left = [one.id for _, some in by_host[places:] for one in some]
    if left:
        await sender.store.take(outbox.release, left)
    return len(claimed) - len(left)


def backoff(attempts: int, chance: float) -> timedelta:
    """How long to wait after that many failed tries: n⁴ + 15 s, and up to half as much again. 16 tries: 50–75 h."""
    return timedelta(seconds=(attempts**4 + 15) * (1 + chance / 2))


def judge(response: Response, scheme: Scheme, now: datetime) -> Result:
    """What an answer means."""
    status = response.status
    if 200 <= status < 300:
        return Sent(status, scheme)
    if status == 501 or (status < 500 and status not in LATER):
        return Refused(status, f"status-{status}")
    return Failed(status, f"status-{status}", retry_after(response.headers, now), is_host=status >= 500)


def _by_host(delivery: Delivery) -> tuple[str, int, int]:
    return delivery.host, delivery.priority, delivery.id


async def _serve(sender: Sender, host: str, deliveries: Sequence[Delivery]) -> None:
    try:
        await _turn(sender, host, deliveries)
    finally:
        sender.busy.discard(host)
        sender.store.bell.ring({"delivery"})


async def _turn(sender: Sender, host: str, deliveries: Sequence[Delivery]) -> None:
    async with sender.store.read() as tx:
        peer = await peers.by_host(tx, host)
        keys = await _keys(tx, deliveries)
    results: list[tuple[Delivery, Result]] = []
    began = sender.world.now()
    for one in deliveries:
        result = await _bring(sender.world, one, keys.get(one.actor_id), _order(peer, results, began))
        results.append((one, result))
        if isinstance(result, Failed) and (result.is_host or result.status == 429):
            break
        if sender.world.now() - began > LONGEST_TURN:
            break
    left = [one.id for one in deliveries[len(results) :]]
    await sender.store.write(_record, host, results, left)
    _count(sender.world.counters, peer, results)


def _order(peer: Peer | None, results: list[tuple[Delivery, Result]], now: datetime) -> tuple[Scheme, Scheme]:
    # What the host just took is what it takes.
    for _, result in reversed(results):
        if isinstance(result, Sent):
            return result.scheme, signing.OTHER[result.scheme]
    return signing.schemes(peer, now)


async def _keys(tx: Tx, deliveries: Sequence[Delivery]) -> Mapping[str, PrivateKey]:
    found = {actor_id: await signing.key_of(tx, actor_id) for actor_id in {one.actor_id for one in deliveries}}
    return {actor_id: key for actor_id, key in found.items() if key is not None}


async def _bring(world: World, one: Delivery, key: PrivateKey | None, order: tuple[Scheme, Scheme]) -> Result:
    if key is None:
        return Refused(None, "no-key")
    body = one.body.encode()

    async def attempt(scheme: Scheme) -> Response:
        signed = signatures.sign("POST", one.inbox, body, key=key, now=world.now(), scheme=scheme)
        return await world.post(one.inbox, body=body, headers={**signed, "Content-Type": CONTENT_TYPE})

    try:
        response, scheme = await signing.knock(attempt, order)
    except BadActivity as error:
        return Refused(None, error.code)
    except Unreachable as error:
        return Failed(error.status, error.code, error.retry_after, is_host=True)
    return judge(response, scheme, world.now())


def _count(counters: Counters, peer: Peer | None, results: Sequence[tuple[Delivery, Result]]) -> None:
    state = "failing" if peer is not None and peer.failing_since is not None else "well"
    for one, result in results:
        is_last = isinstance(result, Failed) and one.attempts + 1 >= MAX_TRIES
        counters.deliveries[state, "given-up" if is_last else type(result).__name__.lower()] += 1
        counters.limits["delivery-tries"] += is_last
    if results and isinstance(last := results[-1][1], Failed) and last.is_host:
        failures = peer.failures if peer is not None else 0
        counters.limits["breaker"] += failures + 1 >= peers.FAILURES_TO_OPEN


async def _record(tx: Tx, host: str, results: Sequence[tuple[Delivery, Result]], left: list[int]) -> None:
    wait = timedelta(0)
    for one, result in results:
        wait = await _record_one(tx, one, result, chance=_chance(tx.new_id())) or wait
    last = results[-1][1] if results else None
    match last:
        case Failed(is_host=True) as failed:
            pause = timedelta(seconds=failed.wait) if failed.wait else None
            if await peers.did_not_answer(tx, host, error=failed.error, pause=pause):
                await outbox.give_up(tx, host)
        case Sent(scheme=scheme):
            await peers.answered(tx, host, scheme=scheme)
        case _:
            pass
    # The rest of the queue for a failing host waits as long as the delivery that failed.
    await outbox.release(tx, left, wait=wait if isinstance(last, Failed) else timedelta(0))


async def _record_one(tx: Tx, one: Delivery, result: Result, *, chance: float) -> timedelta | None:
    match result:
        case Sent(status=status):
            await outbox.over(tx, one.id, "sent", status=status)
        case Refused(status=status, error=error):
            await outbox.over(tx, one.id, "refused", status=status, error=error)
        case Failed(status=status, error=error) if one.attempts + 1 >= MAX_TRIES:
            await outbox.over(tx, one.id, "given-up", status=status, error=error)
        case Failed(status=status, error=error, wait=asked):
            wait = max(backoff(one.attempts + 1, chance), timedelta(seconds=asked or 0))
            await outbox.again(tx, one.id, wait, status=status, error=error)
            return wait
        case _ as never:
            assert_never(never)
    return None


def _chance(new_id: str) -> float:
    """From 0 to 1: the only dice here are the ids."""
    return int(new_id.replace("-", "")[-8:], 16) / 0xFFFFFFFF
