"""Plain makers of drafts and listings, for the tests of the market and of what is said of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from fedivoisin.ids import ActorId, ListingId, PictureId
from fedivoisin.market.draft import Draft
from fedivoisin.market.life import Urls, publish
from fedivoisin.market.listing import Kind, Listing, Picture, Price, Purpose, Unit

NOW = datetime(2026, 8, 20, 9, 12, tzinfo=UTC)
AMINA = ActorId("amina")
BELLEVUE = ActorId("bellevue")
ID = "7c1f3f0e-6a35-4a1e-9d0c-2f4f8d1b7a11"
URL = f"https://nantes.example/users/amina/items/{ID}"

_BY_KIND: dict[Kind, dict[str, Any]] = {
    Kind.GIVE: {},
    Kind.SELL: {"price": Price(Decimal(25))},
    Kind.LEND: {"deposit": Decimal(20), "max_days": 3},
    Kind.RENT: {"price": Price(Decimal(8), unit=Unit.DAY), "deposit": Decimal(80), "max_days": 7},
    Kind.SWAP: {"wanted": "Puzzle de 1000 pièces"},
    Kind.SERVICE: {"price": Price(Decimal(15), unit=Unit.HOUR)},
    Kind.GROUP_PURCHASE: {
        "price": Price(Decimal("6.50")),
        "quantity": Decimal(60),
        "minimum_quantity": Decimal(2),
        "goal_quantity": Decimal(40),
    },
}


def a_picture(id: str = "p1") -> Picture:
    return Picture(
        PictureId(id), f"https://nantes.example/media/{id}.webp", "image/webp", "Perceuse", 1200, 900, "LEHV"
    )


def a_draft(kind: Kind = Kind.SELL, **said: Any) -> Draft:
    plain: dict[str, Any] = {
        "kind": kind,
        "purpose": Purpose.OFFER,
        "title": "Perceuse à percussion Bosch",
        "text": "Peu servie, deux forets fournis.",
        "category": "vide-grenier/bricolage",
        "place_name": "Bellevue, Nantes (44)",
        "latitude": 47.2089,
        "longitude": -1.6021,
        "ends_at": NOW + timedelta(days=41),
    }
    return Draft(**{**plain, **_BY_KIND[kind], **said})


def a_listing(kind: Kind = Kind.SELL, *, changed: dict[str, Any] | None = None, **said: Any) -> Listing:
    urls = Urls(URL, f"https://nantes.example/annonces/{ID}", f"{URL}/fil")
    change = publish(
        a_draft(kind, **said), listing_id=ListingId(ID), urls=urls, author_id=AMINA, group_id=BELLEVUE, at=NOW
    )
    return replace(change.listing, **(changed or {}))
