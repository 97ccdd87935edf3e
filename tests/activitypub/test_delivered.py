"""What became of deliveries, as it is counted for whoever watches."""

import pytest
from msgspec.structs import replace

from fedivoisin.activitypub import delivered
from fedivoisin.activitypub.delivered import MAX_TRIES, Failed, Refused, Result, Sent, Turn
from fedivoisin.counters import Counters
from fedivoisin.ids import ActivityId, ActorId
from fedivoisin.store.outbox import Delivery
from fedivoisin.store.peers import FAILURES_TO_OPEN, Habits
from tests.fakes import START

HOST = "rennes.example"
ONE = Delivery(1, ActivityId("a"), ActorId("awa"), f"https://{HOST}/inbox", HOST, 1, 0, START)
NOBODY = Failed(None, "timeout", None, is_host=True)


def _counted(peer: Habits | None, *results: Result, attempts: int = 0) -> Counters:
    several = [replace(ONE, id=number, attempts=attempts) for number in range(len(results) + 1)]
    counters = Counters()
    delivered.count(counters, Turn(HOST, several, {}, {}, peer, START, results=list(results)))
    return counters


def _peer(failures: int) -> Habits:
    return Habits(HOST, None, None, None, failures, START if failures else None)


@pytest.mark.parametrize(
    ("peer", "result", "attempts", "counted"),
    [
        (None, Sent(202, "cavage"), 0, ("well", "sent")),
        (_peer(0), Refused(404, "status-404"), 0, ("well", "refused")),
        (_peer(1), Sent(202, "cavage"), 0, ("failing", "sent")),
        (_peer(1), NOBODY, 0, ("failing", "failed")),
        (_peer(1), NOBODY, MAX_TRIES - 1, ("failing", "given-up")),
        (_peer(1), Sent(202, "cavage"), MAX_TRIES - 1, ("failing", "sent")),
    ],
)
def test_each_result_is_counted_by_how_its_host_stood(
    peer: Habits | None, result: Result, attempts: int, counted: tuple[str, str]
) -> None:
    counters = _counted(peer, result, attempts=attempts)
    assert dict(counters.deliveries) == {counted: 1}
    assert counters.limits["delivery-tries"] == (counted[1] == "given-up")


def test_the_pause_of_a_host_is_counted_when_it_begins() -> None:
    assert _counted(_peer(FAILURES_TO_OPEN - 1), Sent(202, "cavage"), NOBODY).limits["breaker"] == 1
    assert _counted(_peer(FAILURES_TO_OPEN - 2), NOBODY).limits["breaker"] == 0
    assert _counted(None, NOBODY).limits["breaker"] == 0
    assert _counted(_peer(9), Failed(429, "status-429", None, is_host=False)).limits["breaker"] == 0


def test_a_turn_in_which_nothing_was_tried_counts_nothing() -> None:
    counters = _counted(None)
    assert (dict(counters.deliveries), sum(counters.limits.values())) == ({}, 0)
