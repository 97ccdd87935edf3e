"""Domains that an admin shut out: nothing is fetched from them, nothing accepted, nothing sent."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from fedivoisin.ids import ActorId
from fedivoisin.store.actors import Actor
from fedivoisin.store.db import Tx
from fedivoisin.store.schema.federation import delivery, domain_block


@dataclass(frozen=True, slots=True)
class DomainBlock:
    """The domain and all below it."""

    id: str
    domain: str
    reason: str
    by_id: ActorId | None
    created_at: datetime


async def add(tx: Tx, domain: str, *, reason: str, by: str | None) -> DomainBlock:
    """Shut `domain` out (lower case, no port) and drop what waited for it; a second time changes the reason."""
    tx.filled.add("door")
    known = await tx.conn.execute(
        update(domain_block).where(domain_block.c.domain == domain).values(reason=reason).returning(*domain_block.c)
    )
    row = known.mappings().first()
    if row is None:
        values = {"id": tx.new_id(), "domain": domain, "reason": reason, "by_id": by, "created_at": tx.now}
        row = (await tx.conn.execute(insert(domain_block).values(values).returning(*domain_block.c))).mappings().one()
    await _drop_deliveries(tx, domain)
    return DomainBlock(**row)


async def remove(tx: Tx, block_id: str) -> DomainBlock | None:
    """Open the door again."""
    tx.filled.add("door")
    row = await tx.conn.execute(delete(domain_block).where(domain_block.c.id == block_id).returning(*domain_block.c))
    found = row.mappings().first()
    return DomainBlock(**found) if found is not None else None


async def all_of_them(tx: Tx) -> list[DomainBlock]:
    """By name."""
    rows = await tx.conn.execute(select(domain_block).order_by(domain_block.c.domain))
    return [DomainBlock(**row) for row in rows.mappings()]


async def is_blocked(tx: Tx, host: str) -> bool:
    """Whether `host` (with or without a port) or a domain above it is shut out."""
    row = await tx.conn.execute(select(domain_block.c.id).where(domain_block.c.domain.in_(_with_above(host))).limit(1))
    return row.first() is not None


async def is_shut_out(tx: Tx, person: Actor) -> bool:
    """Whether a moderator hid this person, or shut out the domain where they live: nothing of theirs is shown."""
    return person.hidden_at is not None or (not person.is_local and await is_blocked(tx, person.host))


async def domains(tx: Tx) -> frozenset[str]:
    """All that are shut out."""
    return frozenset((await tx.conn.execute(select(domain_block.c.domain))).scalars())


def covers(shut_out: frozenset[str], host: str) -> bool:
    """Whether `host` (with or without a port) or a domain above it is among `shut_out`."""
    return bool(shut_out) and not shut_out.isdisjoint(_with_above(host))


def _with_above(host: str) -> list[str]:
    labels = _domain(host).split(".")
    return [".".join(labels[start:]) for start in range(len(labels))]


def _domain(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdigit() else host).lower().rstrip(".")


async def _drop_deliveries(tx: Tx, domain: str) -> None:
    waiting = await tx.conn.execute(select(delivery.c.host).distinct().where(delivery.c.next_at.is_not(None)))
    hosts = [host for host in waiting.scalars() if _domain(host) == domain or _domain(host).endswith(f".{domain}")]
    if hosts:
        await tx.conn.execute(
            update(delivery)
            .where(delivery.c.host.in_(hosts), delivery.c.next_at.is_not(None))
            .values(next_at=None, claimed_until=None, outcome="dropped", done_at=tx.now)
        )
