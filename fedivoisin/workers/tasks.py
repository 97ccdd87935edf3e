"""What happens by the clock alone: a table of names, periods and actions."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from fedivoisin.actions import admission, listings
from fedivoisin.store import (
    inbox,
    keys,
    lookups,
    mail_tokens,
    mails,
    outbox_purge,
    reports,
    sessions,
    strangers,
    tallies,
    tasks,
    throttle,
)
from fedivoisin.store.db import Store, Tx

MOST_BATCHES = 200
"""A task that still finds work after so many batches lets the others work, and goes on soon."""
GOES_ON = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Task:
    """`work` gives how much it did; a task in batches is asked again until that is nothing."""

    every: timedelta
    work: Callable[[Tx], Awaitable[object]]
    in_batches: bool = False


TABLE: Mapping[str, Task] = {
    "expire-listings": Task(timedelta(minutes=5), listings.expire_due, in_batches=True),
    "ask-if-still-free": Task(timedelta(hours=1), listings.ask_if_still_free, in_batches=True),
    "sweep-closed-listings": Task(timedelta(hours=6), listings.sweep_closed, in_batches=True),
    "remind-candidates": Task(timedelta(hours=1), admission.remind_waiting),
    "lapse-sponsorships": Task(timedelta(hours=6), admission.lapse_offers),
    "purge-sessions": Task(timedelta(hours=1), sessions.purge),
    "purge-links": Task(timedelta(hours=1), mail_tokens.purge),
    "purge-attempts": Task(timedelta(hours=6), throttle.purge),
    "purge-inbox": Task(timedelta(hours=6), inbox.purge, in_batches=True),
    "purge-lookups": Task(timedelta(days=1), lookups.purge, in_batches=True),
    "purge-deliveries": Task(timedelta(days=1), outbox_purge.forget_deliveries, in_batches=True),
    "purge-activities": Task(timedelta(days=1), outbox_purge.forget_activities, in_batches=True),
    "purge-unreachable-keys": Task(timedelta(hours=6), keys.purge_unreachable),
    "purge-tallies": Task(timedelta(hours=1), tallies.purge),
    "forget-expired-keys": Task(timedelta(minutes=30), keys.forget_expired),
    "forget-strangers": Task(timedelta(days=1), strangers.forget_actors, in_batches=True),
    "forget-their-hosts": Task(timedelta(days=1), strangers.forget_peers, in_batches=True),
    "purge-reports": Task(timedelta(days=1), reports.purge),
    "purge-mails": Task(timedelta(days=1), mails.purge, in_batches=True),
}
PERIODS: Mapping[str, timedelta] = {name: task.every for name, task in TABLE.items()}


async def run_due(store: Store) -> int:
    """Run what is due, one task after the other; gives how many ran.

    What a task raises is raised here, for `loop` to log: that task is tried again soon, the others at the next call.
    """
    await store.take(tasks.prepare, PERIODS)
    ran = 0
    while (name := await store.take(tasks.claim, PERIODS)) is not None:
        await _run(store, name, TABLE[name])
        ran += 1
    return ran


async def _run(store: Store, name: str, task: Task) -> None:
    pause = None
    try:
        pause = task.every if await _work(store, task) else min(GOES_ON, task.every)
    finally:
        if pause is not None:
            await store.append(tasks.done, name, every=pause)
        else:
            await store.append(tasks.failed, name)


async def _work(store: Store, task: Task) -> bool:
    """Whether nothing is left to do."""
    for _ in range(MOST_BATCHES if task.in_batches else 1):
        if not await store.write(task.work):
            return True
    return not task.in_batches
