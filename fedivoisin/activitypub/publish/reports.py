"""A report of ours that concerns somebody elsewhere, told to those who moderate there, as Mastodon does."""

from fedivoisin.activitypub import posting
from fedivoisin.activitypub.documents import activities
from fedivoisin.activitypub.documents.activities import Envelope
from fedivoisin.activitypub.posting import Post
from fedivoisin.ids import ReportId
from fedivoisin.store import actors, listings, neighbourhoods, reports
from fedivoisin.store.db import Tx
from fedivoisin.store.reports import Report
from fedivoisin.trust.decisions import GROUNDS, Breach


async def forwarded(tx: Tx, report_id: ReportId) -> None:
    """`Flag` by the instance: who reported stays here."""
    here, report = await neighbourhoods.current(tx), await reports.find(tx, report_id)
    instance = await actors.by_id(tx, here.instance_id or "")
    person = await actors.by_id(tx, report.subject_id or "") if report is not None else None
    if report is None or instance is None or person is None or person.is_local:
        return
    listing = await listings.find(tx, report.listing_id) if report.listing_id else None
    things = [person.url, *([listing.url] if listing is not None else [])]
    reader = await actors.instance_at(tx, person.host) or person
    envelope = Envelope(f"{here.base}/flags/{tx.new_id()}", instance.url, tx.now)
    said = activities.flag(envelope, things, reader.url, _words(report))
    await posting.post(tx, Post(said, things[-1]), instance, posting.to_one(reader))


def _words(report: Report) -> str:
    ground = GROUNDS[Breach(report.reason)]
    return f"{ground} : {report.words}" if report.words else f"{ground}."
