"""Membership: who asked, who was admitted, who left, and what standing the facts give."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, or_, select, update

from fedivoisin.ids import InvitationId, MemberId
from fedivoisin.store import neighbourhoods
from fedivoisin.store.db import Tx
from fedivoisin.store.schema.accounts import account
from fedivoisin.store.schema.actors import actor
from fedivoisin.store.schema.trust import lineage_edge, membership, sponsorship
from fedivoisin.trust.events import Admitted
from fedivoisin.trust.path import Known
from fedivoisin.trust.rules import FEWEST_SPONSORS, Rules
from fedivoisin.trust.standing import Standing, StandingFacts, standing_of


@dataclass(frozen=True, slots=True)
class Membership:
    """What is known of somebody's way in."""

    member_id: MemberId
    state: str
    words: str
    invitation_id: InvitationId | None
    ambassador_id: MemberId | None
    requested_at: datetime
    admitted_at: datetime | None
    admitted_as: str | None
    expires_at: datetime | None
    reminded_at: datetime | None
    refused_reason: str | None


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A line of the directory."""

    id: MemberId
    name: str
    shown_name: str
    quartier: str
    member_kind: str
    icon_url: str | None
    admitted_at: datetime


async def rules(tx: Tx) -> Rules:
    """The rules of admission as the association set them."""
    here = await neighbourhoods.current(tx)
    return Rules(sponsors_needed=max(FEWEST_SPONSORS, here.sponsors_needed))


async def of(tx: Tx, member: MemberId) -> Membership | None:
    """The membership of one of ours."""
    row = (await tx.conn.execute(select(membership).where(membership.c.member_id == member))).mappings().first()
    return _membership(row) if row is not None else None


async def ask(
    tx: Tx, candidate: MemberId, *, words: str, invitation: InvitationId | None, ambassador: MemberId | None
) -> None:
    """Somebody asks to come in."""
    await tx.conn.execute(
        insert(membership).values(
            member_id=candidate,
            state="candidate",
            words=words,
            invitation_id=invitation,
            ambassador_id=ambassador,
            requested_at=tx.now,
        )
    )


async def admit(tx: Tx, happened: Admitted) -> None:
    """Open the door, and freeze who bears the person: one edge per sponsor (TRUST.md §2)."""
    await _set(
        tx,
        happened.member,
        state="member",
        admitted_at=tx.now,
        admitted_as=happened.admitted_as,
        expires_at=happened.expires_at,
    )
    if not happened.sponsors:
        return
    await tx.conn.execute(
        update(sponsorship)
        .where(
            sponsorship.c.candidate_id == happened.member,
            sponsorship.c.sponsor_id.in_(happened.sponsors),
            sponsorship.c.withdrawn_at.is_(None),
            sponsorship.c.lapsed_at.is_(None),
        )
        .values(is_admitting=True)
    )
    share = {"child_id": happened.member, "share_of": len(happened.sponsors), "created_at": tx.now}
    await tx.conn.execute(insert(lineage_edge), [share | {"parent_id": parent} for parent in happened.sponsors])


async def refuse(tx: Tx, candidate: MemberId, *, reason: str) -> None:
    """A moderator said no, for that reason."""
    await _set(tx, candidate, state="refused", refused_reason=reason, ended_at=tx.now)


async def leave(tx: Tx, member: MemberId) -> None:
    """The person closed their account; what they had written about themselves goes."""
    await _set(tx, member, state="left", words="", refused_reason=None, ended_at=tx.now)


async def limit(tx: Tx, member: MemberId, until: datetime | None) -> None:
    """Until then the member reads only; None lifts it."""
    await _set(tx, member, limited_until=until)


async def reminded(tx: Tx, candidate: MemberId) -> None:
    """The candidate was told what is still missing."""
    await _set(tx, candidate, reminded_at=tx.now)


async def count(tx: Tx) -> int:
    """How many members there are."""
    query = select(func.count()).select_from(membership).where(membership.c.state == "member")
    return await tx.conn.scalar(query) or 0


async def count_founders(tx: Tx) -> int:
    """How many were entered as founders, those who left included."""
    query = select(func.count()).select_from(membership).where(membership.c.admitted_as == "founder")
    return await tx.conn.scalar(query) or 0


async def candidates(tx: Tx) -> list[Membership]:
    """Everybody who waits at the door, the longest wait first."""
    rows = await tx.conn.execute(
        select(membership)
        .join(actor, actor.c.id == membership.c.member_id)
        .where(membership.c.state == "candidate", actor.c.is_local, actor.c.gone_at.is_(None))
        .order_by(membership.c.requested_at, membership.c.member_id)
    )
    return [_membership(row) for row in rows.mappings()]


async def waiting_unreminded(tx: Tx, *, since: datetime) -> list[MemberId]:
    """Candidates who asked before `since` and were never reminded."""
    rows = await tx.conn.execute(
        select(membership.c.member_id)
        .where(
            membership.c.state == "candidate", membership.c.requested_at <= since, membership.c.reminded_at.is_(None)
        )
        .order_by(membership.c.requested_at)
    )
    return [MemberId(id) for id in rows.scalars()]


async def directory(tx: Tx, *, words: str = "", limit: int = 50, after: str = "") -> list[Neighbour]:
    """Members by name, `limit` after the one of local name `after`; `words` looks into name and quartier."""
    query = (
        select(
            actor.c.id,
            actor.c.name,
            func.coalesce(func.nullif(actor.c.display_name, ""), actor.c.name).label("shown_name"),
            actor.c.quartier,
            actor.c.member_kind,
            actor.c.icon_url,
            membership.c.admitted_at,
        )
        .join(membership, membership.c.member_id == actor.c.id)
        .where(
            membership.c.state == "member",
            actor.c.is_local,
            actor.c.gone_at.is_(None),
            actor.c.hidden_at.is_(None),
            actor.c.name > after,
        )
    )
    if words:
        looked_for = words.casefold()
        query = query.where(or_(*(func.lower(column).contains(looked_for, autoescape=True) for column in _SEARCHED)))
    rows = await tx.conn.execute(query.order_by(actor.c.name).limit(limit))
    return [Neighbour(**row) for row in rows.mappings()]


async def standing(tx: Tx, member: MemberId) -> Standing:
    """What all known facts say of the person. A stranger without membership stands at the door."""
    return standing_of(await standing_facts(tx, member), await rules(tx), at=tx.now)


async def standing_facts(tx: Tx, member: MemberId) -> StandingFacts:
    """The facts behind it."""
    row = (
        await tx.conn.execute(
            select(membership.c.state, membership.c.limited_until, account.c.suspended_at)
            .outerjoin(account, account.c.member_id == membership.c.member_id)
            .where(membership.c.member_id == member)
        )
    ).first()
    held = await tx.conn.execute(
        select(sponsorship.c.withdrawn_at, sponsorship.c.expires_at, sponsorship.c.is_admitting).where(
            sponsorship.c.candidate_id == member, sponsorship.c.lapsed_at.is_(None)
        )
    )
    sponsorships = held.all()
    return StandingFacts(
        state=row.state if row else "candidate",
        admitted_with=sum(1 for one in sponsorships if one.is_admitting),
        sponsorship_ends=tuple(min(one.withdrawn_at or one.expires_at, one.expires_at) for one in sponsorships),
        is_limited=bool(row and row.limited_until and row.limited_until > tx.now),
        is_suspended=bool(row and row.suspended_at),
    )


async def known(tx: Tx, members: Collection[MemberId]) -> dict[MemberId, Known]:
    """How pages name these people; an empty name for one who left."""
    if not members:
        return {}
    rows = await tx.conn.execute(
        select(actor.c.id, actor.c.name, actor.c.display_name, actor.c.agreement, actor.c.gone_at).where(
            actor.c.id.in_(set(members))
        )
    )
    return {
        MemberId(row.id): Known(MemberId(row.id), "" if row.gone_at else row.display_name or row.name, row.agreement)
        for row in rows
    }


_SEARCHED = (actor.c.display_name, actor.c.name, actor.c.quartier)


async def _set(tx: Tx, member: MemberId, **values: Any) -> None:
    await tx.conn.execute(update(membership).where(membership.c.member_id == member).values(**values))


def _membership(row: Any) -> Membership:
    return Membership(**{field.name: row[field.name] for field in fields(Membership)})
