"""Sponsorships: the facts that the rules of `trust.vouching` ask for, and what they decided."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update

from fedivoisin.ids import MemberId, SponsorshipId
from fedivoisin.store import members
from fedivoisin.store.db import Tx
from fedivoisin.store.schema.accounts import account
from fedivoisin.store.schema.actors import actor
from fedivoisin.store.schema.trust import lineage_edge, meeting, membership, sponsorship
from fedivoisin.trust.events import SponsorshipLapsed, SponsorshipWithdrawn, Vouched
from fedivoisin.trust.lineage import Edge
from fedivoisin.trust.path import Vouchers
from fedivoisin.trust.vouching import AdmittedAs, Candidate, Offer, Sponsor


async def sponsor(tx: Tx, member: MemberId) -> Sponsor:
    """The facts about somebody who wants to sponsor."""
    who = (
        await tx.conn.execute(
            select(actor.c.is_local, actor.c.created_at, membership.c.admitted_at, membership.c.admitted_as)
            .outerjoin(membership, membership.c.member_id == actor.c.id)
            .where(actor.c.id == member)
        )
    ).one()
    given = await _given(tx, member)
    guaranteed = [one for one in given if one.guarantee_until > tx.now]
    return Sponsor(
        member=member,
        standing=await members.standing(tx, member),
        admitted_at=who.admitted_at if who.is_local else who.created_at,
        is_founder=who.admitted_as == AdmittedAs.FOUNDER,
        is_local=who.is_local,
        under_guarantee=len(guaranteed),
        across_instances=sum(1 for one in guaranteed if one.is_local != who.is_local),
        last_vouched_at=max((one.created_at for one in given), default=None),
    )


async def candidate(tx: Tx, member: MemberId) -> Candidate:
    """The facts about somebody who waits, with every offer that was neither withdrawn nor lapsed.

    Who left, or is suspended, answers for nobody: what they offered counts again once they are back.
    """
    who = (
        await tx.conn.execute(
            select(actor.c.is_local, membership.c.state)
            .outerjoin(membership, membership.c.member_id == actor.c.id)
            .where(actor.c.id == member)
        )
    ).first()
    rows = await tx.conn.execute(
        select(sponsorship.c.id, sponsorship.c.sponsor_id, sponsorship.c.created_at, actor.c.is_local)
        .join(actor, actor.c.id == sponsorship.c.sponsor_id)
        .outerjoin(account, account.c.member_id == sponsorship.c.sponsor_id)
        .where(
            sponsorship.c.candidate_id == member,
            _stands(),
            account.c.suspended_at.is_(None),
            account.c.closed_at.is_(None),
        )
        .order_by(sponsorship.c.created_at, sponsorship.c.id)
    )
    return Candidate(
        member=member,
        is_candidate=who is not None and who.state == "candidate",
        is_local=who is None or who.is_local,
        offers=tuple(
            Offer(SponsorshipId(row.id), MemberId(row.sponsor_id), row.is_local, row.created_at) for row in rows
        ),
    )


async def add(tx: Tx, happened: Vouched) -> None:
    """Keep a sponsorship."""
    await tx.conn.execute(
        insert(sponsorship).values(
            id=happened.sponsorship,
            sponsor_id=happened.sponsor,
            candidate_id=happened.candidate,
            created_at=tx.now,
            guarantee_until=happened.guarantee_until,
            expires_at=happened.expires_at,
            charter=happened.charter,
        )
    )


async def withdraw(tx: Tx, happened: SponsorshipWithdrawn) -> None:
    """Mark it: nothing of a sponsorship is ever deleted."""
    await _mark(tx, happened.sponsorship, withdrawn_at=tx.now)


async def lapse(tx: Tx, happened: SponsorshipLapsed) -> None:
    """Mark it: it waited too long for a second one."""
    await _mark(tx, happened.sponsorship, lapsed_at=tx.now)


async def stale_candidates(tx: Tx, *, before: datetime) -> list[MemberId]:
    """Candidates who hold an offer made before that moment."""
    rows = await tx.conn.execute(
        select(sponsorship.c.candidate_id)
        .join(membership, membership.c.member_id == sponsorship.c.candidate_id)
        .where(membership.c.state == "candidate", sponsorship.c.created_at <= before, _stands())
        .distinct()
        .order_by(sponsorship.c.candidate_id)
    )
    return [MemberId(id) for id in rows.scalars()]


async def vouchers(tx: Tx, of: Collection[MemberId]) -> dict[MemberId, Vouchers]:
    """Who vouches for each of these members: "parrainée par Paul et Maëlle". Strangers are left out."""
    if not of:
        return {}
    people = await tx.conn.execute(
        select(membership.c.member_id, membership.c.admitted_as, actor.c.agreement)
        .join(actor, actor.c.id == membership.c.member_id)
        .where(membership.c.member_id.in_(set(of)))
    )
    given = await _standing_sponsors(tx, of)
    names = await members.known(tx, {sponsor for sponsors in given.values() for sponsor in sponsors})
    return {
        MemberId(row.member_id): Vouchers(
            agreement=row.agreement,
            admitted_as=row.admitted_as or "",
            sponsors=tuple(names[sponsor] for sponsor in given.get(MemberId(row.member_id), ())),
        )
        for row in people
    }


async def sponsored_by(tx: Tx, member: MemberId) -> list[MemberId]:
    """The people whom the member vouches for now, the latest first."""
    return [MemberId(row.candidate_id) for row in reversed(await _given(tx, member)) if row.expires_at > tx.now]


async def lineage(tx: Tx) -> list[Edge]:
    """Every edge of the load rule."""
    rows = await tx.conn.execute(select(lineage_edge))
    return [Edge(MemberId(row.child_id), MemberId(row.parent_id), row.share_of, row.created_at) for row in rows]


async def met(tx: Tx) -> dict[MemberId, datetime]:
    """Whom a referent met in person, and when last."""
    rows = await tx.conn.execute(
        select(meeting.c.member_id, func.max(meeting.c.created_at).label("at")).group_by(meeting.c.member_id)
    )
    return {MemberId(row.member_id): row.at for row in rows}


async def _given(tx: Tx, member: MemberId) -> Sequence[Any]:
    rows = await tx.conn.execute(
        select(
            sponsorship.c.candidate_id,
            sponsorship.c.created_at,
            sponsorship.c.guarantee_until,
            sponsorship.c.expires_at,
            actor.c.is_local,
        )
        .join(actor, actor.c.id == sponsorship.c.candidate_id)
        .where(sponsorship.c.sponsor_id == member, _stands())
        .order_by(sponsorship.c.created_at)
    )
    return rows.all()


async def _standing_sponsors(tx: Tx, of: Collection[MemberId]) -> dict[MemberId, list[MemberId]]:
    rows = await tx.conn.execute(
        select(sponsorship.c.candidate_id, sponsorship.c.sponsor_id)
        .where(sponsorship.c.candidate_id.in_(set(of)), _stands(), sponsorship.c.expires_at > tx.now)
        .order_by(sponsorship.c.created_at, sponsorship.c.id)
    )
    found: dict[MemberId, list[MemberId]] = defaultdict(list)
    for row in rows:
        found[MemberId(row.candidate_id)].append(MemberId(row.sponsor_id))
    return found


async def _mark(tx: Tx, id: SponsorshipId, **values: Any) -> None:
    await tx.conn.execute(update(sponsorship).where(sponsorship.c.id == id).values(**values))


def _stands() -> Any:
    return sponsorship.c.withdrawn_at.is_(None) & sponsorship.c.lapsed_at.is_(None)
