"""What a listing is: eight kinds for people, seven and a purpose for machines (FEDERATION.md §2)."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from fedivoisin.ids import ActorId, ListingId, PictureId

EUR = "EUR"
EVERYONE = 5
"""The reach of a listing that anybody may see, also outside this network."""


class Kind(StrEnum):
    """What changes hands: `fv:kind`. A request keeps the kind of what it asks for."""

    GIVE = "give"
    SELL = "sell"
    LEND = "lend"
    RENT = "rent"
    SWAP = "swap"
    SERVICE = "service"
    GROUP_PURCHASE = "group-purchase"


class Purpose(StrEnum):
    """Which way it goes."""

    OFFER = "offer"
    REQUEST = "request"


class State(StrEnum):
    """Where its life stands: `fv:state`."""

    OPEN = "open"
    RESERVED = "reserved"
    CLOSED = "closed"


class Genre(StrEnum):
    """The eight kinds as the pages say them."""

    DONNE = "donne"
    PRETE = "prete"
    ECHANGE = "echange"
    LOUE = "loue"
    VENDS = "vends"
    SERVICE = "service"
    CHERCHE = "cherche"
    GROUPE = "groupe"


class Unit(StrEnum):
    """What is counted: things, hours or days."""

    ONE = "one"
    HOUR = "hour"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Price:
    """What is asked in return (or, by a request, given)."""

    amount: Decimal
    currency: str = EUR
    """`EUR`, or the URL of an instance's credits."""
    unit: Unit = Unit.ONE
    """The price of the whole (of one piece in a group purchase), of an hour or of a day."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A photo and the words that stand for it."""

    id: PictureId
    url: str
    media_type: str
    alt: str
    width: int | None
    height: int | None
    blurhash: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One notice on the board, ours or another town's."""

    id: ListingId
    url: str
    page_url: str
    author_id: ActorId
    group_id: ActorId | None
    is_local: bool
    kind: Kind
    purpose: Purpose
    title: str
    text: str
    """Plain text: as typed, or what a remote listing's HTML says."""
    content_html: str | None = None
    """Of a remote listing, cleaned."""
    language: str = "fr"
    category: str = ""
    """`root/sub`; empty when a remote listing names none of ours."""
    price: Price | None = None
    deposit: Decimal | None = None
    availability: str = ""
    max_days: int | None = None
    negotiable: bool = False
    wanted: str = ""
    """What a swap asks in return."""
    unit: Unit = Unit.ONE
    quantity: Decimal | None = None
    available: Decimal | None = None
    minimum_quantity: Decimal | None = None
    """The least that one neighbour may order in a group purchase."""
    goal_quantity: Decimal | None = None
    """What a group purchase needs in all."""
    place_name: str = ""
    latitude: float | None = None
    longitude: float | None = None
    begins_at: datetime | None = None
    ends_at: datetime | None = None
    state: State = State.OPEN
    reserved_for: ActorId | None = None
    reach: int = EVERYONE
    context_url: str | None = None
    published_at: datetime
    updated_at: datetime | None = None
    hidden_at: datetime | None = None
    hidden_reason: str | None = None
    deleted_at: datetime | None = None
    pictures: tuple[Picture, ...] = ()


_GENRES = {
    Kind.GIVE: Genre.DONNE,
    Kind.SELL: Genre.VENDS,
    Kind.LEND: Genre.PRETE,
    Kind.RENT: Genre.LOUE,
    Kind.SWAP: Genre.ECHANGE,
    Kind.SERVICE: Genre.SERVICE,
    Kind.GROUP_PURCHASE: Genre.GROUPE,
}
_KINDS = {genre: kind for kind, genre in _GENRES.items()}


def genre_of(kind: Kind, purpose: Purpose) -> Genre:
    """How the pages say this kind."""
    return Genre.CHERCHE if purpose is Purpose.REQUEST else _GENRES[kind]


def kind_of(genre: Genre, category: str, *, is_paid: bool) -> tuple[Kind, Purpose]:
    """What a choice on the form means; for a request, the category and whether it pays say what is asked for."""
    if genre is not Genre.CHERCHE:
        return _KINDS[genre], Purpose.OFFER
    return _requested(category, is_paid=is_paid), Purpose.REQUEST


def _requested(category: str, *, is_paid: bool) -> Kind:
    root = category.partition("/")[0]
    if category == "entraide/pret":
        return Kind.RENT if is_paid else Kind.LEND
    if root in {"services", "emploi", "entraide", "agir"}:
        return Kind.SERVICE
    return Kind.SELL if is_paid else Kind.GIVE


def is_unit_based(kind: Kind, price: Price | None) -> bool:
    """Whether the price is for one unit and not for the whole (`unitBased`, FEP-0837)."""
    return price is not None and (kind is Kind.GROUP_PURCHASE or price.unit is not Unit.ONE)
