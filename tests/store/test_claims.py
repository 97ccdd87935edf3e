"""A claim takes what is due, and no more than asked: however the database goes about it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, text

from fedivoisin.ids import ActorId, ListingId
from fedivoisin.market.events import ListingDeleted
from fedivoisin.proof import Origin, Verified
from fedivoisin.store import events, follower_checks, inbox, lookups, mails, outbox, pictures, tasks
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.inbox import Incoming
from fedivoisin.store.schema.listings import remote_media
from tests.makers import put_activity, put_actor

HOST = "rennes.example"
MOST = 2
_WAYS = ("hashjoin", "mergejoin", "hashagg", "sort", "material", "memoize")
"""Of PostgreSQL: without them it looks again for each row, as it may choose to by itself once a table is large."""


async def _events(tx: Tx, number: int) -> None:
    gone = ListingDeleted(ListingId(f"listing-{number}"), ActorId("actor-awa"), ActorId("actor-awa"))
    await events.record(tx, gone, subject=f"subject-{number}", by=None)


async def _inbox(tx: Tx, number: int) -> None:
    actor = f"https://{HOST}/users/bob"
    verified = Verified(f"{actor}#key", actor, Origin(("https", HOST, 443)), str(number).encode(), "cavage")
    await inbox.put(tx, [Incoming(verified, f"https://{HOST}/activities/{number}", "Like")])


async def _mails(tx: Tx, number: int) -> None:
    await mails.put(tx, [mails.NewMail(f"{number}@example.org", "Bonjour", "…")])


async def _deliveries(tx: Tx, number: int) -> None:
    await put_activity(tx, number, HOST)


async def _lookups(tx: Tx, number: int) -> None:
    await lookups.ask(tx, member_id="actor-awa", query=f"{number}@{HOST}", purpose=lookups.BACKFILL)


async def _checks(tx: Tx, number: int) -> None:
    actor = await put_actor(tx, f"bob-{number}")
    await follower_checks.ask(tx, actor_id=actor, url=f"https://{HOST}/{number}", digest="")


async def _pictures(tx: Tx, number: int) -> None:
    row = {"url": f"https://{HOST}/{number}.jpg", "public_id": str(number), "state": "waiting", "next_at": tx.now}
    await tx.conn.execute(insert(remote_media), [row])


@pytest.mark.parametrize(
    ("put", "claim"),
    [
        (_events, events.claim),
        (_inbox, inbox.claim),
        (_mails, mails.claim),
        (_deliveries, outbox.claim),
        (_lookups, lookups.claim),
        (_checks, follower_checks.claim),
        (_pictures, pictures.claim_remote),
    ],
)
async def test_no_more_is_taken_than_asked(
    store: Store, put: Callable[[Tx, int], Awaitable[None]], claim: Callable[..., Awaitable[list[Any]]]
) -> None:
    await store.write(put_actor, "awa")
    for number in range(5):
        await store.write(put, number)
    assert len(await store.take(_the_worst_way, claim, limit=MOST)) == MOST


async def test_one_task_is_taken(store: Store) -> None:
    periods = {name: timedelta(days=1) for name in ("brush", "sweep", "wipe")}
    await store.write(tasks.prepare, periods)
    assert [await store.take(_the_worst_way, tasks.claim, periods) for _ in range(4)] == [
        "brush",
        "sweep",
        "wipe",
        None,
    ]


async def _the_worst_way(tx: Tx, claim: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any) -> Any:
    if tx.is_postgres:
        for way in _WAYS:
            await tx.conn.execute(text(f"SET LOCAL enable_{way} = off"))
    return await claim(tx, *args, **kwargs)
