"""A listing as a Note that says everything twice: once for people, once for machines (FEDERATION.md §2)."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from decimal import Decimal

from fedivoisin.activitypub.documents import wording
from fedivoisin.activitypub.documents.contexts import EURO, PUBLIC, Json, without_nothing
from fedivoisin.addresses import circle_url, followers, replies, tag_url, thread_url
from fedivoisin.market import categories
from fedivoisin.market.listing import EUR, EVERYONE, Kind, Listing, Picture, Price, Purpose, State, Unit, is_unit_based

_ACTIONS = {
    Kind.LEND: "transferCustody",
    Kind.RENT: "transferCustody",
    Kind.SERVICE: "deliverService",
}


@dataclass(frozen=True, slots=True)
class Setting:
    """What the Note needs to know beside the listing itself."""

    origin: str
    author_url: str
    group_url: str | None
    zone: tzinfo = UTC
    """In which the days and hours of the text are said."""


def note(listing: Listing, setting: Setting) -> Json:
    """The Note, without `@context`. `listing` is one of ours."""
    text = wording.content(listing, setting.origin, setting.zone)
    return without_nothing(
        {
            "id": listing.url,
            "type": "Note",  # one string: an array is dropped by Mitra, Lemmy, Takahē and Mobilizon
            "attributedTo": setting.author_url,
            **audience(listing, setting),
            "published": instant(listing.published_at),
            "updated": instant(listing.updated_at) if listing.updated_at else None,
            "endTime": instant(listing.ends_at) if listing.ends_at else None,
            "url": listing.page_url,
            "content": text,
            "contentMap": {listing.language: text},
            "sensitive": False,
            "context": listing.context_url or thread_url(listing.url),
            "replies": replies(listing.url),
            "attachment": [_image(picture) for picture in listing.pictures],
            "tag": [_hashtag(tag, setting.origin) for tag in wording.hashtags(listing)],
            "location": _place(listing),
            **_proposal(listing),
            **_own_terms(listing),
            "flohmarkt:data": _flohmarkt(listing),
        }
    )


def audience(listing: Listing, setting: Setting) -> Json:
    """`audience`, `to` and `cc`: everyone and the Group, or one circle and nobody else."""
    if listing.reach < EVERYONE:
        circle = circle_url(setting.origin, listing.reach)
        return {"audience": circle, "to": [circle], "cc": []}
    cc = [*([setting.group_url] if setting.group_url else []), followers(setting.author_url)]
    return {"audience": setting.group_url, "to": [PUBLIC], "cc": cc}


def instant(moment: datetime) -> str:
    """`2026-08-20T09:12:00Z`: whole seconds, as every peer reads them."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _image(picture: Picture) -> Json:
    return without_nothing(
        {
            "type": "Image",
            "mediaType": picture.media_type,
            "url": picture.url,
            "name": picture.alt,
            "width": picture.width,
            "height": picture.height,
            "blurhash": picture.blurhash,
        }
    )


def _hashtag(tag: str, origin: str) -> Json:
    return {"type": "Hashtag", "name": f"#{tag}", "href": tag_url(origin, tag)}


def _place(listing: Listing) -> Json | None:
    if listing.latitude is None or listing.longitude is None:
        return None
    return {
        "type": "Place",
        "name": listing.place_name,
        "latitude": listing.latitude,
        "longitude": listing.longitude,
        "radius": 1000,
        "units": "m",
    }


def _proposal(listing: Listing) -> Json:
    return {
        "purpose": listing.purpose.value,
        "unitBased": is_unit_based(listing.kind, listing.price),
        "publishes": _primary(listing),
        "reciprocal": _reciprocal(listing),
    }


def _primary(listing: Listing) -> Json:
    unit = listing.unit
    amount = Decimal(1) if is_unit_based(listing.kind, listing.price) else listing.quantity
    is_timed = listing.begins_at is not None and listing.ends_at is not None
    return without_nothing(
        {
            "type": "Intent",
            "id": f"{listing.url}#primary",
            "name": listing.title,
            "action": _ACTIONS.get(listing.kind, "transfer"),
            "resourceConformsTo": categories.url_of(listing.category) if listing.category else None,
            "resourceQuantity": _measure(amount or Decimal(1), unit),
            "availableQuantity": _measure(_available(listing), unit),
            "minimumQuantity": _measure(listing.minimum_quantity, unit) if listing.minimum_quantity else None,
            "hasBeginning": instant(listing.begins_at) if listing.begins_at and is_timed else None,
            "hasEnd": instant(listing.ends_at) if listing.ends_at and is_timed else None,
        }
    )


def _available(listing: Listing) -> Decimal:
    if listing.state is not State.OPEN:
        return Decimal(0)
    if listing.kind is Kind.RENT and listing.unit is Unit.DAY and listing.max_days:
        return Decimal(listing.max_days)
    return Decimal(1) if listing.available is None else listing.available


def _measure(amount: Decimal, unit: Unit) -> Json:
    # Always a string: a JSON number would not survive every peer's floats.
    return {"hasUnit": unit.value, "hasNumericalValue": format(amount, "f")}


def _reciprocal(listing: Listing) -> Json | None:
    if listing.price:
        return {**_back(listing), **_money(listing.price)}
    if listing.kind is not Kind.SWAP:
        return None
    return without_nothing(
        {
            **_back(listing),
            "name": listing.wanted,
            "resourceConformsTo": categories.url_of(listing.category) if listing.category else None,
            "resourceQuantity": _measure(Decimal(1), Unit.ONE),
        }
    )


def _back(listing: Listing) -> Json:
    return {"type": "Intent", "id": f"{listing.url}#reciprocal", "action": "transfer"}


def _money(price: Price) -> Json:
    if price.currency == EUR:
        return {"resourceConformsTo": EURO, "resourceQuantity": _measure(price.amount, Unit.ONE)}
    # Credits count hours.
    return {"resourceConformsTo": price.currency, "resourceQuantity": _measure(price.amount, Unit.HOUR)}


def _own_terms(listing: Listing) -> Json:
    return {
        "fv:kind": listing.kind.value,
        "fv:state": listing.state.value,
        "fv:availability": listing.availability or None,
        "fv:negotiable": listing.negotiable or None,
        "fv:deposit": _money(Price(listing.deposit)) if listing.deposit is not None else None,
        "fv:maxDuration": f"P{listing.max_days}D" if listing.max_days else None,
        "fv:goalQuantity": _measure(listing.goal_quantity, listing.unit) if listing.goal_quantity else None,
        "fv:circle": listing.reach if listing.reach < EVERYONE else None,
    }


def _flohmarkt(listing: Listing) -> Json | None:
    """What flohmarkt reads: things given or sold, no more."""
    if listing.kind not in {Kind.GIVE, Kind.SELL} or listing.purpose is Purpose.REQUEST or listing.latitude is None:
        return None
    return {
        "name": listing.title,
        "price": format(listing.price.amount, "f") if listing.price else "0",
        "currency": EUR,
        "description": listing.text,
        "original_id": listing.id,
        "coordinates": {"lat": listing.latitude, "lng": listing.longitude},
    }
