"""What was reported, what was decided, and the reasons that were given."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from fedivoisin.ids import ActorId, ListingId, MemberId, ReportId
from fedivoisin.store.db import Tx
from fedivoisin.store.schema.actors import actor
from fedivoisin.store.schema.listings import listing
from fedivoisin.store.schema.neighbourhood import report, statement
from fedivoisin.trust.decisions import OPEN

KEPT = timedelta(days=365)

_reporter, _decider, _subject = actor.alias("reporter"), actor.alias("decider"), actor.alias("subject")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReport:
    """A listing or a person, and why. `reporter_id` is None for a visitor; `activity_url` names a Flag."""

    reason: str
    words: str
    listing_id: ListingId | None = None
    actor_id: ActorId | None = None
    reporter_id: ActorId | None = None
    activity_url: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """A report as moderators read it. The person concerned is the author where a listing is reported."""

    id: ReportId
    reason: str
    words: str
    state: str
    created_at: datetime
    decided_at: datetime | None
    decision: str | None
    reporter_id: ActorId | None
    reporter: str | None
    decider: str | None
    listing_id: ListingId | None
    listing_title: str | None
    listing_hidden_at: datetime | None
    listing_deleted_at: datetime | None
    actor_id: ActorId | None
    subject_id: ActorId | None
    subject: str | None
    subject_name: str | None
    subject_host: str | None
    subject_is_local: bool | None
    activity_url: str | None
    forwarded_at: datetime | None

    @property
    def may_be_forwarded(self) -> bool:
        """Whether somebody elsewhere should hear of it, and did not yet."""
        is_about_another_town = self.subject_id is not None and not self.subject_is_local
        return is_about_another_town and self.forwarded_at is None and self.activity_url is None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStatement:
    """Reasons owed to a person: measure, facts, ground and until when they may contest."""

    member_id: MemberId
    measure: str
    ground: str
    facts: str
    appeal_until: datetime
    listing_id: ListingId | None = None
    report_id: ReportId | None = None
    decided_by: ActorId | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of reasons, as the person reads it."""

    id: str
    member_id: MemberId
    listing_id: ListingId | None
    listing_title: str | None
    measure: str
    ground: str
    facts: str
    created_at: datetime
    appeal_until: datetime
    lifted_at: datetime | None


async def add(tx: Tx, new: NewReport) -> ReportId:
    """Keep a report until somebody decides."""
    report_id = ReportId(tx.new_id())
    values = {name: getattr(new, name) for name in NewReport.__dataclass_fields__}
    await tx.conn.execute(insert(report).values(id=report_id, state=OPEN, created_at=tx.now, **values))
    return report_id


async def by_activity(tx: Tx, activity_url: str) -> ReportId | None:
    """The report that this Flag made, when it came before."""
    return await tx.conn.scalar(select(report.c.id).where(report.c.activity_url == activity_url))


async def find(tx: Tx, report_id: str) -> Report | None:
    """The report of that id."""
    row = (await tx.conn.execute(_select().where(report.c.id == report_id))).mappings().first()
    return Report(**row) if row is not None else None


async def same(tx: Tx, new: NewReport) -> ReportId | None:
    """An open report of the same thing by the same person: said twice, it is read once."""
    if new.reporter_id is None:
        return None
    return await tx.conn.scalar(
        select(report.c.id).where(
            report.c.state == OPEN,
            report.c.reporter_id == new.reporter_id,
            report.c.listing_id.is_not_distinct_from(new.listing_id),
            report.c.actor_id.is_not_distinct_from(new.actor_id),
        )
    )


async def waiting(tx: Tx, *, limit: int = 50) -> list[Report]:
    """What nobody decided yet, the oldest first."""
    rows = await tx.conn.execute(
        _select().where(report.c.state == OPEN).order_by(report.c.created_at, report.c.id).limit(limit)
    )
    return [Report(**row) for row in rows.mappings()]


async def count_waiting(tx: Tx) -> int:
    """How many wait."""
    return await tx.conn.scalar(select(func.count()).select_from(report).where(report.c.state == OPEN)) or 0


async def decided(tx: Tx, *, limit: int = 20) -> list[Report]:
    """What was decided lately."""
    rows = await tx.conn.execute(
        _select().where(report.c.state != OPEN).order_by(report.c.decided_at.desc(), report.c.id).limit(limit)
    )
    return [Report(**row) for row in rows.mappings()]


async def forwarded(tx: Tx, report_id: str) -> None:
    """Those who moderate elsewhere are told."""
    await tx.conn.execute(update(report).where(report.c.id == report_id).values(forwarded_at=tx.now))


async def decide(tx: Tx, report_id: str, *, state: str, by: ActorId, decision: str) -> None:
    """Close a report."""
    await tx.conn.execute(
        update(report)
        .where(report.c.id == report_id)
        .values(state=state, decided_at=tx.now, decided_by=by, decision=decision[:500])
    )


async def decide_others(tx: Tx, of: Report, *, state: str, by: ActorId, decision: str) -> None:
    """Close the other open reports of the same listing: one decision answers them all."""
    if of.listing_id is None:
        return
    await tx.conn.execute(
        update(report)
        .where(report.c.listing_id == of.listing_id, report.c.state == OPEN)
        .values(state=state, decided_at=tx.now, decided_by=by, decision=decision[:500])
    )


async def add_statement(tx: Tx, new: NewStatement) -> str:
    """Keep the reasons; gives the id of their page."""
    statement_id = tx.new_id()
    values = {name: getattr(new, name) for name in NewStatement.__dataclass_fields__}
    await tx.conn.execute(insert(statement).values(id=statement_id, created_at=tx.now, **values))
    return statement_id


async def statement_of(tx: Tx, statement_id: str) -> Statement | None:
    """The reasons of that id."""
    return await _statement(tx, statement.c.id == statement_id)


async def lift_statements(tx: Tx, listing_id: str) -> None:
    """The listing stands again: what was decided about it no longer holds."""
    await tx.conn.execute(
        update(statement)
        .where(statement.c.listing_id == listing_id, statement.c.lifted_at.is_(None))
        .values(lifted_at=tx.now)
    )


async def purge(tx: Tx) -> int:
    """Forget what was decided a year ago, once nobody may contest it any more."""
    old = tx.now - KEPT
    await tx.conn.execute(delete(statement).where(statement.c.created_at < old, statement.c.appeal_until < tx.now))
    decided = report.c.decided_at.is_not(None) & (report.c.decided_at < old)
    return (await tx.conn.execute(delete(report).where(decided))).rowcount


async def _statement(tx: Tx, condition: Any) -> Statement | None:
    names = [name for name in Statement.__dataclass_fields__ if name != "listing_title"]
    row = (
        (
            await tx.conn.execute(
                select(*(statement.c[name] for name in names), listing.c.title.label("listing_title"))
                .outerjoin(listing, listing.c.id == statement.c.listing_id)
                .where(condition)
            )
        )
        .mappings()
        .first()
    )
    return Statement(**row) if row is not None else None


def _shown(person: Any) -> Any:
    return func.coalesce(func.nullif(person.c.display_name, ""), person.c.name)


def _select() -> Any:
    plain = ("id", "reason", "words", "state", "created_at", "decided_at", "decision", "reporter_id", "listing_id")
    return (
        select(
            *(report.c[name] for name in (*plain, "actor_id", "activity_url", "forwarded_at")),
            _shown(_reporter).label("reporter"),
            _shown(_decider).label("decider"),
            listing.c.title.label("listing_title"),
            listing.c.hidden_at.label("listing_hidden_at"),
            listing.c.deleted_at.label("listing_deleted_at"),
            _subject.c.id.label("subject_id"),
            _shown(_subject).label("subject"),
            _subject.c.name.label("subject_name"),
            _subject.c.host.label("subject_host"),
            _subject.c.is_local.label("subject_is_local"),
        )
        .outerjoin(listing, listing.c.id == report.c.listing_id)
        .outerjoin(_subject, _subject.c.id == func.coalesce(report.c.actor_id, listing.c.author_id))
        .outerjoin(_reporter, _reporter.c.id == report.c.reporter_id)
        .outerjoin(_decider, _decider.c.id == report.c.decided_by)
    )
