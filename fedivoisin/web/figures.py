"""Numbers as neighbours read them: prices, kilometres, counts."""

from collections.abc import Callable
from decimal import Decimal

from babel.numbers import format_decimal

NEAR = 1.0


def amount(value: Decimal, locale: str) -> str:
    """`12,50 €` or `12 €`: cents only when there are any. The space does not break."""
    pattern = "#,##0" if value == value.to_integral_value() else "#,##0.00"
    return format_decimal(value, format=pattern, locale=locale) + "\u00a0€"


def distance_words(kilometres: float, translate: Callable[[str], str]) -> str:
    """« Tout près » under one kilometre, whole kilometres beyond: metres would undo the blurring."""
    if kilometres < NEAR:
        return translate("Tout près")
    return f"{round(kilometres)}\u00a0km"
