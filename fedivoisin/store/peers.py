"""What is known of each remote host: how it wants requests signed, and whether it answers."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import Insert, bindparam, insert, select, update
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from fedivoisin.store.claims import found_once
from fedivoisin.store.db import Tx
from fedivoisin.store.schema.actors import actor
from fedivoisin.store.schema.federation import peer

SCHEME_MEMORY = timedelta(days=7)
FAILURES_TO_OPEN = 5
PROBE = timedelta(minutes=30)
PROBE_OF_DEAD = timedelta(days=1)
DEATH = timedelta(days=7)
STREAK = timedelta(days=1)
"""In which a host that fails is tried often enough to open the breaker; one delivery alone does it in ten minutes."""
DESCRIBED_AGAIN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Peer:
    """One remote host (`host:port` where the port is not the usual one)."""

    host: str
    software: str | None
    software_version: str | None
    metadata: Any
    nodeinfo_at: datetime | None
    scheme: str | None
    scheme_until: datetime | None
    failures: int
    failing_since: datetime | None
    open_until: datetime | None
    dead_at: datetime | None
    last_ok_at: datetime | None
    last_seen_at: datetime | None
    last_error: str | None
    level: str
    created_at: datetime


class Habits(Struct, frozen=True):
    """The little of it that a delivery must know."""

    host: str
    software: str | None
    scheme: str | None
    scheme_until: datetime | None
    failures: int
    failing_since: datetime | None


async def by_host(tx: Tx, host: str) -> Peer | None:
    """What is known of it."""
    row = (await tx.conn.execute(select(peer).where(peer.c.host == host))).mappings().first()
    return Peer(**row) if row is not None else None


async def by_hosts(tx: Tx, hosts: list[str]) -> dict[str, Peer]:
    """Those of `hosts` that are known."""
    rows = await tx.conn.execute(select(peer).where(peer.c.host.in_(hosts)))
    return {row["host"]: Peer(**row) for row in rows.mappings()}


async def habits_of(tx: Tx, hosts: Collection[str]) -> dict[str, Habits]:
    """Of those of `hosts` that are known."""
    rows = await tx.conn.execute(_HABITS, {"hosts": list(hosts)})
    return {row[0]: Habits(*row) for row in rows.all()}


async def all_of_them(tx: Tx) -> list[Peer]:
    """The failing ones first, then by name."""
    rows = await tx.conn.execute(select(peer).order_by(peer.c.failing_since.is_(None), peer.c.host))
    return [Peer(**row) for row in rows.mappings()]


async def seen(tx: Tx, host: str) -> bool:
    """It sent us something that held: it is not silent. Says whether it had been given up for dead."""
    known = await by_host(tx, host)
    if known is None:
        await tx.conn.execute(insert(peer).values(host=host, created_at=tx.now, last_seen_at=tx.now))
        return False
    woken = known.dead_at is not None
    values: dict[str, Any] = {"last_seen_at": tx.now, "failures": 0, "failing_since": None}
    if woken:
        values |= {"dead_at": None, "open_until": None}
    await _change(tx, host, values)
    return woken


async def answered(tx: Tx, host: str, *, scheme: str | None = None) -> None:
    """A request of ours went well, signed by `scheme`: the breaker closes."""
    values: dict[str, Any] = _WELL | {"last_ok_at": tx.now}
    if scheme is not None:
        values |= {"scheme": scheme, "scheme_until": tx.now + SCHEME_MEMORY}
    await _keep(tx, host, values)


async def answered_all(tx: Tx, schemes: Mapping[str, str]) -> None:
    """The same of many hosts at once: host -> the scheme that it took."""
    for scheme in sorted(set(schemes.values())):
        # In one order everywhere, so that two processes never wait for each other.
        hosts = sorted(host for host, took in schemes.items() if took == scheme)
        said = {"scheme": scheme, "scheme_until": tx.now + SCHEME_MEMORY, "last_ok_at": tx.now}
        changed = await tx.conn.execute(_ANSWERED, {"hosts": hosts} | {f"its_{name}": said[name] for name in said})
        if changed.rowcount < len(hosts):
            met = await habits_of(tx, hosts)
            rows = [_WELL | said | {"host": host, "created_at": tx.now} for host in hosts if host not in met]
            await tx.conn.execute(_insert_new(tx), rows)


async def are_there(tx: Tx, hosts: Collection[str]) -> None:
    """These failed before, and have now said something, if only no: the breaker closes."""
    if hosts:
        await tx.conn.execute(_ARE_THERE, {"hosts": sorted(hosts)})


async def did_not_answer(tx: Tx, host: str, *, error: str, pause: timedelta | None = None) -> bool:
    """A request of ours found nobody: five in a row open the breaker, seven days of them mean death. True: dead."""
    known = await by_host(tx, host)
    since, before = _streak(known, tx.now)
    failures = before + 1
    values: dict[str, Any] = {"failures": failures, "failing_since": since, "last_error": error[:255]}
    values["open_until"] = _open_until(tx.now, failures, pause)
    is_dead = tx.now - since >= DEATH
    if is_dead:
        values |= {"dead_at": tx.now, "open_until": tx.now + PROBE_OF_DEAD}
    await _keep(tx, host, values)
    return is_dead


async def rest(tx: Tx, host: str, *, pause: timedelta) -> None:
    """It is there, and asks to be left in peace: no failure, but nothing is sent before."""
    await _keep(tx, host, {"open_until": tx.now + pause})


async def try_now(tx: Tx, host: str) -> None:
    """An admin asks for another try: the breaker closes, what failed before stays known."""
    await _change(tx, host, {"open_until": None, "dead_at": None, "failures": 0})


async def describe(tx: Tx, host: str, *, software: str, version: str, metadata: Any) -> None:
    """What its NodeInfo says."""
    await _keep(
        tx,
        host,
        {
            "software": software[:64],
            "software_version": version[:64],
            "metadata": metadata,
            "nodeinfo_at": tx.now,
        },
    )


async def town_names(tx: Tx, hosts: Collection[str]) -> dict[str, str]:
    """What these hosts call themselves in their NodeInfo; until it is read, the name of their first Group we met."""
    if not hosts:
        return {}
    groups = await tx.conn.execute(
        select(actor.c.host, actor.c.display_name)
        .where(actor.c.host.in_(set(hosts)), actor.c.type == "Group", actor.c.gone_at.is_(None))
        .order_by(actor.c.created_at.desc(), actor.c.id.desc())
    )
    names = {host: str(name) for host, name in groups}
    described = await tx.conn.execute(select(peer.c.host, peer.c.metadata).where(peer.c.host.in_(set(hosts))))
    names |= {host: str(said["name"]) for host, said in described if said and said.get("name")}
    return {host: name for host, name in names.items() if name}


async def undescribed(tx: Tx, *, limit: int) -> list[str]:
    """Hosts that answer and that were not asked what they are for a week."""
    rows = await tx.conn.execute(
        select(peer.c.host)
        .where(
            peer.c.failures == 0,
            (peer.c.nodeinfo_at.is_(None)) | (peer.c.nodeinfo_at < tx.now - DESCRIBED_AGAIN),
        )
        .order_by(peer.c.nodeinfo_at.is_not(None), peer.c.host)
        .limit(limit)
    )
    return list(rows.scalars())


async def take_dead(tx: Tx, *, limit: int) -> list[str]:
    """Dead hosts that nobody asked for a day whether they live; the next day is theirs again."""
    is_due = (peer.c.open_until.is_(None)) | (peer.c.open_until <= tx.now)
    due = select(peer.c.host).where(peer.c.dead_at.is_not(None), is_due).order_by(peer.c.open_until).limit(limit)
    taken = await tx.conn.execute(
        update(peer)
        .where(peer.c.host.in_(found_once(due.with_for_update(skip_locked=True))))
        .values(open_until=tx.now + PROBE_OF_DEAD)
        .returning(peer.c.host)
    )
    return sorted(taken.scalars())


def _insert_new(tx: Tx) -> Insert:
    # Another process may have met them meanwhile.
    if not tx.is_postgres:
        return sqlite_insert(peer).on_conflict_do_nothing()
    from sqlalchemy.dialects.postgresql import insert

    return insert(peer).on_conflict_do_nothing()


def _streak(known: Peer | None, now: datetime) -> tuple[datetime, int]:
    """Since when it fails without a break, and how often it did."""
    if known is None or known.failing_since is None:
        return now, 0
    # So few in so long: nobody asked for most of the time, in which it may have been well.
    is_broken = known.failures < FAILURES_TO_OPEN and now - known.failing_since > STREAK
    return (now, 0) if is_broken else (known.failing_since, known.failures)


def _open_until(now: datetime, failures: int, pause: timedelta | None) -> datetime | None:
    probe = PROBE if failures >= FAILURES_TO_OPEN else timedelta(0)
    # Who asks for a second while it fails all the time is not asked each second.
    wait = max(pause or timedelta(0), probe)
    return now + wait if wait else None


async def _keep(tx: Tx, host: str, values: dict[str, Any]) -> None:
    if not await _change(tx, host, values):
        await tx.conn.execute(insert(peer).values(values | {"host": host, "created_at": tx.now}))


async def _change(tx: Tx, host: str, values: dict[str, Any]) -> bool:
    return (await tx.conn.execute(update(peer).where(peer.c.host == host).values(values))).rowcount > 0


_WELL: dict[str, Any] = {
    "failures": 0,
    "failing_since": None,
    "open_until": None,
    "dead_at": None,
    "last_error": None,
}
_AT_HOSTS = peer.c.host.in_(bindparam("hosts", expanding=True))
_HABITS = select(*[peer.c[name] for name in Habits.__struct_fields__]).where(_AT_HOSTS)
_ARE_THERE = update(peer).where(_AT_HOSTS).values(_WELL)
_ANSWERED = (
    update(peer)
    .where(_AT_HOSTS)
    .values({**_WELL, **{name: bindparam(f"its_{name}") for name in ("scheme", "scheme_until", "last_ok_at")}})
)
