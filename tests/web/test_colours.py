"""White words must be readable on the association's colour."""

import pytest

from fedivoisin.errors import Reason, Refused
from fedivoisin.web import colours


@pytest.mark.parametrize(("colour", "ratio"), [("#ffffff", 1.0), ("#000000", 21.0), ("#1b4094", 9.5), ("#2c7a58", 5.2)])
def test_contrast_is_that_of_wcag(colour: str, ratio: float) -> None:
    assert colours.contrast_with_white(colour) == pytest.approx(ratio, abs=0.1)


@pytest.mark.parametrize("colour", ["#767676", " #1B4094 ", "#7a1f5c"])
def test_a_dark_enough_colour_passes(colour: str) -> None:
    assert colours.require_readable(colour) == colour.strip().lower()


@pytest.mark.parametrize(
    ("colour", "reason"),
    [
        ("#777777", Reason.COLOUR_TOO_PALE),
        ("#ffcc00", Reason.COLOUR_TOO_PALE),
        ("red", Reason.COLOUR_WRONG),
        ("#12345", Reason.COLOUR_WRONG),
        ("#1b4094;}", Reason.COLOUR_WRONG),
        ("", Reason.COLOUR_WRONG),
    ],
)
def test_a_pale_or_odd_colour_is_refused(colour: str, reason: Reason) -> None:
    with pytest.raises(Refused) as caught:
        colours.require_readable(colour)
    assert caught.value.reason is reason


def test_the_sheet_sets_the_colour_and_a_darker_one() -> None:
    assert colours.stylesheet("#646464") == ":root { --email-choisi: #646464; --email-choisi-survol: #505050; }\n"
    assert colours.stylesheet("") == ""
    assert colours.stylesheet("url(https://x.example)") == ""
