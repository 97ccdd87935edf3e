"""Who follows whom, and who waits for an answer."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, update

from fedivoisin.ids import ActorId
from fedivoisin.store import actors
from fedivoisin.store.actors import Actor
from fedivoisin.store.db import Tx
from fedivoisin.store.schema.actors import actor, follow


@dataclass(frozen=True, slots=True)
class Follow:
    """`state` is asked, accepted or rejected; `activity_url` names the request on the wire."""

    id: str
    follower_id: ActorId
    followed_id: ActorId
    activity_url: str
    state: str
    created_at: datetime
    answered_at: datetime | None


async def between(tx: Tx, follower_id: str, followed_id: str) -> Follow | None:
    """What stands between these two, in this direction."""
    return await _one(tx, (follow.c.follower_id == follower_id) & (follow.c.followed_id == followed_id))


async def by_id(tx: Tx, follow_id: str) -> Follow | None:
    """One request."""
    return await _one(tx, follow.c.id == follow_id)


async def by_activity(tx: Tx, activity_url: str) -> Follow | None:
    """The request that this `Follow` made."""
    return await _one(tx, follow.c.activity_url == activity_url)


async def put(tx: Tx, *, follow_id: str, follower_id: str, followed_id: str, activity_url: str, state: str) -> Follow:
    """Write the request; one that was there keeps its id and takes the new address and state."""
    values = {"activity_url": activity_url, "state": state, "answered_at": None if state == "asked" else tx.now}
    pair = (follow.c.follower_id == follower_id) & (follow.c.followed_id == followed_id)
    known = await tx.conn.execute(update(follow).where(pair).values(values).returning(*follow.c))
    row = known.mappings().first()
    if row is None:
        values |= {
            "id": follow_id,
            "follower_id": follower_id,
            "followed_id": followed_id,
            "created_at": tx.now,
        }
        row = (await tx.conn.execute(insert(follow).values(values).returning(*follow.c))).mappings().one()
    return Follow(**row)


async def answer(tx: Tx, follow_id: str, state: str) -> None:
    """Accepted or rejected."""
    await tx.conn.execute(update(follow).where(follow.c.id == follow_id).values(state=state, answered_at=tx.now))


async def remove(tx: Tx, follow_id: str) -> None:
    """As if it had never been asked."""
    await tx.conn.execute(delete(follow).where(follow.c.id == follow_id))


async def waiting_for(tx: Tx, followed_id: str) -> list[tuple[Follow, Actor]]:
    """Requests that this person has not answered, the oldest first, each with who asks."""
    return await _with_actor(
        tx,
        follow.c.follower_id,
        (follow.c.followed_id == followed_id) & (follow.c.state == "asked") & actor.c.gone_at.is_(None),
    )


async def followed_by(tx: Tx, follower_id: str) -> list[tuple[Follow, Actor]]:
    """Whom this person follows or asked to follow, the oldest first; the rejected are left out."""
    return await _with_actor(
        tx, follow.c.followed_id, (follow.c.follower_id == follower_id) & (follow.c.state != "rejected")
    )


async def followers_of(tx: Tx, followed_id: str) -> list[tuple[Follow, Actor]]:
    """Accepted followers, the oldest first."""
    return await _with_actor(
        tx, follow.c.follower_id, (follow.c.followed_id == followed_id) & (follow.c.state == "accepted")
    )


async def followers_here(tx: Tx, followed_id: str) -> list[tuple[Follow, Actor]]:
    """Those of ours whom this actor accepted, the oldest first."""
    return await _with_actor(
        tx,
        follow.c.follower_id,
        (follow.c.followed_id == followed_id) & (follow.c.state == "accepted") & actor.c.is_local,
    )


async def at_hosts(tx: Tx, followed_ids: Collection[str], hosts: Collection[str]) -> list[tuple[str, str, str]]:
    """Accepted followers at these hosts: whom they follow, their host, their address (FEP-8fcf)."""
    rows = await tx.conn.execute(_AT_HOSTS, {"followed": list(followed_ids), "hosts": list(hosts)})
    return [(followed, host, url) for followed, host, url in rows.all()]


async def count_followers(tx: Tx, followed_id: str) -> int:
    """Accepted ones: a collection shows nothing else."""
    return await _count(tx, (follow.c.followed_id == followed_id) & (follow.c.state == "accepted"))


async def count_followed(tx: Tx, follower_id: str) -> int:
    """Accepted ones."""
    return await _count(tx, (follow.c.follower_id == follower_id) & (follow.c.state == "accepted"))


async def remote_inboxes(tx: Tx, followed_ids: list[str]) -> list[str]:
    """The inboxes, shared ones where there are, of all elsewhere who follow any of these: where public words go."""
    address = func.coalesce(actor.c.shared_inbox, actor.c.inbox)
    rows = await tx.conn.execute(
        select(address)
        .distinct()
        .join_from(follow, actor, follow.c.follower_id == actor.c.id)
        .where(
            follow.c.followed_id.in_(followed_ids),
            follow.c.state == "accepted",
            actor.c.is_local.is_(False),
            actor.c.gone_at.is_(None),
        )
        .order_by(address)
    )
    return list(rows.scalars())


async def towns_followed_here(tx: Tx, *, limit: int = 50) -> list[Actor]:
    """Neighbourhoods elsewhere that somebody here follows, by name."""
    rows = await tx.conn.execute(
        select(*actors.COLUMNS)
        .distinct()
        .join(follow, follow.c.followed_id == actor.c.id)
        .where(
            follow.c.state == "accepted",
            actor.c.type == "Group",
            actor.c.is_local.is_(False),
            actor.c.gone_at.is_(None),
        )
        .order_by(actor.c.display_name, actor.c.id)
        .limit(limit)
    )
    return [actors.from_row(row) for row in rows.mappings()]


async def anyone_here_follows(tx: Tx, actor_id: str) -> bool:
    """Whether a member or a Group of ours follows this actor."""
    row = await tx.conn.execute(
        select(follow.c.id)
        .join(actor, actor.c.id == follow.c.follower_id)
        .where(follow.c.followed_id == actor_id, follow.c.state == "accepted", actor.c.is_local)
        .limit(1)
    )
    return row.first() is not None


async def anyone_here_follows_host(tx: Tx, host: str) -> bool:
    """Whether somebody of `host` is followed from here: its inbox allowance is larger (FEDERATION.md §6)."""
    follower = actor.alias("follower")
    row = await tx.conn.execute(
        select(follow.c.id)
        .join(actor, actor.c.id == follow.c.followed_id)
        .join(follower, follower.c.id == follow.c.follower_id)
        .where(actor.c.host == host, actor.c.is_local.is_(False), follower.c.is_local)
        .limit(1)
    )
    return row.first() is not None


async def forget_actor(tx: Tx, actor_id: str) -> None:
    """Of an actor that is gone, in both directions."""
    await tx.conn.execute(delete(follow).where((follow.c.follower_id == actor_id) | (follow.c.followed_id == actor_id)))


async def _one(tx: Tx, condition: Any) -> Follow | None:
    row = (await tx.conn.execute(select(follow).where(condition))).mappings().first()
    return Follow(**row) if row is not None else None


async def _count(tx: Tx, condition: Any) -> int:
    return (await tx.conn.execute(select(func.count()).select_from(follow).where(condition))).scalar_one()


async def _with_actor(tx: Tx, end: Any, condition: Any) -> list[tuple[Follow, Actor]]:
    columns = [column.label(f"follow_{column.name}") for column in follow.c]
    rows = await tx.conn.execute(
        select(*actors.COLUMNS, *columns)
        .join(actor, actor.c.id == end)
        .select_from(follow)
        .where(condition)
        .order_by(follow.c.created_at, follow.c.id)
    )
    return [
        (Follow(**{column.name: row[f"follow_{column.name}"] for column in follow.c}), actors.from_row(row))
        for row in rows.mappings()
    ]


_AT_HOSTS = (
    select(follow.c.followed_id, actor.c.host, actor.c.url)
    .join(actor, actor.c.id == follow.c.follower_id)
    .where(
        follow.c.followed_id.in_(bindparam("followed", expanding=True)),
        follow.c.state == "accepted",
        actor.c.host.in_(bindparam("hosts", expanding=True)),
        actor.c.is_local.is_(False),
        actor.c.gone_at.is_(None),
    )
)
