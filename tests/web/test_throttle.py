"""Requests are counted per household and window, and the count cannot grow without end."""

import pytest
from aiohttp.test_utils import make_mocked_request

from fedivoisin.store import tallies
from fedivoisin.web.throttle import Throttle, client_network


@pytest.mark.parametrize(
    ("remote", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unix:", "unknown"),
    ],
)
def test_a_household_is_an_address_or_a_network_of_64_bits(remote: str, network: str) -> None:
    request = make_mocked_request("GET", "/").clone(remote=remote)
    assert client_network(request) == network


def test_so_many_may_pass_and_the_next_window_begins_anew() -> None:
    counting = Throttle(most=2, window=60)
    assert [counting.seconds_to_wait("a", at=120.0) for _ in range(3)] == [0, 0, 60]
    assert counting.seconds_to_wait("b", at=121.0) == 0
    assert counting.seconds_to_wait("a", at=179.9) == 1
    assert counting.seconds_to_wait("a", at=180.0) == 0


def test_the_count_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tallies, "MOST_SUBJECTS", 10)
    counting = Throttle(most=1, window=60)
    for number in range(1000):
        counting.seconds_to_wait(str(number), at=0.0)
    assert len(counting.tally._own) <= 11
