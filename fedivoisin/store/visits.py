"""What every page needs, in one read: the neighbourhood, who visits, and three numbers."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, update

from fedivoisin.ids import ActorId
from fedivoisin.store.db import Tx
from fedivoisin.store.neighbourhoods import Neighbourhood, current
from fedivoisin.store.schema.accounts import account, session
from fedivoisin.store.schema.actors import actor
from fedivoisin.store.schema.threads import message, thread
from fedivoisin.store.schema.trust import membership

IDLE = timedelta(days=14)
SEEN_EVERY = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Visitor:
    """A signed-in person, as each page sees them."""

    member_id: ActorId
    name: str
    display_name: str
    url: str
    roles: frozenset[str]
    membership: str
    """candidate, member, refused or left."""
    language: str
    theme: str
    scope: str
    csrf: str
    session_id: str
    """The public name of the session; its token is known to the browser alone."""
    seen_at: datetime
    second_factor_at: datetime | None

    @property
    def is_admin(self) -> bool:
        """May change settings, block domains, enter founders."""
        return "admin" in self.roles

    @property
    def is_moderator(self) -> bool:
        """May see reports and hide listings."""
        return self.is_admin or "moderateur" in self.roles

    @property
    def is_member(self) -> bool:
        """Was admitted: may publish, answer and, after a while, sponsor."""
        return self.membership == "member"


@dataclass(frozen=True, slots=True)
class VisitFacts:
    """One snapshot for one page."""

    neighbourhood: Neighbourhood
    visitor: Visitor | None
    member_count: int
    unread: int
    """Threads with something new for the visitor."""


async def load(tx: Tx, token_hash: str | None, *, here: Neighbourhood | None = None) -> VisitFacts:
    """Everything the frame of a page shows; `visitor` is None when the session is unknown, idle or over.

    `here` is the neighbourhood, where it was read already.
    """
    visitor = await _visitor(tx, token_hash) if token_hash else None
    count = await tx.conn.scalar(select(func.count()).select_from(membership).where(membership.c.state == "member"))
    unread = await _unread(tx, visitor.member_id) if visitor else 0
    return VisitFacts(here or await current(tx), visitor, count or 0, unread)


async def touch(tx: Tx, token_hash: str) -> None:
    """The session was used: its idle time starts again."""
    await tx.conn.execute(update(session).where(session.c.token_hash == token_hash).values(seen_at=tx.now))


async def _visitor(tx: Tx, token_hash: str) -> Visitor | None:
    row = (
        await tx.conn.execute(
            select(session, account, actor.c.name, actor.c.display_name, actor.c.url, membership.c.state)
            .join(account, account.c.member_id == session.c.member_id)
            .join(actor, actor.c.id == account.c.member_id)
            .outerjoin(membership, membership.c.member_id == account.c.member_id)
            .where(
                session.c.token_hash == token_hash,
                session.c.expires_at > tx.now,
                session.c.seen_at > tx.now - IDLE,
                account.c.closed_at.is_(None),
                account.c.suspended_at.is_(None),
            )
        )
    ).first()
    if row is None:
        return None
    return Visitor(
        member_id=ActorId(row.member_id),
        name=row.name,
        display_name=row.display_name or row.name,
        url=row.url,
        roles=frozenset(row.roles),
        membership=row.state or "candidate",
        language=row.language,
        theme=row.theme,
        scope=row.scope,
        csrf=row.csrf,
        session_id=row.public_id,
        seen_at=row.seen_at,
        second_factor_at=row.second_factor_at,
    )


async def _unread(tx: Tx, member_id: ActorId) -> int:
    mine = or_(thread.c.asker_id == member_id, thread.c.author_id == member_id)
    count = await tx.conn.scalar(
        select(func.count(func.distinct(message.c.thread_id)))
        .join(thread, thread.c.id == message.c.thread_id)
        .where(
            mine,
            message.c.writer_id != member_id,
            message.c.deleted_at.is_(None),
            message.c.hidden_at.is_(None),
            or_(
                (thread.c.asker_id == member_id)
                & (thread.c.asker_read_at.is_(None) | (message.c.received_at > thread.c.asker_read_at)),
                (thread.c.author_id == member_id)
                & (thread.c.author_read_at.is_(None) | (message.c.received_at > thread.c.author_read_at)),
            ),
        )
    )
    return count or 0
