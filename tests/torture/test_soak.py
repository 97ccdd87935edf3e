"""What the soak calls grown or doubled: only what no kill explains."""

import pytest

from torture.soak import grown, is_explained


def _life(megabytes: list[float]) -> list[tuple[float, float, float]]:
    return [(5.0 * number, 5.0 * number, value) for number, value in enumerate(megabytes)]


def test_memory_that_stays_is_no_finding() -> None:
    assert grown(_life([50.0] * 10 + [95.0, 97.0] * 20)) == []


def test_memory_that_goes_on_growing_is_one() -> None:
    found = grown(_life([90.0 + number for number in range(60)]))
    assert [one.partition(" grew")[0] for one in found] == ["memory within the last life", "memory from life to life"]


def test_what_grows_from_life_to_life_is_seen_though_each_is_flat() -> None:
    lives = [(100.0 * life + age, age, 90.0 + 10 * life) for life in range(6) for age in map(float, range(0, 100, 5))]
    assert [one.partition(" grew")[0] for one in grown(lives)] == ["memory from life to life"]


def test_a_short_soak_says_that_it_cannot_say(capsys: pytest.CaptureFixture[str]) -> None:
    assert grown(_life([50.0, 200.0])) == []
    assert "too short to say" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("moments", "kills", "explained"),
    [
        ([10.0, 30.0], [10.5], True),
        ([10.0, 30.0], [], False),
        ([10.0, 30.0], [15.0], False),
        ([10.0, 30.0], [9.5], False),
        ([10.0, 30.0, 50.0], [10.5], False),
        ([10.0, 30.0, 50.0], [10.5, 30.5], True),
    ],
)
def test_twice_is_once_if_a_kill_came_before_it_was_written_down(
    moments: list[float], kills: list[float], explained: bool
) -> None:
    assert is_explained(moments, kills) == explained
