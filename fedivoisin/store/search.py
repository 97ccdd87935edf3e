"""Finding listings: words, place, kind and the rest, with the same answer on SQLite and on PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import cos, radians
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, case, false, func, literal, or_, select, text

from fedivoisin.ids import ActorId
from fedivoisin.market import analyser, place
from fedivoisin.market.listing import EVERYONE, Genre, Listing, Purpose, State, kind_of
from fedivoisin.store import listings
from fedivoisin.store.db import Tx
from fedivoisin.store.schema.actors import actor
from fedivoisin.store.schema.federation import domain_block
from fedivoisin.store.schema.listings import listing, listing_words, picture

PAGE = 24
CLOSES_SOON = timedelta(days=3)
NEAR = 2.0
"""Kilometres that still count as one's own quarter."""
MOST_TOKENS = 8
SHORTEST_PREFIX = 3
_KM_PER_DEGREE = 111.19


@dataclass(frozen=True, slots=True)
class Around:
    """A circle: where the reader is (blurred), and how far they look, in kilometres."""

    latitude: float
    longitude: float
    radius: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is looked for. Without any condition: everything that stands and that everyone may see."""

    words: str = ""
    category: str = ""
    """A root, or `root/sub`."""
    genres: frozenset[Genre] = frozenset()
    purpose: Purpose | None = None
    around: Around | None = None
    quarter: ActorId | None = None
    """The Group of the reader's own neighbourhood: its listings count as near, wherever they are."""
    only_free: bool = False
    with_photo: bool = False
    author: ActorId | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of what was found, and how many there are in all."""

    listings: tuple[Listing, ...]
    total: int
    number: int

    @property
    def has_next(self) -> bool:
        """Whether another page follows."""
        return self.number * PAGE < self.total


@dataclass(frozen=True, slots=True)
class Spot:
    """A point of the grid, and how many listings stand there."""

    latitude: float
    longitude: float
    count: int
    titles: tuple[str, ...]


async def find(tx: Tx, query: Query, *, number: int = 1) -> Page:
    """Page `number` (from 1), in the stated order: what closes soon, then the newest; titles first with words."""
    found = _conditions(tx, query)
    total = await tx.conn.scalar(select(func.count()).select_from(_joined()).where(found)) or 0
    rows = await tx.conn.execute(
        select(*listings.COLUMNS)
        .select_from(_joined())
        .where(found)
        .order_by(*_order(tx, query))
        .limit(PAGE)
        .offset((number - 1) * PAGE)
    )
    return Page(tuple(await listings.from_rows(tx, rows.mappings().all())), total, number)


async def count(tx: Tx, query: Query) -> int:
    """How many there are."""
    return await tx.conn.scalar(select(func.count()).select_from(_joined()).where(_conditions(tx, query))) or 0


async def spots(tx: Tx, query: Query, *, limit: int = 500) -> list[Spot]:
    """Where they are: one spot per point of the grid, the fullest first, with a few titles."""
    rows = await tx.conn.execute(
        select(listing.c.latitude, listing.c.longitude, listing.c.title)
        .select_from(_joined())
        .where(_conditions(tx, query), listing.c.latitude.is_not(None), listing.c.longitude.is_not(None))
        .order_by(listing.c.published_at.desc(), listing.c.id)
        .limit(limit * 4)
    )
    titles: dict[tuple[float, float], list[str]] = {}
    for row in rows:
        titles.setdefault((row.latitude, row.longitude), []).append(row.title)
    found = [Spot(*point, len(names), tuple(names[:3])) for point, names in titles.items()]
    return sorted(found, key=lambda spot: -spot.count)[:limit]


async def by_author(tx: Tx, author_id: str, *, with_closed: bool = False, limit: int = 50) -> list[Listing]:
    """What one person shows, the newest first; their own page also shows what is over."""
    standing = listing.c.deleted_at.is_(None) if with_closed else _standing(tx)
    hidden = literal(True) if with_closed else listing.c.hidden_at.is_(None)
    rows = await tx.conn.execute(
        select(*listings.COLUMNS)
        .where(listing.c.author_id == author_id, standing, hidden)
        .order_by(listing.c.published_at.desc(), listing.c.id)
        .limit(limit)
    )
    return await listings.from_rows(tx, rows.mappings().all())


async def counts_by_root(tx: Tx, query: Query) -> dict[str, int]:
    """How many stand in each root category."""
    rows = await tx.conn.execute(
        select(listing.c.category, func.count().label("number"))
        .select_from(_joined())
        .where(_conditions(tx, query))
        .group_by(listing.c.category)
    )
    found: dict[str, int] = {}
    for row in rows:
        root = row.category.partition("/")[0]
        found[root] = found.get(root, 0) + row.number
    return found


async def newest_public(tx: Tx, *, category: str = "", is_local: bool = True, limit: int = 50) -> list[Listing]:
    """For feeds and the sitemap: our public listings that stand, the newest first."""
    query = Query(category=category)
    rows = await tx.conn.execute(
        select(*listings.COLUMNS)
        .select_from(_joined())
        .where(_conditions(tx, query), listing.c.is_local == is_local, listing.c.reach == EVERYONE)
        .order_by(listing.c.published_at.desc(), listing.c.id)
        .limit(limit)
    )
    return await listings.from_rows(tx, rows.mappings().all())


def _joined() -> Any:
    return listing.outerjoin(listing_words, listing_words.c.listing_id == listing.c.id)


def _standing(tx: Tx) -> ColumnElement[bool]:
    is_over = and_(listing.c.ends_at.is_not(None), listing.c.ends_at <= tx.now)
    return and_(listing.c.deleted_at.is_(None), listing.c.state != State.CLOSED, ~is_over)


def _author_is_welcome() -> ColumnElement[bool]:
    """Neither gone, nor hidden by a moderator, nor of a domain that an admin shut out."""
    domain = domain_block.c.domain
    spellings = [actor.c.host == domain, *(actor.c.host.like(form) for form in (domain + ":%", "%." + domain))]
    shut_out = select(domain_block.c.id).where(or_(*spellings, actor.c.host.like("%." + domain + ":%"))).exists()
    return (
        select(actor.c.id)
        .where(
            actor.c.id == listing.c.author_id,
            actor.c.gone_at.is_(None),
            actor.c.hidden_at.is_(None),
            or_(actor.c.is_local, ~shut_out),
        )
        .exists()
    )


def _conditions(tx: Tx, query: Query) -> ColumnElement[bool]:
    found = [_standing(tx), listing.c.hidden_at.is_(None), listing.c.reach == EVERYONE, _author_is_welcome()]
    if query.words:
        found.append(_has_words(tx, query))
    if query.category:
        found.append(_in_category(query.category))
    if query.genres:
        found.append(or_(*(_is_genre(genre) for genre in sorted(query.genres))))
    if query.purpose:
        found.append(listing.c.purpose == query.purpose)
    if query.around or query.quarter:
        found.append(or_(_is_within(query.around), _in_quarter(query.quarter)))
    return and_(*found, *_narrowed(query))


def _narrowed(query: Query) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if query.only_free:
        found.append(listing.c.state == State.OPEN)
    if query.with_photo:
        found.append(select(picture.c.id).where(picture.c.listing_id == listing.c.id).exists())
    if query.author:
        found.append(listing.c.author_id == query.author)
    return found


def _in_category(category: str) -> ColumnElement[bool]:
    is_it = listing.c.category == category
    return is_it if "/" in category else or_(is_it, listing.c.category.startswith(f"{category}/", autoescape=True))


def _is_genre(genre: Genre) -> ColumnElement[bool]:
    if genre is Genre.CHERCHE:
        return listing.c.purpose == Purpose.REQUEST
    kind, purpose = kind_of(genre, "", is_paid=False)
    return and_(listing.c.kind == kind, listing.c.purpose == purpose)


def _in_quarter(group_id: ActorId | None) -> ColumnElement[bool]:
    return listing.c.group_id == group_id if group_id else false()


def _is_within(around: Around | None) -> ColumnElement[bool]:
    if around is None:
        return false()
    cells = place.cells_around(around.latitude, around.longitude, around.radius)
    return and_(listing.c.cell.in_(cells), squared_distance(around) <= around.radius**2)


def squared_distance(around: Around) -> ColumnElement[float]:
    """Kilometres, squared, between the reader and a listing.

    On a flat map drawn at the reader's latitude: within 50 km it is off by less than the blurring, and it needs no
    sine, which SQLite has only where its builder chose so.
    """
    wide = _KM_PER_DEGREE * cos(radians(around.latitude))
    north = (listing.c.latitude - around.latitude) * _KM_PER_DEGREE
    east = (listing.c.longitude - around.longitude) * wide
    return north * north + east * east


def _has_words(tx: Tx, query: Query) -> ColumnElement[bool]:
    asked = _tokens(query.words)
    if not asked:
        return false()
    if tx.is_postgres:
        # The tokens are letters and digits only: nothing to escape, and the cast cuts nothing anew.
        matches = text(
            "array_to_tsvector(string_to_array(listing_words.tokens, ' ')) @@ CAST(:asked AS tsquery)"
        ).bindparams(bindparam("asked", " & ".join(_prefixed(asked, "'{}'", "'{}':*"))))
        return and_(matches)
    cells = _cell_words(query)
    matched = " AND ".join([*_prefixed(asked, '"{}"', '"{}" *'), *([cells] if cells else [])])
    return and_(
        text("listing_words.id IN (SELECT rowid FROM listing_search WHERE listing_search MATCH :asked)").bindparams(
            bindparam("asked", matched)
        )
    )


def _cell_words(query: Query) -> str:
    # The square is a word of the index too: far faster than finding the words everywhere and then the place.
    if query.around is None or query.quarter is not None:
        return ""
    cells = place.cells_around(query.around.latitude, query.around.longitude, query.around.radius)
    return f"({' OR '.join(cells)})"


def _tokens(words: str) -> list[str]:
    return analyser.distinct(analyser.tokens(words))[:MOST_TOKENS]


def _prefixed(asked: Sequence[str], whole: str, prefix: str) -> list[str]:
    # The last word may still be being typed.
    *before, last = asked
    form = prefix if len(last) >= SHORTEST_PREFIX else whole
    return [*(whole.format(token) for token in before), form.format(last)]


def _order(tx: Tx, query: Query) -> list[ColumnElement[Any]]:
    soon = and_(listing.c.state == State.OPEN, listing.c.ends_at <= tx.now + CLOSES_SOON)
    order: list[ColumnElement[Any]] = [
        case((soon, 0), else_=1),
        case((soon, listing.c.ends_at), else_=None),
        listing.c.published_at.desc(),
        listing.c.id,
    ]
    return [_score(query.words).desc(), *order] if query.words else order


def _score(words: str) -> ColumnElement[int]:
    """How many of the words stand in the title: the same sum on both databases (PostgreSQL has no bm25)."""
    hits: list[ColumnElement[int]] = [
        case((listing_words.c.title_tokens.contains(f" {token} "), 1), else_=0) for token in _tokens(words)
    ]
    return sum(hits[1:], start=hits[0]) if hits else literal(0)
