"""A server killed in the middle of a burst, and started again: nothing is lost, nothing happens twice."""

import asyncio
import shutil
import signal
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import func, select

from fedivoisin.actions import founding, listings
from fedivoisin.app import new_id, open_world, prepare, utc_now
from fedivoisin.ids import ActorId
from fedivoisin.settings import Network, Settings
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.schema.federation import activity, delivery, inbox
from fedivoisin.store.schema.journal import event
from fedivoisin.store.schema.threads import message
from tests.fakes import key_pair
from tests.federation.killed import column, delivered, is_quiet, note, started
from tests.federation.stranger import Stranger, a_stranger
from tests.federation.towns import Town, found, free_socket
from tests.makers import a_draft, an_account

pytestmark = pytest.mark.slow

NOTES = 40
LISTINGS = 12
KILLS = 3
PATIENCE = 90


async def test_nothing_is_lost_or_doubled_by_kill_9(tmp_path: Path, migrated: Path) -> None:
    async with a_stranger("honest") as stranger:
        settings = _settings(tmp_path, stranger.host)
        shutil.copyfile(migrated, tmp_path / "town.db")
        store = Store.open(settings.database, now=utc_now, new_id=new_id)
        try:
            async with open_world(settings, store) as world:
                await prepare(settings, store)
                admin = await store.write(found, settings.origin, "localhost", with_categories=True)
                host = settings.origin.removeprefix("http://")
                town = Town(settings.origin, host, settings, store, world, admin, f"@localhost@{host}")
                await _burst(town, stranger)
                await _check(town, stranger)
        finally:
            await store.close()


def _settings(folder: Path, peer: str) -> Settings:
    with free_socket() as listening:
        port = listening.getsockname()[1]
    return Settings(
        origin=f"http://localhost:{port}",
        port=port,
        database=f"sqlite:///{folder / 'town.db'}",
        media=str(folder / "media"),
        network=Network(lab=True, lab_hosts=(peer,)),
    )


async def _burst(town: Town, stranger: Stranger) -> None:
    """Notes come in and listings go out while the server is killed three times."""
    stranger.actor()
    who = an_account("Awa", name="awa", email="awa@example.org")
    awa = await town.store.write(founding.enter_founder, by=town.admin, who=who, keys=key_pair(1))
    asked_about = await town.publish(awa, "Vélo demandé")
    server = await started(town.settings, "serve")
    try:
        await _until_taken(town, stranger, stranger.said("Follow", f"{town.origin}/groups/localhost"))
        notes = [note(town, stranger, asked_about.url, number) for number in range(NOTES)]
        work: list[asyncio.Future[Any]] = [
            asyncio.gather(*(_until_taken(town, stranger, one) for one in notes)),
            asyncio.create_task(_publish_several(town, awa)),
        ]
        for _ in range(KILLS):
            await _some_arrived(town, work)
            server.send_signal(signal.SIGKILL)
            await server.wait()
            server = await started(town.settings, "serve")
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*work)
        assert await town.eventually(is_quiet, that="the end of all queues")
    finally:
        server.kill()
        await server.wait()


async def _publish_several(town: Town, awa: ActorId) -> None:
    for number in range(LISTINGS):
        await town.store.write(listings.publish, by=awa, draft=replace(a_draft(), title=f"Objet {number}"))
        await asyncio.sleep(0.1)


async def _until_taken(town: Town, stranger: Stranger, said: dict[str, object]) -> None:
    """Post as a peer does: again while nobody answers."""
    while True:
        try:
            status = await stranger.post(town, said)
        except (aiohttp.ClientError, OSError):
            await asyncio.sleep(0.2)
            continue
        if status == 202:
            return
        assert status in (429, 503), status
        await asyncio.sleep(0.2)


async def _some_arrived(town: Town, work: Sequence[asyncio.Future[Any]]) -> None:
    """Wait until the server has begun to work, so that the kill falls into the middle of something."""
    before = await town.read(_rows)

    async def more(tx: Tx) -> bool:
        return await _rows(tx) >= before + 5 or all(one.done() for one in work)

    assert await town.eventually(more, that="the work")


async def _rows(tx: Tx) -> int:
    counts = [await tx.conn.scalar(select(func.count()).select_from(table)) for table in (inbox, delivery, event)]
    return sum(count or 0 for count in counts)


async def _check(town: Town, stranger: Stranger) -> None:
    texts = await town.read(lambda tx: column(tx, message.c.text))
    assert Counter(texts) == Counter(f"Message {number}" for number in range(NOTES))
    outcomes = await town.read(lambda tx: column(tx, inbox.c.outcome))
    assert outcomes == ["done"] * (NOTES + 1)
    said = Counter(await town.read(lambda tx: column(tx, activity.c.type)))
    assert said == {"Create": LISTINGS + 1, "Announce": 4 * (LISTINGS + 1), "Accept": 1}
    assert set(await town.read(lambda tx: column(tx, delivery.c.outcome))) == {"sent"}
    arrived = {one["id"] for one in stranger.received}
    meant = await town.read(delivered)
    assert meant <= arrived
    assert len(meant) >= 2 * LISTINGS
