"""What a person typed for a listing, and whether the board takes it."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from fedivoisin.errors import Reason, Refused
from fedivoisin.market import categories, place
from fedivoisin.market.listing import EVERYONE, Kind, Listing, Picture, Price, Purpose, Unit

TITLE_LENGTHS = (3, 80)
MAX_TEXT = 5000
MAX_LINE = 200
"""Of availability, wanted and place."""
MAX_PICTURES = 4
MAX_AMOUNT = Decimal(10_000_000)
MAX_QUANTITY = Decimal(10_000)
MAX_DAYS = 365
DEFAULT_LIFE = timedelta(days=30)
LONGEST_LIFE = timedelta(days=365)

_PAID = frozenset({Kind.SELL, Kind.RENT, Kind.GROUP_PURCHASE})
_UNPAID = frozenset({Kind.GIVE, Kind.LEND, Kind.SWAP})
_LENT = frozenset({Kind.LEND, Kind.RENT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The form, read but not yet judged. Names and meanings are those of `Listing`."""

    kind: Kind
    purpose: Purpose
    title: str
    text: str = ""
    language: str = "fr"
    category: str
    price: Price | None = None
    deposit: Decimal | None = None
    availability: str = ""
    max_days: int | None = None
    negotiable: bool = False
    wanted: str = ""
    unit: Unit = Unit.ONE
    quantity: Decimal | None = None
    minimum_quantity: Decimal | None = None
    goal_quantity: Decimal | None = None
    place_name: str
    latitude: float | None
    longitude: float | None
    begins_at: datetime | None = None
    ends_at: datetime | None = None
    reach: int = EVERYONE
    pictures: tuple[Picture, ...] = ()
    notice_seen: str = ""
    """Id of the legal notice that the person was shown: publishing under another one needs another look."""


def draft_of(listing: Listing) -> Draft:
    """The form as it stands for a listing that already exists."""
    same = {field.name: getattr(listing, field.name) for field in fields(Draft) if field.name != "notice_seen"}
    category = categories.find(listing.category)
    notice = category.notice.id if category and category.notice else ""
    return Draft(**same, notice_seen=notice)


def settle(draft: Draft, at: datetime) -> Draft:
    """The draft with its words trimmed, its place blurred and its blanks filled; Refused names the field to mend."""
    tidy = _without_what_does_not_apply(_tidied(draft))
    _judge_words(tidy)
    _judge_category(tidy)
    _judge_price(tidy)
    _judge_lending(tidy)
    _judge_quantities(tidy)
    _judge_scope(tidy)
    return _at_a_place(_within_a_year(tidy, at))


def terms_of(draft: Draft) -> Mapping[str, Any]:
    """The fields that a settled draft gives to its listing."""
    return {field.name: getattr(draft, field.name) for field in fields(Draft) if field.name != "notice_seen"}


def clean_line(words: str) -> str:
    """One line of visible characters: what cannot be seen could hide something (bidi controls, for one)."""
    return " ".join(clean_text(words).split())


def clean_text(words: str) -> str:
    """Plain text with its line ends, in NFC, without control or direction characters."""
    lines = unicodedata.normalize("NFC", words).replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in lines if c in "\n\t" or _is_visible(c)).strip()


def _is_visible(character: str) -> bool:
    # Joiners (U+200C, U+200D) shape letters and emoji: they are kept.
    return unicodedata.category(character) not in {"Cc", "Cf", "Cs"} or character in "\u200c\u200d"


def _tidied(draft: Draft) -> Draft:
    return replace(
        draft,
        title=clean_line(draft.title),
        text=clean_text(draft.text),
        availability=clean_line(draft.availability)[:MAX_LINE],
        wanted=clean_line(draft.wanted)[:MAX_LINE],
        place_name=clean_line(draft.place_name)[:MAX_LINE],
    )


def _without_what_does_not_apply(draft: Draft) -> Draft:
    """Without script the form shows every field: what another kind would use is left out, except money."""
    kind = draft.kind
    is_grouped = kind is Kind.GROUP_PURCHASE
    return replace(
        draft,
        unit=_counted_in(draft),
        quantity=Decimal(1) if draft.quantity is None else draft.quantity,
        wanted=draft.wanted if kind is Kind.SWAP else "",
        max_days=draft.max_days if kind in _LENT else None,
        minimum_quantity=draft.minimum_quantity if is_grouped else None,
        goal_quantity=draft.goal_quantity if is_grouped else None,
        negotiable=draft.negotiable and draft.price is not None,
    )


def _counted_in(draft: Draft) -> Unit:
    if draft.kind is Kind.SERVICE:
        return Unit.HOUR
    if draft.kind is Kind.RENT and draft.price:
        return draft.price.unit
    return Unit.ONE


def _judge_words(draft: Draft) -> None:
    least, most = TITLE_LENGTHS
    if not least <= len(draft.title) <= most:
        raise Refused(Reason.TITLE_LENGTH, field="title", minimum=least, maximum=most)
    if len(draft.text) > MAX_TEXT:
        raise Refused(Reason.TEXT_TOO_LONG, field="text", maximum=MAX_TEXT)
    if draft.kind is Kind.SWAP and not draft.wanted:
        raise Refused(Reason.WANTED_NEEDED, field="wanted")
    if len(draft.pictures) > MAX_PICTURES:
        raise Refused(Reason.TOO_MANY_PICTURES, field="pictures", maximum=MAX_PICTURES)


def _judge_category(draft: Draft) -> None:
    category = categories.find(draft.category)
    if category is None or not categories.is_leaf(draft.category):
        raise Refused(Reason.CATEGORY_UNKNOWN, field="category")
    if category.notice and category.notice.id != draft.notice_seen:
        raise Refused(Reason.NOTICE_UNREAD, field="category", notice=category.notice.id)


def _judge_price(draft: Draft) -> None:
    price = draft.price
    if draft.kind in _UNPAID and price:
        raise Refused(Reason.PRICE_NOT_ALLOWED, field="price", kind=draft.kind)
    if price is None:
        # A request may leave the price to the answer; a service may be given.
        if draft.kind in _PAID and draft.purpose is Purpose.OFFER:
            raise Refused(Reason.PRICE_NEEDED, field="price", kind=draft.kind)
        return
    _judge_amount(price.amount, "price")
    if price.unit not in _price_units(draft.kind):
        raise Refused(Reason.PRICE_WRONG, field="price", maximum=MAX_AMOUNT)


def _price_units(kind: Kind) -> tuple[Unit, ...]:
    if kind is Kind.RENT:
        return (Unit.HOUR, Unit.DAY)
    return (Unit.ONE, Unit.HOUR) if kind is Kind.SERVICE else (Unit.ONE,)


def _judge_amount(amount: Decimal, field: str) -> None:
    if not (amount.is_finite() and 0 < amount <= MAX_AMOUNT) or amount != round(amount, 2):
        raise Refused(Reason.PRICE_WRONG, field=field, maximum=MAX_AMOUNT)


def _judge_lending(draft: Draft) -> None:
    if draft.deposit is not None:
        if draft.kind not in _LENT:
            raise Refused(Reason.DEPOSIT_NOT_ALLOWED, field="deposit", kind=draft.kind)
        _judge_amount(draft.deposit, "deposit")
    if draft.max_days is not None and not 1 <= draft.max_days <= MAX_DAYS:
        raise Refused(Reason.MAX_DAYS_WRONG, field="max_days", maximum=MAX_DAYS)


def _judge_quantities(draft: Draft) -> None:
    for name in ("quantity", "minimum_quantity", "goal_quantity"):
        _judge_quantity(getattr(draft, name), name)
    if draft.kind is not Kind.GROUP_PURCHASE:
        return
    if draft.goal_quantity is None:
        raise Refused(Reason.GOAL_NEEDED, field="goal_quantity")
    if draft.minimum_quantity and draft.minimum_quantity > draft.goal_quantity:
        raise Refused(Reason.QUANTITY_WRONG, field="minimum_quantity", maximum=draft.goal_quantity)


def _judge_quantity(quantity: Decimal | None, field: str) -> None:
    if quantity is None:
        return
    if not (quantity.is_finite() and 0 < quantity <= MAX_QUANTITY) or quantity != round(quantity, 2):
        raise Refused(Reason.QUANTITY_WRONG, field=field, maximum=MAX_QUANTITY)


def _judge_scope(draft: Draft) -> None:
    if not 1 <= draft.reach <= EVERYONE:
        raise Refused(Reason.REACH_UNKNOWN, field="reach")


def _within_a_year(draft: Draft, at: datetime) -> Draft:
    ends_at = (draft.ends_at or at + DEFAULT_LIFE).replace(microsecond=0)
    if not at < ends_at <= at + LONGEST_LIFE:
        raise Refused(Reason.END_OUT_OF_RANGE, field="ends_at", days=LONGEST_LIFE.days)
    if draft.begins_at and draft.begins_at >= ends_at:
        raise Refused(Reason.DATES_REVERSED, field="begins_at")
    return replace(draft, ends_at=ends_at)


def _at_a_place(draft: Draft) -> Draft:
    latitude, longitude = draft.latitude, draft.longitude
    if not draft.place_name or latitude is None or longitude is None or not place.is_on_earth(latitude, longitude):
        raise Refused(Reason.PLACE_NEEDED, field="place")
    latitude, longitude = place.blur(latitude, longitude)
    return replace(draft, latitude=latitude, longitude=longitude)
