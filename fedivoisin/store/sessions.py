"""Server-side sessions: only the hash of a token is kept (FEDERATION.md §8)."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update

from fedivoisin.ids import MemberId
from fedivoisin.store.db import Tx
from fedivoisin.store.schema.accounts import session
from fedivoisin.store.visits import IDLE

LASTS = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Session:
    """A session as its owner sees it in the list of devices."""

    public_id: str
    device: str
    created_at: datetime
    seen_at: datetime


def hash_of(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


async def begin(tx: Tx, member: MemberId, *, token: str, csrf: str, device: str) -> str:
    """Open a session; gives its public name. `token` and `csrf` are fresh secrets of 256 bits."""
    public_id = tx.new_id()
    await tx.conn.execute(
        insert(session).values(
            token_hash=hash_of(token),
            public_id=public_id,
            member_id=member,
            csrf=csrf,
            device=device[:200],
            created_at=tx.now,
            seen_at=tx.now,
            expires_at=tx.now + LASTS,
        )
    )
    return public_id


async def rotate(tx: Tx, public_id: str, *, token: str, csrf: str) -> None:
    """Give the session a new token: after a change of rights the old one must be worth nothing."""
    await tx.conn.execute(
        update(session).where(session.c.public_id == public_id).values(token_hash=hash_of(token), csrf=csrf)
    )


async def of(tx: Tx, member: MemberId) -> list[Session]:
    """The live sessions of a member, the latest used first."""
    rows = await tx.conn.execute(
        select(session.c.public_id, session.c.device, session.c.created_at, session.c.seen_at)
        .where(session.c.member_id == member, session.c.expires_at > tx.now, session.c.seen_at > tx.now - IDLE)
        .order_by(session.c.seen_at.desc())
    )
    return [Session(*row) for row in rows]


async def end(tx: Tx, member: MemberId, public_id: str) -> bool:
    """End one session of that member; false if it was not theirs or is over."""
    ended = await tx.conn.execute(
        delete(session).where(session.c.member_id == member, session.c.public_id == public_id)
    )
    return ended.rowcount > 0


async def end_all(tx: Tx, member: MemberId, *, but: str | None = None) -> int:
    """End every session of the member save the one of that public name; gives how many ended."""
    ended = await tx.conn.execute(
        delete(session).where(session.c.member_id == member, session.c.public_id != (but or ""))
    )
    return ended.rowcount


async def purge(tx: Tx) -> int:
    """Delete what is idle or too old."""
    over = (session.c.expires_at <= tx.now) | (session.c.seen_at <= tx.now - IDLE)
    return (await tx.conn.execute(delete(session).where(over))).rowcount
