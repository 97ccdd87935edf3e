"""The breaker for questions: opens after five silences, lets one through, is wider each time, forgets."""

from datetime import UTC, datetime, timedelta

import pytest

from fedivoisin.activitypub import breaker
from fedivoisin.activitypub.breaker import FIRST_PAUSE, FORGOTTEN, LONGEST_PAUSE, OPENS_AFTER, Breaker
from fedivoisin.errors import Unreachable

HOST = "rennes.example"
NOW = datetime(2026, 8, 20, 9, 12, tzinfo=UTC)


def _open(times: int = OPENS_AFTER) -> Breaker:
    opened = Breaker()
    for _ in range(times):
        opened.failed(HOST, NOW)
    return opened


def _pause(opened: Breaker, now: datetime = NOW) -> int | None:
    try:
        opened.check(HOST, now)
    except Unreachable as error:
        return error.retry_after
    return None


def test_it_opens_after_five_silences_in_a_row_and_for_that_host_alone() -> None:
    assert _pause(_open(OPENS_AFTER - 1)) is None
    opened = _open()
    assert _pause(opened) == FIRST_PAUSE.total_seconds() + 1
    opened.check("lyon.example", NOW)


def test_one_question_goes_through_after_the_pause_and_the_others_wait_for_it() -> None:
    opened, later = _open(), NOW + FIRST_PAUSE
    assert _pause(opened, later) is None
    assert _pause(opened, later) is not None
    opened.answered(HOST)
    assert _pause(opened, later) is None


def test_each_further_silence_makes_the_pause_longer_up_to_a_limit() -> None:
    pauses = [_pause(_open(OPENS_AFTER + more)) or 0 for more in range(8)]
    assert pauses == sorted(pauses)
    assert pauses[1] == 2 * FIRST_PAUSE.total_seconds() + 1
    assert pauses[-1] == LONGEST_PAUSE.total_seconds() + 1


def test_silences_far_apart_do_not_belong_together() -> None:
    opened = _open(OPENS_AFTER - 1)
    opened.failed(HOST, NOW + FORGOTTEN + timedelta(seconds=1))
    assert _pause(opened, NOW + FORGOTTEN) is None


def test_it_remembers_only_so_many_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breaker, "MOST_HOSTS", 2)
    opened = _open()
    for other in ("a.example", "b.example"):
        opened.failed(other, NOW)
    assert _pause(opened) is None
