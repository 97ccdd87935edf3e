"""Public keys of all actors, private keys of ours, and a memory of keys that could not be had."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import delete, insert, select, update

from fedivoisin.ids import ActorId
from fedivoisin.store.db import Tx
from fedivoisin.store.schema.actors import actor, key
from fedivoisin.store.schema.federation import unreachable_key

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)
OVERLAP = timedelta(hours=48)
"""How long a retired key of ours still stands in its actor's document (FEDERATION.md §4)."""


class KeyPairs(Protocol):
    """What `World.new_keys` makes, outside any transaction: PEM texts, and a Multikey for the public Ed25519 key."""

    @property
    def rsa_private(self) -> str: ...
    @property
    def rsa_public(self) -> str: ...
    @property
    def ed25519_private(self) -> str: ...
    @property
    def ed25519_public(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Key:
    """`public` is PEM or a Multikey; `private` is PEM, for actors of ours only."""

    id: str
    actor_id: ActorId
    owner: str
    """URL of the actor that lists it."""
    algorithm: str
    public: str
    private: str | None
    purpose: str
    fetched_at: datetime | None
    retired_at: datetime | None
    expires_at: datetime | None
    """When nobody may believe it any more: the end of the overlap of a retired key."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A key as another server's actor lists it."""

    id: str
    algorithm: str
    public: str
    purpose: str
    expires_at: datetime | None = None


async def by_id(tx: Tx, key_id: str) -> Key | None:
    """The key that requests name so, unless it was revoked or its time is over."""
    return next(iter(await by_ids(tx, [key_id])), None)


async def by_ids(tx: Tx, key_ids: Collection[str]) -> list[Key]:
    """Those of them that are there and still hold, in any order."""
    if not key_ids:
        return []
    rows = await tx.conn.execute(_select().where(key.c.id.in_(key_ids), *_valid(tx)))
    return [_from_row(row) for row in rows.mappings()]


async def of_actor(tx: Tx, actor_id: str) -> list[Key]:
    """Every key that the actor's document lists now, the oldest first."""
    rows = await tx.conn.execute(
        _select().where(key.c.actor_id == actor_id, *_valid(tx)).order_by(key.c.created_at, key.c.id)
    )
    return [_from_row(row) for row in rows.mappings()]


async def to_sign_with(tx: Tx, actor_id: str, purpose: str = "http") -> Key | None:
    """The newest live private key of an actor of ours, for `http` or `assertion`."""
    rows = await tx.conn.execute(
        _select()
        .where(
            key.c.actor_id == actor_id,
            key.c.purpose == purpose,
            key.c.private.is_not(None),
            key.c.retired_at.is_(None),
            key.c.revoked_at.is_(None),
        )
        .order_by(key.c.created_at.desc())
        .limit(1)
    )
    row = rows.mappings().first()
    return _from_row(row) if row is not None else None


async def keep_remote(tx: Tx, actor_id: str, listed: Listed, *, is_shown: bool) -> None:
    """Add or renew a key that an actor lists. Where its own address shows it as theirs, it is theirs, whoever had it
    before; else one that is theirs already is renewed, and no more: anybody of that host can list anything.
    """
    tx.filled.add("door")
    values = {
        "actor_id": actor_id,
        "algorithm": listed.algorithm,
        "public": listed.public,
        "purpose": listed.purpose,
        "fetched_at": tx.now,
        "expires_at": listed.expires_at,
    }
    change = update(key).where(key.c.id == listed.id, key.c.private.is_(None)).values(values)
    known = await tx.conn.execute(change if is_shown else change.where(key.c.actor_id == actor_id))
    if known.rowcount == 0:
        if not is_shown:
            return
        await tx.conn.execute(insert(key).values(values | {"id": listed.id, "created_at": tx.now}))
    await tx.conn.execute(delete(unreachable_key).where(unreachable_key.c.key_id == listed.id))


async def forget_others(tx: Tx, actor_id: str, kept: list[str]) -> None:
    """Drop the remote keys of an actor that its document no longer lists."""
    tx.filled.add("door")
    await tx.conn.execute(delete(key).where(key.c.actor_id == actor_id, key.c.private.is_(None), key.c.id.not_in(kept)))


async def add_ours(tx: Tx, actor_id: str, pairs: KeyPairs, *, http_id: str, assertion_id: str) -> None:
    """The keys of an actor of ours: from now on it signs and proves with these."""
    shared = {"actor_id": actor_id, "created_at": tx.now}
    of_requests = {"id": http_id, "algorithm": "rsa", "purpose": "http"}
    of_proofs = {"id": assertion_id, "algorithm": "ed25519", "purpose": "assertion"}
    await tx.conn.execute(
        insert(key),
        [
            shared | of_requests | {"public": pairs.rsa_public, "private": pairs.rsa_private},
            shared | of_proofs | {"public": pairs.ed25519_public, "private": pairs.ed25519_private},
        ],
    )


async def retire(tx: Tx, actor_id: str, overlap: timedelta = OVERLAP) -> None:
    """Sign no more with the live keys of an actor of ours; for a while they are still shown and believed.

    Those retired earlier are shown no longer than these: whoever has the new ones has had the old ones too.
    """
    until = tx.now + overlap
    await tx.conn.execute(
        update(key)
        .where(key.c.actor_id == actor_id, key.c.private.is_not(None), key.c.retired_at.is_(None))
        .values(retired_at=tx.now, expires_at=until)
    )
    await tx.conn.execute(
        update(key)
        .where(key.c.actor_id == actor_id, key.c.private.is_not(None), key.c.expires_at > until)
        .values(expires_at=until)
    )


async def forget_expired(tx: Tx) -> None:
    """Drop the keys whose overlap is over: ours, with their secret halves, and others'."""
    tx.filled.add("door")
    await tx.conn.execute(delete(key).where(key.c.expires_at <= tx.now))


async def unreachable_until(tx: Tx, key_id: str) -> datetime | None:
    """Until when nobody should try to fetch this key again."""
    row = await tx.conn.execute(
        select(unreachable_key.c.until).where(unreachable_key.c.key_id == key_id, unreachable_key.c.until > tx.now)
    )
    return row.scalar_one_or_none()


async def note_unreachable(tx: Tx, key_id: str) -> None:
    """The key could not be had: pause, each time twice as long. While a pause runs nothing is added: all who waited for
    the key tell of one failure.
    """
    row = await tx.conn.execute(
        select(unreachable_key.c.failures, unreachable_key.c.until).where(unreachable_key.c.key_id == key_id)
    )
    known = row.first()
    if known is not None and known.until > tx.now:
        return
    failures = known.failures if known is not None else 0
    until = tx.now + min(FIRST_PAUSE * 2 ** min(failures, 10), LONGEST_PAUSE)
    if failures == 0:
        await tx.conn.execute(insert(unreachable_key).values(key_id=key_id, until=until, failures=1))
        return
    await tx.conn.execute(
        update(unreachable_key)
        .where(unreachable_key.c.key_id == key_id)
        .values(until=until, failures=unreachable_key.c.failures + 1)
    )


async def purge_unreachable(tx: Tx) -> None:
    """Forget pauses that are long over, so that a stranger's inventions do not pile up."""
    await tx.conn.execute(delete(unreachable_key).where(unreachable_key.c.until < tx.now - LONGEST_PAUSE))


def _valid(tx: Tx) -> tuple[Any, ...]:
    return key.c.revoked_at.is_(None), key.c.expires_at.is_(None) | (key.c.expires_at > tx.now)


def _select() -> Any:
    return select(
        key.c.id,
        key.c.actor_id,
        actor.c.url.label("owner"),
        key.c.algorithm,
        key.c.public,
        key.c.private,
        key.c.purpose,
        key.c.fetched_at,
        key.c.retired_at,
        key.c.expires_at,
    ).join(actor, actor.c.id == key.c.actor_id)


def _from_row(row: Any) -> Key:
    return Key(**row)
