"""Places are blurred, measured and cut into cells."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedivoisin.market.place import blur, cell, cells_around, distance, is_on_earth

latitudes = st.floats(-90, 90)
longitudes = st.floats(-180, 180)


@given(latitudes, longitudes)
def test_blurring_lands_on_a_fixed_grid(latitude: float, longitude: float) -> None:
    once = blur(latitude, longitude)
    assert blur(*once) == once
    assert all(abs(value * 100 - round(value * 100)) < 1e-6 for value in once)
    assert "-0.0" not in map(str, once)


@pytest.mark.parametrize(
    ("latitude", "longitude", "here"), [(0, 0, True), (90, 180, True), (91, 0, False), (0, float("nan"), False)]
)
def test_degrees_of_no_point_are_told_apart(latitude: float, longitude: float, here: bool) -> None:
    assert is_on_earth(latitude, longitude) is here


def test_nantes_and_rennes_are_about_a_hundred_kilometres_apart() -> None:
    assert distance((47.218, -1.553), (48.117, -1.677)) == pytest.approx(100.4, abs=0.5)
    assert distance((0, 0), (0, 180)) == pytest.approx(20015, abs=1)


def test_a_cell_is_one_word() -> None:
    assert cell(47.21, -1.6) == "c2744x3568"
    assert cell(47.2, -1.6) == "c2744x3568"
    assert cell(0, 180) == cell(0, -180)


def test_near_the_pole_every_column_counts() -> None:
    assert len({word.split("x")[1] for word in cells_around(89.99, 10, 20)}) == 7200


@given(st.floats(-89, 89), longitudes, st.floats(-0.3, 0.3), st.floats(-0.3, 0.3), st.floats(1, 30))
def test_what_lies_within_the_radius_lies_in_the_cells(
    latitude: float, longitude: float, north: float, east: float, radius: float
) -> None:
    turned = (longitude + east + 180) % 360 - 180
    other = blur(max(-90, min(90, latitude + north)), turned)
    if distance((latitude, longitude), other) <= radius:
        assert cell(*other) in cells_around(latitude, longitude, radius)
