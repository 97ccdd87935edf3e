"""Codes as people copy them from a flyer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedivoisin.errors import Reason, Refused
from fedivoisin.trust import codes


@pytest.mark.parametrize(
    "typed",
    [
        "NTE-4821",
        "nte-4821",
        " nte 48 21 ",
        "NTE4821",
        "4821",
        "nte–4821",
        "N.T.E. 4821",
        "ntÉ-4821",
        "NTE_4821",
        "NTE-4 8 2 1",
    ],
)
def test_a_code_is_read_however_it_is_written(typed: str) -> None:
    assert codes.read(typed, prefix="NTE") == "NTE-4821"


@pytest.mark.parametrize(
    ("typed", "code"), [("NTE-O8Il", "NTE-0811"), ("REN-4821", "REN-4821"), ("NTE-14821", "NTE-14821")]
)
def test_letters_that_look_like_digits_and_other_towns_are_understood(typed: str, code: str) -> None:
    assert codes.read(typed, prefix="NTE") == code


@pytest.mark.parametrize("typed", ["NTE-482", "nte482", "NTE", "4", "", "  "])
def test_a_missing_digit_is_said_with_an_example(typed: str) -> None:
    with pytest.raises(Refused) as refused:
        codes.read(typed, prefix="NTE")
    assert refused.value.reason is Reason.CODE_DIGITS_MISSING
    assert refused.value.details == {"field": "code", "example": "NTE-4821"}


@pytest.mark.parametrize("typed", ["bonjour", "NTEX-4821", "NTE-48A1", "<script>"])
def test_what_is_no_code_is_refused(typed: str) -> None:
    with pytest.raises(Refused) as refused:
        codes.read(typed, prefix="NTE")
    assert refused.value.reason is Reason.CODE_UNKNOWN


@given(chance=st.integers(min_value=0), taken=st.sets(st.integers(0, 9999).map(lambda n: f"NTE-{n:04d}"), max_size=200))
def test_a_new_code_was_never_given_and_reads_back(chance: int, taken: set[str]) -> None:
    code = codes.new("NTE", taken, chance=chance)
    assert code not in taken
    assert codes.read(code, prefix="NTE") == code


def test_a_fifth_digit_comes_when_half_the_codes_are_gone() -> None:
    taken = {f"NTE-{number:04d}" for number in range(5000)}
    assert codes.new("NTE", taken, chance=7) == "NTE-00007"


def test_a_taken_code_gives_way_to_the_next() -> None:
    assert codes.new("NTE", {"NTE-9999", "NTE-0000"}, chance=9999) == "NTE-0001"
