"""Reports that another instance sends about something of ours."""

from dataclasses import dataclass
from datetime import timedelta

from fedivoisin.ids import ActorId, ListingId
from fedivoisin.store import events, reports, throttle
from fedivoisin.store.actors import Actor
from fedivoisin.store.db import Tx
from fedivoisin.store.reports import NewReport
from fedivoisin.store.throttle import Limit
from fedivoisin.trust.decisions import Breach, ReportOpened

LONGEST = 2000
PER_HOST = Limit(50, timedelta(days=1))
"""Each report writes to every moderator: no town may fill their mailboxes, nor hide a true report under false ones."""


@dataclass(frozen=True, slots=True)
class Thing:
    """What is reported: a listing or a person of ours."""

    listing_id: ListingId | None = None
    actor_id: ActorId | None = None


async def receive(tx: Tx, thing: Thing, *, by: Actor, words: str, activity_url: str) -> None:
    """Lay it before the moderators, once; the ground is for them to name. Raises Refused(TOO_MANY_ATTEMPTS)."""
    if await reports.by_activity(tx, activity_url) is not None:
        return
    await throttle.take(tx, "flag-of", by.host, PER_HOST)
    new = NewReport(
        reason=Breach.OTHER,
        words=words[:LONGEST],
        listing_id=thing.listing_id,
        actor_id=thing.actor_id,
        reporter_id=by.id,
        activity_url=activity_url,
    )
    report = await reports.add(tx, new)
    happened = ReportOpened(report, thing.listing_id, thing.actor_id)
    await events.record(tx, happened, subject=report, by=by.id, is_local=False)
