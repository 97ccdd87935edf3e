"""What was accepted is carried out: many in one transaction, each in a savepoint; alone where something is lacking."""

import asyncio
import logging
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from msgspec import Struct

from fedivoisin.activitypub import dispatch, parse, remote
from fedivoisin.activitypub.fetching import GONE
from fedivoisin.activitypub.fresh import Taken, load
from fedivoisin.activitypub.inbox import Reception
from fedivoisin.activitypub.parse.activities import Activity, CollectionDocument
from fedivoisin.activitypub.parse.objects import Document, Tombstone
from fedivoisin.activitypub.proven import said_by
from fedivoisin.activitypub.remote import Remote
from fedivoisin.activitypub.together import Patience
from fedivoisin.errors import BadActivity, Missing, Refused, Unreachable
from fedivoisin.store import actors, blocks, inbox, neighbourhoods, outbox, peers
from fedivoisin.store.db import Store, Tx, is_lost
from fedivoisin.store.inbox import OUR_FAULT, Received

log = logging.getLogger(__name__)

MAX_FETCHES = 5
MAX_ATTEMPTS = 8
SEEN_AGAIN = timedelta(minutes=10)
LATER = "later"
SLOW = "too-slow"
LONGEST_ALONE = 30
"""Seconds that one speaker may make us fetch documents in one turn: who serves them drop by drop holds up nobody."""

Fetched = dict[str, Document | CollectionDocument]


class Kept(Struct, frozen=True):
    """A row of the inbox, read."""

    id: int
    actor_url: str
    attempts: int
    activity: Activity
    raw: Mapping[str, Any]


class Lacking(Struct, frozen=True):
    """A row of the inbox that needs more than the database has; it is read again when its turn comes."""

    id: int
    actor_url: str
    attempts: int


@dataclass(slots=True)
class _Ground:
    """What is the same for all that one transaction carries out: no activity can change it."""

    origin: str
    blocked: dict[str, bool] = field(default_factory=dict[str, bool])
    heard: set[str] = field(default_factory=set[str])
    """Hosts that said something that held."""


async def carry_out(
    reception: Reception, rows: Sequence[Received | Taken], *, behind: Collection[str]
) -> tuple[list[str], list[Lacking]]:
    """Carry out claimed rows, in their order. One that fails takes no other with it.

    Gives how they ended, in any order, and those to be carried out `in_order`: what lacks something, what its speaker
    said after that, and all of speakers who are `behind`.
    """
    kept, ends = await _read_all(rows)
    alone = [_lacking(one) for one in kept]
    try:
        ends, alone = await reception.store.write(_together, kept, ends, behind)
    except Exception:
        # One of them broke more than its savepoint: each gets a transaction, and the one that breaks it is set aside.
        log.exception("batch failed", extra={"rows": [one.id for one in kept]})
        await reception.store.write(inbox.done_all, ends)
    return list(ends.values()), alone


async def _read_all(rows: Sequence[Received | Taken]) -> tuple[list[Kept], dict[int, str]]:
    kept: list[Kept] = []
    ends: dict[int, str] = {}
    patience = Patience()
    for row in rows:
        if patience.is_over():
            await asyncio.sleep(0)
        if row.attempts > MAX_ATTEMPTS:
            # Nobody puts off what was tried so often: the process ended at it each time, and must not once more.
            log.error("activity set aside", extra={"row": row.id, "activity": row.activity_url})
            ends[row.id] = OUR_FAULT
            continue
        try:
            loaded = row.loaded if isinstance(row, Taken) else load(row.body)
            kept.append(Kept(row.id, row.actor_url, row.attempts, parse.activity(loaded.document), loaded.raw))
        except BadActivity as error:
            ends[row.id] = error.code
        except Exception:
            # It was read at the door. Whatever became of it (or of us), the others do not wait behind it for ever.
            log.exception("activity unreadable", extra={"row": row.id, "activity": row.activity_url})
            ends[row.id] = OUR_FAULT
    return kept, ends


async def _together(
    tx: Tx, kept: Sequence[Kept], ends: Mapping[int, str], behind: Collection[str]
) -> tuple[dict[int, str], list[Lacking]]:
    """How each ended, and those that need more than the database has."""
    ground = _Ground((await neighbourhoods.current(tx)).origin)
    waiting = await inbox.still_waiting(tx, [one.id for one in kept])
    ended, alone, waits = dict(ends), list[Lacking](), set(behind)
    for one in kept:
        if one.id not in waiting:
            continue
        # What one person says keeps its order: whoever waits for a document makes what they said next wait too.
        end = None if one.actor_url in waits else await _in_savepoint(tx, ground, one)
        if end is None:
            alone.append(_lacking(one))
            waits.add(one.actor_url)
        else:
            ended[one.id] = end
    await inbox.done_all(tx, ended)
    for host in sorted(ground.heard):
        await _seen(tx, host)
    return ended, alone


def _lacking(one: Kept) -> Lacking:
    return Lacking(one.id, one.actor_url, one.attempts)


async def _in_savepoint(tx: Tx, ground: _Ground, one: Kept) -> str | None:
    """How it ended; None when it must be tried alone, since it lacks something or breaks us."""
    try:
        async with tx.savepoint():
            return await _handle(tx, ground, one, {})
    except BadActivity as error:
        return error.code
    except Refused as error:  # a rule for people said no to a peer
        return error.reason
    except Missing:
        return None
    except Exception as error:
        if is_lost(error):
            raise  # then the whole transaction is tried again
        return None


async def _handle(tx: Tx, ground: _Ground, one: Kept, fetched: Fetched) -> str:
    actor = await actors.by_url(tx, one.actor_url)
    if actor is None:
        raise Missing(one.actor_url)
    if actor.host not in ground.blocked:
        ground.blocked[actor.host] = await blocks.is_blocked(tx, actor.host)
    if ground.blocked[actor.host] or actor.gone_at is not None or actor.hidden_at is not None:
        raise BadActivity("actor-refused")
    outcome = await dispatch.handle(
        tx, said_by(actor, one.activity, origin=ground.origin, raw=one.raw, fetched=fetched)
    )
    ground.heard.add(actor.host)
    return outcome


async def _seen(tx: Tx, host: str) -> None:
    known = await peers.by_host(tx, host)
    fresh = known is not None and known.last_seen_at is not None and tx.now - known.last_seen_at < SEEN_AGAIN
    if (not fresh or known is None or known.dead_at is not None) and await peers.seen(tx, host):
        await outbox.wake(tx, host)


async def in_order(reception: Reception, said: Sequence[Lacking]) -> list[str]:
    """Carry out what one speaker said, each alone, fetching what it lacks; how each ended."""
    ends: list[str] = []
    left = deque(said)
    try:
        async with asyncio.timeout(LONGEST_ALONE):
            while left:
                ends.append(await _alone(reception, left[0]))
                left.popleft()
    except TimeoutError:
        ends += [await put_off(reception, one) for one in left]
    return ends


async def put_off(reception: Reception, one: Lacking) -> str:
    """Another time: it took too long, or too much waits."""
    return await _postpone(reception.store, one, SLOW, 0)


async def _alone(reception: Reception, one: Lacking) -> str:
    try:
        return await _process(reception, one)
    except Exception:
        log.exception("activity failed", extra={"row": one.id})
        return await _postpone(reception.store, one, OUR_FAULT, 0)


async def _process(reception: Reception, one: Lacking) -> str:
    fetched: Fetched = {}
    try:
        kept = await _read_again(reception.store, one)
        for _ in range(MAX_FETCHES + 1):
            try:
                return await reception.store.write(_whole, kept, fetched)
            except Missing as missing:
                if missing.url in fetched:
                    raise BadActivity("not-what-was-needed") from None
                fetched[missing.url] = await _fetch(reception.remote, missing.url)
        raise BadActivity("too-many-fetches")
    except BadActivity as error:
        await reception.store.write(inbox.done_all, {one.id: error.code})
        return error.code
    except Refused as error:
        await reception.store.write(inbox.done_all, {one.id: error.reason})
        return error.reason
    except Unreachable as error:
        return await _postpone(reception.store, one, "unreachable", error.retry_after or 0)


async def _read_again(store: Store, one: Lacking) -> Kept | None:
    """None of what somebody else has done meanwhile."""
    async with store.read() as tx:
        body = await inbox.body_of_waiting(tx, one.id)
    if body is None:
        return None
    loaded = load(body)
    return Kept(one.id, one.actor_url, one.attempts, parse.activity(loaded.document), loaded.raw)


async def _whole(tx: Tx, one: Kept | None, fetched: Fetched) -> str:
    if one is None or not await inbox.still_waiting(tx, [one.id]):
        return "done"  # somebody else did it meanwhile
    ground = _Ground((await neighbourhoods.current(tx)).origin)
    outcome = await _handle(tx, ground, one, fetched)
    await inbox.done_all(tx, {one.id: outcome})
    for host in ground.heard:
        await _seen(tx, host)
    return outcome


async def _fetch(way: Remote, url: str) -> Document | CollectionDocument:
    try:
        return await remote.fetch_document(way, url)
    except BadActivity as error:
        if error.code == GONE:
            return Tombstone(url, None)
        raise


async def _postpone(store: Store, row: Lacking, why: str, retry_after: int) -> str:
    if row.attempts >= MAX_ATTEMPTS:
        await store.write(inbox.done_all, {row.id: why})
        return why
    await store.write(inbox.later, row.id, timedelta(seconds=max(row.attempts**4 + 15, retry_after)))
    return LATER
