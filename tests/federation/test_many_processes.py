"""Two `serve` and two `work` on one PostgreSQL, killed at random: everything once, whoever did it."""

import asyncio
import json
import random
import signal
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import msgspec
import pytest
from sqlalchemy import select

from fedivoisin.actions import founding, groups, listings
from fedivoisin.activitypub.wire import signatures
from fedivoisin.activitypub.wire.keys import PrivateKey
from fedivoisin.app import new_id, open_world, prepare, utc_now
from fedivoisin.ids import ActorId
from fedivoisin.market.categories import roots
from fedivoisin.settings import Network, Settings
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.schema.actors import actor, follow
from fedivoisin.store.schema.federation import activity, delivery, inbox
from fedivoisin.store.schema.threads import message
from tests.fakes import KEY_PAIRS, key_pair
from tests.federation.killed import column, delivered, is_quiet, note, started
from tests.federation.stranger import ACTIVITY, Stranger, a_stranger, private_key
from tests.federation.towns import Town, found, free_socket
from tests.makers import a_draft, an_account

pytestmark = pytest.mark.slow

PEOPLE = ("eve", "mallory", "trudy", "oscar")
"""Who speaks: what one of them says is for one worker at a time."""
NOTES = 48
LISTINGS = 8
ASKED_ABOUT = 6
KILLS = 4
SEED = 20_260_314
PATIENCE = 60


@dataclass(slots=True)
class Fleet:
    """The processes, by their place: two that answer, two that work."""

    town: Town
    ports: tuple[int, int]
    running: dict[int, Process] = field(default_factory=dict[int, Process])

    async def start(self, place: int) -> None:
        """Put a process at that place."""
        port, role = self.ports[place % len(self.ports)], "serve" if place < len(self.ports) else "work"
        settings = msgspec.structs.replace(self.town.settings, port=port, run_workers=False)
        self.running[place] = await started(settings, role)

    async def kill(self, place: int) -> None:
        """As a power cut would."""
        process = self.running.pop(place)
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
        await process.wait()


@pytest.mark.parametrize("database_kind", ["postgres"])
async def test_nothing_is_lost_or_doubled_where_many_processes_are_killed(
    empty_database_url: str, tmp_path: Path
) -> None:
    async with a_stranger("honest") as stranger, _town(empty_database_url, tmp_path, stranger) as town:
        for name in PEOPLE:
            stranger.actor(name)
        who = an_account("Awa", name="awa", email="awa@example.org")
        awa = await town.store.write(founding.enter_founder, by=town.admin, who=who, keys=key_pair(1))
        asked_about = [(await town.publish(awa, f"Vélo {number}")).url for number in range(ASKED_ABOUT)]
        with free_socket() as other:
            fleet = Fleet(town, (town.settings.port, other.getsockname()[1]))
        try:
            await asyncio.gather(*(fleet.start(place) for place in range(4)))
            await _burst(fleet, stranger, awa, asked_about)
        finally:
            await asyncio.gather(*(fleet.kill(place) for place in list(fleet.running)))
        await _check(town, stranger)


@asynccontextmanager
async def _town(database: str, folder: Path, stranger: Stranger) -> AsyncGenerator[Town]:
    with free_socket() as listening:
        port = listening.getsockname()[1]
    settings = Settings(
        origin=f"http://localhost:{port}",
        port=port,
        database=database,
        media=str(folder / "media"),
        network=Network(lab=True, lab_hosts=(stranger.host,)),
    )
    store = Store.open(settings.database, now=utc_now, new_id=new_id)
    try:
        async with open_world(settings, store) as world:
            await prepare(settings, store)
            admin = await store.write(found, settings.origin, "localhost")
            for number, root in enumerate(roots()):  # keys take long to make, and nothing here is about them
                await store.write(groups.open_category, root.id, key_pair(number % KEY_PAIRS))
            host = settings.origin.removeprefix("http://")
            yield Town(settings.origin, host, settings, store, world, admin, f"@localhost@{host}")
    finally:
        await store.close()


async def _burst(fleet: Fleet, stranger: Stranger, awa: ActorId, about: list[str]) -> None:
    """Notes come in and listings go out while one process after the other is killed and comes back."""
    town, dice = fleet.town, random.Random(SEED)
    await _until_taken(fleet, stranger, stranger.said("Follow", f"{town.origin}/groups/localhost"), 0)
    assert await town.eventually(_is_followed, that="the follower")
    notes = [
        note(town, stranger, about[number % ASKED_ABOUT], number, by=PEOPLE[number % len(PEOPLE)])
        for number in range(NOTES)
    ]
    work = asyncio.gather(
        _publish_several(town, awa),
        *(_until_taken(fleet, stranger, one, number) for number, one in enumerate(notes)),
    )
    for _ in range(KILLS):
        await asyncio.sleep(dice.uniform(0.1, 1.0))
        place = dice.randrange(4)
        await fleet.kill(place)
        await fleet.start(place)
    async with asyncio.timeout(PATIENCE):
        await work
        while not await town.read(is_quiet):
            await town.store.bell.wait(0.2)


async def _publish_several(town: Town, awa: ActorId) -> None:
    for number in range(LISTINGS):
        await town.store.write(listings.publish, by=awa, draft=a_draft(title=f"Objet {number}"))
        await asyncio.sleep(0.2)


async def _until_taken(fleet: Fleet, stranger: Stranger, said: dict[str, object], number: int) -> None:
    """Post as a peer does through a balancer: to either, to the other while one is silent. Some say it twice."""
    body = json.dumps(said).encode()
    signer = PrivateKey(f"{said['actor']}#main-key", private_key(1))
    taken = 0
    while taken < 1 + (number % 3 == 1):
        number += 1
        url = f"{fleet.town.origin}/inbox"
        signed = signatures.sign("POST", url, body, key=signer, now=utc_now(), scheme="cavage")
        headers = {"Host": fleet.town.host, "Content-Type": ACTIVITY, **signed}
        where = f"http://127.0.0.1:{fleet.ports[number % 2]}/inbox"
        try:
            async with stranger.session.post(where, data=body, headers=headers) as answer:
                assert answer.status in (202, 429, 503), await answer.text()
                taken += answer.status == 202
        except (aiohttp.ClientError, OSError):
            await asyncio.sleep(0.1)


async def _is_followed(tx: Tx) -> bool:
    rows = await tx.conn.execute(select(follow.c.id).where(follow.c.state == "accepted"))
    return rows.first() is not None


async def _check(town: Town, stranger: Stranger) -> None:
    texts = await town.read(lambda tx: column(tx, message.c.text))
    assert Counter(texts) == Counter(f"Message {number}" for number in range(NOTES))
    assert await town.read(lambda tx: column(tx, inbox.c.outcome)) == ["done"] * (NOTES + 1)
    said = await town.read(_said)
    assert set(said.values()) == {1}
    assert Counter(kind for by, kind, _ in said if by in {"awa", "localhost"}) == {
        "Create": LISTINGS + ASKED_ABOUT,
        "Announce": 2 * (LISTINGS + ASKED_ABOUT),
        "Accept": 1,
    }
    assert set(await town.read(lambda tx: column(tx, delivery.c.outcome))) == {"sent"}
    meant = await town.read(delivered)
    assert len(meant) >= 2 * LISTINGS
    # A process killed between a delivery and its record sends it again: the same words under the same id.
    arrived = {one["id"]: one for one in stranger.received}
    assert meant <= arrived.keys()
    assert all(one == arrived[one["id"]] for one in stranger.received)


async def _said(tx: Tx) -> Counter[tuple[str, str, str]]:
    """Who said what about what, and how often."""
    rows = await tx.conn.execute(select(actor.c.name, activity.c.body).join(actor, actor.c.id == activity.c.actor_id))
    found = [(row.name, json.loads(row.body)) for row in rows]
    return Counter(
        (name, body["type"], body["object"] if isinstance(body["object"], str) else body["object"]["id"])
        for name, body in found
    )
