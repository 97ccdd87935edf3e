"""How long it takes until what a member publishes in one town stands in another: two whole instances on loopback.

`make bench-delay`, or `python -m bench.delay [--count 20]`. The clock runs from the last button of the publishing pages
to the row in the other town's database; at the end the other town's pages are asked for all of them.
"""

import argparse
import asyncio
import sqlite3
import statistics
from collections.abc import Sequence
from contextlib import AsyncExitStack, closing
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from bench.processes import running, serve, until_listening
from bench.tables import machine, table, verdict
from bench.town import build_town, environment, settings_of, town_at
from bench.visitor import Unexpected, Visitor, publish, signed_in
from fedivoisin.settings import Settings

MOST = 2.0
LOOK_AGAIN = 0.01
LONGEST = 60.0
PAUSE = 0.5
"""Between two listings: each is measured alone."""


async def measure(folder: Path, count: int) -> list[float]:
    """Build both, let one follow the other, publish; the seconds of each."""
    here, there = town_at(0), town_at(1)
    settings = [settings_of(town, folder, lab_hosts=(here.host, there.host)) for town in (here, there)]
    for town, its in zip((here, there), settings, strict=True):
        await build_town(town, its)
    async with AsyncExitStack() as stack:
        for its in settings:
            process = await stack.enter_async_context(running(serve(), env=environment(its)))
            await until_listening(process, its.port)
        writer = await stack.enter_async_context(signed_in(here, 9))
        reader = await stack.enter_async_context(signed_in(there, 9))
        await reader.open("/abonnements")
        await reader.send("/abonnements", address=f"@{here.group}@{here.host}")
        await _until(
            settings[1], "SELECT 1 FROM follow WHERE state = 'accepted' AND activity_url LIKE ?", f"{there.origin}/%"
        )
        await _until_quiet(settings[1])
        delays = [await _one(writer, settings[1], f"Poussette canne {number:03}") for number in range(count)]
        await _check_pages(reader, count)
        return delays


async def _one(writer: Visitor, elsewhere: Settings, title: str) -> float:
    last = await publish(writer, title)
    began = perf_counter()
    sent = asyncio.ensure_future(writer.send(last))
    await _until(elsewhere, "SELECT 1 FROM listing WHERE title = ?", title)
    delay = perf_counter() - began
    await sent
    await asyncio.sleep(PAUSE)
    return delay


async def _until(settings: Settings, question: str, value: str) -> None:
    deadline = perf_counter() + LONGEST
    with closing(sqlite3.connect(settings.database.removeprefix("sqlite:///"))) as looking:
        while looking.execute(question, (value,)).fetchone() is None:
            if perf_counter() > deadline:
                raise Unexpected(f"{value} never came")
            await asyncio.sleep(LOOK_AGAIN)


async def _until_quiet(settings: Settings) -> None:
    # A new follower is shown what was published before: that is not to be measured.
    before, known = -1, 0
    with closing(sqlite3.connect(settings.database.removeprefix("sqlite:///"))) as looking:
        while before != known:
            await asyncio.sleep(3)
            before, known = known, looking.execute("SELECT count(*) FROM listing").fetchone()[0]


async def _check_pages(reader: Visitor, count: int) -> None:
    for number in range(count):
        title = f"Poussette canne {number:03}"
        if title not in await reader.open(f"/annonces?portee=reseau&q=canne+{number:03}"):
            raise Unexpected(f"{title} is not on the page")


async def main(count: int) -> None:
    """Measure and print."""
    with TemporaryDirectory() as name:
        delays = await measure(Path(name), count)
    _print(delays)


def _print(delays: Sequence[float]) -> None:
    median = statistics.median(delays)
    rows = [
        ["median", f"{median:.3f}", f"< {MOST:g}", verdict(median, most=MOST)],
        ["longest", f"{max(delays):.3f}", "", ""],
        ["shortest", f"{min(delays):.3f}", "", ""],
    ]
    print(f"\n{len(delays)} listings from one town to another. {machine()}\n")
    print(table(["seconds", "", "target", ""], rows))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20)
    asyncio.run(main(parser.parse_args().count))
