"""What the tests share that kill processes of ours: how one starts, what a burst says, what came of it."""

import os
import sys
from asyncio import create_subprocess_exec
from asyncio.subprocess import DEVNULL, Process
from typing import Any

from sqlalchemy import Column, func, select

from fedivoisin.settings import Settings
from fedivoisin.store.db import Tx
from fedivoisin.store.schema.federation import activity, delivery, inbox
from fedivoisin.store.schema.journal import event
from tests.federation.stranger import Stranger
from tests.federation.towns import Town


async def started(settings: Settings, role: str) -> Process:
    """A process of ours that does `serve` or `work`."""
    environment = {
        **os.environ,
        "FEDIVOISIN_ORIGIN": settings.origin,
        "FEDIVOISIN_DATABASE": settings.database,
        "FEDIVOISIN_MEDIA": settings.media,
        "FEDIVOISIN_PORT": str(settings.port),
        "FEDIVOISIN_RUN_WORKERS": str(settings.run_workers).lower(),
        "FEDIVOISIN_NETWORK_LAB": "true",
        "FEDIVOISIN_NETWORK_LAB_HOSTS": ",".join(settings.network.lab_hosts),
    }
    command = (sys.executable, "-m", "fedivoisin", role)
    return await create_subprocess_exec(*command, env=environment, stdout=DEVNULL, stderr=DEVNULL)


def note(town: Town, stranger: Stranger, about: str, number: int, *, by: str = "eve") -> dict[str, object]:
    """A private question to Awa about that listing."""
    said = {
        "id": f"{stranger.origin}/notes/{number}",
        "type": "Note",
        "attributedTo": f"{stranger.origin}/users/{by}",
        "to": [f"{town.origin}/users/awa"],
        "inReplyTo": about,
        "content": f"<p>Message {number}</p>",
    }
    return stranger.said("Create", said, name=by)


async def is_quiet(tx: Tx) -> bool:
    """Whether nothing waits in any queue."""
    counts = [
        await tx.conn.scalar(select(func.count()).select_from(table).where(table.c.next_at.is_not(None)))
        for table in (inbox, delivery, event)
    ]
    return not any(counts)


async def column(tx: Tx, wanted: Column[Any]) -> list[str]:
    """All that stands in it."""
    return list((await tx.conn.execute(select(wanted))).scalars())


async def delivered(tx: Tx) -> set[str]:
    """Addresses of what was to be brought to others."""
    rows = await tx.conn.execute(select(activity.c.url).join(delivery, delivery.c.activity_id == activity.c.id))
    return set(rows.scalars())
