"""Templates in two languages: dates on the members' clock, prices, distances, spaces that do not break."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from jinja2 import UndefinedError

from fedivoisin.errors import Reason, Refused
from fedivoisin.web import assets, reasons
from fedivoisin.web.reasons import SENTENCES, STATUS, sentence, status
from fedivoisin.web.render import LANGUAGES, environments, french_spaces

ALL = environments()
EVENING = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)


def _shown(source: str, language: str = "fr", **context: object) -> str:
    return ALL[language].from_string(source).render(**context)


@pytest.mark.parametrize(
    ("source", "french", "english"),
    [
        ("{{ at | day }}", "lundi 23 novembre 2026", "Monday 23 November 2026"),
        ("{{ at | short_day }}", "23 novembre", "23 November"),
        ("{{ at | moment }}", "23 novembre à 0\u00a0h\u00a030", "23 November at 0:30"),
        ("{{ at | iso }}", "2026-11-22T23:30:00+00:00", "2026-11-22T23:30:00+00:00"),
        ("{{ 1250.5 | string | length }}", "6", "6"),
        ("{{ price | amount }}", "1\u202f250,50\xa0€", "1,250.50\xa0€"),
        ("{{ whole | amount }}", "12\xa0€", "12\xa0€"),
        ("{{ 4.4 | distance }}", "4\xa0km", "4\xa0km"),
        ("{{ language }}", "fr", "en"),
    ],
)
def test_figures_are_written_as_each_language_writes_them(source: str, french: str, english: str) -> None:
    context = {"at": EVENING, "price": Decimal("1250.50"), "whole": Decimal("12.00"), "span": timedelta(days=3)}
    assert [_shown(source, language, **context) for language in LANGUAGES] == [french, english]


def test_what_is_near_is_not_measured() -> None:
    assert _shown("{{ 0.4 | distance }}") == "Tout près"


def test_what_people_wrote_is_never_html() -> None:
    assert _shown("{{ text }}", text="<script>") == "&lt;script&gt;"


def test_a_word_that_the_view_forgot_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        _shown("{{ forgotten }}")


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Un souci ? Parlez !", "Un souci\xa0? Parlez\xa0!"),
        ("« Nantes »", "«\xa0Nantes\xa0»"),
        ("a : b ; c", "a\xa0: b\xa0; c"),
        ("10:30", "10:30"),
    ],
)
def test_french_signs_keep_to_their_word(typed: str, shown: str) -> None:
    assert french_spaces(typed) == shown
    assert _shown("{% trans %}" + typed + "{% endtrans %}") == shown


def test_files_are_named_by_their_content() -> None:
    assert _shown("{{ static('style.css') }}") == assets.url("style.css")


def test_every_reason_has_a_sentence() -> None:
    assert set(SENTENCES) == set(Reason)
    assert set(STATUS) <= set(Reason)


def test_details_fill_the_sentence() -> None:
    refused = Refused(Reason.FIELD_TOO_LONG, most=5)
    assert sentence(refused, lambda text: text) == "Trop long : 5 caractères au plus."
    assert (status(refused), status(Refused(Reason.NOT_FOUND))) == (422, 404)
    assert reasons.mark("x") == "x"
