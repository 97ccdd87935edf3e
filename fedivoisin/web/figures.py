"""Numbers as neighbours read them: prices, kilometres, counts."""

from collections.abc import Callable
from decimal import Decimal

NEAR = 1.0


def amount(value: Decimal, language: str) -> str:
    """`1 250,50 €` or `12 €` in French, `1,250.50 €` in English: cents only when there are any. No space breaks."""
    text = f"{value:,.0f}" if value == value.to_integral_value() else f"{value:,.2f}"
    if language == "fr":
        text = text.replace(",", "\u202f").replace(".", ",")
    return text + "\u00a0€"


def distance_words(kilometres: float, translate: Callable[[str], str]) -> str:
    """« Tout près » under one kilometre, whole kilometres beyond: metres would undo the blurring."""
    if kilometres < NEAR:
        return translate("Tout près")
    return f"{round(kilometres)}\u00a0km"
