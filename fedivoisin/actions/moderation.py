"""Reports and what moderators decide about them: always a person, always with reasons, always to be undone."""

from dataclasses import dataclass
from datetime import timedelta

from fedivoisin.actions.staff import require_moderator
from fedivoisin.errors import Reason, Refused
from fedivoisin.ids import ActorId, ListingId, MemberId, ReportId
from fedivoisin.market import life
from fedivoisin.market.life import Change
from fedivoisin.store import actors, events, listings, reports, throttle
from fedivoisin.store.db import Tx
from fedivoisin.store.reports import NewReport, NewStatement, Report
from fedivoisin.store.throttle import Limit
from fedivoisin.trust.decisions import (
    OUTCOME,
    Breach,
    Measure,
    ReportDecided,
    ReportForwarded,
    ReportOpened,
    StatementMade,
)

PER_PERSON = Limit(20, timedelta(days=1))
PER_NETWORK = Limit(5, timedelta(days=1))
"""Visitors may report too, without an account: a few a day from one household."""
APPEAL = timedelta(days=183)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a moderator says: the measure, its ground, and the facts as the person will read them."""

    measure: Measure
    ground: Breach
    facts: str


async def report(tx: Tx, new: NewReport, *, network: str, with_forward: bool = False) -> ReportId:
    """Tell the moderators; `with_forward` those of the other instance too, where a member reports what lives there.

    Raises Refused (NOT_FOUND, TOO_MANY_ATTEMPTS, REPORT_EMPTY).
    """
    if new.reason not in set(Breach):
        raise Refused(Reason.FIELD_NOT_A_CHOICE, field="reason")
    if new.reason == Breach.OTHER and not new.words:
        raise Refused(Reason.REPORT_EMPTY, field="words")
    await _require_subject(tx, new)
    said_before = await reports.same(tx, new)
    if said_before is not None:
        return said_before
    await _throttle(tx, new, network)
    report_id = await keep(tx, new)
    found = await reports.find(tx, report_id)
    if with_forward and new.reporter_id is not None and found is not None and found.may_be_forwarded:
        await _forward(tx, found, new.reporter_id)
    return report_id


async def keep(tx: Tx, new: NewReport) -> ReportId:
    """Keep a report whose source was checked: a member's, a visitor's, or another instance's Flag."""
    report_id = await reports.add(tx, new)
    opened = ReportOpened(report_id, new.listing_id, new.actor_id)
    is_local = new.activity_url is None
    await events.record(tx, opened, subject=report_id, by=new.reporter_id, is_local=is_local)
    return report_id


async def decide(tx: Tx, report_id: str, decision: Decision, *, by: MemberId) -> None:
    """Decide, and tell the person why. Raises Refused (FORBIDDEN, NOT_FOUND, REPORT_DECIDED, NOTHING_TO_HIDE)."""
    await require_moderator(tx, by)
    found = await reports.find(tx, report_id)
    if found is None:
        raise Refused(Reason.NOT_FOUND)
    if found.decided_at is not None:
        raise Refused(Reason.REPORT_DECIDED)
    if decision.measure is Measure.HIDE:
        await _hide(tx, found, decision, by)
    if decision.measure is not Measure.DISMISS:
        await _give_reasons(tx, found, decision, by)
    state = OUTCOME[decision.measure]
    await reports.decide(tx, found.id, state=state, by=by, decision=decision.facts)
    if decision.measure is Measure.HIDE:
        await reports.decide_others(tx, found, state=state, by=by, decision=decision.facts)
    decided = ReportDecided(found.id, decision.measure, found.listing_id, found.actor_id)
    await events.record(tx, decided, subject=found.id, by=by)


async def forward(tx: Tx, report_id: str, *, by: MemberId) -> None:
    """Tell those who moderate where the person lives. Raises Refused (FORBIDDEN, NOT_FOUND, NOTHING_TO_FORWARD)."""
    await require_moderator(tx, by)
    found = await reports.find(tx, report_id)
    if found is None:
        raise Refused(Reason.NOT_FOUND)
    if not found.may_be_forwarded:
        raise Refused(Reason.NOTHING_TO_FORWARD)
    await _forward(tx, found, by)


async def _forward(tx: Tx, found: Report, by: ActorId) -> None:
    await reports.forwarded(tx, found.id)
    happened = ReportForwarded(found.id, found.subject_host or "")
    await events.record(tx, happened, subject=found.id, by=by)


async def show_again(tx: Tx, listing_id: str, *, by: MemberId) -> None:
    """Put a hidden listing back on the board. Raises Refused (FORBIDDEN, NOT_FOUND, LISTING_GONE)."""
    await require_moderator(tx, by)
    found = await listings.find(tx, listing_id)
    if found is None:
        raise Refused(Reason.NOT_FOUND)
    await _apply(tx, life.show(found, by=by, at=tx.now), by)
    await reports.lift_statements(tx, listing_id)


async def _hide(tx: Tx, found: Report, decision: Decision, by: MemberId) -> None:
    hidden = await listings.find(tx, found.listing_id) if found.listing_id else None
    if hidden is None:
        raise Refused(Reason.NOTHING_TO_HIDE, field="measure")
    await _apply(tx, life.hide(hidden, by=by, reason=decision.ground, at=tx.now), by)


async def _apply(tx: Tx, change: Change, by: MemberId) -> None:
    if not change.events:
        return
    await listings.replace(tx, change.listing)
    for happened in change.events:
        await events.record(tx, happened, subject=change.listing.id, by=by, is_local=change.listing.is_local)


async def _give_reasons(tx: Tx, found: Report, decision: Decision, by: MemberId) -> None:
    # Somebody of another town reads our reasons at home, from their own moderators.
    if found.subject_id is None or not found.subject_is_local:
        return
    member = MemberId(found.subject_id)
    made = await reports.add_statement(
        tx,
        NewStatement(
            member_id=member,
            measure=decision.measure,
            ground=decision.ground,
            facts=decision.facts,
            appeal_until=tx.now + APPEAL,
            listing_id=found.listing_id,
            report_id=found.id,
            decided_by=by,
        ),
    )
    await events.record(tx, StatementMade(made, member), subject=member, by=by)


async def _require_subject(tx: Tx, new: NewReport) -> None:
    is_known = await _is_listing(tx, new.listing_id) or await _is_person(tx, new.actor_id)
    if not is_known:
        raise Refused(Reason.NOT_FOUND)


async def _is_listing(tx: Tx, listing_id: ListingId | None) -> bool:
    found = await listings.find(tx, listing_id) if listing_id else None
    return found is not None and found.deleted_at is None


async def _is_person(tx: Tx, actor_id: ActorId | None) -> bool:
    found = await actors.by_id(tx, actor_id) if actor_id else None
    return found is not None and found.gone_at is None


async def _throttle(tx: Tx, new: NewReport, network: str) -> None:
    if new.reporter_id is not None:
        await throttle.take(tx, "report", new.reporter_id, PER_PERSON)
    else:
        await throttle.take(tx, "report-of", network, PER_NETWORK)
