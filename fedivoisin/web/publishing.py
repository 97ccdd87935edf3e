"""The fields of the publishing form: what was typed, kept as typed, and read into a draft that the market judges."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from fedivoisin.calendar_words import ZONE
from fedivoisin.errors import Reason, Refused
from fedivoisin.market import categories, communes
from fedivoisin.market.draft import MAX_AMOUNT, MAX_DAYS, MAX_QUANTITY, MAX_TEXT, TITLE_LENGTHS, Draft, settle
from fedivoisin.market.listing import Genre, Kind, Listing, Picture, Price, Unit, kind_of
from fedivoisin.store.neighbourhoods import Neighbourhood
from fedivoisin.web.cards import KINDS, shown_kind
from fedivoisin.web.forms import Form

WHAT = ("kind", "title", "text")
WHERE = (
    "category",
    "price",
    "price_unit",
    "negotiable",
    "wanted",
    "deposit",
    "max_days",
    "availability",
    "quantity",
    "minimum_quantity",
    "goal_quantity",
    "place",
    "quarter",
    "latitude",
    "longitude",
    "begins_at",
    "ends_at",
)
"""Inputs of the second screen."""
ON_FIRST_SCREEN = frozenset({*WHAT, "pictures"})
MOST_ALT = 300
MOST_KEPT = 6000
"""Letters kept of one field of a draft."""

PRICED = frozenset({"sell", "rent", "service", "request", "group-purchase"})
PRICE_NEEDED = frozenset({"sell", "rent", "group-purchase"})
TIMED = frozenset({"rent", "service", "request"})
LENT = frozenset({"lend", "rent"})
COUNTED = frozenset({"give", "sell", "lend", "swap"})


@dataclass(frozen=True, slots=True)
class Shown:
    """Which fields the second screen shows for a kind: the others are neither asked nor read."""

    price: bool
    price_needed: bool
    price_units: tuple[str, ...]
    negotiable: bool
    wanted: bool
    lending: bool
    quantity: bool
    group: bool


def shown_for(kind: str) -> Shown:
    """`kind` is one of the eight."""
    units = {"rent": ("day", "hour"), "service": ("hour", "one"), "request": ("one", "hour", "day")}
    return Shown(
        price=kind in PRICED,
        price_needed=kind in PRICE_NEEDED,
        price_units=units.get(kind, ()),
        negotiable=kind == "sell",
        wanted=kind == "swap",
        lending=kind in LENT,
        quantity=kind in COUNTED,
        group=kind == "group-purchase",
    )


def typed(form: Form, names: tuple[str, ...]) -> dict[str, str]:
    """What stands in these fields, right or wrong."""
    return {name: form.get(name)[:MOST_KEPT] for name in names}


def form_of(fields: Mapping[str, Any], form: Form) -> Form:
    """A form that holds what was kept, in the reader's language."""
    return Form({name: [str(fields.get(name, ""))] for name in (*WHAT, *WHERE)}, {}, form.translate)


def first_fields(here: Neighbourhood, quarter: str, point: tuple[float, float] | None) -> dict[str, Any]:
    """What the form proposes before anything is typed: one's own place."""
    return {
        "place": here.commune,
        "quarter": quarter or here.name,
        "latitude": f"{point[0]:.2f}" if point else "",
        "longitude": f"{point[1]:.2f}" if point else "",
        "pictures": [],
    }


def fields_of(listing: Listing) -> dict[str, Any]:
    """The form for a listing that already exists."""
    price = listing.price
    return {
        "kind": shown_kind(listing),
        "title": listing.title,
        "text": listing.text,
        "category": listing.category,
        "price": _number(price.amount if price else None),
        "price_unit": price.unit.value if price else "",
        "negotiable": "1" if listing.negotiable else "",
        "wanted": listing.wanted,
        "deposit": _number(listing.deposit),
        "max_days": str(listing.max_days or ""),
        "availability": listing.availability,
        "quantity": _number(listing.quantity),
        "minimum_quantity": _number(listing.minimum_quantity),
        "goal_quantity": _number(listing.goal_quantity),
        "place": listing.place_name,
        "quarter": "",
        "latitude": "" if listing.latitude is None else f"{listing.latitude:.2f}",
        "longitude": "" if listing.longitude is None else f"{listing.longitude:.2f}",
        "begins_at": _day(listing.begins_at),
        "ends_at": _day(listing.ends_at),
        "pictures": [picture_fields(one) for one in listing.pictures],
    }


def picture_fields(one: Picture) -> dict[str, Any]:
    """A picture as a draft keeps it."""
    return {
        "id": one.id,
        "url": one.url,
        "media_type": one.media_type,
        "alt": one.alt,
        "width": one.width,
        "height": one.height,
        "blurhash": one.blurhash,
    }


def pictures_of(fields: Mapping[str, Any]) -> tuple[Picture, ...]:
    """The pictures that a draft keeps."""
    kept: list[dict[str, Any]] = fields.get("pictures", [])
    return tuple(Picture(**one) for one in kept)


def check_what(form: Form) -> None:
    """The first screen alone."""
    form.choice("kind", list(KINDS))
    least, most = TITLE_LENGTHS
    form.text("title", least=least, most=most)
    form.text("text", most=MAX_TEXT)


def read(form: Form, fields: Mapping[str, Any], *, language: str, notice_seen: str) -> Draft | None:
    """Both screens as one draft; None when something cannot be read (`form.errors` says what)."""
    check_what(form)
    kind = form.get("kind")
    shown = shown_for(kind)
    category = form.get("category")
    amount = form.decimal("price", most=MAX_AMOUNT) if shown.price else None
    genre = KINDS.get(kind, Genre.DONNE)
    market_kind, purpose = kind_of(genre, category, is_paid=bool(amount))
    draft = Draft(
        kind=market_kind,
        purpose=purpose,
        title=form.get("title"),
        text=form.text("text", most=MAX_TEXT),
        language=language,
        category=category,
        price=Price(amount, unit=_price_unit(form, market_kind)) if amount else None,
        deposit=form.decimal("deposit", most=MAX_AMOUNT) if shown.lending else None,
        availability=form.text("availability", most=200),
        max_days=form.integer("max_days", least=1, most=MAX_DAYS) if shown.lending else None,
        negotiable=shown.negotiable and form.checked("negotiable"),
        wanted=form.text("wanted", most=200) if shown.wanted else "",
        quantity=form.decimal("quantity", most=MAX_QUANTITY) if shown.quantity else None,
        minimum_quantity=form.decimal("minimum_quantity", most=MAX_QUANTITY) if shown.group else None,
        goal_quantity=form.decimal("goal_quantity", most=MAX_QUANTITY) if shown.group else None,
        place_name=form.get("quarter") or form.get("place"),
        latitude=form.number("latitude", least=-90, most=90),
        longitude=form.number("longitude", least=-180, most=180),
        begins_at=_moment(form.day("begins_at"), time(0)),
        ends_at=_moment(form.day("ends_at"), time(23, 59)),
        pictures=pictures_of(fields),
        notice_seen=notice_seen,
    )
    return None if form.errors else draft


def judge(form: Form, draft: Draft, at: datetime) -> None:
    """Ask the market what it says; the notice is asked for on the last screen, not here."""
    try:
        settle(draft, at)
    except Refused as refused:
        if refused.reason is not Reason.NOTICE_UNREAD:
            form.take(refused)


def notice_of(category_id: str) -> categories.Notice | None:
    """The legal notice that goes with a category."""
    category = categories.find(category_id)
    return category.notice if category else None


def place(form: Form, kept: Mapping[str, Any], here: Neighbourhood) -> dict[str, str]:
    """The point that is meant: the one moved on the map, else the middle of the commune that was typed."""
    name, latitude, longitude = form.get("place"), form.get("latitude"), form.get("longitude")
    is_moved = (latitude, longitude) != (kept.get("latitude", ""), kept.get("longitude", ""))
    is_same = name == kept.get("place", "")
    if latitude and longitude and (is_moved or is_same):
        return {"latitude": latitude, "longitude": longitude}
    middle = (here.latitude, here.longitude)
    near = (middle[0], middle[1]) if middle[0] is not None and middle[1] is not None else None
    if near and name.casefold() == here.commune.casefold():
        return {"latitude": f"{near[0]:.2f}", "longitude": f"{near[1]:.2f}"}
    found = communes.find(name, near=near) if name else None
    if found is None:
        form.refuse("place", Reason.PLACE_NEEDED)
        return {"latitude": latitude, "longitude": longitude}
    return {"latitude": f"{found.latitude:.2f}", "longitude": f"{found.longitude:.2f}"}


def _price_unit(form: Form, kind: Kind) -> Unit:
    asked = form.get("price_unit")
    if kind is Kind.RENT:
        return Unit.HOUR if asked == "hour" else Unit.DAY
    if kind is Kind.SERVICE:
        return Unit.ONE if asked in ("one", "") else Unit.HOUR
    return Unit.ONE


def _number(value: Decimal | None) -> str:
    return "" if value is None else f"{value:f}".replace(".", ",")


def _day(moment: datetime | None) -> str:
    return moment.astimezone(ZONE).date().isoformat() if moment else ""


def _moment(day: date | None, at: time) -> datetime | None:
    return datetime.combine(day, at, ZONE).astimezone(UTC) if day else None
