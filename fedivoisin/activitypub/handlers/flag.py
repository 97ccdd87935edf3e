"""`Flag`: another instance reports a listing or a person of ours. Who complained there stays there."""

from fedivoisin import addresses
from fedivoisin.actions import remote_reports
from fedivoisin.activitypub import html
from fedivoisin.activitypub.handlers import people
from fedivoisin.activitypub.handlers.outcome import Outcome
from fedivoisin.activitypub.parse.activities import Flag
from fedivoisin.activitypub.proven import Proven
from fedivoisin.store import listings
from fedivoisin.store.db import Tx

MOST_THINGS = 20


async def reported(tx: Tx, proven: Proven[Flag]) -> Outcome:
    """One report: of the first listing of ours that is named, else of the first person."""
    named = [url for url in proven.activity.object if addresses.resolve(proven.origin, url) is not None][:MOST_THINGS]
    for url in named:
        listing = await listings.find_by_url(tx, url)
        if listing is not None and listing.is_local and listing.deleted_at is None:
            await _report(tx, proven, remote_reports.Thing(listing_id=listing.id))
            return Outcome.DONE
    for url in named:
        person = await people.ours(tx, proven.origin, url)
        if person is not None and person.type == "Person":
            await _report(tx, proven, remote_reports.Thing(actor_id=person.id))
            return Outcome.DONE
    return Outcome.UNKNOWN_OBJECT


async def _report(tx: Tx, proven: Proven[Flag], thing: remote_reports.Thing) -> None:
    await remote_reports.receive(
        tx,
        thing,
        by=proven.actor,
        words=html.to_text(proven.activity.content),
        activity_url=proven.activity.id,
    )
