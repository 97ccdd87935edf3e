"""Who is at which row of a queue, and what becomes of it when that process dies.

A claim ends by itself after a while. On PostgreSQL it ends at once with the process: each names its connections
(`application_name`), the server shows all that live (`pg_stat_activity`), and what belongs to nobody there is given
back. All processes must connect as the same role, or they would not see each other's names.
"""

from typing import Any

from sqlalchemy import Select, column, func, select, table, update

from fedivoisin.store.db import Tx
from fedivoisin.store.schema.accounts import mail
from fedivoisin.store.schema.actors import lookup
from fedivoisin.store.schema.federation import delivery, inbox
from fedivoisin.store.schema.journal import event, task

QUEUES = (event, inbox, delivery, lookup, mail)
KEYS = (*((queue, queue.c.id) for queue in QUEUES), (task, task.c.name))
_connections: Any = table("pg_stat_activity", column("application_name"), column("datname"))


def holder(tx: Tx) -> Any:
    """What `claimed_by` becomes: the name of this process; nothing where one process works alone."""
    return holder_on(is_postgres=tx.is_postgres)


def holder_on(*, is_postgres: bool) -> Any:
    """The same, for a statement that is kept."""
    return func.current_setting("application_name") if is_postgres else None


def found_once(due: Select[Any]) -> Any:
    """What a claim takes: the rows `due` finds (limited, skipping what others lock), looked for once.

    PostgreSQL is free to look again for each row of the table that it updates. What it took it then skips as locked,
    and finds the next ones instead: all there is, whatever the limit.
    """
    return select(due.cte("due").prefix_with("MATERIALIZED"))


async def forget(tx: Tx) -> None:
    """Give everything back at once. Only where no other process works: others' claims end by themselves."""
    for queue in QUEUES:
        await tx.conn.execute(update(queue).where(queue.c.claimed_until.is_not(None)).values(claimed_until=None))


async def holders(tx: Tx) -> frozenset[str]:
    """The names of the processes that are connected to this database; PostgreSQL only."""
    return frozenset((await tx.conn.execute(_living())).scalars())


async def give_back(tx: Tx) -> int:
    """Let others have what dead processes had claimed; how many rows. PostgreSQL only."""
    freed = 0
    for queue, key in KEYS:
        orphaned = (
            select(key)
            .where(queue.c.claimed_until.is_not(None), queue.c.claimed_by.not_in(_living()))
            .with_for_update(skip_locked=True)
        )
        done = await tx.conn.execute(update(queue).where(key.in_(orphaned)).values(claimed_until=None))
        freed += done.rowcount
    if freed:
        tx.filled.update(("effects", "inbox", "delivery", "lookups", "mail"))
    return freed


def _living() -> Any:
    names = _connections.c.application_name
    return select(names).where(_connections.c.datname == func.current_database(), names.is_not(None)).distinct()
