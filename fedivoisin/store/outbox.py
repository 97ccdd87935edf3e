"""What our actors said, and to which inboxes it must still be brought."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, cast

import msgspec
from msgspec import Struct
from sqlalchemy import JSON, Integer, String, Text, bindparam, func, insert, literal_column, or_, select, update
from sqlalchemy import cast as cast_as

from fedivoisin.ids import ActivityId, ActorId, ListingId
from fedivoisin.store.claims import found_once, holder_on
from fedivoisin.store.db import Tx
from fedivoisin.store.schema.actors import actor
from fedivoisin.store.schema.federation import activity, delivery, peer
from fedivoisin.store.schema.listings import listing
from fedivoisin.store.schema.threads import message

AT_ONCE = 10_000
"""Hosts in one question: databases bound how many values a statement may have."""
CLAIM = timedelta(seconds=120)
TO_A_PERSON = 0
FAN_OUT = 1
_WITH_WORDS = ("Create", "Update", "Announce")


@dataclass(frozen=True, slots=True)
class Activity:
    """`body` is the very text that is signed and sent."""

    id: ActivityId
    url: str
    actor_id: ActorId
    type: str
    object_url: str | None
    body: str
    is_public: bool
    published_at: datetime


class Target(Struct, frozen=True):
    """One inbox: a shared one stands for all its readers."""

    inbox: str
    host: str


class Delivery(Struct, frozen=True):
    """One activity on its way to one inbox."""

    id: int
    activity_id: ActivityId
    actor_id: ActorId
    inbox: str
    host: str
    priority: int
    attempts: int
    created_at: datetime


class Over(Struct, frozen=True):
    """A delivery that will not be tried again: it was `sent`, `refused` or `given-up`."""

    id: int
    outcome: str
    status: int | None = None
    error: str | None = None


class Again(Struct, frozen=True):
    """A delivery that did not arrive: another try after `wait`."""

    id: int
    wait: timedelta
    status: int | None
    error: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """What an admin sees of a host that does not take its mail."""

    host: str
    deliveries: int
    oldest: datetime
    next_at: datetime
    error: str | None


async def put(tx: Tx, said: Activity, targets: Sequence[Target], *, priority: int) -> None:
    """Keep what was said, with one delivery per inbox. Said twice under one address, it is kept once."""
    known = await tx.conn.execute(select(activity.c.id).where(activity.c.url == said.url))
    if known.first() is not None:
        return
    await tx.conn.execute(insert(activity).values(**{name: getattr(said, name) for name in _ACTIVITY}))
    dead = await _dead(tx, sorted({target.host for target in targets}))
    inboxes = {target.inbox: target.host for target in targets if target.host not in dead}
    if not inboxes:
        return
    values: dict[str, Any] = {"activity": said.id, "actor": said.actor_id, "priority": priority, "now": tx.now}
    values["inboxes"] = msgspec.json.encode(list(inboxes.items())).decode()
    await tx.conn.execute(_filling(is_postgres=tx.is_postgres), values)
    tx.filled.add("delivery")


@cache
def _filling(*, is_postgres: bool) -> Any:
    # One statement for all rows: each of its own would be said in three times what the database takes for it.
    given = bindparam("inboxes", type_=Text)
    several: Any = func.json_each(given).table_valued("key", "value")
    if is_postgres:
        found = func.json_array_elements(cast_as(given, JSON))
        several = found.table_valued("value", with_ordinality="key").render_derived()
    inbox, host = (several.c.value.op("->>")(literal_column(place)) for place in "01")
    now = bindparam("now", type_=delivery.c.next_at.type)
    of_one = {name: bindparam(name, type_=String) for name in ("activity", "actor")}
    rows = select(*of_one.values(), inbox, host, bindparam("priority", type_=Integer), now, now)
    names = ("activity_id", "actor_id", "inbox", "host", "priority", "created_at", "next_at")
    return insert(delivery).from_select(names, rows.order_by(several.c.key))


async def by_url(tx: Tx, url: str) -> Activity | None:
    """What was said under this address."""
    row = (await tx.conn.execute(select(*_COLUMNS).where(activity.c.url == url))).mappings().first()
    return Activity(**row) if row is not None else None


async def standing_by_url(tx: Tx, url: str) -> Activity | None:
    """The same, unless its words were taken back or hidden since."""
    row = (await tx.conn.execute(select(*_COLUMNS).where(activity.c.url == url, _stands()))).mappings().first()
    return Activity(**row) if row is not None else None


async def count_public(tx: Tx, actor_id: str) -> int:
    """How much the outbox of this actor holds for everyone."""
    query = select(func.count()).select_from(activity).where(*_public(actor_id))
    return (await tx.conn.execute(query)).scalar_one()


async def public_page(tx: Tx, actor_id: str, *, limit: int, offset: int) -> list[Activity]:
    """What this actor said to everyone, the newest first."""
    rows = await tx.conn.execute(
        select(*_COLUMNS)
        .where(*_public(actor_id))
        .order_by(activity.c.published_at.desc(), activity.c.id)
        .limit(limit)
        .offset(offset)
    )
    return [Activity(**row) for row in rows.mappings()]


async def unsaid_listings(tx: Tx) -> list[ListingId]:
    """Our standing listings of which nothing was ever said, the oldest first."""
    said = select(activity.c.id).where(activity.c.object_url == listing.c.url).exists()
    rows = await tx.conn.execute(
        select(listing.c.id)
        .where(
            listing.c.is_local,
            listing.c.state != "closed",
            listing.c.deleted_at.is_(None),
            listing.c.hidden_at.is_(None),
            ~said,
        )
        .order_by(listing.c.published_at)
    )
    return list(rows.scalars())


async def claim(tx: Tx, *, limit: int, busy: Collection[str] = (), last: int = FAN_OUT) -> list[Delivery]:
    """Take due deliveries that nobody else is at: answers to a person first, and those alone where that is the `last`.

    Hosts whose breaker is open wait, and so do those that this process is `busy` with: a slow host takes one place.
    """
    values = {"now": tx.now, "until": tx.now + CLAIM, "busy": list(busy), "last": last, "most": limit}
    rows: Sequence[Any] = (await tx.conn.execute(_claiming(is_postgres=tx.is_postgres), values)).all()
    return sorted([Delivery(*row) for row in rows], key=lambda one: (one.priority, one.id))


@cache  # building it costs as much as saying it
def _claiming(*, is_postgres: bool) -> Any:
    now = bindparam("now", type_=delivery.c.next_at.type)
    is_open = select(peer.c.host).where(peer.c.host == delivery.c.host, peer.c.open_until > now).exists()
    due = (
        select(delivery.c.id)
        .where(
            delivery.c.next_at <= now,
            delivery.c.priority <= bindparam("last"),
            (delivery.c.claimed_until.is_(None)) | (delivery.c.claimed_until < now),
            ~is_open,
            delivery.c.host.not_in(bindparam("busy", expanding=True)),
        )
        .order_by(delivery.c.priority, delivery.c.next_at)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True, of=delivery)
    )
    return (
        cast("Any", update(delivery))
        .where(delivery.c.id.in_(found_once(due)))
        .values(claimed_until=bindparam("until"), claimed_by=holder_on(is_postgres=is_postgres))
        .returning(*_DELIVERY)
    )


async def still_waiting(tx: Tx, delivery_ids: Collection[int]) -> set[int]:
    """Those that nobody gave up or dropped since they were claimed."""
    query = select(delivery.c.id).where(delivery.c.id.in_(delivery_ids), delivery.c.next_at.is_not(None))
    return set((await tx.conn.execute(query)).scalars())


async def bodies(tx: Tx, activity_ids: Collection[str]) -> dict[str, bytes]:
    """What is signed and sent, by the ids of activities: read once for all their deliveries."""
    rows = await tx.conn.execute(select(activity.c.id, activity.c.body).where(activity.c.id.in_(list(activity_ids))))
    return {id: body.encode() for id, body in rows}


async def over(tx: Tx, several: Sequence[Over]) -> None:
    """These have come to an end, unless somebody gave them up meanwhile: one statement for all that ended alike."""
    alike: dict[tuple[str, int | None, str | None], list[int]] = {}
    for one in several:
        alike.setdefault((one.outcome, one.status, one.error), []).append(one.id)
    for (outcome, status, error), ids in alike.items():
        values = {"ids": ids, "how": outcome, "said": status, "why": _short(error), "now": tx.now}
        await tx.conn.execute(_OVER, values)


async def again(tx: Tx, several: Sequence[Again]) -> None:
    """These are tried again later, unless somebody gave them up meanwhile."""
    if several:
        rows = [{"row": one.id, "then": tx.now + one.wait, "said": one.status} for one in several]
        whys = [_short(one.error) for one in several]
        await tx.conn.execute(_AGAIN, [row | {"why": why} for row, why in zip(rows, whys, strict=True)])


async def release(tx: Tx, delivery_ids: list[int], *, claimed_at: datetime, wait: timedelta = timedelta(0)) -> None:
    """Claimed then but not tried: others may have them, after `wait`, unless they took them when that claim ran out."""
    if delivery_ids:
        tx.filled.add("delivery")
        await tx.conn.execute(
            update(delivery)
            .where(delivery.c.id.in_(delivery_ids), delivery.c.claimed_until == claimed_at + CLAIM)
            .values(claimed_until=None, next_at=tx.now + wait)
        )


async def wake(tx: Tx, host: str) -> None:
    """The host lives: what waits for it is due now."""
    tx.filled.add("delivery")
    await tx.conn.execute(
        update(delivery).where(delivery.c.host == host, delivery.c.next_at > tx.now).values(next_at=tx.now)
    )


async def drop(tx: Tx, host: str) -> None:
    """An admin gives up what waits for this host."""
    await tx.conn.execute(
        update(delivery)
        .where(delivery.c.host == host, delivery.c.next_at.is_not(None))
        .values(next_at=None, claimed_until=None, outcome="dropped", done_at=tx.now)
    )


async def give_up(tx: Tx, host: str) -> None:
    """The host is dead: nothing waits for it any more."""
    await tx.conn.execute(
        update(delivery)
        .where(delivery.c.host == host, delivery.c.next_at.is_not(None))
        .values(next_at=None, claimed_until=None, outcome="given-up", done_at=tx.now)
    )


async def waiting(tx: Tx) -> list[Waiting]:
    """What waits, per host, the longest waiting first."""
    rows = await tx.conn.execute(
        select(
            delivery.c.host,
            func.count().label("deliveries"),
            func.min(delivery.c.created_at).label("oldest"),
            func.min(delivery.c.next_at).label("next_at"),
            func.max(delivery.c.error).label("error"),
        )
        .where(delivery.c.next_at.is_not(None))
        .group_by(delivery.c.host)
        .order_by(func.min(delivery.c.created_at))
    )
    return [Waiting(**row) for row in rows.mappings()]


async def ever_delivered(tx: Tx) -> bool:
    """Whether anything of ours was ever meant for another instance."""
    return (await tx.conn.execute(select(delivery.c.id).limit(1))).first() is not None


async def owner_of(tx: Tx, activity_id: str) -> str | None:
    """URL of the actor that said it."""
    row = await tx.conn.execute(
        select(actor.c.url).join(activity, activity.c.actor_id == actor.c.id).where(activity.c.id == activity_id)
    )
    return row.scalar_one_or_none()


def _public(actor_id: str) -> tuple[Any, ...]:
    return activity.c.actor_id == actor_id, activity.c.is_public, _stands()


def _stands() -> Any:
    # What we said goes on holding the words of a listing or a message that a moderator hid or its author deleted,
    # and those of somebody who was suspended.
    is_listing = select(listing.c.id).where(listing.c.url == activity.c.object_url)
    is_message = select(message.c.id).where(message.c.url == activity.c.object_url)
    is_by_hidden = listing.c.author_id.in_(select(actor.c.id).where(actor.c.hidden_at.is_not(None)))
    is_withdrawn = or_(
        is_listing.where(listing.c.hidden_at.is_not(None) | listing.c.deleted_at.is_not(None) | is_by_hidden).exists(),
        is_message.where(message.c.hidden_at.is_not(None) | message.c.deleted_at.is_not(None)).exists(),
    )
    return activity.c.type.not_in(_WITH_WORDS) | ~is_withdrawn


def _short(error: str | None) -> str | None:
    return error and error[:255]


async def _dead(tx: Tx, hosts: list[str]) -> set[str]:
    # By their names: were it part of the statement that fills the queue, PostgreSQL would look at all hosts there are.
    found: set[str] = set()
    for first in range(0, len(hosts), AT_ONCE):
        found.update((await tx.conn.execute(_DEAD, {"hosts": hosts[first : first + AT_ONCE]})).scalars())
    return found


_DEAD = select(peer.c.host).where(peer.c.host.in_(bindparam("hosts", expanding=True)), peer.c.dead_at.is_not(None))
_ACTIVITY = ("id", "url", "actor_id", "type", "object_url", "body", "is_public", "published_at")
_COLUMNS: list[Any] = [activity.c[name] for name in _ACTIVITY]
_DELIVERY: list[Any] = [delivery.c[name] for name in Delivery.__struct_fields__]
_OVER = (
    update(delivery)
    .where(delivery.c.id.in_(bindparam("ids", expanding=True)), delivery.c.next_at.is_not(None))
    .values(
        next_at=None,
        claimed_until=None,
        outcome=bindparam("how"),
        status=bindparam("said"),
        error=bindparam("why"),
        attempts=delivery.c.attempts + 1,
        done_at=bindparam("now"),
    )
)
_AGAIN = (
    update(delivery)
    .where(delivery.c.id == bindparam("row"), delivery.c.next_at.is_not(None))
    .values(
        next_at=bindparam("then"),
        claimed_until=None,
        status=bindparam("said"),
        error=bindparam("why"),
        attempts=delivery.c.attempts + 1,
    )
)
