"""A town of the demonstration, built anew for a measurement, on a port of its own."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.processes import free_port
from fedivoisin.app import open_store
from fedivoisin.demo.build import build
from fedivoisin.demo.towns import TOWNS, Town
from fedivoisin.settings import Limits, Network, Settings
from fedivoisin.workers.loop import make_effects

PLENTY = 100_000_000
"""Requests per window: a measurement comes from one address and would else be told to slow down."""


def town_at(number: int) -> Town:
    """The nth town of the demonstration, elsewhere than the demonstration itself runs."""
    return replace(TOWNS[number], port=free_port())


def settings_of(town: Town, folder: Path, *, lab_hosts: tuple[str, ...] = ()) -> Settings:
    """Its settings, with the database in `folder`."""
    return Settings(
        origin=town.origin,
        database=f"sqlite:///{folder / town.slug}.db",
        media=str(folder / f"{town.slug}-media"),
        port=town.port,
        log_level="warning",
        network=Network(lab=True, lab_hosts=(town.host, *lab_hosts)),
        limits=Limits(page_requests=PLENTY, inbox_unknown=PLENTY, inbox_known=PLENTY, queue=PLENTY),
    )


def environment(settings: Settings) -> Mapping[str, str]:
    """The same for a process."""
    limits = settings.limits
    return {
        "FEDIVOISIN_ORIGIN": settings.origin,
        "FEDIVOISIN_DATABASE": settings.database,
        "FEDIVOISIN_MEDIA": settings.media,
        "FEDIVOISIN_PORT": str(settings.port),
        "FEDIVOISIN_LOG_LEVEL": settings.log_level,
        "FEDIVOISIN_RUN_WORKERS": "true" if settings.run_workers else "false",
        "FEDIVOISIN_NETWORK_LAB": "true",
        "FEDIVOISIN_NETWORK_LAB_HOSTS": ",".join(settings.network.lab_hosts),
        "FEDIVOISIN_LIMITS_PAGE_REQUESTS": str(limits.page_requests),
        "FEDIVOISIN_LIMITS_INBOX_UNKNOWN": str(limits.inbox_unknown),
        "FEDIVOISIN_LIMITS_INBOX_KNOWN": str(limits.inbox_known),
        "FEDIVOISIN_LIMITS_QUEUE": str(limits.queue),
    }


def ask(settings: Settings, question: str) -> list[Any]:
    """What its database holds."""
    with closing(sqlite3.connect(settings.database.removeprefix("sqlite:///"))) as looking:
        return looking.execute(question).fetchall()


async def build_town(town: Town, settings: Settings) -> None:
    """Half a year of its life, as in the demonstration, and all that follows from it: nothing is left to do."""
    await build(town, settings, print)
    store = open_store(settings)
    try:
        while await make_effects(store):
            continue
    finally:
        await store.close()
