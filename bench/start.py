"""Memory at rest and time to the first page of one town, beside a bare aiohttp + SQLAlchemy process.

`make bench-start`, or `python -m bench.start [--idle 30] [--runs 3]`.
"""

import argparse
import asyncio
import statistics
from asyncio.subprocess import Process
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp

from bench.processes import cpu_seconds, free_port, memory, python, running, serve, until_listening
from bench.tables import machine, table, verdict
from bench.town import build_town, environment, settings_of, town_at

MOST_MEMORY = 90.0
MOST_CPU = 1.0
PAGES = ("/", "/annonces", "/annonces?q=v%C3%A9lo", "/quartier", "/connexion", "/demander", "/")
HTML = {"Accept": "text/html"}


@dataclass(frozen=True, slots=True)
class Measure:
    """CPU seconds to the first page, megabytes after it and at rest."""

    cpu: float
    fresh: float
    rest: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A process to measure, and the pages that are asked of it."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    port: int
    pages: Sequence[str]


async def measure(candidates: Sequence[Candidate], idle: float) -> list[Measure]:
    """Start one after the other, then let them rest together."""
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession(headers=HTML))
        begun: list[tuple[Process, float, float]] = []
        for one in candidates:
            process = await stack.enter_async_context(running(one.command, env=one.env))
            await until_listening(process, one.port)
            await _ask(session, one, one.pages[0])
            begun.append((process, cpu_seconds(process.pid), memory(process.pid)))
            for page in one.pages[1:]:
                await _ask(session, one, page)
        await asyncio.sleep(idle)
        return [Measure(cpu, fresh, memory(process.pid)) for process, cpu, fresh in begun]


async def _ask(session: aiohttp.ClientSession, one: Candidate, page: str) -> None:
    async with session.get(f"http://127.0.0.1:{one.port}{page}") as response:
        await response.read()
        if response.status != 200:
            raise RuntimeError(f"{one.name} answers {response.status} to {page}")


async def main(runs: int, idle: float) -> None:
    """Build the town, measure, print."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        town = town_at(0)
        settings = settings_of(town, folder)
        await build_town(town, settings)
        port = free_port()
        bare = Candidate(
            "bare", python("-m", "bench.bare", "page", str(port), str(folder / f"{town.slug}.db")), {}, port, ("/",)
        )
        ours = Candidate("fedivoisin", serve(), environment(settings), town.port, PAGES)
        rounds = [await measure((bare, ours), idle) for _ in range(runs)]
    _print(runs, idle, *(_median([each[number] for each in rounds]) for number in range(2)))


def _median(measures: Sequence[Measure]) -> Measure:
    return Measure(
        statistics.median(one.cpu for one in measures),
        statistics.median(one.fresh for one in measures),
        statistics.median(one.rest for one in measures),
    )


def _print(runs: int, idle: float, bare: Measure, ours: Measure) -> None:
    rows = [
        _row("CPU to the first page, s", bare.cpu, ours.cpu, MOST_CPU, digits=2),
        _row(f"memory after {idle:.0f} s at rest, MB", bare.rest, ours.rest, MOST_MEMORY, digits=1),
        [
            "memory after the first page, MB",
            f"{bare.fresh:.1f}",
            f"{ours.fresh:.1f}",
            f"{ours.fresh / bare.fresh:.2f}",
            "",
            "",
        ],
    ]
    print(f"\nMedian of {runs} starts. {machine()}\n")
    print(table(["", "bare aiohttp + SQLAlchemy", "fedivoisin", "ratio", "target", ""], rows))


def _row(name: str, bare: float, ours: float, most: float, *, digits: int) -> list[str]:
    figures = [f"{bare:.{digits}f}", f"{ours:.{digits}f}", f"{ours / bare:.2f}"]
    return [name, *figures, f"≤ {most:g}", verdict(ours, most=most)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--idle", type=float, default=30)
    chosen = parser.parse_args()
    asyncio.run(main(chosen.runs, chosen.idle))
