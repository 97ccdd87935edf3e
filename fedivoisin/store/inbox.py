"""What other instances sent us: one row per activity, kept until its effects are written."""

import asyncio
import hashlib
from asyncio import sleep
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from msgspec import Struct
from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import SQLAlchemyError

from fedivoisin.proof import Verified
from fedivoisin.store.claims import found_once, holder
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.schema.federation import inbox

CLAIM = timedelta(seconds=120)
CLAIMING = 7_343_002
"""The advisory lock of those who claim here; `migrate.LOCK` is another."""
KEPT = timedelta(days=30)
AGAIN_AFTER = timedelta(hours=3)
"""The same bytes are the same activity for longer than a captured request can be replayed (an hour either way, RFC 9421
§7.2.2). Later they were signed anew: some say the same thing twice and mean it (a Follow after its Undo)."""
MOST_IN_MEMORY = 2_000
HEAVIEST_IN_MEMORY = 32 * 1024 * 1024
"""Of all that wait for the disk: one that stands still must not cost more."""
_DOCUMENT, _BRACKET, _COMMA, _CHARACTER = 1024, 256, 128, 5
"""Bytes that a row, an object or list, a value in it, a character beside an emoji (with its UTF-8) take at most."""
_NEW = sqlite_insert(inbox).on_conflict_do_nothing()
_LAST = select(func.coalesce(func.max(inbox.c.id), 0))
_SINCE = select(inbox.c.digest, inbox.c.id).where(inbox.c.id > bindparam("last"))
_FORGET = delete(inbox).where(
    inbox.c.digest == bindparam("seen"), inbox.c.next_at.is_(None), inbox.c.received_at < bindparam("before")
)
LARGEST_BATCH = 256
MANY = 16
LULL = 0.005
"""Seconds after a flush for that many, so that those who are on their way share the next: a flush is a millisecond of
CPU. Who comes alone is not kept waiting."""
OUR_FAULT = "our-fault"
UNDONE = "undone"
COUNT_AGAIN = timedelta(seconds=5)


class QueueFull(Exception):
    """More has come than can be kept: the sender should try later."""


class Incoming(Struct, frozen=True):
    """A verified request, with what its activity is called and what it is."""

    verified: Verified
    activity_url: str
    type: str
    loaded: object = None
    """The body, taken apart; not kept, but handed to whoever carries it out."""
    weight: int = 0
    """As `weigh` gives it."""


def weigh(body: bytes) -> int:
    """Bytes of memory that a body costs at most, taken apart: an object in it may be two characters long."""
    brackets = body.count(b"{") + body.count(b"[")
    return _DOCUMENT + _CHARACTER * len(body) + _BRACKET * brackets + _COMMA * body.count(b",")


class Carrier(Protocol):
    """Carries out in this very process what it has just kept, as far as it wants to."""

    def takes(self, several: Sequence[Incoming]) -> bool:
        """Whether these are to be kept as claimed, and then handed over."""
        ...

    def hand_over(self, several: Sequence[tuple[int, Incoming]]) -> None:
        """They are kept, under these numbers."""
        ...

    def left(self) -> None:
        """Some are for whoever looks into the database. Said before they are kept, and again when they are."""
        ...


@dataclass(frozen=True, slots=True)
class Received:
    """A row that waits for its effects."""

    id: int
    actor_url: str
    activity_url: str
    type: str
    key_id: str
    scheme: str
    body: bytes
    received_at: datetime
    attempts: int


_RECEIVED = [inbox.c[name] for name in Received.__dataclass_fields__]


async def put(tx: Tx, incoming: Sequence[Incoming], *, is_claimed: bool = False) -> list[int | None]:
    """Keep them all; those whose very bytes came a short while ago, or still wait, are passed over: no number for them.
    `is_claimed`: this process carries them out, nobody shall take them meanwhile; only where it works alone.

    The id alone does not tell two activities apart: Misskey, Takahē and flohmarkt use the same one again and again.
    """
    claim = {"claimed_until": tx.now + CLAIM if is_claimed else None, "attempts": int(is_claimed)}
    rows: list[dict[str, Any]] = [
        {
            "actor_url": one.verified.owner,
            "activity_url": one.activity_url,
            "digest": hashlib.sha256(one.verified.body).digest(),
            # PostgreSQL takes no NUL, and would refuse with this row all that came beside it.
            "type": _printable(one.type)[:64],
            "key_id": one.verified.key_id,
            "scheme": one.verified.scheme,
            "body": one.verified.body,
            "received_at": tx.now,
            "next_at": tx.now,
            **claim,
        }
        for one in incoming
    ]
    if not is_claimed:
        tx.filled.add("inbox")
    # A new row rather than the old one awakened: rows are carried out in the order of their ids.
    kept = await (_put_on_postgres(tx, rows) if tx.is_postgres else _put_on_sqlite(tx, rows))
    return [kept.pop(row["digest"], None) for row in rows]


async def _put_on_sqlite(tx: Tx, rows: list[dict[str, Any]]) -> dict[bytes, int]:
    # Nobody else writes meanwhile, and each new number is the highest so far.
    ((last,),) = await tx.rows(_LAST)
    await tx.many(_NEW, rows)
    kept = await _since(tx, last)
    passed_over = [row for row in rows if row["digest"] not in kept]
    if passed_over:
        for row in passed_over:
            await tx.rows(_FORGET, seen=row["digest"], before=tx.now - AGAIN_AFTER)
        ((last,),) = await tx.rows(_LAST)  # lower, where the newest was forgotten
        await tx.many(_NEW, passed_over)
        kept |= await _since(tx, last)
    return kept


async def _since(tx: Tx, last: int) -> dict[bytes, int]:
    found: Any = await tx.rows(_SINCE, last=last)
    return dict(found)


def _printable(word: str) -> str:
    return word if word.isprintable() else "".join(filter(str.isprintable, word))


async def _put_on_postgres(tx: Tx, rows: list[dict[str, Any]]) -> dict[bytes, int]:
    from sqlalchemy.dialects.postgresql import insert

    seen = inbox.c.digest.in_({row["digest"] for row in rows})
    old = inbox.c.received_at < tx.now - AGAIN_AFTER
    await tx.conn.execute(delete(inbox).where(seen, inbox.c.next_at.is_(None), old))
    new = insert(inbox).on_conflict_do_nothing().returning(inbox.c.digest, inbox.c.id)
    return {row.digest: int(row.id) for row in await tx.conn.execute(new, rows)}


async def claim(tx: Tx, *, limit: int) -> list[Received]:
    """Take due rows that nobody else is at, the oldest first; nothing of somebody who said what another is still at."""
    if tx.is_postgres:
        # One after the other: what each takes the next one sees as taken, and not as a lock to be passed over.
        await tx.conn.execute(select(func.pg_advisory_xact_lock(CLAIMING)))
    under_way = inbox.alias("under_way")
    heard = select(under_way.c.actor_url).where(under_way.c.next_at.is_not(None), under_way.c.claimed_until >= tx.now)
    due = (
        select(inbox.c.id)
        .where(inbox.c.next_at <= tx.now, (inbox.c.claimed_until.is_(None)) | (inbox.c.claimed_until < tx.now))
        .where(inbox.c.actor_url.not_in(heard))
        # As the index has them: by id alone SQLite would look at all that ever was.
        .order_by(inbox.c.next_at, inbox.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = await tx.conn.execute(
        update(inbox)
        .where(inbox.c.id.in_(found_once(due)))
        .values(claimed_until=tx.now + CLAIM, claimed_by=holder(tx), attempts=inbox.c.attempts + 1)
        .returning(*_RECEIVED)
    )
    return sorted((Received(*row) for row in rows), key=lambda row: row.id)


async def still_waiting(tx: Tx, row_ids: Collection[int]) -> set[int]:
    """Those of them that nobody else has done meanwhile; nobody can until this transaction ends."""
    rows = select(inbox.c.id).where(inbox.c.id.in_(row_ids), inbox.c.next_at.is_not(None)).with_for_update()
    return set((await tx.conn.execute(rows)).scalars())


async def body_of_waiting(tx: Tx, row_id: int) -> bytes | None:
    """What one of them says; None once it is done."""
    row = select(inbox.c.body).where(inbox.c.id == row_id, inbox.c.next_at.is_not(None))
    return (await tx.conn.execute(row)).scalar_one_or_none()


async def done_all(tx: Tx, outcomes: Mapping[int, str]) -> None:
    """What became of each row: most of many end alike."""
    for how in dict.fromkeys(outcomes.values()):
        rows = [row for row, outcome in outcomes.items() if outcome == how]
        await tx.conn.execute(
            update(inbox)
            .where(inbox.c.id.in_(rows), inbox.c.next_at.is_not(None))
            .values(next_at=None, claimed_until=None, outcome=how[:64], done_at=tx.now, **_left(how))
        )


def _left(how: str) -> dict[str, Any]:
    # What people wrote stands where it belongs by now, or was refused. Only what we failed at is kept to be looked at.
    return {} if how == OUR_FAULT else {"body": b""}


async def later(tx: Tx, row_id: int, wait: timedelta) -> None:
    """Something it needs could not be had: try again after `wait`."""
    await tx.conn.execute(
        update(inbox)
        .where(inbox.c.id == row_id, inbox.c.next_at.is_not(None))
        .values(next_at=tx.now + wait, claimed_until=None)
    )


async def take_back(tx: Tx, *, actor_url: str, activity_url: str) -> bool:
    """Whether somebody had said this and it was put off: then it will not be carried out."""
    was_put_off = (inbox.c.next_at.is_not(None), inbox.c.claimed_until.is_(None), inbox.c.attempts > 0)
    done = await tx.conn.execute(
        update(inbox)
        .where(inbox.c.actor_url == actor_url, inbox.c.activity_url == activity_url, *was_put_off)
        .values(next_at=None, outcome=UNDONE, done_at=tx.now, body=b"")
    )
    return done.rowcount > 0


async def waiting(tx: Tx) -> int:
    """How many rows wait for their effects."""
    return (
        await tx.conn.execute(select(func.count()).select_from(inbox).where(inbox.c.next_at.is_not(None)))
    ).scalar_one()


async def outcomes(tx: Tx) -> dict[str, int]:
    """How many ended how."""
    rows = await tx.conn.execute(
        select(inbox.c.outcome, func.count().label("times"))
        .where(inbox.c.outcome.is_not(None))
        .group_by(inbox.c.outcome)
    )
    return {row.outcome: row.times for row in rows}


async def purge(tx: Tx, *, limit: int = 1000) -> int:
    """Forget some of what was done more than 30 days ago; gives how many went."""
    old = select(inbox.c.id).where(inbox.c.next_at.is_(None), inbox.c.done_at < tx.now - KEPT).limit(limit)
    return (await tx.conn.execute(delete(inbox).where(inbox.c.id.in_(old.scalar_subquery())))).rowcount


@dataclass(slots=True)
class InboxWriter:
    """Group commit: requests that arrive together share one transaction and one flush to the disk.

    A task writes as long as somebody waits, and ends by itself. A request that leaves does not disturb it: what was
    verified is kept all the same.
    """

    store: Store
    most_waiting: int
    """Rows that may wait to be carried out."""
    carrier: Carrier
    _waiting: list[tuple[Incoming, "asyncio.Future[bool]"]] = field(
        default_factory=list[tuple[Incoming, "asyncio.Future[bool]"]]
    )
    _weight: int = 0
    _writing: "asyncio.Task[None] | None" = None
    _backlog: int = 0
    _counted_at: datetime | None = None

    async def keep(self, incoming: Incoming) -> None:
        """Return once the row is on the disk. Raises QueueFull as `add` does."""
        kept: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.add(incoming, kept)
        await kept

    def add(self, incoming: Incoming, kept: "asyncio.Future[bool]") -> None:
        """`kept` becomes true once the row is on the disk. Raises QueueFull before memory or disk grow without end."""
        if self._backlog >= self.most_waiting:
            self._start()
        weight = self._weight + incoming.weight
        is_much = len(self._waiting) >= MOST_IN_MEMORY or weight > HEAVIEST_IN_MEMORY
        if is_much or self._backlog >= self.most_waiting:
            raise QueueFull
        self._waiting.append((incoming, kept))
        self._weight = weight
        self._start()

    def _start(self) -> None:
        if self._writing is None or self._writing.done():
            self._writing = asyncio.get_running_loop().create_task(self._write_all())

    async def _write_all(self) -> None:
        try:
            if not self._waiting:
                with suppress(SQLAlchemyError, OSError):  # then it is asked again when the next one comes
                    await self._count()  # whether there is room again
            while self._waiting:
                batch, self._waiting = self._waiting[:LARGEST_BATCH], self._waiting[LARGEST_BATCH:]
                await self._write(batch)
                self._weight -= sum([one.weight for one, _ in batch])
                if len(batch) >= MANY:
                    await sleep(LULL)
        finally:  # the program stops: who came meanwhile waits for this very task
            left, self._waiting, self._weight = self._waiting, [], 0
            _end(left, QueueFull())

    async def _write(self, batch: "Sequence[tuple[Incoming, asyncio.Future[bool]]]") -> None:
        several = [incoming for incoming, _ in batch]
        is_ours, numbers = self.carrier.takes(several), list[int | None]()
        try:
            if not is_ours:
                self.carrier.left()
            numbers = await self.store.append(put, several, is_claimed=is_ours)
            await self._count()
        except Exception as error:
            _end(batch, error)  # each of the requests raises it
        else:
            _end(batch, None)
        finally:
            _end(batch, QueueFull())  # the program stops in the middle: they are asked to come again
        # Only now: what follows from a request must not come before its answer.
        if is_ours:
            kept = zip(numbers, several, strict=False)  # none where it failed
            self.carrier.hand_over([(number, one) for number, one in kept if number is not None])
        else:
            self.carrier.left()

    async def _count(self) -> None:
        now = self.store.now()
        if self._counted_at is not None and now - self._counted_at < COUNT_AGAIN:
            return
        self._counted_at = now
        async with self.store.read() as tx:
            self._backlog = await waiting(tx)


def _end(batch: "Sequence[tuple[Incoming, asyncio.Future[bool]]]", error: Exception | None) -> None:
    for _, kept in batch:
        if kept.done():
            continue
        if error is None:
            kept.set_result(True)
        else:
            kept.set_exception(error)
