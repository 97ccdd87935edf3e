"""What may stand first, and what may not."""

from typing import Any

import pytest

from fedivoisin.errors import Reason, Refused
from fedivoisin.ids import ActorId
from fedivoisin.market.events import ListingPinned, ListingUnpinned
from fedivoisin.market.listing import State
from fedivoisin.market.pinning import MOST_PINNED, pin, unpin
from tests.fakes import START
from tests.makers import a_listing

PAUL = ActorId("actor-paul")


def test_a_listing_of_ours_may_stand_first() -> None:
    listing = a_listing()
    assert pin(listing, by=PAUL, pinned=MOST_PINNED - 1) == ListingPinned(listing.id, listing.author_id, PAUL)
    assert unpin(listing, by=PAUL) == ListingUnpinned(listing.id, listing.author_id, PAUL)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"deleted_at": START}, Reason.LISTING_GONE),
        ({"hidden_at": START}, Reason.NOT_FOUND),
        ({"is_local": False}, Reason.NOT_FOUND),
        ({"reach": 4}, Reason.NOT_FOUND),
        ({"state": State.CLOSED}, Reason.LISTING_CLOSED),
    ],
)
def test_what_not_everybody_may_see_or_is_over_does_not_stand_first(changes: dict[str, Any], reason: Reason) -> None:
    with pytest.raises(Refused) as refused:
        pin(a_listing(**changes), by=PAUL, pinned=0)
    assert refused.value.reason is reason


def test_not_everything_stands_first() -> None:
    with pytest.raises(Refused) as refused:
        pin(a_listing(), by=PAUL, pinned=MOST_PINNED)
    assert (refused.value.reason, refused.value.details) == (Reason.TOO_MANY_PINS, {"most": MOST_PINNED})
