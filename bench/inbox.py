"""Signed notes of fifty known people, received by one process on one core, beside a bare handler and Fedify.

`make bench-inbox`, or `python -m bench.inbox [--count 4000] [--only ours]`. The load comes from the other core, over
kept connections, signed beforehand. What counts as accepted is verified, new, and committed to the disk.
"""

import argparse
import asyncio
import os
import sqlite3
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import aiohttp
import msgspec

from bench import load
from bench.load import Answers
from bench.processes import ROOT, cpu_seconds, free_port, memory, python, running, serve, until_listening
from bench.senders import Sender, Wish, answering, introduce, requests, senders
from bench.tables import machine, percentile, table, verdict
from bench.town import build_town, environment, settings_of, town_at
from fedivoisin.app import open_store
from fedivoisin.settings import Settings

OURS, LOAD = 1, 0
"""The core of the server under measurement, and the one of the load."""
RATE = 500.0
WAITING_AND_DONE = "SELECT count(next_at), count(CASE WHEN outcome = 'done' THEN 1 END) FROM inbox"
LONGEST_WAIT = 120.0
FEDIFY = ROOT / "tests/peers/fedify/bench.mjs"


@dataclass(frozen=True, slots=True)
class Measure:
    """One server under one load."""

    name: str
    answers: Answers
    done: int
    cpu: float
    rest: float
    """Seconds from the first request to the last effect."""
    rss: float

    @property
    def per_cpu(self) -> float:
        """Activities per second of the server's CPU."""
        return self.done / self.cpu


@dataclass(frozen=True, slots=True)
class Ground:
    """What all measurements share."""

    settings: Settings
    people: Sequence[Sender]
    listings: Sequence[str]
    count: int


Server = tuple[Process, int]
"""A process that listens, and where."""
Finish = Callable[[], Awaitable[int]]
"""Waits until all that was accepted is carried out; gives how many are."""


async def measure(
    name: str, server: Server, sent: Sequence[bytes], *, finish: Finish | None = None, rate: float | None = None
) -> Measure:
    """Send it all, and say what it took; the first hundred only warm it up."""
    process, port = server
    warm, sent = sent[:100], sent[100:]
    await load.run(port, warm)
    before = await finish() if finish else 0
    cpu, began = cpu_seconds(process.pid), perf_counter()
    answers = await load.run(port, sent, rate=rate)
    done = await finish() - before if finish else answers.accepted
    rest = perf_counter() - began
    return Measure(name, answers, done, cpu_seconds(process.pid) - cpu, rest, memory(process.pid))


@asynccontextmanager
async def ours(ground: Ground, *, workers: bool) -> AsyncGenerator[Process]:
    """Our server on its core."""
    settings = replace_workers(ground.settings, workers)
    async with running(serve(), env=environment(settings), cpu=OURS) as process:
        await until_listening(process, settings.port)
        yield process


def replace_workers(settings: Settings, workers: bool) -> Settings:
    """The settings with or without the work behind the pages."""
    return msgspec.structs.replace(settings, run_workers=workers)


@asynccontextmanager
async def fedify(port: int, *options: str) -> AsyncGenerator[Process]:
    """Fedify on the same core."""
    async with running([ROOT / "tools/node", FEDIFY, str(port), *options], cpu=OURS) as process:
        await until_listening(process, port)
        yield process


async def bare(ground: Ground) -> Measure:
    """The most that aiohttp can do."""
    port = free_port()
    sent = requests(ground.people, Wish(f"http://localhost:{port}"), 1000) * (1 + ground.count // 400)
    async with running(python("-m", "bench.bare", "post", str(port)), cpu=OURS) as process:
        await until_listening(process, port)
        return await measure("bare aiohttp handler", (process, port), sent)


async def accepting(ground: Ground) -> list[Measure]:
    """Our server without its workers: closed loop, open loop, documents that must be expanded."""
    wish = Wish(ground.settings.origin, ground.listings)
    port = ground.settings.port
    closed = requests(ground.people, wish, ground.count + 100)
    steady = requests(ground.people, wish, ground.count // 2 + 100, first=100_000)
    renamed = requests(ground.people, replace(wish, inline_alias=True), ground.count // 10 + 100, first=200_000)
    async with ours(ground, workers=False) as process:
        return [
            await measure("fedivoisin, worker idle", (process, port), closed),
            await measure(f"fedivoisin at {RATE:.0f}/s", (process, port), steady, rate=RATE),
            await measure("fedivoisin, expanded documents", (process, port), renamed),
        ]


async def processing(ground: Ground) -> Measure:
    """Our server with its workers, until the last note stands under its listing."""
    sent = requests(
        ground.people, Wish(ground.settings.origin, ground.listings), ground.count // 2 + 100, first=300_000
    )
    _empty(ground.settings)  # what was only accepted before is not part of this
    async with ours(ground, workers=True) as process:
        return await measure(
            "fedivoisin, accepted and processed", (process, ground.settings.port), sent,
            finish=lambda: _carried_out(ground.settings),
        )  # fmt: skip


def _empty(settings: Settings) -> None:
    with closing(sqlite3.connect(settings.database.removeprefix("sqlite:///"))) as inbox, inbox:
        inbox.execute("DELETE FROM inbox")


async def _carried_out(settings: Settings) -> int:
    deadline = perf_counter() + LONGEST_WAIT
    with closing(sqlite3.connect(settings.database.removeprefix("sqlite:///"))) as looking:
        while True:
            waiting, done = looking.execute(WAITING_AND_DONE).fetchone()
            if not waiting:
                return int(done)
            if perf_counter() > deadline:
                raise TimeoutError(f"{waiting} activities still wait")
            await asyncio.sleep(0.2)


async def beside(ground: Ground) -> list[Measure]:
    """Fedify, each time from nothing."""
    port = free_port()
    wish, count = Wish(f"http://localhost:{port}"), ground.count // 4 + 100
    found: list[Measure] = []
    for name, wanted, options in (
        ("Fedify without a queue", wish, ()),
        ("Fedify, in-process queue", wish, ("--queue",)),
        ("Fedify, expanded documents", replace(wish, inline_alias=True), ()),
    ):
        sent = requests(ground.people, wanted, count)
        async with fedify(port, *options) as process:
            found.append(await measure(name, (process, port), sent, finish=lambda: _treated(port)))
    return found


async def _treated(port: int) -> int:
    done, before = -1, -2
    async with aiohttp.ClientSession() as session:
        while done != before:
            await asyncio.sleep(0.5 if before >= 0 else 0)
            async with session.get(f"http://127.0.0.1:{port}/done") as response:
                done, before = int(await response.text()), done
    return done


async def main(count: int, only: str) -> None:
    """Build, measure, print."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        port = free_port()
        people = senders(f"http://localhost:{port}")
        town = town_at(0)
        settings = settings_of(town, folder, lab_hosts=(f"localhost:{port}",))
        await build_town(town, settings)
        store = open_store(settings)
        await introduce(store, people)
        await store.close()
        ground = Ground(settings, people, _listings(settings), count)
        os.sched_setaffinity(0, {LOAD})
        async with answering(people, port):
            plain = await bare(ground)
            found = [plain, *await accepting(ground), await processing(ground)]
            if only != "ours":
                found += await beside(ground)
    _print(found)


def _listings(settings: Settings) -> list[str]:
    with closing(sqlite3.connect(settings.database.removeprefix("sqlite:///"))) as looking:
        return [url for (url,) in looking.execute("SELECT url FROM listing WHERE state = 'open'")]


def _print(found: Sequence[Measure]) -> None:
    rows = [
        [
            one.name,
            f"{one.done}",
            f"{one.done / one.rest:,.0f}",
            f"{one.per_cpu:,.0f}",
            f"{percentile(one.answers.latencies, 0.5) * 1000:.1f}",
            f"{percentile(one.answers.latencies, 0.99) * 1000:.1f}",
            f"{one.rss:.0f}",
        ]
        for one in found
    ]
    print(f"\n{machine()}; the server on one core, the load on the other, 64 connections\n")
    print(table(["", "activities", "per second", "per CPU-second", "p50, ms", "p99, ms", "RSS, MB"], rows))
    print()
    print(table(["", "", "target", ""], list(_targets({one.name: one for one in found}))))
    for one in found:
        if set(one.answers.statuses) != {202} or one.done != len(one.answers.latencies):
            print(f"\n{one.name}: {dict(one.answers.statuses)}, carried out {one.done}")


def _targets(by_name: dict[str, Measure]) -> list[list[str]]:
    pairs = (
        ("fedivoisin, worker idle", "bare aiohttp handler", 0.25),
        ("fedivoisin, worker idle", "Fedify without a queue", 12.0),
        ("fedivoisin, accepted and processed", "bare aiohttp handler", 0.10),
        ("fedivoisin, accepted and processed", "Fedify, in-process queue", 6.0),
        ("fedivoisin, expanded documents", "Fedify, expanded documents", 3.0),
    )
    rows = [
        [f"{first} / {second}, per CPU-second", f"{ratio:.2f}", f"≥ {least:g}", verdict(ratio, least=least)]
        for first, second, least in pairs
        if second in by_name
        for ratio in [by_name[first].per_cpu / by_name[second].per_cpu]
    ]
    steady = percentile(by_name[f"fedivoisin at {RATE:.0f}/s"].answers.latencies, 0.99) * 1000
    heaviest = max(one.rss for one in by_name.values() if one.name.startswith("fedivoisin"))
    rows.append([f"p99 at {RATE:.0f}/s, ms", f"{steady:.1f}", "≤ 10", verdict(steady, most=10)])
    rows.append(["RSS under load, MB", f"{heaviest:.0f}", "≤ 150", verdict(heaviest, most=150)])
    return rows


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=4000)
    parser.add_argument("--only", choices=("all", "ours"), default="all")
    chosen = parser.parse_args()
    asyncio.run(main(chosen.count, chosen.only))
