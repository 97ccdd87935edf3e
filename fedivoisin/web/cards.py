"""Listings as cards: everything a neighbour must know before opening one."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from fedivoisin.ids import ActorId
from fedivoisin.market.listing import EUR, Genre, Kind, Listing, Picture, Price, Purpose, Unit, genre_of
from fedivoisin.market.place import distance
from fedivoisin.store import actors, peers, pictures
from fedivoisin.store.actors import Actor
from fedivoisin.store.db import Tx
from fedivoisin.store.pictures import RemotePicture, thumbnail_path
from fedivoisin.web import trust_words
from fedivoisin.web.figures import amount, distance_words
from fedivoisin.web.ties import PathCard
from fedivoisin.web.visit import Visit

MOST_TABS = 100
REQUEST = "request"
KINDS = {kind.value: genre_of(kind, Purpose.OFFER) for kind in Kind} | {REQUEST: Genre.CHERCHE}
"""The eight kinds as components and addresses name them."""
_ICONS = {
    "logement": "house",
    "transport": "bike",
    "alimentation": "carrot",
    "services": "hammer",
    "emploi": "briefcase",
    "agir": "users-round",
    "entraide": "hand-heart",
    "enfants": "baby",
    "vide-grenier": "shopping-bag",
    "animaux": "paw-print",
}


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture at an address of ours."""

    url: str
    alt: str
    width: int | None
    height: int | None
    large_url: str


@dataclass(frozen=True, slots=True)
class Remaining:
    """Tear-off tabs: how many are left of how many."""

    left: int
    total: int


@dataclass(frozen=True, slots=True)
class Card:
    """What the macro `card` shows."""

    url: str
    title: str
    kind: str
    state: str
    picture: Photo | None
    category_icon: str
    price_words: str | None
    distance_words: str | None
    town_words: str | None
    path: PathCard | None
    remaining: Remaining | None
    highlight: bool


@dataclass(frozen=True, slots=True)
class Around:
    """What the cards of one page need besides the listings, read at once."""

    people: dict[str, Actor]
    paths: Mapping[ActorId, PathCard]
    copies: dict[str, RemotePicture]
    here: tuple[float, float] | None
    towns: Mapping[str, str]
    """What hosts elsewhere call themselves."""

    def town(self, person: Actor) -> str | None:
        """Where somebody from elsewhere lives: their town by its name, else its address."""
        return None if person.is_local else self.towns.get(person.host, person.host)


async def around(tx: Tx, visit: Visit, listings: Collection[Listing], others: Collection[Actor] = ()) -> Around:
    """The people, vouching paths and kept pictures that go with these listings, and where the reader is.

    `others` are people whose towns are shown too.
    """
    authors = {one.author_id for one in listings}
    groups = {one.group_id for one in listings if one.group_id}
    promised = {one.reserved_for for one in listings if one.reserved_for}
    people = await actors.by_ids(tx, authors | groups | promised)
    ties = await trust_words.beside(tx, visit, authors)
    far = [picture.url for one in listings if not one.is_local for picture in one.pictures]
    hosts = {one.host for one in (*people.values(), *others) if not one.is_local}
    return Around(
        people=people,
        paths=ties,
        copies=await pictures.kept_copies(tx, far),
        here=await reader_point(tx, visit),
        towns=await peers.town_names(tx, hosts),
    )


async def reader_point(tx: Tx, visit: Visit) -> tuple[float, float] | None:
    """Where the reader looks from: their own blurred point, else the middle of the neighbourhood."""
    reader = await actors.by_id(tx, visit.visitor.member_id) if visit.visitor else None
    if reader is not None and reader.latitude is not None and reader.longitude is not None:
        return reader.latitude, reader.longitude
    here = visit.here
    return (here.latitude, here.longitude) if here.latitude is not None and here.longitude is not None else None


def card(visit: Visit, listing: Listing, known: Around, *, highlight: bool = False) -> Card:
    """One listing as its card."""
    photos = photos_of(listing, known)
    return Card(
        url=f"/annonces/{listing.id}",
        title=listing.title,
        kind=shown_kind(listing),
        state=listing.state,
        picture=photos[0] if photos else None,
        category_icon=icon_of(listing.category),
        price_words=price_words(visit, listing),
        distance_words=place_words(visit, listing, known.here),
        town_words=town_of(listing, known),
        path=known.paths.get(listing.author_id),
        remaining=remaining_of(listing),
        highlight=highlight,
    )


async def cards(tx: Tx, visit: Visit, listings: Sequence[Listing]) -> list[Card]:
    """Several listings as cards, in the same order."""
    known = await around(tx, visit, listings)
    return [card(visit, one, known) for one in listings]


def shown_kind(listing: Listing) -> str:
    """One of the eight kinds as components name them."""
    return REQUEST if listing.purpose is Purpose.REQUEST else listing.kind.value


def icon_of(category: str) -> str:
    """The drawing that stands for a missing photo."""
    return _ICONS.get(category.partition("/")[0], "package")


def photos_of(listing: Listing, known: Around) -> list[Photo]:
    """Its pictures at addresses of ours: those of other towns only once we keep a copy."""
    found = [_photo(listing, one, known.copies.get(one.url)) for one in listing.pictures]
    return [one for one in found if one is not None]


def _photo(listing: Listing, one: Picture, copy: RemotePicture | None) -> Photo | None:
    if listing.is_local:
        path = "/media/" + one.url.partition("/media/")[2]
        return Photo(thumbnail_path(path), one.alt, *_small(one.width, one.height), path)
    if copy is None:
        return None
    url = f"/media-distant/{copy.public_id}"
    return Photo(f"{url}?petite=1", one.alt, *_small(copy.width, copy.height), url)


def _small(width: int | None, height: int | None) -> tuple[int | None, int | None]:
    if not width or not height:
        return None, None
    scale = min(1.0, 480 / max(width, height))
    return round(width * scale), round(height * scale)


def price_words(visit: Visit, listing: Listing) -> str | None:
    """« 12,50 € par jour »."""
    price = listing.price
    if price is None:
        return None
    shown = _sum(visit, price)
    each = {
        Unit.DAY: visit._("{price} par jour"),
        Unit.HOUR: visit._("{price} de l’heure"),
        Unit.ONE: visit._("{price} pièce") if listing.kind is Kind.GROUP_PURCHASE else "{price}",
    }
    return each[price.unit].format(price=shown)


def _sum(visit: Visit, price: Price) -> str:
    if price.currency == EUR:
        return amount(price.amount, visit.language)
    return visit._("{number} crédits").format(number=f"{price.amount.normalize():f}")


def place_words(visit: Visit, listing: Listing, here: tuple[float, float] | None) -> str | None:
    """« 3 km · Saint-Donatien »: whole kilometres between two blurred points."""
    parts: list[str] = []
    if here is not None and listing.latitude is not None and listing.longitude is not None:
        parts.append(distance_words(distance(here, (listing.latitude, listing.longitude)), visit._))
    if listing.place_name:
        parts.append(listing.place_name)
    return " · ".join(parts) or None


def town_of(listing: Listing, known: Around) -> str | None:
    """The town of a listing from elsewhere: its neighbourhood by name, else its author's town."""
    if listing.is_local:
        return None
    group = known.people.get(listing.group_id or "")
    if group is not None and not group.is_local:
        return group.shown_name
    author = known.people.get(listing.author_id)
    return known.town(author) if author else None


def remaining_of(listing: Listing) -> Remaining | None:
    """Only where there is more than one piece, in whole pieces."""
    total, left = listing.quantity, listing.available
    if listing.kind in (Kind.SERVICE, Kind.RENT, Kind.GROUP_PURCHASE) or not total or left is None:
        return None
    is_countable = total == total.to_integral_value() and left == left.to_integral_value()
    if not is_countable or not Decimal(1) < total <= MOST_TABS:
        return None
    return Remaining(int(left), int(total))
