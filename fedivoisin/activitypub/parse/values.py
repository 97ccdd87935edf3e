"""Single values out of raw JSON: what is needed and wrong is refused, what is optional and wrong is left out."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from math import isfinite
from typing import Any, TypeAlias, TypeGuard
from urllib.parse import urlsplit

from fedivoisin.activitypub.wire.unseen import UNSEEN
from fedivoisin.addresses import PUBLIC
from fedivoisin.errors import BadActivity

Json: TypeAlias = Mapping[str, Any]

MAX_URL = 2048
MAX_LINE = 500
MAX_HTML = 65_536
MAX_RECIPIENTS = 1000
MAX_ITEMS = 100
MAX_AMOUNT = Decimal(10**12)
LONGEST_NUMBER = 32
"""Characters of one that is typed, with all that stands around it."""

_SHORT_PUBLIC = frozenset({"as:Public", "Public"})
_NOT_IN_URL = re.compile(rf"[\x00-\x20\x7f<>\"\\^`{{|}}]|{UNSEEN.pattern}")
_PLAIN_URL = re.compile(r"https?://[A-Za-z0-9._-]+(?::[0-9]{1,5})?(?:[/?#][!#$%&'()*+,\-./0-9:;=?@A-Z_a-z~]*)?")
"""What nearly all addresses look like; the others get a closer look."""
_DURATION = re.compile(r"P(\d{1,4})D")


def is_object(value: object) -> TypeGuard[Json]:
    """Whether this is a JSON object."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Whether this is a JSON array."""
    return isinstance(value, list)


def is_url(value: object) -> bool:
    """An absolute http(s) URL of at most 2 KiB, without blanks or control characters (CR/LF above all)."""
    return isinstance(value, str) and len(value) <= MAX_URL and _is_url(value)


# One document says the same few addresses again and again, and so does the next one of the same person.
@lru_cache(maxsize=2048)
def _is_url(value: str) -> bool:
    if _PLAIN_URL.fullmatch(value):
        return True
    if len(value.encode("utf-8", "replace")) > MAX_URL or _NOT_IN_URL.search(value):
        return False
    try:
        parts = urlsplit(value)
    except ValueError:  # "Invalid IPv6 URL"
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def mapping(value: object) -> Json | None:
    """The JSON object, or the only one in a list."""
    only: object = value[0] if is_list(value) and len(value) == 1 else value
    return only if is_object(only) else None


def listed(value: object) -> Sequence[Any]:
    """A list, a single value as a list of one, nothing as none."""
    if value is None:
        return ()
    return value if is_list(value) else (value,)


def url_of(value: object) -> str | None:
    """The URL in a string, in an object's `id`, or in a Link's `href`; of a list, the first."""
    if isinstance(value, str):
        return value if len(value) <= MAX_URL and _is_url(value) else None
    for candidate in listed(value)[:MAX_ITEMS]:
        found: object = candidate.get("id", candidate.get("href")) if is_object(candidate) else candidate
        if is_url(found):
            return str(found)
    return None


def needed_url(document: Json, key: str) -> str:
    """BadActivity `bad-{key}` when it is missing or no URL."""
    found = url_of(document.get(key))
    if found is None:
        raise BadActivity(f"bad-{key.lower()}")
    return found


def urls(value: object) -> tuple[str, ...]:
    """All URLs in a string, an object or a list of either; what is none is left out. BadActivity beyond 1,000."""
    candidates = listed(value)
    if len(candidates) > MAX_RECIPIENTS:
        raise BadActivity("too-many")
    return tuple([found for found in map(url_of, candidates) if found])


def recipients(document: Json, key: str) -> tuple[str, ...]:
    """`to` or `cc`; the short names of Public that some peers send are spelled out."""
    return urls([PUBLIC if isinstance(one, str) and one in _SHORT_PUBLIC else one for one in listed(document.get(key))])


def line(value: object, most: int = MAX_LINE) -> str:
    """One line of plain text without unseen characters, cut at `most`; empty when there is none."""
    if not isinstance(value, str):
        return ""
    # A space first: some controls are line breaks to Unicode.
    return UNSEEN.sub("", " ".join(value[: most * 4].split())).strip()[:most]


def html(value: object) -> str:
    """Raw HTML, cut at 64 Ki characters; empty when there is none."""
    return value[:MAX_HTML] if isinstance(value, str) else ""


def flag(value: object) -> bool:
    """True only for JSON true."""
    return value is True


def whole(value: object, least: int = 0, most: int = 2**31 - 1) -> int | None:
    """An integer within bounds."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        return None
    return value


def coordinate(value: object, most: int) -> float | None:
    """Degrees, also as text."""
    number = value
    if isinstance(value, str) and len(value) <= LONGEST_NUMBER:
        try:
            number = float(value)
        except ValueError:
            return None
    if isinstance(number, bool) or not isinstance(number, int | float) or not -most <= number <= most:
        return None
    return float(number)


def amount(value: object) -> Decimal | None:
    """A number ≥ 0, as text or as number; BadActivity when it is there and is none: a wrong price misleads."""
    if value is None:
        return None
    number = _decimal(value)
    if number is None or not number.is_finite() or not 0 <= number <= MAX_AMOUNT:
        raise BadActivity("bad-amount")
    return number


def _decimal(value: object) -> Decimal | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, float):
        return Decimal(repr(value)) if isfinite(value) else None
    if not isinstance(value, str) or len(value) > LONGEST_NUMBER:
        return None
    try:
        return Decimal(value.strip().replace(",", "."))
    except InvalidOperation:
        return None


def moment(value: object) -> datetime | None:
    """An ISO 8601 moment in UTC; one without a zone is taken as UTC. None when it cannot be read."""
    if not isinstance(value, str) or not 10 <= len(value) <= 40:
        return None
    try:
        found = datetime.fromisoformat(value)
        aware = found if found.tzinfo else found.replace(tzinfo=UTC)
        return aware.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def days(value: object) -> int | None:
    """`P3D` is 3."""
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    return int(found[1]) if found else None


def types(document: Json) -> tuple[str, ...]:
    """The types as bare words: `ValueFlows:Proposal` and `https://w3id.org/valueflows#Proposal` say `Proposal`."""
    said = document.get("type")
    if isinstance(said, str):
        return (bare(said),)
    return tuple([bare(one) for one in listed(said)[:8] if isinstance(one, str)])


def bare(word: str) -> str:
    """What stands after the last #, / or : of a term."""
    word = word[:MAX_LINE]
    return word if word.isalpha() else word[1 + max(map(word.rfind, "#/:")) :]
