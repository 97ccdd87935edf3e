"""Listings, ours and others': written whole, read whole."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, bindparam, select, update

from fedivoisin.ids import ActorId, ListingId
from fedivoisin.market.listing import Kind, Listing, Price, Purpose, State, Unit
from fedivoisin.store import pictures, words
from fedivoisin.store.db import Tx
from fedivoisin.store.schema.listings import listing

_PRICE = ("price_amount", "price_currency", "price_unit")
_PLAIN = tuple(name for name in Listing.__dataclass_fields__ if name not in ("price", "pictures"))
COLUMNS = [listing.c[name] for name in (*_PLAIN, *_PRICE)]
"""What a query must select for `from_rows`."""
_NAMES = (*_PLAIN, *_PRICE)
_BY_ID = select(*COLUMNS).where(listing.c.id == bindparam("wanted"))
_BY_URL = select(*COLUMNS).where(listing.c.url == bindparam("wanted"))


@dataclass(frozen=True, slots=True)
class Topic:
    """What a conversation needs to know of the listing that it is about."""

    id: ListingId
    url: str
    author_id: ActorId
    is_local: bool
    deleted_at: datetime | None
    hidden_at: datetime | None

    @property
    def is_shown(self) -> bool:
        """Whether people may still see it."""
        return self.deleted_at is None and self.hidden_at is None


_TOPIC = [listing.c[name] for name in Topic.__dataclass_fields__]
_TOPIC_BY_ID = select(*_TOPIC).where(listing.c.id == bindparam("wanted"))
_TOPIC_BY_URL = select(*_TOPIC).where(listing.c.url == bindparam("wanted"))


async def insert(tx: Tx, new: Listing) -> None:
    """A listing that was not there, with its pictures and its search words."""
    received = None if new.is_local else tx.now
    await tx.conn.execute(listing.insert().values(**_values(new), received_at=received))
    await pictures.write(tx, new)
    await words.write(tx, new)


async def replace(tx: Tx, changed: Listing) -> None:
    """The listing as it is from now on."""
    await tx.conn.execute(update(listing).where(listing.c.id == changed.id).values(**_values(changed)))
    await pictures.write(tx, changed)
    await words.write(tx, changed)


async def find(tx: Tx, listing_id: str) -> Listing | None:
    """The listing of that id, hidden and deleted ones included: the caller judges."""
    return await _look_up(tx, _BY_ID, listing_id)


async def find_by_url(tx: Tx, url: str) -> Listing | None:
    """The listing whose id on the wire is `url`, hidden and deleted ones included."""
    return await _look_up(tx, _BY_URL, url)


async def topic(tx: Tx, listing_id: str) -> Topic | None:
    """The listing of that id as a topic, hidden and deleted ones included."""
    return await _topic(tx, _TOPIC_BY_ID, listing_id)


async def topic_by_url(tx: Tx, url: str) -> Topic | None:
    """The listing whose id on the wire is `url` as a topic, hidden and deleted ones included."""
    return await _topic(tx, _TOPIC_BY_URL, url)


async def find_by_context(tx: Tx, url: str) -> Listing | None:
    """The listing whose public conversation is `url`."""
    return await _one(tx, listing.c.context_url == url)


async def find_all(tx: Tx, ids: Collection[str]) -> dict[str, Listing]:
    """Those of `ids` that exist, by id."""
    if not ids:
        return {}
    rows = await tx.conn.execute(select(*COLUMNS).where(listing.c.id.in_(set(ids))))
    return {one.id: one for one in await from_rows(tx, rows.mappings().all())}


async def mark_deleted(tx: Tx, listing_id: str) -> None:
    """Gone: its words and pictures too. The row stays, so that it does not come back."""
    await tx.conn.execute(
        update(listing)
        .where(listing.c.id == listing_id, listing.c.deleted_at.is_(None))
        .values(deleted_at=tx.now, text="", content_html=None, reserved_for=None)
    )
    await pictures.remove_all(tx, listing_id)
    await words.remove(tx, listing_id)


async def past_their_end(tx: Tx, *, limit: int) -> list[Listing]:
    """Our listings that still stand though their date has passed, the oldest first."""
    rows = await tx.conn.execute(
        select(*COLUMNS).where(*_standing(), listing.c.ends_at <= tx.now).order_by(listing.c.ends_at).limit(limit)
    )
    return await from_rows(tx, rows.mappings().all())


async def ending_within(tx: Tx, span: timedelta, *, limit: int) -> list[Listing]:
    """Our listings that end within `span` and whose authors were not asked yet; short-lived ones are left alone."""
    rows = await tx.conn.execute(
        select(*COLUMNS)
        .where(
            *_standing(),
            listing.c.hidden_at.is_(None),
            listing.c.reminded_at.is_(None),
            listing.c.ends_at > tx.now,
            listing.c.ends_at <= tx.now + span,
            listing.c.published_at <= tx.now - span,
        )
        .order_by(listing.c.ends_at)
        .limit(limit)
    )
    return await from_rows(tx, rows.mappings().all())


async def reminded(tx: Tx, listing_id: str, token: str) -> None:
    """Its author is being asked whether it is still free; `token` is the word in the link of that mail."""
    await tx.conn.execute(
        update(listing).where(listing.c.id == listing_id).values(reminded_at=tx.now, renewal_token=token)
    )


async def renewed(tx: Tx, listing_id: str) -> None:
    """Its author answered: the link is spent, and a new end will be asked about anew."""
    await tx.conn.execute(
        update(listing).where(listing.c.id == listing_id).values(reminded_at=None, renewal_token=None)
    )


async def renewal_token(tx: Tx, listing_id: str) -> str | None:
    """The word in the link of the last reminder."""
    return await tx.conn.scalar(select(listing.c.renewal_token).where(listing.c.id == listing_id))


async def by_renewal_token(tx: Tx, token: str) -> Listing | None:
    """The listing whose reminder carried this word."""
    return await _one(tx, listing.c.renewal_token == token) if token else None


async def ended_before(tx: Tx, moment: datetime, *, limit: int) -> list[Listing]:
    """Our closed listings that nobody touched since `moment` (FEDERATION.md §3: a tombstone 30 days later)."""
    rows = await tx.conn.execute(
        select(*COLUMNS)
        .where(
            listing.c.is_local,
            listing.c.state == State.CLOSED,
            listing.c.deleted_at.is_(None),
            listing.c.updated_at <= moment,
        )
        .order_by(listing.c.updated_at)
        .limit(limit)
    )
    return await from_rows(tx, rows.mappings().all())


async def from_rows(tx: Tx, rows: Sequence[Any]) -> list[Listing]:
    """Whole listings of rows that hold `COLUMNS`, in the same order."""
    shown = await pictures.under(tx, [row["id"] for row in rows])
    return [_listing(row, shown.get(row["id"], ())) for row in rows]


def _standing() -> tuple[Any, ...]:
    return listing.c.is_local, listing.c.state != State.CLOSED, listing.c.deleted_at.is_(None)


async def _look_up(tx: Tx, statement: Select[Any], wanted: str) -> Listing | None:
    rows = await tx.rows(statement, wanted=wanted)
    if not rows:
        return None
    row = dict(zip(_NAMES, rows[0], strict=True))
    return _listing(row, await pictures.under_one(tx, row["id"]))


async def _topic(tx: Tx, statement: Select[Any], wanted: str) -> Topic | None:
    rows = await tx.rows(statement, wanted=wanted)
    return Topic(*rows[0]) if rows else None


async def _one(tx: Tx, condition: Any) -> Listing | None:
    rows = (await tx.conn.execute(select(*COLUMNS).where(condition))).mappings().all()
    found = await from_rows(tx, rows)
    return found[0] if found else None


def _listing(row: Any, shown: Any) -> Listing:
    amount = row["price_amount"]
    price = None if amount is None else Price(amount, row["price_currency"], Unit(row["price_unit"]))
    values: dict[str, Any] = {name: row[name] for name in _PLAIN} | {
        "kind": Kind(row["kind"]),
        "purpose": Purpose(row["purpose"]),
        "state": State(row["state"]),
        "unit": Unit(row["unit"]),
    }
    return Listing(**values, price=price, pictures=shown)


def _values(one: Listing) -> dict[str, Any]:
    values = {name: getattr(one, name) for name in _PLAIN}
    price = one.price
    values["price_amount"] = price.amount if price else None
    values["price_currency"] = price.currency if price else None
    values["price_unit"] = price.unit if price else None
    values["cell"] = words.cell_of(one)
    return values
