"""Links and printed codes by which a member invites a neighbour."""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, or_, select, update

from fedivoisin.ids import InvitationId, MemberId
from fedivoisin.store.db import Tx
from fedivoisin.store.schema.actors import actor
from fedivoisin.store.schema.trust import invitation

LINK_LASTS = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Invitation:
    """`kind` is `code` (printed, NTE-4821) or `link` (a long word)."""

    id: InvitationId
    code: str
    kind: str
    ambassador_id: MemberId
    ambassador: str
    """The name that people read."""
    street: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    uses: int
    max_uses: int | None
    is_open: bool


async def add(tx: Tx, ambassador: MemberId, *, code: str, kind: str, street: str) -> InvitationId:
    """Keep a new invitation. A link is for one person and ends after `LINK_LASTS`; a printed code stays."""
    made = InvitationId(tx.new_id())
    is_link = kind == "link"
    await tx.conn.execute(
        insert(invitation).values(
            id=made,
            code=code,
            kind=kind,
            ambassador_id=ambassador,
            street=street,
            created_at=tx.now,
            expires_at=tx.now + LINK_LASTS if is_link else None,
            max_uses=1 if is_link else None,
        )
    )
    return made


async def by_code(tx: Tx, code: str) -> Invitation | None:
    """The invitation of that code or word, open or not."""
    row = (await tx.conn.execute(_select(tx).where(invitation.c.code == code))).mappings().first()
    return Invitation(**row) if row is not None else None


async def of(tx: Tx, ambassador: MemberId) -> list[Invitation]:
    """Those of a member that are not revoked, newest first."""
    rows = await tx.conn.execute(
        _select(tx)
        .where(invitation.c.ambassador_id == ambassador, invitation.c.revoked_at.is_(None))
        .order_by(invitation.c.created_at.desc())
    )
    return [Invitation(**row) for row in rows.mappings()]


async def count_open(tx: Tx, ambassador: MemberId) -> int:
    """How many of a member's invitations still open the door."""
    query = select(func.count()).select_from(invitation).where(invitation.c.ambassador_id == ambassador, _open(tx))
    return await tx.conn.scalar(query) or 0


async def taken_codes(tx: Tx, prefix: str) -> set[str]:
    """Every printed code ever given under that prefix: a flyer may hang for years."""
    rows = await tx.conn.execute(select(invitation.c.code).where(invitation.c.code.startswith(f"{prefix}-")))
    return set(rows.scalars())


async def use(tx: Tx, id: InvitationId) -> None:
    """One more person came with it."""
    await tx.conn.execute(update(invitation).where(invitation.c.id == id).values(uses=invitation.c.uses + 1))


async def revoke(tx: Tx, id: InvitationId) -> None:
    """It opens nothing any more."""
    await tx.conn.execute(update(invitation).where(invitation.c.id == id).values(revoked_at=tx.now))


def _open(tx: Tx) -> Any:
    return (
        invitation.c.revoked_at.is_(None)
        & or_(invitation.c.expires_at.is_(None), invitation.c.expires_at > tx.now)
        & or_(invitation.c.max_uses.is_(None), invitation.c.uses < invitation.c.max_uses)
    )


def _select(tx: Tx) -> Any:
    own = [invitation.c[field.name] for field in fields(Invitation) if field.name in invitation.c]
    shown = func.coalesce(func.nullif(actor.c.display_name, ""), actor.c.name).label("ambassador")
    joined = select(*own, shown, _open(tx).label("is_open"))
    return joined.join(actor, actor.c.id == invitation.c.ambassador_id)
