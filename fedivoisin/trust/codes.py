"""Printed codes such as NTE-4821, read as people type them."""

import re
import unicodedata
from collections.abc import Collection

from fedivoisin.errors import Reason, Refused

DIGITS = 4
FALLBACK_PREFIX = "VSN"
_CODE = re.compile(r"([A-Z]{3})?([0-9OIL]*)")
_LOOKALIKES = str.maketrans("OIL", "011")


def read(typed: str, *, prefix: str) -> str:
    """The code that was meant: any case, any spaces or dashes, the prefix left out, O for zero. Raises Refused."""
    example = f"{prefix}-4821"
    letters = "".join(letter for letter in _plain(typed) if letter.isalnum())
    parts = _CODE.fullmatch(letters.removeprefix(prefix))
    if parts is None:
        raise Refused(Reason.CODE_UNKNOWN, field="code", example=example)
    digits = parts[2].translate(_LOOKALIKES)
    if len(digits) < DIGITS:
        raise Refused(Reason.CODE_DIGITS_MISSING, field="code", example=example)
    return f"{parts[1] or prefix}-{digits}"


def new(prefix: str, taken: Collection[str], *, chance: int) -> str:
    """A code that was never given, starting the search at `chance`. One more digit when half of them are gone."""
    size = DIGITS
    while len(taken) * 2 >= 10**size:
        size += 1
    number = chance % 10**size
    while (code := f"{prefix}-{number:0{size}d}") in taken:
        number = (number + 1) % 10**size
    return code


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text).upper()
    return "".join(letter for letter in folded if not unicodedata.combining(letter))
