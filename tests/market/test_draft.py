"""What the board takes, and what it says to the rest."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedivoisin.errors import Reason, Refused
from fedivoisin.market.draft import clean_line, clean_text, draft_of, settle
from fedivoisin.market.listing import Kind, Price, Purpose, Unit
from tests.market.drafts import NOW, a_draft, a_listing, a_picture

WRONG: list[tuple[Kind, dict[str, Any], Reason, str]] = [
    (Kind.SELL, {"title": " a "}, Reason.TITLE_LENGTH, "title"),
    (Kind.SELL, {"title": "x" * 81}, Reason.TITLE_LENGTH, "title"),
    (Kind.SELL, {"title": "\u202e\u202e\u202e"}, Reason.TITLE_LENGTH, "title"),
    (Kind.SELL, {"text": "x" * 5001}, Reason.TEXT_TOO_LONG, "text"),
    (Kind.SELL, {"category": "vide-grenier"}, Reason.CATEGORY_UNKNOWN, "category"),
    (Kind.SELL, {"category": "vide-grenier/rien"}, Reason.CATEGORY_UNKNOWN, "category"),
    (Kind.SERVICE, {"category": "emploi/jobbing"}, Reason.NOTICE_UNREAD, "category"),
    (Kind.SERVICE, {"category": "emploi/jobbing", "notice_seen": "travail"}, Reason.NOTICE_UNREAD, "category"),
    (Kind.SELL, {"price": None}, Reason.PRICE_NEEDED, "price"),
    (Kind.RENT, {"price": None}, Reason.PRICE_NEEDED, "price"),
    (Kind.GROUP_PURCHASE, {"price": None}, Reason.PRICE_NEEDED, "price"),
    (Kind.GIVE, {"price": Price(Decimal(1))}, Reason.PRICE_NOT_ALLOWED, "price"),
    (Kind.LEND, {"price": Price(Decimal(1))}, Reason.PRICE_NOT_ALLOWED, "price"),
    (Kind.SWAP, {"price": Price(Decimal(1))}, Reason.PRICE_NOT_ALLOWED, "price"),
    (Kind.SELL, {"price": Price(Decimal(0))}, Reason.PRICE_WRONG, "price"),
    (Kind.SELL, {"price": Price(Decimal(-3))}, Reason.PRICE_WRONG, "price"),
    (Kind.SELL, {"price": Price(Decimal("NaN"))}, Reason.PRICE_WRONG, "price"),
    (Kind.SELL, {"price": Price(Decimal("Infinity"))}, Reason.PRICE_WRONG, "price"),
    (Kind.SELL, {"price": Price(Decimal("1.999"))}, Reason.PRICE_WRONG, "price"),
    (Kind.SELL, {"price": Price(Decimal(10_000_001))}, Reason.PRICE_WRONG, "price"),
    (Kind.SELL, {"price": Price(Decimal(5), unit=Unit.DAY)}, Reason.PRICE_WRONG, "price"),
    (Kind.RENT, {"price": Price(Decimal(5), unit=Unit.ONE)}, Reason.PRICE_WRONG, "price"),
    (Kind.SERVICE, {"price": Price(Decimal(5), unit=Unit.DAY)}, Reason.PRICE_WRONG, "price"),
    (Kind.SELL, {"deposit": Decimal(5)}, Reason.DEPOSIT_NOT_ALLOWED, "deposit"),
    (Kind.LEND, {"deposit": Decimal(-1)}, Reason.PRICE_WRONG, "deposit"),
    (Kind.LEND, {"max_days": 0}, Reason.MAX_DAYS_WRONG, "max_days"),
    (Kind.LEND, {"max_days": 366}, Reason.MAX_DAYS_WRONG, "max_days"),
    (Kind.SWAP, {"wanted": "  "}, Reason.WANTED_NEEDED, "wanted"),
    (Kind.SELL, {"quantity": Decimal(-1)}, Reason.QUANTITY_WRONG, "quantity"),
    (Kind.SELL, {"quantity": Decimal(0)}, Reason.QUANTITY_WRONG, "quantity"),
    (Kind.SELL, {"quantity": Decimal("sNaN")}, Reason.QUANTITY_WRONG, "quantity"),
    (Kind.SELL, {"quantity": Decimal(10_001)}, Reason.QUANTITY_WRONG, "quantity"),
    (Kind.SELL, {"quantity": Decimal("0.001")}, Reason.QUANTITY_WRONG, "quantity"),
    (Kind.GROUP_PURCHASE, {"goal_quantity": None}, Reason.GOAL_NEEDED, "goal_quantity"),
    (Kind.GROUP_PURCHASE, {"goal_quantity": Decimal(0)}, Reason.QUANTITY_WRONG, "goal_quantity"),
    (Kind.GROUP_PURCHASE, {"minimum_quantity": Decimal(41)}, Reason.QUANTITY_WRONG, "minimum_quantity"),
    (Kind.SELL, {"place_name": ""}, Reason.PLACE_NEEDED, "place"),
    (Kind.SELL, {"latitude": None}, Reason.PLACE_NEEDED, "place"),
    (Kind.SELL, {"longitude": None}, Reason.PLACE_NEEDED, "place"),
    (Kind.SELL, {"latitude": 91.0}, Reason.PLACE_NEEDED, "place"),
    (Kind.SELL, {"longitude": float("nan")}, Reason.PLACE_NEEDED, "place"),
    (Kind.SELL, {"reach": 0}, Reason.REACH_UNKNOWN, "reach"),
    (Kind.SELL, {"reach": 6}, Reason.REACH_UNKNOWN, "reach"),
    (Kind.SELL, {"ends_at": NOW}, Reason.END_OUT_OF_RANGE, "ends_at"),
    (Kind.SELL, {"ends_at": NOW + timedelta(days=366)}, Reason.END_OUT_OF_RANGE, "ends_at"),
    (Kind.SELL, {"begins_at": NOW + timedelta(days=41)}, Reason.DATES_REVERSED, "begins_at"),
    (Kind.SELL, {"pictures": tuple(a_picture(str(n)) for n in range(5))}, Reason.TOO_MANY_PICTURES, "pictures"),
]


@pytest.mark.parametrize(("kind", "said", "reason", "field"), WRONG)
def test_what_is_wrong_is_named_with_its_field(kind: Kind, said: dict[str, Any], reason: Reason, field: str) -> None:
    with pytest.raises(Refused) as refused:
        settle(a_draft(kind, **said), NOW)
    assert (refused.value.reason, refused.value.details["field"]) == (reason, field)


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("purpose", list(Purpose))
def test_every_kind_can_be_offered_and_asked_for(kind: Kind, purpose: Purpose) -> None:
    assert settle(a_draft(kind, purpose=purpose), NOW).kind is kind


@pytest.mark.parametrize("kind", [Kind.SELL, Kind.RENT, Kind.SERVICE, Kind.GROUP_PURCHASE])
def test_a_request_may_leave_the_price_open(kind: Kind) -> None:
    assert settle(a_draft(kind, purpose=Purpose.REQUEST, price=None), NOW).price is None


def test_a_notice_that_was_shown_opens_its_category() -> None:
    draft = a_draft(Kind.SERVICE, category="emploi/jobbing", notice_seen="cesu")
    assert settle(draft, NOW).category == "emploi/jobbing"


def test_words_are_trimmed_and_unseen_characters_go() -> None:
    draft = settle(a_draft(title="  Perceuse\n à \u202e percussion ", text="Un\r\n\r\nDeux\x00\u2066 "), NOW)
    assert (draft.title, draft.text) == ("Perceuse à percussion", "Un\n\nDeux")


def test_the_place_is_blurred_before_anything_is_kept() -> None:
    draft = settle(a_draft(latitude=47.20891, longitude=-1.59512), NOW)
    assert (draft.latitude, draft.longitude) == (47.21, -1.6)


def test_a_listing_stands_thirty_days_unless_said_otherwise() -> None:
    assert settle(a_draft(ends_at=None), NOW).ends_at == NOW + timedelta(days=30)


def test_a_beginning_before_the_end_is_kept() -> None:
    begins_at = NOW + timedelta(days=2)
    assert settle(a_draft(begins_at=begins_at), NOW).begins_at == begins_at


@pytest.mark.parametrize(
    ("kind", "unit"),
    [(Kind.SERVICE, Unit.HOUR), (Kind.RENT, Unit.DAY), (Kind.SELL, Unit.ONE), (Kind.LEND, Unit.ONE)],
)
def test_the_kind_says_what_is_counted(kind: Kind, unit: Unit) -> None:
    assert settle(a_draft(kind), NOW).unit is unit


def test_what_another_kind_would_use_is_left_out() -> None:
    draft = settle(
        a_draft(Kind.GIVE, wanted="rien", max_days=3, goal_quantity=Decimal(3), minimum_quantity=Decimal(2)), NOW
    )
    assert (draft.wanted, draft.max_days, draft.goal_quantity, draft.minimum_quantity) == ("", None, None, None)
    assert not settle(a_draft(Kind.GIVE, negotiable=True), NOW).negotiable


def test_the_form_of_a_listing_settles_to_the_same_listing() -> None:
    listing = a_listing(Kind.GROUP_PURCHASE, category="alimentation/achat-groupe", notice_seen="hygiene")
    assert settle(draft_of(listing), NOW) == draft_of(listing)
    assert draft_of(a_listing()).notice_seen == ""
    assert draft_of(a_listing(changed={"category": ""})).notice_seen == ""


@given(st.text())
def test_cleaning_twice_is_cleaning_once(words: str) -> None:
    assert clean_text(clean_text(words)) == clean_text(words)
    assert clean_line(clean_line(words)) == clean_line(words)
    assert "\n" not in clean_line(words)


@given(st.integers(-3600, 400 * 86_400))
def test_an_end_is_refused_or_within_a_year(seconds: int) -> None:
    ends_at = NOW + timedelta(seconds=seconds)
    if 0 < seconds <= 365 * 86_400:
        assert settle(a_draft(ends_at=ends_at), NOW).ends_at == ends_at
        return
    with pytest.raises(Refused) as refused:
        settle(a_draft(ends_at=ends_at), NOW)
    assert refused.value.reason is Reason.END_OUT_OF_RANGE
