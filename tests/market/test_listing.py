"""The eight kinds of the pages and the seven of the wire."""

from decimal import Decimal

import pytest

from fedivoisin.market.listing import Genre, Kind, Price, Purpose, Unit, genre_of, is_unit_based, kind_of


@pytest.mark.parametrize("kind", list(Kind))
def test_an_offer_goes_to_its_genre_and_back(kind: Kind) -> None:
    genre = genre_of(kind, Purpose.OFFER)
    assert kind_of(genre, "transport/velo", is_paid=False) == (kind, Purpose.OFFER)
    assert genre_of(kind, Purpose.REQUEST) is Genre.CHERCHE


@pytest.mark.parametrize(
    ("category", "is_paid", "kind"),
    [
        ("entraide/pret", False, Kind.LEND),
        ("entraide/pret", True, Kind.RENT),
        ("entraide/demenagement", True, Kind.SERVICE),
        ("services/menage", True, Kind.SERVICE),
        ("vide-grenier/sport", True, Kind.SELL),
        ("vide-grenier/sport", False, Kind.GIVE),
    ],
)
def test_a_request_is_for_what_its_category_holds(category: str, is_paid: bool, kind: Kind) -> None:
    assert kind_of(Genre.CHERCHE, category, is_paid=is_paid) == (kind, Purpose.REQUEST)


def test_a_price_is_for_one_unit_by_the_hour_by_the_day_or_in_a_group() -> None:
    assert is_unit_based(Kind.RENT, Price(Decimal(8), unit=Unit.DAY))
    assert is_unit_based(Kind.GROUP_PURCHASE, Price(Decimal(8)))
    assert not is_unit_based(Kind.SELL, Price(Decimal(8)))
    assert not is_unit_based(Kind.GROUP_PURCHASE, None)
