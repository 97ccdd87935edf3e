"""The work behind the pages: loops that wait for a bell, take what is due and survive what goes wrong."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import get_args

from fedivoisin.activitypub import delivery, followers_check
from fedivoisin.activitypub.apart import Apart
from fedivoisin.activitypub.delivery import Sender
from fedivoisin.activitypub.fresh import Taken
from fedivoisin.activitypub.inbox import Reception
from fedivoisin.notify import post
from fedivoisin.notify.messages import TRIAL_ADDRESS
from fedivoisin.settings import Settings
from fedivoisin.store import claims, events, lookups
from fedivoisin.store import inbox as inbox_rows
from fedivoisin.store.db import Queue, Store
from fedivoisin.store.inbox import Received
from fedivoisin.workers import category_groups, effects, hosts, orphans, pictures, tasks, unused_pictures
from fedivoisin.workers import lookups as lookup_answers
from fedivoisin.workers.orphans import Watch
from fedivoisin.world import World

log = logging.getLogger(__name__)

BATCH = 100
"""Activities, or events, in one transaction: 40 ms for notes, for which whoever else writes to SQLite waits."""
LOOK_AGAIN = 2.0
"""Seconds between looks when no bell rings: another process may have written, or something has become due."""
CLOCK = 20.0
"""The same for what only time brings."""
HOUR = 3600.0
QUEUES: Mapping[str, Queue] = {queue: queue for queue in get_args(Queue)}
"""The loops that a bell wakes, by their names; the others look at the clock."""

Turn = Callable[[], Awaitable[int]]
"""Does some of what is due, and says how much: nothing means wait."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """What the loops share."""

    store: Store
    world: World
    reception: Reception
    sender: Sender
    tasks: asyncio.TaskGroup
    trial_address: str
    """Where links in mails lead while there is no public address."""


async def run(settings: Settings, store: Store, world: World, reception: Reception) -> None:
    """Work until cancelled; what is under way is given up, and taken up again by the next run.

    What `reception` receives meanwhile is carried out as it was read at the door.
    """
    if store.is_alone:
        await store.write(claims.forget)
    reception.fresh.begin()
    try:
        async with asyncio.TaskGroup() as group:
            shop = Workshop(store, world, reception, Sender(store, world), group, f"http://localhost:{settings.port}")
            for name, turn, pause in _turns(shop):
                group.create_task(_again_and_again(store, name, turn, pause), name=name)
    finally:
        reception.fresh.end()


@asynccontextmanager
async def running(store: Store, turns: Mapping[str, Turn]) -> AsyncGenerator[None]:
    """Take these turns beside what is done in the block; each survives what goes wrong in it."""
    under_way = [asyncio.create_task(_again_and_again(store, name, turn, LOOK_AGAIN)) for name, turn in turns.items()]
    try:
        yield
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


def _turns(shop: Workshop) -> tuple[tuple[str, Turn, float], ...]:
    watch = Watch(shop.store)
    apart = Apart(shop.reception, lambda work: _start(shop, work), shop.reception.counters.ended)
    return (
        ("orphans", lambda: orphans.take_over(watch), CLOCK),
        ("effects", lambda: make_effects(shop.store, trial_address=shop.trial_address), LOOK_AGAIN),
        ("inbox", lambda: carry_out(apart), LOOK_AGAIN),
        ("delivery", lambda: delivery.run_once(shop.sender, lambda work: _start(shop, work)), LOOK_AGAIN),
        *[("lookups", lambda: answer_lookups(shop.reception), LOOK_AGAIN)] * (lookup_answers.AT_ONCE - 1),
        ("lookups", lambda: answer_lookups(shop.reception, may_backfill=False), LOOK_AGAIN),
        ("lookups", lambda: followers_check.repair_due(shop.reception), LOOK_AGAIN),
        ("hosts", lambda: hosts.describe_new(shop.reception), CLOCK),
        ("dead hosts", lambda: hosts.ask_the_dead(shop.reception), CLOCK),
        ("mail", lambda: post.send_due(shop.store, shop.world), LOOK_AGAIN),
        ("pictures", lambda: pictures.fetch_remote_pictures(shop.store, shop.world, shop.reception.limits), LOOK_AGAIN),
        ("unused pictures", lambda: unused_pictures.remove_unused(shop.store, shop.world), HOUR),
        ("tasks", lambda: tasks.run_due(shop.store), CLOCK),
        ("category groups", lambda: category_groups.open_missing(shop.store, shop.world), CLOCK),
    )


async def make_effects(store: Store, *, trial_address: str = TRIAL_ADDRESS) -> int:
    """Write what follows from the events that are due, in order for each subject. One that fails waits."""
    due = await store.take(events.claim, limit=BATCH)
    if due:
        try:
            await store.write(effects.make, due, trial_address=trial_address)
        except Exception:
            log.exception("batch failed", extra={"events": [recorded.id for recorded in due]})
            await effects.make_each(store, due, trial_address=trial_address)
    return len(due)


async def carry_out(apart: Apart) -> int:
    """Carry out the received activities that are due, the oldest first. Nobody waits for what must be fetched."""
    reception = apart.reception
    due: Sequence[Received | Taken] = await reception.fresh.take(BATCH) or await _in_database(reception)
    if due:
        await apart.carry_out(due)
    return len(due)


async def _in_database(reception: Reception) -> Sequence[Received]:
    fresh = reception.fresh
    if not fresh.must_look():
        return ()
    before = fresh.before_look()
    due = await reception.store.take(inbox_rows.claim, limit=BATCH)
    if len(due) < BATCH:
        fresh.after_look(before)
    return due


async def answer_lookups(reception: Reception, *, may_backfill: bool = True) -> int:
    """Look for what members asked about. Whoever calls several of these beside each other has as many under way."""
    # One that breaks us uses up no try of another.
    due = await reception.store.take(lookups.claim, limit=1, may_backfill=may_backfill)
    for lookup in due:
        await lookup_answers.answer(reception, lookup)
    return len(due)


async def _again_and_again(store: Store, name: str, turn: Turn, pause: float) -> None:
    while not _is_leaving():
        waiting = store.bell.listen(QUEUES.get(name))
        try:
            did = await turn()
        except Exception:
            log.exception("loop failed", extra={"loop": name})
            did = 0
            await asyncio.sleep(pause)
        if not did:
            await (asyncio.sleep(pause) if pause >= CLOCK else waiting(pause))


def _is_leaving() -> bool:
    # Whoever swallows a cancellation on the way (a driver, a library) must not keep the program from stopping.
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _start(shop: Workshop, work: Coroutine[object, object, None]) -> None:
    surviving = _survive(work)
    try:
        shop.tasks.create_task(surviving)
    except RuntimeError:
        # The group ends: what was claimed is given back, and sent by the next run.
        surviving.close()
        work.close()


async def _survive(work: Coroutine[object, object, None]) -> None:
    try:
        await work
    except Exception:
        log.exception("work failed")
