"""Our listings have the documented shapes, read well, and come back through the parser as they were."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from fedivoisin.activitypub import parse
from fedivoisin.activitypub.documents import contexts, wording
from fedivoisin.activitypub.documents.listing import Setting, note
from fedivoisin.activitypub.parse.objects import ListingDocument
from fedivoisin.market.listing import EUR, Kind, Listing, Price, Purpose, State, Unit
from tests.activitypub.documents.shapes import differences, example
from tests.market.drafts import NOW, a_listing, a_picture

ORIGIN = "https://nantes.example"
SETTING = Setting(ORIGIN, f"{ORIGIN}/users/amina", f"{ORIGIN}/groups/bellevue", ZoneInfo("Europe/Paris"))
CREDITS = f"{ORIGIN}/credits/heures"
FREE_TIME = "Le soir en semaine"

SAME_SHAPE: list[tuple[str, Listing]] = [
    ("01", a_listing(Kind.SELL, pictures=(a_picture(),), availability=FREE_TIME, negotiable=True)),
    ("02", a_listing(Kind.LEND, availability=FREE_TIME)),
    ("02b", a_listing(Kind.RENT, availability=FREE_TIME)),
    ("02c", a_listing(Kind.SWAP)),
    ("02d", a_listing(Kind.GIVE, availability=FREE_TIME)),
    ("02e", a_listing(Kind.GROUP_PURCHASE)),
    (
        "03",
        a_listing(
            Kind.SERVICE, purpose=Purpose.REQUEST, price=Price(Decimal(2), CREDITS), begins_at=NOW, quantity=Decimal(2)
        ),
    ),
    ("16", a_listing(Kind.LEND, deposit=None, reach=4)),
]


@pytest.mark.parametrize(("name", "listing"), SAME_SHAPE)
def test_a_listing_has_the_shape_of_its_example(name: str, listing: Listing) -> None:
    theirs = example(name)
    ours = contexts.in_context(note(listing, SETTING), contexts.LISTING)
    assert ours["@context"] == theirs["@context"]
    theirs = theirs.get("object", theirs)
    assert list(differences(ours, {**theirs, "@context": contexts.LISTING})) == []


@pytest.mark.parametrize(("name", "listing"), SAME_SHAPE)
def test_a_listing_says_the_same_action_purpose_and_measure_units(name: str, listing: Listing) -> None:
    theirs = example(name)
    theirs, ours = theirs.get("object", theirs), note(listing, SETTING)
    for key in ("type", "purpose", "unitBased", "fv:kind", "to", "cc", "audience"):
        assert ours[key] == theirs[key]
    assert ours["publishes"]["action"] == theirs["publishes"]["action"]
    assert ours["publishes"]["resourceQuantity"] == theirs["publishes"]["resourceQuantity"]
    assert ours["publishes"]["availableQuantity"] == theirs["publishes"]["availableQuantity"]
    assert ours.get("reciprocal", {}).get("resourceQuantity") == theirs.get("reciprocal", {}).get("resourceQuantity")


@pytest.mark.parametrize(("name", "listing"), SAME_SHAPE)
def test_a_listing_comes_back_as_it_went(name: str, listing: Listing) -> None:
    read = parse.document(note(listing, SETTING))
    assert isinstance(read, ListingDocument)
    for field in (
        "kind",
        "purpose",
        "title",
        "category",
        "price",
        "deposit",
        "max_days",
        "negotiable",
        "wanted",
        "unit",
    ):
        assert getattr(read, field) == getattr(listing, field), field
    for field in ("minimum_quantity", "goal_quantity", "begins_at", "ends_at", "state", "reach", "published_at"):
        assert getattr(read, field) == getattr(listing, field), field
    assert read.text == f"<p>{listing.text}</p>"
    assert [picture.url for picture in read.pictures] == [picture.url for picture in listing.pictures]
    assert read.place
    assert (read.place.name, read.place.latitude) == (listing.place_name, listing.latitude)


def test_a_reserved_listing_says_so_first_and_has_nothing_available() -> None:
    listing = a_listing(changed={"state": State.RESERVED, "updated_at": NOW + timedelta(days=2)})
    ours = note(listing, SETTING)
    assert ours["content"].startswith("<p><strong>[RÉSERVÉ] À vendre : Perceuse")
    assert ours["publishes"]["availableQuantity"]["hasNumericalValue"] == "0"
    assert ours["updated"] == "2026-08-22T09:12:00Z"


def test_hostile_words_stay_words() -> None:
    hostile = '<script>alert("1")</script>'
    listing = replace(a_listing(), title=hostile, text=hostile, place_name=hostile, availability=hostile)
    assert "<script" not in note(listing, SETTING)["content"]


def test_a_listing_without_group_place_category_or_end_leaves_them_out() -> None:
    nowhere = {"latitude": None, "place_name": "", "category": "", "ends_at": None, "context_url": None}
    ours = note(a_listing(changed=nowhere), replace(SETTING, group_url=None))
    assert {"audience", "location", "endTime", "flohmarkt:data"}.isdisjoint(ours)
    assert ours["cc"] == [f"{ORIGIN}/users/amina/followers"]
    assert ours["context"].endswith("/fil")
    assert "resourceConformsTo" not in ours["publishes"]
    swap = note(a_listing(Kind.SWAP, changed={"category": "", "available": None, "quantity": None}), SETTING)
    assert "resourceConformsTo" not in swap["reciprocal"]
    assert swap["publishes"]["availableQuantity"]["hasNumericalValue"] == "1"


def test_only_what_is_given_or_sold_speaks_to_flohmarkt() -> None:
    assert note(a_listing(Kind.GIVE), SETTING)["flohmarkt:data"]["price"] == "0"
    assert "flohmarkt:data" not in note(a_listing(Kind.GIVE, purpose=Purpose.REQUEST), SETTING)


def test_a_lone_picture_without_sizes_has_no_sizes() -> None:
    bare = replace(a_picture(), width=None, height=None, blurhash=None)
    (image,) = note(a_listing(pictures=(bare,)), SETTING)["attachment"]
    assert set(image) == {"type", "mediaType", "url", "name"}


HOUR, DAY = Unit.HOUR, Unit.DAY
FACTS: list[tuple[Kind, dict[str, Any], str, str]] = [
    (Kind.SELL, {}, "💶 25 €", "💶 €25"),
    (
        Kind.SELL,
        {"negotiable": True, "price": Price(Decimal("6.5"))},
        "💶 6,50 € (à débattre)",
        "💶 €6.50 (negotiable)",
    ),
    (Kind.GIVE, {}, "🎁 gratuit", "🎁 free"),
    (Kind.LEND, {}, "🤝 prêt gratuit (caution 20 €)", "🤝 free loan (deposit €20)"),
    (Kind.RENT, {"deposit": None}, "💶 8 € par jour", "💶 €8 per day"),
    (Kind.SWAP, {}, "🔄 contre Puzzle de 1000 pièces", "🔄 for Puzzle de 1000 pièces"),
    (Kind.SERVICE, {}, "💶 15 € par heure", "💶 €15 per hour"),
    (Kind.SERVICE, {"price": None}, "🤝 à convenir", "🤝 to be agreed"),
    (Kind.GIVE, {"purpose": Purpose.REQUEST}, "🤝 à convenir", "🤝 to be agreed"),
    (
        Kind.SERVICE,
        {"price": Price(Decimal(2), CREDITS)},
        "⏱ 2 heures de crédit-temps",
        "⏱ 2 hours of time credit",
    ),
    (
        Kind.SERVICE,
        {"price": Price(Decimal("1.5"), CREDITS)},
        "⏱ 1,50 heure de crédit-temps",
        "⏱ 1.50 hours of time credit",
    ),
    (Kind.SERVICE, {"price": Price(Decimal(1), CREDITS)}, "⏱ 1 heure de crédit-temps", "⏱ 1 hour of time credit"),
    (Kind.GROUP_PURCHASE, {}, "💶 6,50 € l’unité, dès 2 (objectif 40)", "💶 €6.50 each, from 2 (goal 40)"),
    (
        Kind.GROUP_PURCHASE,
        {"minimum_quantity": None},
        "💶 6,50 € l’unité (objectif 40)",
        "💶 €6.50 each (goal 40)",
    ),
]


@pytest.mark.parametrize(("kind", "said", "french", "english"), FACTS)
def test_what_is_asked_reads_well(kind: Kind, said: dict[str, Any], french: str, english: str) -> None:
    assert wording.facts(a_listing(kind, **said), UTC).split(" · ")[0] == french
    assert wording.facts(a_listing(kind, language="en", **said), UTC).split(" · ")[0] == english


PARIS = ZoneInfo("Europe/Paris")
MIDNIGHT = datetime(2026, 8, 31, 22, tzinfo=UTC)
DATES: list[tuple[dict[str, Any], str, str]] = [
    ({"ends_at": MIDNIGHT}, "🗓 jusqu’au 31 août 2026", "🗓 until 31 Aug 2026"),
    ({"ends_at": MIDNIGHT + timedelta(hours=1)}, "🗓 jusqu’au 1er sept. 2026", "🗓 until 1 Sep 2026"),
    (
        {"begins_at": datetime(2026, 9, 5, 7, tzinfo=UTC), "ends_at": datetime(2026, 9, 5, 12, 30, tzinfo=UTC)},
        "🗓 samedi 5 sept. 2026, 9 h - 14 h 30",
        "🗓 Saturday 5 Sep 2026, 09:00 - 14:30",
    ),
    (
        {"begins_at": datetime(2026, 9, 5, 7, tzinfo=UTC), "ends_at": datetime(2026, 9, 7, 12, tzinfo=UTC)},
        "🗓 du 5 sept. 2026 au 7 sept. 2026",
        "🗓 from 5 Sep 2026 to 7 Sep 2026",
    ),
    (
        {"ends_at": MIDNIGHT, "availability": "samedi", "max_days": 2},
        "🗓 jusqu’au 31 août 2026, samedi, 2 jours au plus",
        "🗓 until 31 Aug 2026, samedi, 2 days at most",
    ),
    (
        {"ends_at": MIDNIGHT, "max_days": 1},
        "🗓 jusqu’au 31 août 2026, 1 jour au plus",
        "🗓 until 31 Aug 2026, 1 day at most",
    ),
]


@pytest.mark.parametrize(("said", "french", "english"), DATES)
def test_days_read_well(said: dict[str, Any], french: str, english: str) -> None:
    plain = {"max_days": None, **said}
    assert wording.facts(a_listing(Kind.LEND, **plain), PARIS).split(" · ")[-1] == french
    assert wording.facts(a_listing(Kind.LEND, language="en", **plain), PARIS).split(" · ")[-1] == english


def test_without_place_or_days_the_line_is_short() -> None:
    bare = a_listing(Kind.GIVE, changed={"place_name": "", "ends_at": None})
    assert wording.facts(bare, UTC) == "🎁 gratuit"


def test_hashtags_are_the_kind_and_the_sub_category() -> None:
    assert wording.hashtags(a_listing()) == ("vente", "bricolage")
    assert wording.hashtags(
        a_listing(Kind.GROUP_PURCHASE, category="alimentation/achat-groupe", notice_seen="hygiene")
    ) == ("achatgroupe",)
    assert wording.hashtags(a_listing(changed={"category": "", "language": "en"})) == ("forsale",)


def test_paragraphs_and_lines_of_the_text_are_kept() -> None:
    text = wording.content(a_listing(text="Un\nDeux\n\n\n\nTrois"), ORIGIN, UTC)
    assert "<p>Un<br>Deux</p><p>Trois</p>" in text
    assert Price(Decimal(1)).currency == EUR
