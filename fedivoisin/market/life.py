"""The life of a listing: published, changed, reserved, released, closed, renewed, deleted; hidden and shown."""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta

from fedivoisin.errors import Reason, Refused
from fedivoisin.ids import ActorId, ListingId
from fedivoisin.market.draft import DEFAULT_LIFE, Draft, settle, terms_of
from fedivoisin.market.events import (
    ListingChanged,
    ListingClosed,
    ListingDeleted,
    ListingEvent,
    ListingHidden,
    ListingPublished,
    ListingReleased,
    ListingRenewed,
    ListingReserved,
    ListingShown,
)
from fedivoisin.market.listing import Listing, State

_ONE_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Urls:
    """Where a new listing will stand: for machines, for people, and its public conversation."""

    url: str
    page_url: str
    context_url: str


@dataclass(frozen=True, slots=True)
class Change:
    """A listing as it is from now on, and what happened to it."""

    listing: Listing
    events: tuple[ListingEvent, ...]


def publish(
    draft: Draft, *, listing_id: ListingId, urls: Urls, author_id: ActorId, group_id: ActorId | None, at: datetime
) -> Change:
    """A new listing of ours, or Refused with the field to mend."""
    settled = settle(draft, at)
    listing = Listing(
        id=listing_id,
        url=urls.url,
        page_url=urls.page_url,
        context_url=urls.context_url,
        author_id=author_id,
        group_id=group_id,
        is_local=True,
        available=settled.quantity,
        published_at=at.replace(microsecond=0),
        **terms_of(settled),
    )
    return Change(listing, (ListingPublished(listing_id, author_id, author_id),))


def edit(listing: Listing, draft: Draft, *, by: ActorId, at: datetime) -> Change:
    """The listing as its author says it now. Saying the same again changes nothing and tells nobody."""
    _judge_author(listing, by)
    _judge_standing(listing)
    settled = settle(draft, at)
    available = listing.available if settled.quantity == listing.quantity else settled.quantity
    edited = replace(listing, available=available, **terms_of(settled))
    changed = tuple(_differences(listing, edited))
    if not changed:
        return Change(listing, ())
    return Change(_touched(edited, at), (ListingChanged(listing.id, listing.author_id, by, changed),))


def reserve(listing: Listing, *, by: ActorId, at: datetime, reserved_for: ActorId | None = None) -> Change:
    """Promised: others see "Réservé"."""
    _judge_author(listing, by)
    if listing.state is not State.OPEN:
        raise Refused(Reason.LISTING_NOT_OPEN)
    reserved = replace(listing, state=State.RESERVED, reserved_for=reserved_for)
    return Change(_touched(reserved, at), (ListingReserved(listing.id, listing.author_id, by, reserved_for),))


def release(listing: Listing, *, by: ActorId, at: datetime) -> Change:
    """Free again."""
    _judge_author(listing, by)
    if listing.state is not State.RESERVED:
        raise Refused(Reason.LISTING_NOT_RESERVED)
    released = replace(listing, state=State.OPEN, reserved_for=None)
    return Change(_touched(released, at), (ListingReleased(listing.id, listing.author_id, by),))


def close(listing: Listing, *, by: ActorId, at: datetime) -> Change:
    """Over: given, sold, or no longer wanted."""
    _judge_author(listing, by)
    _judge_standing(listing)
    closed = replace(listing, state=State.CLOSED, reserved_for=None)
    return Change(_touched(closed, at), (ListingClosed(listing.id, listing.author_id, by),))


def has_expired(listing: Listing, at: datetime) -> bool:
    """Whether its date has passed while it still stood."""
    return listing.state is not State.CLOSED and listing.ends_at is not None and listing.ends_at <= at


def expire(listing: Listing, *, at: datetime) -> Change:
    """Closed by its date; before that, nothing."""
    if listing.deleted_at or not has_expired(listing, at):
        return Change(listing, ())
    closed = replace(listing, state=State.CLOSED, reserved_for=None)
    event = ListingClosed(listing.id, listing.author_id, listing.author_id, expired=True)
    return Change(_touched(closed, at), (event,))


def renew(listing: Listing, *, by: ActorId, at: datetime, life: timedelta = DEFAULT_LIFE) -> Change:
    """Some more days from now; a closed listing opens again. A reservation stays, an end further away too."""
    _judge_author(listing, by)
    was_closed = listing.state is State.CLOSED
    until = (at + life).replace(microsecond=0)
    renewed = replace(
        listing,
        state=State.OPEN if was_closed else listing.state,
        ends_at=until if listing.ends_at is None else max(until, listing.ends_at),
    )
    event = ListingRenewed(listing.id, listing.author_id, by, reopened=was_closed)
    return Change(_touched(renewed, at), (event,))


def delete(listing: Listing, *, by: ActorId, at: datetime) -> Change:
    """Gone, everywhere it went."""
    _judge_author(listing, by)
    deleted = replace(listing, deleted_at=at)
    return Change(deleted, (ListingDeleted(listing.id, listing.author_id, by),))


def hide(listing: Listing, *, by: ActorId, reason: str, at: datetime) -> Change:
    """Off the board by a moderator (the action checks that they are one). Hiding twice hides once."""
    if listing.hidden_at:
        return Change(listing, ())
    _judge_not_deleted(listing)
    hidden = replace(listing, hidden_at=at, hidden_reason=reason)
    return Change(_touched(hidden, at), (ListingHidden(listing.id, listing.author_id, by, reason),))


def show(listing: Listing, *, by: ActorId, at: datetime) -> Change:
    """Back on the board."""
    if not listing.hidden_at:
        return Change(listing, ())
    _judge_not_deleted(listing)
    shown = replace(listing, hidden_at=None, hidden_reason=None)
    return Change(_touched(shown, at), (ListingShown(listing.id, listing.author_id, by),))


def _judge_author(listing: Listing, by: ActorId) -> None:
    _judge_not_deleted(listing)
    if by != listing.author_id:
        raise Refused(Reason.FORBIDDEN)


def _judge_not_deleted(listing: Listing) -> None:
    if listing.deleted_at:
        raise Refused(Reason.LISTING_GONE)


def _judge_standing(listing: Listing) -> None:
    if listing.state is State.CLOSED:
        raise Refused(Reason.LISTING_CLOSED)


def _touched(listing: Listing, at: datetime) -> Listing:
    """Peers drop an `Update` whose `updated` did not rise, and compare whole seconds."""
    last = listing.updated_at or listing.published_at
    return replace(listing, updated_at=max(at.replace(microsecond=0), last + _ONE_SECOND))


def _differences(before: Listing, after: Listing) -> Iterable[str]:
    return (field.name for field in fields(Listing) if getattr(before, field.name) != getattr(after, field.name))
