"""Reports that another instance sends about something of ours."""

from dataclasses import dataclass

from fedivoisin.ids import ActorId, ListingId
from fedivoisin.store import events, reports
from fedivoisin.store.db import Tx
from fedivoisin.store.reports import NewReport
from fedivoisin.trust.decisions import Breach, ReportOpened

LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Thing:
    """What is reported: a listing or a person of ours."""

    listing_id: ListingId | None = None
    actor_id: ActorId | None = None


async def receive(tx: Tx, thing: Thing, *, by: ActorId, words: str, activity_url: str) -> None:
    """Lay it before the moderators, once; the ground is for them to name."""
    if await reports.by_activity(tx, activity_url) is not None:
        return
    new = NewReport(
        reason=Breach.OTHER,
        words=words[:LONGEST],
        listing_id=thing.listing_id,
        actor_id=thing.actor_id,
        reporter_id=by,
        activity_url=activity_url,
    )
    report = await reports.add(tx, new)
    happened = ReportOpened(report, thing.listing_id, thing.actor_id)
    await events.record(tx, happened, subject=report, by=by, is_local=False)
