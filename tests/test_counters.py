"""What is counted, and that what peers say cannot make the count grow without end."""

import pytest

from fedivoisin.counters import ALONE, FETCH, INBOX, LIMITS, PAGE, WORK, Counters, Spread
from fedivoisin.errors import Reason


@pytest.mark.parametrize(
    ("where", "code", "limit"),
    [
        (INBOX, "too-large", "inbox-body"),
        (INBOX, "too-slow", "body-time"),
        (INBOX, "json-too-deep", "json-depth"),
        (INBOX, "busy", "queue"),
        (FETCH, "too-large", "document-size"),
        (FETCH, "too-many-redirects", "redirects"),
        (FETCH, "timeout", "timeout"),
        (FETCH, "forbidden-address", "address"),
        (WORK, "too-many-fetches", "discovery"),
        (WORK, Reason.TOO_MANY_ATTEMPTS, "flags"),
        (PAGE, Reason.PICTURE_TOO_LARGE, "picture"),
        (PAGE, Reason.TOO_LARGE, "form-size"),
        (PAGE, Reason.TOO_SLOW, "form-time"),
    ],
)
def test_each_limit_has_its_name(where: str, code: str, limit: str) -> None:
    counters = Counters()
    counters.limit(where, code)
    assert dict(counters.limits) == {limit: 1}
    assert limit in LIMITS


def test_a_refusal_that_is_no_limit_is_none() -> None:
    counters = Counters()
    counters.limit(INBOX, "signature-invalid")
    assert not counters.limits
    assert set(ALONE) < set(LIMITS)


def test_what_was_wrong_with_a_key_is_no_limit_of_the_door() -> None:
    counters = Counters()
    counters.refused("json-too-deep", is_limit=False)
    counters.refused("json-too-deep")
    assert (counters.inbox["json-too-deep"], counters.limits["json-depth"]) == (2, 1)


def test_a_thousand_statuses_of_a_peer_are_a_few_words() -> None:
    counters = Counters()
    for status in range(100, 600):
        counters.ended(f"status-{status}")
        counters.refused(f"status-{status}")
    assert sorted(counters.carried_out) == sorted(counters.inbox) == [f"status-{n}xx" for n in range(1, 6)]


def test_a_spread_counts_below_each_bound() -> None:
    spread = Spread((0.1, 1.0))
    for seconds in (0.05, 0.1, 0.5, 7.0):
        spread.add(seconds)
    assert spread.counts == [2, 1, 1]
    assert spread.total == pytest.approx(7.65)
