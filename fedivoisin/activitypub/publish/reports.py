"""A report of ours that concerns somebody elsewhere, told to those who moderate there, as Mastodon does."""

from fedivoisin import addresses
from fedivoisin.activitypub import posting
from fedivoisin.activitypub.documents import activities
from fedivoisin.activitypub.documents.activities import Envelope
from fedivoisin.activitypub.posting import Post
from fedivoisin.activitypub.wire.origins import base_of, origin_of
from fedivoisin.ids import ReportId
from fedivoisin.store import actors, listings, neighbourhoods, peers, reports
from fedivoisin.store.actors import Actor
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
    reader = await _instance_of(tx, person) or person
    envelope = Envelope(f"{here.base}/flags/{tx.new_id()}", instance.url, tx.now)
    said = activities.flag(envelope, things, reader.url, _words(report))
    await posting.post(tx, Post(said, things[-1]), instance, posting.to_one(reader))


async def _instance_of(tx: Tx, person: Actor) -> Actor | None:
    """Who speaks for their whole instance, if that is certain: anybody may call themselves an Application. It stands at
    the root (Lemmy), or where ours does if fedivoisin runs there, which gives that name to nobody else.
    """
    base = base_of(origin_of(person.url))
    peer = await peers.by_host(tx, person.host)
    certain = [base, f"{base}/"]
    if peer is not None and peer.software == "fedivoisin":
        certain.append(addresses.instance_url(base))
    known = await actors.by_urls(tx, certain)
    return next((one for one in known.values() if one.type == "Application" and one.gone_at is None), None)


def _words(report: Report) -> str:
    ground = GROUNDS[Breach(report.reason)]
    return f"{ground} : {report.words}" if report.words else f"{ground}."
