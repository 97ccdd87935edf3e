"""People, groups and instances, ours and others': one row each."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, func, insert, select, update

from fedivoisin.ids import ActorId
from fedivoisin.store.db import Tx
from fedivoisin.store.schema.actors import actor
from fedivoisin.store.schema.trust import membership


@dataclass(frozen=True, slots=True)
class Actor:
    """An actor as it stands. `summary` is plain words for ours, cleaned HTML for others'."""

    id: ActorId
    url: str
    type: str
    host: str
    name: str
    is_local: bool
    display_name: str
    summary: str
    member_kind: str
    quartier: str
    icon_url: str | None
    page_url: str | None
    inbox: str
    shared_inbox: str | None
    outbox: str | None
    followers_url: str | None
    featured: str | None
    approves_followers: bool
    discoverable: bool
    also_known_as: list[str] | None
    moved_to: str | None
    implements: list[str] | None
    category: str | None
    latitude: float | None
    longitude: float | None
    created_at: datetime
    published_at: datetime | None
    fetched_at: datetime | None
    gone_at: datetime | None
    hidden_at: datetime | None

    @property
    def shown_name(self) -> str:
        """What people read."""
        return self.display_name or self.name

    @property
    def address(self) -> str:
        """`amina@nantes.example`"""
        return f"{self.name}@{self.host}"


@dataclass(frozen=True, slots=True)
class RemoteActor:
    """What another instance says of one of its actors, checked and cleaned."""

    url: str
    type: str
    host: str
    name: str
    inbox: str
    display_name: str = ""
    summary: str = ""
    quartier: str = ""
    icon_url: str | None = None
    page_url: str | None = None
    shared_inbox: str | None = None
    outbox: str | None = None
    followers_url: str | None = None
    featured: str | None = None
    approves_followers: bool = False
    discoverable: bool = False
    also_known_as: list[str] | None = None
    moved_to: str | None = None
    implements: list[str] | None = None
    latitude: float | None = None
    longitude: float | None = None
    published_at: datetime | None = None


COLUMNS = [actor.c[field.name] for field in fields(Actor)]
"""What a query must select for `from_row`."""


_NAMES = tuple(column.name for column in COLUMNS)
_BY_ID = select(*COLUMNS).where(actor.c.id == bindparam("wanted"))
_BY_URL = select(*COLUMNS).where(actor.c.url == bindparam("wanted"))


def from_row(row: Any) -> Actor:
    """Of a row that holds `COLUMNS`."""
    return Actor(**{name: row[name] for name in _NAMES})


async def by_id(tx: Tx, actor_id: str) -> Actor | None:
    """The actor of that id, gone and hidden ones included."""
    return await _look_up(tx, _BY_ID, actor_id)


async def by_url(tx: Tx, url: str) -> Actor | None:
    """The actor whose id on the wire is `url`, exactly."""
    return await _look_up(tx, _BY_URL, url)


async def by_local_name(tx: Tx, name: str) -> Actor | None:
    """One of ours, by its name in the one `acct:` namespace."""
    return await _one(tx, actor.c.local_name == name)


async def by_address(tx: Tx, name: str, host: str) -> Actor | None:
    """`name@host`, among those already known."""
    return await _one(tx, (actor.c.host == host) & (func.lower(actor.c.name) == name.lower()))


async def by_page(tx: Tx, url: str, *, host: str) -> Actor | None:
    """The actor whose page for people is `url`, of its own `host`: anybody elsewhere can say that it is theirs."""
    return await _one(tx, (actor.c.page_url == url) & (actor.c.host == host))


async def by_outbox(tx: Tx, url: str) -> Actor | None:
    """The actor whose outbox is `url`, among those already known."""
    return await _one(tx, actor.c.outbox == url)


async def by_ids(tx: Tx, ids: Collection[str]) -> dict[str, Actor]:
    """Those of `ids` that exist."""
    if not ids:
        return {}
    rows = await tx.conn.execute(select(*COLUMNS).where(actor.c.id.in_(set(ids))))
    return {row["id"]: from_row(row) for row in rows.mappings()}


async def by_urls(tx: Tx, urls: Collection[str]) -> dict[str, Actor]:
    """Those of `urls` that are known."""
    if not urls:
        return {}
    rows = await tx.conn.execute(select(*COLUMNS).where(actor.c.url.in_(set(urls))))
    return {row["url"]: from_row(row) for row in rows.mappings()}


async def local_groups(tx: Tx) -> list[Actor]:
    """Our Groups: the neighbourhood first, then its categories by name."""
    rows = await tx.conn.execute(
        select(*COLUMNS)
        .where(actor.c.is_local, actor.c.type == "Group", actor.c.gone_at.is_(None))
        .order_by(actor.c.category.is_not(None), actor.c.name)
    )
    return [from_row(row) for row in rows.mappings()]


async def group_of_category(tx: Tx, root: str) -> Actor | None:
    """Our Group for this root category, if it was opened."""
    return await _one(tx, actor.c.is_local & (actor.c.category == root) & actor.c.gone_at.is_(None))


async def categories_with_group(tx: Tx, roots: Collection[str]) -> set[str]:
    """Those of these roots for which a Group of ours was opened."""
    rows = await tx.conn.execute(
        select(actor.c.category).where(actor.c.category.in_(roots), actor.c.is_local, actor.c.gone_at.is_(None))
    )
    return set(rows.scalars())


async def keep_remote(tx: Tx, found: RemoteActor) -> Actor:
    """Add the actor, or renew what is known of it."""
    values = {field.name: getattr(found, field.name) for field in fields(RemoteActor)}
    values |= {"fetched_at": tx.now}
    known = await tx.conn.execute(
        update(actor).where(actor.c.url == found.url, actor.c.is_local.is_(False)).values(values).returning(*COLUMNS)
    )
    row = known.mappings().first()
    if row is None:
        values |= {"id": tx.new_id(), "is_local": False, "created_at": tx.now}
        row = (await tx.conn.execute(insert(actor).values(values).returning(*COLUMNS))).mappings().one()
    return from_row(row)


async def mark_gone(tx: Tx, actor_id: str) -> None:
    """Its own instance deleted it: the row stays, so that it does not come back under the same address."""
    await tx.conn.execute(
        update(actor)
        .where(actor.c.id == actor_id)
        .values(gone_at=tx.now, display_name="", summary="", icon_url=None, quartier="", latitude=None, longitude=None)
    )


async def moved(tx: Tx, actor_id: str, target: str) -> None:
    """It says that it lives at `target` now."""
    await tx.conn.execute(update(actor).where(actor.c.id == actor_id).values(moved_to=target))


async def is_member(tx: Tx, actor_id: str) -> bool:
    """Whether two sponsors opened the door to this person, who has not left."""
    row = await tx.conn.execute(
        select(membership.c.member_id).where(membership.c.member_id == actor_id, membership.c.state == "member")
    )
    return row.first() is not None


async def _look_up(tx: Tx, statement: Select[Any], wanted: str) -> Actor | None:
    rows = await tx.rows(statement, wanted=wanted)
    return Actor(*rows[0]) if rows else None


async def _one(tx: Tx, condition: Any) -> Actor | None:
    row = (await tx.conn.execute(select(*COLUMNS).where(condition).limit(1))).mappings().first()
    return from_row(row) if row is not None else None
