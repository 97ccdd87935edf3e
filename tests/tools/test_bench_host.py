"""Which turns of a benchmark count: the quietest, whatever was measured in them."""

import pytest

from bench import host
from bench.host import Turns


def test_turns_go_on_until_enough_were_quiet() -> None:
    turns = Turns(wanted=2, most=4, shares=[0.0, 0.3])
    assert not turns.are_enough
    turns.shares.append(0.005)
    assert turns.are_enough


def test_a_busy_hour_ends_too() -> None:
    turns = Turns(wanted=2, most=4, shares=[0.3, 0.2, 0.4])
    assert not turns.are_enough
    turns.shares.append(0.5)
    assert turns.are_enough


def test_the_quietest_count_in_their_order() -> None:
    turns = Turns(wanted=2, most=4, shares=[0.3, 0.02, 0.4, 0.01])
    assert turns.kept(["a", "b", "c", "d"]) == ["b", "d"]
    assert str(turns).startswith("2 of 4 turns count")
    assert "1.0% to 2.0%" in str(turns)
    assert "up to 40.0%" in str(turns)


def test_what_the_host_took_is_a_share_of_all_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    taken, clock = iter([1.0, 1.5]), iter([10.0, 12.0])
    monkeypatch.setattr(host, "_stolen", lambda: next(taken))
    monkeypatch.setattr(host, "perf_counter", lambda: next(clock))
    monkeypatch.setattr(host, "cpu_count", lambda: 2)
    assert host.stolen_since()() == 0.125
