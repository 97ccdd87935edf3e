"""Days, hours and lists read as people say them, on the members' own clock."""

from datetime import UTC, datetime

import pytest

from fedivoisin import calendar_words as words

LATE = datetime(2026, 10, 31, 23, 5, tzinfo=UTC)
"""In France, already the first of November."""


@pytest.mark.parametrize(
    ("language", "weekday", "day", "short", "hour"),
    [
        (
            "fr",
            "dimanche 1er novembre 2026",
            "1er novembre 2026",
            "1er novembre",
            "1er novembre à 0\u00a0h\u00a005",
        ),
        ("en", "Sunday 1 November 2026", "1 November 2026", "1 November", "1 November at 0:05"),
    ],
)
def test_a_moment_is_said_on_the_members_clock(language: str, weekday: str, day: str, short: str, hour: str) -> None:
    said = [say(LATE, language) for say in (words.weekday, words.day, words.short_day, words.hour)]
    assert said == [weekday, day, short, hour]


@pytest.mark.parametrize(
    ("names", "french", "english"),
    [
        (["Awa"], "Awa", "Awa"),
        (["Awa", "Paul"], "Awa et Paul", "Awa and Paul"),
        (["Awa", "Paul", "Gwen"], "Awa, Paul et Gwen", "Awa, Paul and Gwen"),
    ],
)
def test_names_are_listed_as_in_a_sentence(names: list[str], french: str, english: str) -> None:
    assert (words.listed(names, "fr"), words.listed(names, "en")) == (french, english)
