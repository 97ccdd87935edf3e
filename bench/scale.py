"""Past one process: two `serve` and two `work` on one PostgreSQL beside one and one; then a long queue to many hosts.

`make bench-scale`, or `python -m bench.scale [--count 2000] [--deliveries 100000] [--hosts 1000] [--longest 900]`. The
queue is for hosts of which a fifth is down: half of these refuse connections, half take them and never say a word. What
is asked is whether the living wait for them.
"""

import argparse
import asyncio
import socket
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, cast

import asyncpg
import msgspec

from bench import load
from bench.processes import cpu_seconds, free_port, python, running, serve, until_listening
from bench.senders import Sender, Wish, answering, introduce, requests, senders
from bench.tables import machine, table
from bench.town import build_town, environment, settings_of, town_at
from fedivoisin import app
from fedivoisin.ids import ActivityId, ActorId
from fedivoisin.settings import Settings
from fedivoisin.store import outbox
from fedivoisin.store.db import Store
from fedivoisin.store.outbox import Activity, Target
from tests import postgres
from tests.postgres import Postgres

DURABLE = ("shared_buffers=128MB", "max_connections=150")
"""Unlike the tests' server, this one keeps what it has committed through a power cut."""
BODY = 1000
"""Characters of an activity."""
WARM = 100
FRESH_EVERY = 5.0
"""Seconds between two answers to a person that are put beside the long queue."""
LIVE = "host LIKE 'h%'"
LEFT = f"SELECT count(*) FROM delivery WHERE next_at IS NOT NULL AND {LIVE}"  # noqa: S608  # LIVE is ours
AGES = f"""SELECT extract(epoch FROM percentile_disc($1::float8) WITHIN GROUP (ORDER BY done_at - created_at))
    FROM delivery WHERE outcome = 'sent' AND {LIVE} AND priority = $2"""  # noqa: S608  # LIVE is ours


@dataclass(frozen=True, slots=True)
class Ground:
    """A town on PostgreSQL, and who writes to it."""

    settings: Settings
    store: Store
    looking: Any
    """A connection of asyncpg."""
    people: Sequence[Sender]
    listings: Sequence[str]
    writer: ActorId


@dataclass(frozen=True, slots=True)
class Inbox:
    """So many activities, taken and carried out by so many processes."""

    name: str
    accepted: float
    """A second."""
    done: float
    """A second, from the first request to the last effect."""
    per_cpu: float


@dataclass(frozen=True, slots=True)
class Queue:
    """How a queue to living hosts was brought out."""

    name: str
    hosts: int
    done: int
    seconds: float
    middle: float
    """Age of a delivery when it arrived, in seconds."""
    oldest: float
    fresh: float | None
    """The oldest answer to a person."""
    left: int
    """What still waited when time was up."""


async def main(count: int, deliveries: int, hosts: int, longest: float) -> None:
    """Build, measure, print."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        server = stack.enter_context(postgres.running(DURABLE))
        ports = free_port(), free_port()
        names = [f"h{number}.sink.localhost:{ports[0]}" for number in range(hosts)]
        silent = stack.enter_context(socket.create_server(("127.0.0.1", ports[1]), backlog=1))
        down = _down(hosts, silent.getsockname()[1])
        ground = await stack.enter_async_context(town(folder, server, (*names, *down)))
        taken = [await inbox(ground, number, count) for number in (1, 2)]
        sink = await stack.enter_async_context(running(python("-m", "bench.sink", str(ports[0]))))
        await until_listening(sink, ports[0])
        alive = await queue(ground, "all hosts up", names, deliveries // 4, longest)
        mixed = [*names[len(down) :], *down]
        brought = await queue(ground, "a fifth of the hosts down", mixed, deliveries, longest)
    _print(taken, (alive, brought))


def _down(hosts: int, silent: int) -> list[str]:
    """A fifth of them: port 1 refuses, the other takes and says nothing."""
    return [f"d{number}.sink.localhost:{silent if number % 2 else 1}" for number in range(hosts // 5)]


@asynccontextmanager
async def town(folder: Path, server: Postgres, hosts: Sequence[str]) -> AsyncGenerator[Ground]:
    """A town of the demonstration in that database, with fifty people elsewhere who are known to it."""
    port = free_port()
    people = senders(f"http://localhost:{port}")
    its = town_at(0)
    settings = settings_of(its, folder, lab_hosts=(f"localhost:{port}", *hosts))
    settings = msgspec.structs.replace(settings, database=server.url("postgres"), run_workers=False)
    await build_town(its, settings)
    store = app.open_store(settings)
    looking: Any = await cast(Any, asyncpg).connect(
        host=str(server.socket_folder), user="postgres", database="postgres"
    )
    try:
        await introduce(store, people)
        urls = [row["url"] for row in await looking.fetch("SELECT url FROM listing WHERE state = 'open' AND is_local")]
        writer = await looking.fetchval("SELECT id FROM actor WHERE is_local AND type = 'Person' ORDER BY id LIMIT 1")
        async with answering(people, port):
            yield Ground(settings, store, looking, people, urls, ActorId(writer))
    finally:
        await looking.close()
        await store.close()


async def inbox(ground: Ground, each: int, count: int) -> Inbox:
    """So many processes of each kind: everything sent to them, half to either, until the last effect."""
    wish = Wish(ground.settings.origin, ground.listings)
    sent = requests(ground.people, wish, count + WARM, first=each * 1_000_000)
    await ground.looking.execute("DELETE FROM inbox")
    async with AsyncExitStack() as stack:
        ports = [free_port() for _ in range(each)]
        processes = [await stack.enter_async_context(_web(ground, port)) for port in ports]
        processes += [await stack.enter_async_context(_worker(ground)) for _ in range(each)]
        await _send(ports, sent[:WARM])
        await _until_done(ground, WARM)
        cpu, began = sum(cpu_seconds(one.pid) for one in processes), perf_counter()
        answers = await _send(ports, sent[WARM:])
        accepting = perf_counter() - began
        await _until_done(ground, WARM + count)
        seconds = perf_counter() - began
        cpu = sum(cpu_seconds(one.pid) for one in processes) - cpu
    if answers != count:
        raise RuntimeError(f"{answers} of {count} were accepted")
    return Inbox(f"{each} serve + {each} work", count / accepting, count / seconds, count / cpu)


@asynccontextmanager
async def _web(ground: Ground, port: int) -> AsyncGenerator[Any]:
    settings = msgspec.structs.replace(ground.settings, port=port)
    async with running(serve(), env=environment(settings)) as process:
        await until_listening(process, port)
        yield process


@asynccontextmanager
async def _worker(ground: Ground) -> AsyncGenerator[Any]:
    async with running(python("-m", "fedivoisin", "work"), env=environment(ground.settings)) as process:
        yield process


async def _send(ports: Sequence[int], sent: Sequence[bytes]) -> int:
    parts = [sent[number :: len(ports)] for number in range(len(ports))]
    several = await asyncio.gather(
        *(
            load.run(port, part, connections=64 // len(ports))
            for port, part in zip(ports, parts, strict=True)
        )
    )  # fmt: skip
    return sum(one.accepted for one in several)


async def _until_done(ground: Ground, count: int) -> None:
    async with asyncio.timeout(600):
        while True:
            if await ground.looking.fetchval("SELECT count(*) FROM inbox WHERE next_at IS NULL") >= count:
                return
            await asyncio.sleep(0.1)


async def queue(ground: Ground, name: str, hosts: Sequence[str], deliveries: int, longest: float) -> Queue:
    """Fill the queue, let two processes empty it until nothing waits for a living host."""
    await ground.looking.execute("DELETE FROM activity")
    for number in range(max(1, deliveries // len(hosts))):
        await ground.store.append(
            outbox.put, _said(ground, f"queued-{number}"), _targets(hosts), priority=outbox.FAN_OUT
        )
    meant = await ground.looking.fetchval(LEFT)
    # Their age counts from now: putting them there is not what is measured.
    await ground.looking.execute("UPDATE delivery SET created_at = now(), next_at = now()")
    await ground.looking.execute("ANALYZE")
    began, fresh = perf_counter(), 0
    async with AsyncExitStack() as stack:
        for _ in range(2):
            await stack.enter_async_context(_worker(ground))
        while (left := await ground.looking.fetchval(LEFT)) and perf_counter() - began < longest:
            if perf_counter() - began > FRESH_EVERY * (fresh + 1):
                fresh += 1
                said, to = _said(ground, f"fresh-{name}-{fresh}"), _targets([hosts[fresh % 100]])
                await ground.store.append(outbox.put, said, to, priority=outbox.TO_A_PERSON)
            await asyncio.sleep(0.25)
        seconds = perf_counter() - began
    ages = [await ground.looking.fetchval(AGES, *which) for which in ((0.5, 1), (1.0, 1), (1.0, 0))]
    middle, oldest, answer = (float(age) if age is not None else None for age in ages)
    if left:
        oldest = seconds
    return Queue(name, len(hosts), meant + fresh - left, seconds, middle or 0.0, oldest or 0.0, answer, left)


def _said(ground: Ground, name: str) -> Activity:
    url = f"{ground.settings.origin}/users/x/activities/{name}"
    body = f'{{"id":"{url}","type":"Create","object":"{"x" * BODY}"}}'
    now = app.utc_now()
    return Activity(ActivityId(app.new_id()), url, ground.writer, "Create", None, body, True, now)


def _targets(hosts: Sequence[str]) -> list[Target]:
    return [Target(f"http://{host}/inbox", host) for host in hosts]


def _print(taken: Sequence[Inbox], brought: Sequence[Queue]) -> None:
    print(f"\n{machine()}; the load, the sink and PostgreSQL on the same cores\n")
    one, two = taken
    rows = [[each.name, f"{each.accepted:,.0f}", f"{each.done:,.0f}", f"{each.per_cpu:,.0f}"] for each in taken]
    rows.append(
        [
            "ratio",
            f"{two.accepted / one.accepted:.2f}",
            f"{two.done / one.done:.2f}",
            f"{two.per_cpu / one.per_cpu:.2f}",
        ]
    )
    print(table(["", "accepted/s", "carried out/s", "per CPU-second of ours"], rows))
    print()
    head = [
        "two work, one queue",
        "hosts",
        "to live hosts",
        "per second",
        "middle age, s",
        "oldest, s",
        "answers, s",
        "left",
    ]
    print(table(head, [_line(each) for each in brought]))


def _line(each: Queue) -> list[str]:
    figures = [f"{each.hosts}", f"{each.done:,}", f"{each.done / each.seconds:,.0f}"]
    fresh = "" if each.fresh is None else f"{each.fresh:.1f}"
    return [each.name, *figures, f"{each.middle:.1f}", f"{each.oldest:.1f}", fresh, f"{each.left:,}"]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--deliveries", type=int, default=100_000)
    parser.add_argument("--hosts", type=int, default=1000)
    parser.add_argument("--longest", type=float, default=900)
    chosen = parser.parse_args()
    asyncio.run(main(chosen.count, chosen.deliveries, chosen.hosts, chosen.longest))
