"""One town under load for as long as asked: notes come in at half of what it can, listings go out to failing hosts,
and every minute it is killed and started again. At the end nothing may be lost, nothing doubled, and no memory grown.
"""

import asyncio
import os
import signal
import sqlite3
import statistics
from asyncio.subprocess import Process
from collections.abc import Sequence
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, perf_counter
from typing import Any

from bench.followers import follow, publish
from bench.processes import COMPILING, ROOT, free_port, memory, serve, until_listening
from bench.senders import Wish, answering, introduce, senders
from bench.town import build_town, environment, settings_of, town_at
from fedivoisin.activitypub.wire import keys
from fedivoisin.app import open_store
from fedivoisin.ids import ActorId
from fedivoisin.settings import Settings
from fedivoisin.store import outbox, peers
from fedivoisin.store.db import Store, Tx
from torture import hosts as others
from torture.couriers import Couriers, steadily
from torture.hosts import Hosts

LIFE = 60.0
LEAST_LIVES = 6
"""A short soak kills more often."""
CALM = 0.2
"""The share of the time, at its end, in which nobody is killed: where memory can be seen to grow, or not."""
PUBLISH_EVERY = 4.0
LOOK_EVERY = 5.0
LONGEST_DRAIN = 300.0
FIRST_BURST = 1500
WARM_UP = 45.0
"""Seconds of a life that say nothing of its memory: what is seldom used is loaded when it is."""
MOST_GROWTH = 1.10
JUST_BEFORE = 2.0
"""Seconds: what was brought so shortly before a kill may not have been written down, and is brought again."""
QUEUES = """SELECT (SELECT count(*) FROM inbox WHERE next_at IS NOT NULL),
    (SELECT count(*) FROM delivery WHERE next_at IS NOT NULL), (SELECT count(*) FROM event WHERE next_at IS NOT NULL)"""
MEMBERS = """SELECT actor.id FROM actor JOIN membership ON membership.member_id = actor.id
    WHERE is_local AND state = 'member' ORDER BY actor.id LIMIT 1"""


@dataclass(slots=True)
class Soak:
    """The town, what is done to it, and what was seen."""

    settings: Settings
    store: Store
    couriers: Couriers
    hosts: Hosts
    writer: ActorId
    process: Process | None = None
    started: float = 0.0
    kills: list[float] = field(default_factory=list[float])
    series: list[tuple[float, float, float]] = field(default_factory=list[tuple[float, float, float]])
    """Seconds since the beginning, seconds of this life, megabytes."""


async def run(folder: Path, seconds: float) -> list[str]:
    """The findings; none is what we hope for."""
    async with AsyncExitStack() as stack:
        elsewhere, port = free_port(), free_port()
        people = senders(f"http://localhost:{elsewhere}")
        hosts = await stack.enter_async_context(others.answering(port))
        town = town_at(0)
        settings = settings_of(town, folder, lab_hosts=(f"localhost:{elsewhere}", *hosts.names))
        await build_town(town, settings)
        store = open_store(settings)
        stack.push_async_callback(store.close)
        await introduce(store, people)
        writer = ActorId(ask(settings, MEMBERS)[0][0])
        key = keys.public_pem(keys.new_rsa().public_key())
        await follow(store, writer, hosts.names, scheme="http", public_key=key)
        await stack.enter_async_context(answering(people, elsewhere))
        listings = [url for (url,) in ask(settings, "SELECT url FROM listing WHERE state = 'open'")]
        soak = Soak(settings, store, Couriers(settings.port, people, Wish(settings.origin, listings)), hosts, writer)
        try:
            return await _torture(soak, seconds)
        finally:
            await _end(soak)


async def _torture(soak: Soak, seconds: float) -> list[str]:
    await _start(soak)
    rate = await _half_of_the_most(soak)
    print(f"  {rate:.0f} notes a second, half of what this machine takes and carries out; {seconds:.0f} seconds")
    began = perf_counter()
    until, calm = began + seconds, began + seconds * (1 - CALM)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(soak.couriers.write(steadily(rate, until)))
        tasks.create_task(_publish(soak, until))
        tasks.create_task(_kill(soak, calm, min(LIFE, seconds / LEAST_LIVES)))
        tasks.create_task(_look(soak, began, until))
    soak.hosts.is_calm = True
    left = await _drain(soak)
    await _end(soak)
    return [*left, *lost_or_doubled(soak), *grown(soak.series)]


async def _half_of_the_most(soak: Soak) -> float:
    """Accepted and carried out, a second."""
    began = perf_counter()
    await soak.couriers.write([began] * FIRST_BURST)
    await _until_carried_out(soak)
    return FIRST_BURST / (perf_counter() - began) / 2


async def _until_carried_out(soak: Soak) -> None:
    while True:
        if not ask(soak.settings, QUEUES)[0][0]:
            return
        await asyncio.sleep(0.1)


async def _start(soak: Soak) -> None:
    env = {**COMPILING, **environment(soak.settings)}
    soak.started = perf_counter()
    soak.process = await asyncio.create_subprocess_exec(*serve(), cwd=ROOT, env=env, stdout=asyncio.subprocess.DEVNULL)
    await until_listening(soak.process, soak.settings.port)


async def _end(soak: Soak) -> None:
    if soak.process is not None and soak.process.returncode is None:
        soak.process.kill()
        await soak.process.wait()


async def _kill(soak: Soak, until: float, every: float) -> None:
    while perf_counter() + every < until:
        await asyncio.sleep(every)
        if soak.process is not None:
            os.kill(soak.process.pid, signal.SIGKILL)
            await soak.process.wait()
        soak.kills.append(monotonic())
        await _start(soak)


async def _publish(soak: Soak, until: float) -> None:
    number = 0
    while perf_counter() < until:
        await publish(soak.store, soak.writer, f"Objet {number}")
        number += 1
        await asyncio.sleep(PUBLISH_EVERY)


async def _look(soak: Soak, began: float, until: float) -> None:
    while (now := perf_counter()) < until:
        if soak.process is not None and soak.process.returncode is None:
            soak.series.append((now - began, now - soak.started, memory(soak.process.pid)))
            at, age, megabytes = soak.series[-1]
            waiting = "/".join(str(one) for one in ask(soak.settings, QUEUES)[0])
            print(f"  {at:6.0f} s  life {age:4.0f} s  {megabytes:6.1f} MB  waiting {waiting}", flush=True)
        await asyncio.sleep(LOOK_EVERY)


async def _drain(soak: Soak) -> list[str]:
    """Everybody answers again, and an admin says so to the town: all that waits must go."""
    until = perf_counter() + LONGEST_DRAIN
    while any(waiting := ask(soak.settings, QUEUES)[0]):
        await soak.store.write(_wake, soak.hosts.names)
        if perf_counter() > until:
            return [f"still waiting in the inbox, for delivery, in the journal: {waiting}"]
        await asyncio.sleep(2)
    return []


async def _wake(tx: Tx, names: Sequence[str]) -> None:
    for host in names:
        await peers.try_now(tx, host)
        await outbox.wake(tx, host)


def lost_or_doubled(soak: Soak) -> list[str]:
    """What was taken from others and does not stand, what we said and did not reach somebody, what happened twice."""
    people, settings = soak.couriers.people, soak.settings
    meant = {f"{people[one % len(people)].url}/notes/{one}" for one in soak.couriers.taken}
    stands = {url for (url,) in ask(settings, "SELECT url FROM message")}
    doubled = ask(settings, "SELECT type, fields FROM event GROUP BY type, fields HAVING count(*) > 1")
    wrong = ask(settings, "SELECT outcome, count(*) FROM inbox WHERE outcome <> 'done' GROUP BY outcome")
    said = ask(settings, "SELECT host, url, outcome FROM delivery JOIN activity ON activity.id = delivery.activity_id")
    arrived = soak.hosts.taken
    again = [moments for moments in arrived.values() if len(moments) > 1]
    unexplained = [moments for moments in again if not is_explained(moments, soak.kills)]
    print(
        f"  {len(meant)} notes taken ({dict(soak.couriers.answers)}), {len(said)} deliveries, {soak.hosts.refused} of"
        f" them met a host out of order, {len(soak.kills)} kills, {len(again)} brought again after a kill"
    )
    findings = {
        "notes taken and lost": len(meant - stands),
        "notes not carried out": sum(number for _, number in wrong),
        "events that happened twice": len(doubled),
        "deliveries that did not end well": sum(outcome != "sent" for _, _, outcome in said),
        "deliveries said to be sent that never came": len({(host, url) for host, url, _ in said} - arrived.keys()),
        "deliveries that came twice without a kill": len(unexplained),
    }
    return [f"{name}: {number}" for name, number in findings.items() if number]


def is_explained(moments: Sequence[float], kills: Sequence[float]) -> bool:
    """Each but the last was taken just before a kill, which came before it could be written down."""
    return all(any(0 <= kill - moment <= JUST_BEFORE for kill in kills) for moment in moments[:-1])


def grown(series: Sequence[tuple[float, float, float]]) -> list[str]:
    """Whether memory grows: within the last life, and from the first lives to the last ones at the same age."""
    settled = [(at, age, megabytes) for at, age, megabytes in series if age > WARM_UP]
    ages = [age for _, age, _ in settled]
    last = [megabytes for at, _, megabytes in settled if at >= series[-1][0] - max(ages, default=0)]
    findings: list[str] = []
    for name, values in (("within the last life", last), ("from life to life", [one for _, _, one in settled])):
        third = len(values) // 3
        if third < 3:
            print(f"  Memory {name}: too short to say")
            continue
        before, after = statistics.median(values[:third]), statistics.median(values[-third:])
        print(f"  Memory {name}: {before:.1f} MB, then {after:.1f} MB")
        if after > before * MOST_GROWTH:
            findings.append(f"memory {name} grew from {before:.1f} to {after:.1f} MB")
    return findings


def ask(settings: Settings, question: str) -> list[Any]:
    """What the database holds."""
    with closing(sqlite3.connect(settings.database.removeprefix("sqlite:///"))) as looking:
        return looking.execute(question).fetchall()
