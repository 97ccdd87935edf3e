"""Moves a neighbourhood that never federated to its public address: every address of ours is written anew."""

from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Column, Table, delete, func, literal, select, update

from fedivoisin.store.db import Tx
from fedivoisin.store.schema.actors import actor, follow, key
from fedivoisin.store.schema.federation import activity, delivery, tombstone
from fedivoisin.store.schema.listings import announcement, like, listing, picture
from fedivoisin.store.schema.threads import message, thread

_ADDRESSES: tuple[tuple[Table, tuple[str, ...]], ...] = (
    (actor, ("url", "page_url", "icon_url", "inbox", "shared_inbox", "outbox", "followers_url", "featured")),
    (key, ("id",)),
    (follow, ("activity_url",)),
    (listing, ("url", "page_url", "context_url")),
    (picture, ("url",)),
    (like, ("activity_url",)),
    (announcement, ("activity_url",)),
    (thread, ("context_url",)),
    (message, ("url", "in_reply_to")),
    (tombstone, ("url",)),
)


async def move(tx: Tx, *, old: str, new: str) -> None:
    """From the base `old` to the origin `new`. What was said under the old address was said to nobody: it goes."""
    for table, names in _ADDRESSES:
        for name in names:
            await _rewrite(tx, table, table.c[name], old, new)
    await tx.conn.execute(update(actor).where(actor.c.is_local).values(host=urlsplit(new).netloc))
    await tx.conn.execute(delete(activity).where(_below(activity.c.url, old)))


async def ever_spoke(tx: Tx) -> bool:
    """Whether another instance may know us: something was sent, or somebody from elsewhere is known here."""
    sent = await tx.conn.scalar(select(delivery.c.id).limit(1))
    met = await tx.conn.scalar(select(actor.c.id).where(actor.c.is_local.is_(False)).limit(1))
    return sent is not None or met is not None


async def _rewrite(tx: Tx, table: Table, column: Column[Any], old: str, new: str) -> None:
    moved = literal(new).concat(func.substr(column, len(old) + 1))
    await tx.conn.execute(update(table).where(_below(column, old)).values({column: moved}))


def _below(column: Column[Any], base: str) -> Any:
    return (column == base) | column.startswith(f"{base}/", autoescape=True)
