"""One activity to a thousand inboxes on a thousand hosts, beside a bare loop of sign + POST and Fedify's queue.

`make bench-delivery`, or `python -m bench.delivery [--count 1000] [--only ours]`. A member with a thousand followers
publishes; the server finds the event, makes the activity and its thousand rows, claims, signs, posts and records them.
All inboxes are one sink on the other core, under a thousand names below `.localhost`; then ten in a row over TLS. The
rounds that count are those in which the host of a virtual machine took the least (`bench.host`).
"""

import argparse
import asyncio
import json
import os
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import aiohttp
import msgspec

from bench.authority import certificate_for
from bench.followers import follow, publish
from bench.host import Turns, stolen_since
from bench.processes import (
    COMPILING,
    LOAD,
    OURS,
    ROOT,
    DidNotStart,
    cpu_seconds,
    free_port,
    memory,
    python,
    running,
    serve,
    until_listening,
    until_quiet,
)
from bench.tables import machine, table, verdict
from bench.town import ask, build_town, environment, settings_of, town_at
from fedivoisin.activitypub.wire import keys
from fedivoisin.app import open_store
from fedivoisin.ids import ActorId
from fedivoisin.settings import Settings
from fedivoisin.store.db import Store

WARM = 20
OURS_COLD = "fedivoisin, new connections"
IN_A_ROW = 10
ROUNDS = 3
"""The bare loop, ours and Fedify take turns, each on new hosts: what else the machine does meets all of them."""
LETTERS = "abcdef"
"""Of the hosts of each round that there may be."""
LONGEST_WAIT = 120.0
LEAST_OF_BARE, LEAST_OF_FEDIFY, MOST_HANDSHAKES = 0.75, 5.0, 1.05
LEFT = """SELECT (SELECT count(*) FROM delivery WHERE outcome IS NULL),
    (SELECT count(*) FROM event WHERE next_at IS NOT NULL), (SELECT count(*) FROM delivery WHERE outcome = 'sent')"""
MEMBERS = """SELECT actor.id FROM actor JOIN membership ON membership.member_id = actor.id
    WHERE is_local AND state = 'member' ORDER BY actor.id LIMIT 8"""
FEDIFY = ROOT / "tests/peers/fedify/deliver.mjs"


@dataclass(frozen=True, slots=True)
class Measure:
    """So many deliveries by one sender."""

    name: str
    done: int
    cpu: float
    seconds: float
    """From the first request to the last, at the sink."""
    rss: float
    handshakes: int = 0

    @property
    def per_cpu(self) -> float:
        """Deliveries per second of the sender's CPU."""
        return self.done / self.cpu


@dataclass(frozen=True, slots=True)
class Sink:
    """All the inboxes."""

    port: int
    session: aiohttp.ClientSession
    scheme: str

    async def count(self) -> dict[str, Any]:
        """What came since it last forgot."""
        counted: dict[str, Any] = json.loads(await self._get("count"))
        return counted

    async def forget(self) -> None:
        """Count from nothing."""
        await self._get("forget")

    def hosts(self, letter: str, count: int) -> list[str]:
        """Names of it."""
        return [f"{letter}{number}.sink.localhost:{self.port}" for number in range(count)]

    async def _get(self, what: str) -> bytes:
        async with self.session.get(f"{self.scheme}://127.0.0.1:{self.port}/{what}", ssl=False) as answer:
            return await answer.read()


@dataclass(frozen=True, slots=True)
class Ground:
    """What the measurements of our server share."""

    settings: Settings
    store: Store
    process: Process
    writers: Sequence[ActorId]
    """Followed by few, by many over plain http (one for each round), by many over TLS."""


async def main(count: int, only: str) -> None:
    """Build, measure, print."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        authority, certificate = certificate_for("*.sink.localhost", folder)
        plain = await stack.enter_async_context(sink(session))
        secret = await stack.enter_async_context(sink(session, certificate))
        os.sched_setaffinity(0, {LOAD})
        async with ours(folder, authority, (plain, secret), count) as ground:
            found = await measure(ground, plain, secret, count, with_fedify=only != "ours")
    _print(found, count)


@asynccontextmanager
async def sink(session: aiohttp.ClientSession, certificate: Path | None = None) -> AsyncGenerator[Sink]:
    """A process that takes everything."""
    port = free_port()
    command = python("-m", "bench.sink", str(port), *([str(certificate)] if certificate else []))
    async with running(command, cpu=LOAD) as process:
        await until_listening(process, port)
        yield Sink(port, session, "https" if certificate else "http")


async def told(name: str, command: Sequence[str], sink: Sink, count: int) -> Measure:
    """A sender that measures itself."""
    arguments = (*command, str(sink.port), str(WARM), str(count))
    process = await asyncio.create_subprocess_exec(*arguments, cwd=ROOT, env=COMPILING, stdout=PIPE)
    os.sched_setaffinity(process.pid, {OURS})
    output, _ = await process.communicate()
    if process.returncode:
        raise DidNotStart(name)
    said = json.loads(output)
    return Measure(name, count, said["cpu"], said["seconds"], 0.0)


@asynccontextmanager
async def ours(folder: Path, authority: Path, sinks: tuple[Sink, Sink], count: int) -> AsyncGenerator[Ground]:
    """Our server on its core, with members who have followers."""
    plain, secret = sinks
    rounds = [plain.hosts(letter, count) for letter in LETTERS]
    hosts = [plain.hosts("w", WARM), *rounds, secret.hosts("s", count)]
    town = town_at(0)
    settings = settings_of(town, folder, lab_hosts=tuple(one for several in hosts for one in several))
    network = msgspec.structs.replace(settings.network, ca_file=str(authority))
    settings = msgspec.structs.replace(settings, network=network)
    await build_town(town, settings)
    store = open_store(settings)
    try:
        writers = [ActorId(id) for (id,) in ask(settings, MEMBERS)]
        key = keys.public_pem(keys.new_rsa().public_key())
        for writer, its in zip(writers, hosts, strict=True):
            await follow(store, writer, its, scheme="https" if its is hosts[-1] else "http", public_key=key)
        env = {**_with_hosts_in_a_file(settings, folder), "FEDIVOISIN_NETWORK_CA_FILE": str(authority)}
        async with running(serve(), env=env, cpu=OURS) as process:
            await until_listening(process, settings.port)
            await until_quiet(process)
            yield Ground(settings, store, process, writers)
    finally:
        await store.close()


def _with_hosts_in_a_file(settings: Settings, folder: Path) -> Mapping[str, str]:
    """The environment; in one variable of it there is room for 128 KiB, and six thousand hosts are more."""
    path = folder / "hosts.toml"
    path.write_text(f"[network]\nlab_hosts = {json.dumps(settings.network.lab_hosts)}\n", encoding="utf-8")
    others = {name: value for name, value in environment(settings).items() if name != "FEDIVOISIN_NETWORK_LAB_HOSTS"}
    return {**others, "FEDIVOISIN_CONFIG": str(path)}


async def measure(ground: Ground, plain: Sink, secret: Sink, count: int, *, with_fedify: bool) -> list[Measure]:
    """Once to hosts that were never spoken to, then ten in a row over TLS: the first of them opens the connections."""
    few, *many, hidden = ground.writers
    await _publish(ground, plain, few, "Échelle")
    bare: list[Measure] = []
    cold: list[Measure] = []
    fedify: list[Measure] = []
    rounds, writers = Turns(ROUNDS, len(many)), iter(many)
    while not rounds.are_enough:
        share, number = stolen_since(), len(cold)
        bare.append(await told("bare sign + POST", python("-m", "bench.bare_delivery"), plain, count))
        rss = memory(ground.process.pid)
        cold.append(Measure(OURS_COLD, *await _publish(ground, plain, next(writers), f"Escabeau {number}"), rss))
        if with_fedify:
            fedify.append(await told("Fedify's queue", [str(ROOT / "tools/node"), str(FEDIFY)], plain, count // 4))
        rounds.shares.append(share())
    print(f"\n{rounds}")
    several = [await _publish(ground, secret, hidden, f"Perceuse {number}") for number in range(IN_A_ROW)]
    first, rest = several[0], several[1:]
    return [
        _middle(rounds.kept(bare)),
        _middle(rounds.kept(cold)),
        Measure("fedivoisin, TLS, new connections", *first, 0.0),
        Measure(
            f"fedivoisin, TLS, the {len(rest)} that follow",
            sum(done for done, _, _ in rest),
            sum(cpu for _, cpu, _ in rest),
            sum(seconds for _, _, seconds in rest),
            memory(ground.process.pid),
            (await secret.count())["handshakes"],
        ),
        *([_middle(rounds.kept(fedify))] if with_fedify else []),
    ]


def _middle(rounds: Sequence[Measure]) -> Measure:
    return sorted(rounds, key=lambda one: one.cpu)[len(rounds) // 2]


async def _publish(ground: Ground, sink: Sink, author: ActorId, title: str) -> tuple[int, float, float]:
    """From the row in the journal to the last record: how many, CPU seconds, seconds at the sink."""
    (_, _, before) = ask(ground.settings, LEFT)[0]
    came = (await sink.count())["posts"]
    cpu, began = cpu_seconds(ground.process.pid), perf_counter()
    await publish(ground.store, author, title)
    while True:
        await asyncio.sleep(0.1)
        deliveries, events, sent = ask(ground.settings, LEFT)[0]
        if not deliveries and not events:
            break
        if perf_counter() - began > LONGEST_WAIT:
            raise TimeoutError(f"{deliveries} deliveries still wait")
    counted = await sink.count()
    if counted["posts"] - came != sent - before:
        raise RuntimeError(f"{sent - before} recorded, {counted['posts'] - came} came")
    return sent - before, cpu_seconds(ground.process.pid) - cpu, counted["last"] - counted["first"]


def _print(found: Sequence[Measure], count: int) -> None:
    rows = [
        [
            one.name,
            f"{one.done}",
            f"{one.done / one.seconds:,.0f}",
            f"{one.per_cpu:,.0f}",
            f"{one.cpu / one.done * 1000:.2f}",
            f"{one.rss:.0f}" if one.rss else "",
        ]
        for one in found
    ]
    print(f"\n{machine()}; the sender on one core, the sink on the other\n")
    print(table(["", "deliveries", "per second", "per CPU-second", "CPU each, ms", "RSS, MB"], rows))
    print()
    print(table(["", "", "target", ""], list(_targets(found, count))))


def _targets(found: Sequence[Measure], count: int) -> list[list[str]]:
    bare, cold, _, warm, *others = found
    pairs = [(bare, LEAST_OF_BARE), *((one, LEAST_OF_FEDIFY) for one in others)]
    rows = [
        [f"{cold.name} / {other.name}, per CPU-second", f"{ratio:.2f}", f"≥ {least:g}", verdict(ratio, least=least)]
        for other, least in pairs
        for ratio in [cold.per_cpu / other.per_cpu]
    ]
    each = warm.handshakes / count
    within = verdict(each, most=MOST_HANDSHAKES)
    rows.append([f"handshakes per host, {IN_A_ROW} in a row", f"{each:.3f}", f"≤ {MOST_HANDSHAKES:g}", within])
    return rows


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--only", choices=("all", "ours"), default="all")
    chosen = parser.parse_args()
    asyncio.run(main(chosen.count, chosen.only))
