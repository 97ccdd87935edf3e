"""Single-use links that are mailed, or printed by an admin where no mail is set."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import delete, insert, select, update

from fedivoisin.ids import MemberId
from fedivoisin.store.db import Tx
from fedivoisin.store.schema.accounts import mail_token
from fedivoisin.store.sessions import hash_of

LASTS = timedelta(minutes=30)


class Purpose(StrEnum):
    """What a link is good for."""

    SIGN_IN = "sign-in"
    RESET = "reset"
    CONFIRM = "confirm"


@dataclass(frozen=True, slots=True)
class Link:
    """A link that stands."""

    member: MemberId
    purpose: Purpose
    email: str | None
    """The address it was sent to, or that it confirms."""
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Unsent:
    """A link whose mail is not written yet."""

    link: Link
    secret: str


async def put(tx: Tx, member: MemberId, purpose: Purpose, *, token: str, email: str | None, mailed: bool) -> str:
    """Keep the hash of `token`; gives the name of the row. The token itself stays only until its mail is written."""
    name = hash_of(token)
    await tx.conn.execute(
        insert(mail_token).values(
            token_hash=name,
            member_id=member,
            purpose=purpose,
            email=email,
            secret=token if mailed else None,
            created_at=tx.now,
            expires_at=tx.now + LASTS,
        )
    )
    return name


async def take_secret(tx: Tx, name: str) -> Unsent | None:
    """For whoever writes the mail: the link and its token, which is then forgotten. None if it is spent or over."""
    row = (
        await tx.conn.execute(
            select(mail_token).where(
                mail_token.c.token_hash == name,
                mail_token.c.secret.is_not(None),
                mail_token.c.used_at.is_(None),
                mail_token.c.expires_at > tx.now,
            )
        )
    ).first()
    if row is None:
        return None
    await tx.conn.execute(update(mail_token).where(mail_token.c.token_hash == name).values(secret=None))
    return Unsent(Link(MemberId(row.member_id), Purpose(row.purpose), row.email, row.expires_at), row.secret)


async def find(tx: Tx, token: str, purpose: Purpose) -> Link | None:
    """The link that this token opens, if it was neither used nor is too old."""
    row = (
        await tx.conn.execute(
            select(mail_token).where(
                mail_token.c.token_hash == hash_of(token),
                mail_token.c.purpose == purpose,
                mail_token.c.used_at.is_(None),
                mail_token.c.expires_at > tx.now,
            )
        )
    ).first()
    return Link(MemberId(row.member_id), purpose, row.email, row.expires_at) if row is not None else None


async def spend(tx: Tx, token: str, purpose: Purpose) -> Link | None:
    """Like `find`, and the link opens nothing any more."""
    found = await find(tx, token, purpose)
    if found is not None:
        await tx.conn.execute(
            update(mail_token).where(mail_token.c.token_hash == hash_of(token)).values(used_at=tx.now, secret=None)
        )
    return found


async def forget(tx: Tx, member: MemberId) -> None:
    """Cancel every link of the member."""
    await tx.conn.execute(delete(mail_token).where(mail_token.c.member_id == member))


async def purge(tx: Tx) -> int:
    """Delete what is over since a day."""
    over = mail_token.c.expires_at < tx.now - timedelta(days=1)
    return (await tx.conn.execute(delete(mail_token).where(over))).rowcount
