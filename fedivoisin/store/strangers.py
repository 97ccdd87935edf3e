"""People and hosts elsewhere that wrote to us once and to whom nothing here refers: forgotten, so that they do not pile
up (FEDERATION.md §7, B32). Whoever writes again is met anew.
"""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from sqlalchemy import Column, ColumnElement, and_, delete, func, or_, select

from fedivoisin.store.db import Tx
from fedivoisin.store.schema import metadata
from fedivoisin.store.schema.actors import actor
from fedivoisin.store.schema.federation import delivery, peer

KEPT = timedelta(days=30)
"""As long as what they sent is remembered (`inbox`)."""
BATCH = 200
NO_LEVEL = "inconnue"
"""Nobody here has said yet how far this host is trusted."""
_THEIR_OWN = frozenset({"key", "followers_check"})
"""Tables whose rows go with their actor; a row of any other keeps it."""


def references() -> Collection[Column[Any]]:
    """Every column that says which actor a row is about: read from the schema, so that no new table is forgotten."""
    return [
        column
        for table in metadata.sorted_tables
        if table.name not in _THEIR_OWN
        for column in table.c
        if column.references(actor.c.id)
    ]


async def forget_actors(tx: Tx) -> int:
    """Remote actors not met for 30 days, with their keys; gives how many went. Who was hidden by a moderator stays
    hidden, and who said farewell does not come back.
    """
    old = (
        select(actor.c.id)
        .where(
            actor.c.is_local.is_(False),
            actor.c.hidden_at.is_(None),
            actor.c.gone_at.is_(None),
            func.coalesce(actor.c.fetched_at, actor.c.created_at) < tx.now - KEPT,
            _speaks_for_nobody(),
            *(~select(column).where(column == actor.c.id).exists() for column in references()),
        )
        .limit(BATCH)
    )
    gone = await tx.conn.execute(delete(actor).where(actor.c.id.in_(old.scalar_subquery())))
    if gone.rowcount:
        tx.filled.add("door")
    return gone.rowcount


async def forget_peers(tx: Tx) -> int:
    """Hosts silent for 30 days of which nobody is known and to which no delivery is noted; gives how many went."""
    ago = tx.now - KEPT
    old = (
        select(peer.c.host)
        .where(
            peer.c.created_at < ago,
            peer.c.level == NO_LEVEL,
            *(or_(at.is_(None), at < ago) for at in (peer.c.last_seen_at, peer.c.last_ok_at)),
            ~select(actor.c.id).where(actor.c.host == peer.c.host).exists(),
            ~select(delivery.c.id).where(delivery.c.host == peer.c.host).exists(),
        )
        .limit(BATCH)
    )
    gone = await tx.conn.execute(delete(peer).where(peer.c.host.in_(old.scalar_subquery())))
    return gone.rowcount


def _speaks_for_nobody() -> ColumnElement[bool]:
    # An instance may be whom we write to about the others of its host: it goes after them.
    other = actor.alias()
    served = select(other.c.id).where(other.c.host == actor.c.host, other.c.type != actor.c.type)
    return ~and_(actor.c.type == "Application", served.exists())
