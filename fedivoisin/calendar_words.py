"""Days, hours and lists as people say them, in French and English.

Babel would say them too, and does the rest of the translation; its tables of two locales cost 6 MB of a running server.
"""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Paris")
"""The members' clock: the product is for one country, whatever the server's own clock says."""

_MONTHS = {
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split(" "),
    "en": "January February March April May June July August September October November December".split(" "),
}
_WEEKDAYS = {
    "fr": "lundi mardi mercredi jeudi vendredi samedi dimanche".split(" "),
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split(" "),
}


def weekday(moment: datetime, language: str) -> str:
    """« dimanche 22 novembre 2026 »."""
    local = moment.astimezone(ZONE)
    name = _WEEKDAYS[language][local.weekday()]
    return f"{name} {_day(local, language)} {local.year}"


def day(moment: datetime, language: str) -> str:
    """« 22 novembre 2026 »."""
    local = moment.astimezone(ZONE)
    return f"{_day(local, language)} {local.year}"


def short_day(moment: datetime, language: str) -> str:
    """« 22 novembre »."""
    return _day(moment.astimezone(ZONE), language)


def hour(moment: datetime, language: str) -> str:
    """« 22 novembre à 13 h 01 », its spaces not breaking inside the hour; "22 November at 13:01"."""
    local = moment.astimezone(ZONE)
    if language == "fr":
        return f"{_day(local, language)} à {local.hour}\u00a0h\u00a0{local.minute:02}"
    return f"{_day(local, language)} at {local.hour}:{local.minute:02}"


def listed(words: Sequence[str], language: str) -> str:
    """« Awa, Paul et Gwen »."""
    *first, last = words
    if not first:
        return last
    return f"{', '.join(first)} {'et' if language == 'fr' else 'and'} {last}"


def _day(local: datetime, language: str) -> str:
    number = "1er" if local.day == 1 and language == "fr" else str(local.day)
    return f"{number} {_MONTHS[language][local.month - 1]}"
