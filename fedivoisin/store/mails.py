"""What waits to be sent: a mail is a row first, so that a crash loses none and doubles none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, insert, select, update

from fedivoisin.store.claims import found_once, holder
from fedivoisin.store.db import Tx
from fedivoisin.store.schema.accounts import mail

CLAIM = timedelta(minutes=5)
KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class NewMail:
    """One message to one address."""

    recipient: str
    subject: str
    text: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class WaitingMail:
    """One message on its way."""

    id: str
    recipient: str
    subject: str
    text: str
    headers: Mapping[str, str]
    attempts: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class MailQueue:
    """What an admin sees of the mail."""

    waiting: int
    oldest: datetime | None
    error: str | None
    """Why the last try failed, when something waits because of it."""


async def put(tx: Tx, mails: Sequence[NewMail]) -> None:
    """Keep them until they are sent."""
    rows = [
        {
            "id": tx.new_id(),
            "recipient": one.recipient,
            "subject": one.subject[:255],
            "text": one.text,
            "headers": dict(one.headers),
            "created_at": tx.now,
            "next_at": tx.now,
        }
        for one in mails
    ]
    if rows:
        tx.filled.add("mail")
        await tx.conn.execute(insert(mail), rows)


async def claim(tx: Tx, *, limit: int) -> list[WaitingMail]:
    """Take due mails that nobody else is sending, the oldest first."""
    due = (
        select(mail.c.id)
        .where(_waits(), mail.c.next_at <= tx.now, (mail.c.claimed_until.is_(None)) | (mail.c.claimed_until < tx.now))
        .order_by(mail.c.next_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = await tx.conn.execute(
        update(mail)
        .where(mail.c.id.in_(found_once(due)))
        .values(claimed_until=tx.now + CLAIM, claimed_by=holder(tx), attempts=mail.c.attempts + 1)
        .returning(*(mail.c[name] for name in WaitingMail.__dataclass_fields__))
    )
    return sorted((WaitingMail(**row) for row in rows.mappings()), key=lambda one: one.created_at)


async def sent(tx: Tx, mail_id: str) -> None:
    """The server took it. Its text is forgotten: it may hold a link that opens an account."""
    await _over(tx, mail_id, sent_at=tx.now)


async def dropped(tx: Tx, mail_id: str, *, error: str) -> None:
    """Nobody will ever take it."""
    await _over(tx, mail_id, dropped_at=tx.now, error=error[:255])


async def again(tx: Tx, mail_id: str, *, wait: timedelta, error: str) -> None:
    """It was not taken now."""
    await tx.conn.execute(
        update(mail).where(mail.c.id == mail_id).values(next_at=tx.now + wait, claimed_until=None, error=error[:255])
    )


async def queue(tx: Tx) -> MailQueue:
    """How much waits, since when and why."""
    row = (
        await tx.conn.execute(select(func.count(), func.min(mail.c.created_at), func.max(mail.c.error)).where(_waits()))
    ).one()
    return MailQueue(*row)


async def wake(tx: Tx) -> None:
    """The mail server was set anew: everything that waits is due."""
    tx.filled.add("mail")
    await tx.conn.execute(update(mail).where(_waits()).values(next_at=tx.now))


async def purge(tx: Tx, *, limit: int = 1000) -> int:
    """Forget some of those to whom we wrote a month ago; gives how many went."""
    old = select(mail.c.id).where(~_waits(), mail.c.created_at < tx.now - KEPT).limit(limit)
    return (await tx.conn.execute(delete(mail).where(mail.c.id.in_(old.scalar_subquery())))).rowcount


async def _over(tx: Tx, mail_id: str, **values: object) -> None:
    await tx.conn.execute(update(mail).where(mail.c.id == mail_id).values(claimed_until=None, text="", **values))


def _waits() -> ColumnElement[bool]:
    return mail.c.sent_at.is_(None) & mail.c.dropped_at.is_(None)
