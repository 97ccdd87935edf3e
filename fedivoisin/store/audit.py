"""What moderators and admins did, read from the journal with the names it concerns."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from fedivoisin.market.events import ListingHidden, ListingPinned, ListingShown, ListingUnpinned
from fedivoisin.store import actors, events
from fedivoisin.store.db import Tx
from fedivoisin.store.events import Recorded
from fedivoisin.store.schema.listings import listing
from fedivoisin.store.taxonomy import Event
from fedivoisin.trust.decisions import (
    DeliveriesDropped,
    DeliveriesRetried,
    DomainBlocked,
    DomainUnblocked,
    ReportDecided,
    ReportForwarded,
    SettingsChanged,
)
from fedivoisin.trust.events import (
    AccountRestored,
    AccountSuspended,
    CandidacyRefused,
    FounderEntered,
    LinkHanded,
    NeighbourhoodFounded,
    RoleGiven,
    RoleTaken,
)

PAGE = 50
KINDS: Mapping[str, tuple[type[Event], ...]] = {
    "moderation": (
        ReportDecided,
        ReportForwarded,
        ListingHidden,
        ListingShown,
        ListingPinned,
        ListingUnpinned,
        CandidacyRefused,
        AccountSuspended,
        AccountRestored,
    ),
    "personnes": (FounderEntered, RoleGiven, RoleTaken, LinkHanded),
    "voisins": (DomainBlocked, DomainUnblocked, DeliveriesDropped, DeliveriesRetried),
    "reglages": (NeighbourhoodFounded, SettingsChanged),
}
"""The filters of the page, and what each shows."""


@dataclass(frozen=True, slots=True)
class Page:
    """The newest first; `next_before` leads to older ones."""

    entries: tuple[Recorded, ...]
    names: Mapping[str, str]
    titles: Mapping[str, str]
    next_before: int | None


async def page(tx: Tx, *, kind: str = "", before: int | None = None) -> Page:
    """One page of one filter; of all without."""
    kinds = KINDS.get(kind) or tuple(one for group in KINDS.values() for one in group)
    found = await events.of_types(tx, list(kinds), limit=PAGE + 1, before=before)
    entries = found[:PAGE]
    people = {str(entry.by) for entry in entries if entry.by} | {_of(entry.event, "member") for entry in entries}
    people |= {_of(entry.event, name) for entry in entries for name in ("candidate", "person", "admin")}
    things = {_of(entry.event, name) for entry in entries for name in ("listing", "listing_id")}
    named = {id: one.shown_name for id, one in (await actors.by_ids(tx, people - {""})).items()}
    titles = await _titles(tx, things - {""})
    return Page(tuple(entries), named, titles, entries[-1].id if len(found) > PAGE else None)


def _of(happened: Event, name: str) -> str:
    return str(getattr(happened, name, None) or "")


async def _titles(tx: Tx, ids: set[str]) -> dict[str, str]:
    rows: Any = await tx.conn.execute(select(listing.c.id, listing.c.title).where(listing.c.id.in_(ids)))
    return {row.id: row.title for row in rows}
