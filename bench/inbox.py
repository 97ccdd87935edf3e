"""Signed notes of fifty known people, received by one process on one core, beside a bare handler and Fedify.

`make bench-inbox`, or `python -m bench.inbox [--turns 12] [--only ours]`. The load comes from the other core, over kept
connections, signed beforehand. What counts as accepted is verified, new, and committed to the disk. The pace of a
machine changes from one second to the next: all servers stand ready and take short turns, and a ratio is the middle one
of those of each turn. Turns go on until as many as were asked for were quiet, or twice as many are done; those in
which the host of a virtual machine took the least are what counts (`bench.host`), and the latency in all of them is
printed beside it. The bare handler, too, is asked at the steady rate: what it is late by, at no work, is the machine's.
"""

import argparse
import asyncio
import os
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import aiohttp
import msgspec

from bench import load
from bench.host import Turns, stolen_since
from bench.processes import (
    LOAD,
    OURS,
    ROOT,
    cpu_so_far,
    free_port,
    memory,
    python,
    running,
    serve,
    standing_still,
    until_listening,
)
from bench.senders import Sender, Wish, answering, introduce, requests, senders
from bench.tables import machine, percentile, table, verdict
from bench.town import ask, build_town, environment, settings_of, town_at
from fedivoisin.app import open_store
from fedivoisin.settings import Settings

CONNECTIONS = 64
RATE = 500.0
WAITING_AND_DONE = "SELECT count(next_at), count(CASE WHEN outcome = 'done' THEN 1 END) FROM inbox"
LONGEST_WAIT = 120.0
LOOK_AGAIN = 0.05
FEWEST = 300
"""Activities of a turn below which there is no 99th percentile worth a look."""
FEDIFY = ROOT / "tests/peers/fedify/bench.mjs"
BARE = "bare aiohttp handler"
ACCEPTED = "fedivoisin, worker idle"
STEADY = f"fedivoisin at {RATE:.0f}/s"
BARE_STEADY = f"{BARE} at {RATE:.0f}/s"
STEADY_TURNS = 9
EXPANDED = "fedivoisin, expanded documents"
PROCESSED = "fedivoisin, accepted and processed"
FEDIFY_ACCEPTED = "Fedify without a queue"
FEDIFY_PROCESSED = "Fedify, in-process queue"
FEDIFY_EXPANDED = "Fedify, expanded documents"

Finish = Callable[[], Awaitable[int]]
"""Waits until all that was accepted is carried out; gives how many are."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What one server did once."""

    done: int
    cpu: float
    seconds: float
    """From the first request to the last effect."""
    latencies: Sequence[float]

    @property
    def per_cpu(self) -> float:
        """Activities per second of the server's CPU."""
        return self.done / self.cpu


@dataclass(slots=True)
class Contender:
    """One server under one load: what it does in each of its turns."""

    name: str
    process: Process
    port: int
    wish: Wish
    in_a_turn: int
    finish: Finish | None = None
    rate: float | None = None
    all: list[Turn] = field(default_factory=list[Turn])
    turns: Sequence[Turn] = ()
    """Those that count."""
    statuses: Counter[int] = field(default_factory=Counter[int])

    async def take_turn(self, sent: Sequence[bytes]) -> None:
        """Send it all; the first on each connection only warms it up."""
        async with load.connected(self.port, connections=CONNECTIONS) as lines:
            await lines.send(sent[:CONNECTIONS])
            before = await self.finish() if self.finish else 0
            cpu, began = cpu_so_far(self.process.pid), perf_counter()
            answers = await lines.send(sent[CONNECTIONS:], rate=self.rate)
            done = await self.finish() - before if self.finish else answers.accepted
            seconds, used = perf_counter() - began, cpu_so_far(self.process.pid) - cpu
        self.all.append(Turn(done, used, seconds, answers.latencies))
        self.statuses.update(answers.statuses)

    @property
    def done(self) -> int:
        """Activities, in the turns that count."""
        return sum(turn.done for turn in self.turns)

    @property
    def per_second(self) -> float:
        """The same a second."""
        return self.done / sum(turn.seconds for turn in self.turns)

    @property
    def per_cpu(self) -> float:
        """And per second of the server's CPU."""
        return self.done / sum(turn.cpu for turn in self.turns)

    @property
    def lost(self) -> int:
        """Accepted and never carried out, in any turn."""
        return sum(len(turn.latencies) - turn.done for turn in self.all)


@dataclass(frozen=True, slots=True)
class Ground:
    """What all measurements share: two towns of ours, one with workers, and who writes to them."""

    receiving: Settings
    working: Settings
    people: Sequence[Sender]


@asynccontextmanager
async def started(ground: Ground, *, only_ours: bool) -> AsyncGenerator[list[Contender]]:
    """All servers, on the same core."""
    async with AsyncExitStack() as stack:
        port = free_port()
        bare = await stack.enter_async_context(running(python("-m", "bench.bare", "post", str(port)), cpu=OURS))
        receiving, working = [
            await stack.enter_async_context(running(serve(), env=environment(settings), cpu=OURS))
            for settings in (ground.receiving, ground.working)
        ]
        plain, busy = _wish(ground.receiving), _wish(ground.working)
        renamed = replace(plain, inline_alias=True)
        contenders = [
            Contender(BARE, bare, port, Wish(f"http://localhost:{port}"), 3000),
            Contender(ACCEPTED, receiving, ground.receiving.port, plain, 1000),
            Contender(EXPANDED, receiving, ground.receiving.port, renamed, 500),
            Contender(PROCESSED, working, ground.working.port, busy, 400, lambda: _carried_out(ground.working)),
        ]
        if not only_ours:
            contenders += await _fedify(stack)
        for one in contenders:
            await until_listening(one.process, one.port)
        yield contenders


async def _fedify(stack: AsyncExitStack) -> list[Contender]:
    ports = [free_port(), free_port()]
    plain, queue = [
        await stack.enter_async_context(running([ROOT / "tools/node", FEDIFY, str(port), *options], cpu=OURS))
        for port, options in zip(ports, [(), ("--queue",)], strict=True)
    ]
    wishes = [Wish(f"http://localhost:{port}") for port in ports]
    return [
        Contender(FEDIFY_ACCEPTED, plain, ports[0], wishes[0], 100, lambda: _treated(ports[0])),
        Contender(FEDIFY_PROCESSED, queue, ports[1], wishes[1], 100, lambda: _treated(ports[1])),
        Contender(
            FEDIFY_EXPANDED, plain, ports[0], replace(wishes[0], inline_alias=True), 100, lambda: _treated(ports[0])
        ),
    ]


def _wish(settings: Settings) -> Wish:
    return Wish(settings.origin, [url for (url,) in ask(settings, "SELECT url FROM listing WHERE state = 'open'")])


async def _carried_out(settings: Settings) -> int:
    async with asyncio.timeout(LONGEST_WAIT):
        while True:
            ((waiting, done),) = ask(settings, WAITING_AND_DONE)
            if not waiting:
                return int(done)
            await asyncio.sleep(LOOK_AGAIN)


async def _treated(port: int) -> int:
    async with asyncio.timeout(LONGEST_WAIT), aiohttp.ClientSession() as session:
        while True:
            async with session.get(f"http://127.0.0.1:{port}/done") as response:
                accepted, done = map(int, (await response.text()).split())
            if accepted == done:
                return done
            await asyncio.sleep(LOOK_AGAIN)


async def take_turns(ground: Ground, contenders: Sequence[Contender], wanted: int, *, first: int = 0) -> int:
    """Everybody in each turn, with notes that nobody has had before, from the `first`; gives the next one's number."""
    number, turns = first, Turns(wanted, most=2 * wanted)
    while not turns.are_enough:
        print(f"  Turn {len(turns.shares) + 1} …", flush=True)
        share = stolen_since()
        for one in contenders:
            sent = requests(ground.people, one.wish, CONNECTIONS + one.in_a_turn, first=number)
            number += len(sent)
            await one.take_turn(sent)
        turns.shares.append(share())
    for one in contenders:
        one.turns = turns.kept(one.all)
    print(f"  {turns}", flush=True)
    return number


async def main(turns: int, only: str) -> None:
    """Build, measure, print."""
    with TemporaryDirectory() as name:
        port = free_port()
        people = senders(f"http://localhost:{port}")
        receiving, working = [await _town(number, Path(name), people, port) for number in range(2)]
        ground = Ground(msgspec.structs.replace(receiving, run_workers=False), working, people)
        os.sched_setaffinity(0, {LOAD})
        async with answering(people, port), started(ground, only_ours=only == "ours") as contenders:
            number = await take_turns(ground, contenders, turns)
            steady = list(_at_a_steady_rate({one.name: one for one in contenders}))
            others = [one.process for one in contenders if one.name not in (BARE, ACCEPTED, EXPANDED)]
            with standing_still(others):
                await take_turns(ground, steady, STEADY_TURNS, first=number)
            _print([*contenders, *steady])


def _at_a_steady_rate(by_name: dict[str, Contender]) -> Iterator[Contender]:
    for name, server in ((BARE_STEADY, by_name[BARE]), (STEADY, by_name[ACCEPTED])):
        yield Contender(name, server.process, server.port, server.wish, 1000, rate=RATE)


async def _town(number: int, folder: Path, people: list[Sender], port: int) -> Settings:
    town = town_at(number)
    settings = settings_of(town, folder, lab_hosts=(f"localhost:{port}",))
    await build_town(town, settings)
    store = open_store(settings)
    await introduce(store, people)
    await store.close()
    return settings


def _print(found: Sequence[Contender]) -> None:
    sizes = {one.name: memory(one.process.pid) for one in found}
    rows = [
        [
            one.name,
            f"{one.done}",
            f"{one.per_second:,.0f}",
            f"{one.per_cpu:,.0f}",
            f"{_late(one.turns, 0.5):.1f}",
            f"{_late(one.turns, 0.99):.1f}" if one.in_a_turn >= FEWEST else "",
            f"{sizes[one.name]:.0f}",
        ]
        for one in found
    ]
    print(f"\n{machine()}; the servers on one core, the load on the other, {CONNECTIONS} connections\n")
    print(table(["", "activities", "per second", "per CPU-second", "p50, ms", "p99, ms", "RSS, MB"], rows))
    print()
    targets = list(_targets({one.name: one for one in found}, sizes))
    print(table(["per CPU-second", "", "in half of the turns", "target", ""], targets))
    for one in found:
        if set(one.statuses) != {202} or one.lost:
            print(f"\n{one.name}: {dict(one.statuses)}, {one.lost} of them never carried out")


def _late(turns: Sequence[Turn], share: float, of_turns: float = 0.5) -> float:
    """Milliseconds, of the middle turn: one in which the machine stood still says nothing of the server."""
    return percentile([percentile(turn.latencies, share) * 1000 for turn in turns], of_turns)


def _targets(by_name: dict[str, Contender], sizes: dict[str, float]) -> Iterator[list[str]]:
    pairs = (
        (ACCEPTED, BARE, 0.25),
        (ACCEPTED, FEDIFY_ACCEPTED, 12.0),
        (PROCESSED, BARE, 0.10),
        (PROCESSED, FEDIFY_PROCESSED, 6.0),
        (EXPANDED, FEDIFY_EXPANDED, 3.0),
    )
    for first, second, least in pairs:
        if second not in by_name:
            continue
        one, other = by_name[first], by_name[second]
        each = [mine.per_cpu / theirs.per_cpu for mine, theirs in zip(one.turns, other.turns, strict=True)]
        ratio, form = median(each), ".3f" if least < 1 else ".1f"
        low, high = percentile(each, 0.25), percentile(each, 0.75)
        spread = f"{low:{form}} to {high:{form}}"
        yield [f"{first} / {second}", f"{ratio:{form}}", spread, f"≥ {least:g}", verdict(ratio, least=least)]
    steady, quick = by_name[STEADY], f"p99 at {RATE:.0f}/s"
    late, low, high = (_late(steady.turns, 0.99, share) for share in (0.5, 0.25, 0.75))
    yield [f"{quick}, ms", f"{late:.1f}", f"{low:.1f} to {high:.1f}", "≤ 10", verdict(late, most=10)]
    late, low, high = (_late(steady.all, 0.99, share) for share in (0.5, 0.25, 0.75))
    yield [f"{quick}, with the turns that do not count", f"{late:.1f}", f"{low:.1f} to {high:.1f}", "", ""]
    heaviest = max(size for name, size in sizes.items() if name.startswith("fedivoisin"))
    yield ["RSS under load, MB", f"{heaviest:.0f}", "", "≤ 150", verdict(heaviest, most=150)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=12)
    parser.add_argument("--only", choices=("all", "ours"), default="all")
    chosen = parser.parse_args()
    asyncio.run(main(chosen.turns, chosen.only))
