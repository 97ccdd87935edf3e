"""The schema's version: compared by one SELECT at each start, raised by Alembic when it is behind."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from fedivoisin.store.db import Store, Tx

MIGRATIONS = Path(__file__).parent / "migrations"
# Any number will do, as long as every process of ours asks for the same one.
LOCK = 7_343_001


class NewerSchema(Exception):
    """The database was raised by a later version of the program: this one must not touch it."""


def versions() -> list[str]:
    """Every version this program knows, oldest first: migrations are named `0001_….py` and form one line."""
    return sorted(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))


async def is_current(tx: Tx) -> bool:
    """Whether the database is at the newest version. Raises NewerSchema."""
    found = await version(tx)
    if found is not None and found not in versions():
        raise NewerSchema(found)
    return found == versions()[-1]


async def version(tx: Tx) -> str | None:
    """The version that the database is at; None when it is empty."""
    if not await tx.conn.run_sync(lambda connection: inspect(connection).has_table("alembic_version")):
        return None
    found: str | None = await tx.conn.scalar(text("SELECT version_num FROM alembic_version"))
    return found


async def raise_to_newest(store: Store) -> bool:
    """Bring the database to the newest version, under a lock. True if anything was done. Raises NewerSchema."""
    return await store.append(_raise)


async def _raise(tx: Tx) -> bool:
    if tx.is_postgres:
        # On SQLite BEGIN IMMEDIATE is the lock already.
        await tx.conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    if await is_current(tx):
        return False
    await tx.conn.run_sync(_upgrade)
    return True


def _upgrade(connection: Connection) -> None:
    # Twenty megabytes that a running server does not need: only `fedivoisin migrate`, a child that ends, pays them.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
