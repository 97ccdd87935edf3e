"""Names of accounts out of names of people."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedivoisin.addresses import valid_name
from fedivoisin.trust.names import suggestion


@pytest.mark.parametrize(
    ("person", "name"),
    [
        ("Léo Martin", "leo-martin"),
        ("Maëlle", "maelle"),
        ("Sœur Thérèse", "soeur-therese"),
        ("  Awa   D. ", "awa-d"),
        ("عائشة", "voisin"),
        ("J", "voisin"),
        ("Marie-Christine de la Tour du Pin", "marie-christine-de-la-tou"[:24]),
    ],
)
def test_a_name_is_folded_into_letters_that_every_keyboard_has(person: str, name: str) -> None:
    assert suggestion(person) == name


@given(st.text(max_size=80))
def test_every_suggestion_is_a_possible_name(person: str) -> None:
    name = suggestion(person)
    assert valid_name(name) or valid_name(f"{name}-2")
