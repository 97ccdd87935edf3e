"""Writes the next migration: what the tables in the code have that a database raised to the newest version lacks."""

import asyncio
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from fedivoisin.store.db import Store, Tx
from fedivoisin.store.migrate import MIGRATIONS, raise_to_newest, versions


def main(words: list[str]) -> None:
    """`python -m tools.migration what it brings`."""
    name = "_".join(words) or "change"
    number = f"{int(versions()[-1]) + 1 if versions() else 1:04d}"
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_write(f"sqlite:///{Path(folder) / 'newest.db'}", number, name))


async def _write(url: str, number: str, name: str) -> None:
    store = Store.open(url, now=lambda: datetime.now(UTC), new_id=lambda: "")
    try:
        if versions():
            await raise_to_newest(store)
        await store.append(_revise, number, name)
    finally:
        await store.close()


async def _revise(tx: Tx, number: str, name: str) -> None:
    await tx.conn.run_sync(_generate, number, name)


def _generate(connection: Connection, number: str, name: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    command.revision(config, message=name.replace("_", " "), autogenerate=True, rev_id=number)


if __name__ == "__main__":
    main(sys.argv[1:])
