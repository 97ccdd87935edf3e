"""A listing from its first day to its last."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from fedivoisin.errors import Reason, Refused
from fedivoisin.ids import ActorId
from fedivoisin.market import events
from fedivoisin.market.draft import draft_of
from fedivoisin.market.life import (
    Change,
    close,
    delete,
    edit,
    expire,
    has_expired,
    hide,
    release,
    renew,
    reserve,
    show,
)
from fedivoisin.market.listing import Kind, Listing, State
from tests.market.drafts import AMINA, BELLEVUE, ID, NOW, URL, a_draft, a_listing

BOB = ActorId("bob")
LATER = NOW + timedelta(days=2)
RESERVED = {"state": State.RESERVED, "reserved_for": BOB}
CLOSED = {"state": State.CLOSED}
DELETED = {"deleted_at": NOW}


def _edit(listing: Listing, *, by: ActorId, at: datetime) -> Change:
    return edit(listing, a_draft(title="Perceuse Bosch"), by=by, at=at)


VERBS: list[Callable[..., Change]] = [_edit, reserve, release, close, renew, delete]


def test_publishing_tells_that_a_listing_stands() -> None:
    listing = a_listing()
    assert (listing.id, listing.url, listing.group_id, listing.is_local) == (ID, URL, BELLEVUE, True)
    assert (listing.state, listing.reach, listing.available, listing.published_at) == (State.OPEN, 5, Decimal(1), NOW)


@pytest.mark.parametrize("verb", VERBS)
def test_only_its_author_decides(verb: Callable[..., Change]) -> None:
    with pytest.raises(Refused) as refused:
        verb(a_listing(changed=RESERVED), by=BOB, at=LATER)
    assert refused.value.reason is Reason.FORBIDDEN


@pytest.mark.parametrize("verb", VERBS)
def test_what_is_deleted_stays_deleted(verb: Callable[..., Change]) -> None:
    with pytest.raises(Refused) as refused:
        verb(a_listing(changed=DELETED), by=AMINA, at=LATER)
    assert refused.value.reason is Reason.LISTING_GONE


@pytest.mark.parametrize(
    ("verb", "state", "reason"),
    [
        (_edit, CLOSED, Reason.LISTING_CLOSED),
        (reserve, CLOSED, Reason.LISTING_NOT_OPEN),
        (reserve, RESERVED, Reason.LISTING_NOT_OPEN),
        (release, CLOSED, Reason.LISTING_NOT_RESERVED),
        (release, {}, Reason.LISTING_NOT_RESERVED),
        (close, CLOSED, Reason.LISTING_CLOSED),
    ],
)
def test_a_state_says_what_may_follow(verb: Callable[..., Change], state: dict[str, object], reason: Reason) -> None:
    with pytest.raises(Refused) as refused:
        verb(a_listing(changed=state), by=AMINA, at=LATER)
    assert refused.value.reason is reason


def test_an_edit_names_what_differs() -> None:
    change = edit(a_listing(), a_draft(title="Perceuse Bosch", quantity=Decimal(3)), by=AMINA, at=LATER)
    assert change.events == (
        events.ListingChanged(change.listing.id, AMINA, AMINA, ("title", "quantity", "available")),
    )
    assert (change.listing.title, change.listing.available, change.listing.updated_at) == (
        "Perceuse Bosch",
        Decimal(3),
        LATER,
    )


def test_saying_the_same_again_changes_nothing() -> None:
    listing = a_listing(changed={"available": Decimal("0.5")})
    assert edit(listing, draft_of(listing), by=AMINA, at=LATER) == Change(listing, ())


def test_updated_rises_by_a_second_at_least() -> None:
    first = reserve(a_listing(), by=AMINA, at=NOW + timedelta(milliseconds=5)).listing
    second = release(first, by=AMINA, at=NOW + timedelta(milliseconds=9)).listing
    assert first.updated_at == NOW + timedelta(seconds=1)
    assert second.updated_at == NOW + timedelta(seconds=2)


def test_a_reservation_names_for_whom_and_its_release_forgets_it() -> None:
    reserved = reserve(a_listing(), by=AMINA, at=LATER, reserved_for=BOB)
    assert (reserved.listing.state, reserved.listing.reserved_for) == (State.RESERVED, BOB)
    assert reserved.events == (events.ListingReserved(reserved.listing.id, AMINA, AMINA, BOB),)
    released = release(reserved.listing, by=AMINA, at=LATER)
    assert (released.listing.state, released.listing.reserved_for) == (State.OPEN, None)
    assert released.events == (events.ListingReleased(released.listing.id, AMINA, AMINA),)


def test_closing_ends_it() -> None:
    change = close(a_listing(changed=RESERVED), by=AMINA, at=LATER)
    assert (change.listing.state, change.listing.reserved_for) == (State.CLOSED, None)
    assert change.events == (events.ListingClosed(change.listing.id, AMINA, AMINA),)


def test_its_date_closes_it_once() -> None:
    listing = a_listing(ends_at=LATER)
    assert not has_expired(listing, LATER - timedelta(seconds=1))
    assert expire(listing, at=NOW).events == ()
    change = expire(listing, at=LATER)
    assert change.events == (events.ListingClosed(listing.id, AMINA, AMINA, expired=True),)
    assert expire(change.listing, at=LATER) == Change(change.listing, ())


def test_without_a_date_or_once_deleted_nothing_expires() -> None:
    endless, gone = a_listing(changed={"ends_at": None}), a_listing(changed=DELETED)
    far = NOW + timedelta(days=4000)
    assert expire(endless, at=far) == Change(endless, ())
    assert expire(gone, at=far) == Change(gone, ())


def test_renewing_gives_thirty_days_and_opens_again_what_was_closed() -> None:
    listing = a_listing(ends_at=LATER)
    closed = expire(listing, at=LATER).listing
    renewed = renew(closed, by=AMINA, at=LATER)
    assert (renewed.listing.state, renewed.listing.ends_at) == (State.OPEN, LATER + timedelta(days=30))
    assert renewed.events == (events.ListingRenewed(listing.id, AMINA, AMINA, reopened=True),)


def test_renewing_keeps_a_reservation_and_an_end_that_is_further_away() -> None:
    listing = a_listing(changed=RESERVED)
    renewed = renew(listing, by=AMINA, at=LATER)
    assert (renewed.listing.state, renewed.listing.ends_at) == (State.RESERVED, listing.ends_at)
    endless = replace(listing, ends_at=None)
    assert renew(endless, by=AMINA, at=LATER).listing.ends_at == LATER + timedelta(days=30)


def test_deleting_leaves_a_date() -> None:
    change = delete(a_listing(changed=CLOSED), by=AMINA, at=LATER)
    assert change.listing.deleted_at == LATER
    assert change.events == (events.ListingDeleted(change.listing.id, AMINA, AMINA),)


def test_a_moderator_hides_with_a_reason_and_shows_again() -> None:
    listing = a_listing(Kind.LEND)
    hidden = hide(listing, by=BOB, reason="arme", at=LATER)
    assert (hidden.listing.hidden_at, hidden.listing.hidden_reason) == (LATER, "arme")
    assert hidden.events == (events.ListingHidden(listing.id, AMINA, BOB, "arme"),)
    assert hide(hidden.listing, by=BOB, reason="encore", at=LATER) == Change(hidden.listing, ())
    shown = show(hidden.listing, by=BOB, at=LATER)
    assert (shown.listing.hidden_at, shown.listing.hidden_reason) == (None, None)
    assert shown.events == (events.ListingShown(listing.id, AMINA, BOB),)
    assert show(shown.listing, by=BOB, at=LATER) == Change(shown.listing, ())


def test_what_is_deleted_cannot_be_hidden_or_shown() -> None:
    with pytest.raises(Refused):
        hide(a_listing(changed=DELETED), by=BOB, reason="", at=LATER)
    with pytest.raises(Refused):
        show(a_listing(changed={**DELETED, "hidden_at": NOW}), by=BOB, at=LATER)
