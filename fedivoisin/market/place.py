"""Where things are: about a kilometre, never an address."""

from math import asin, ceil, cos, radians, sin, sqrt

EARTH_RADIUS = 6371.0
"""Kilometres."""
CELLS_PER_DEGREE = 20
_KM_PER_DEGREE = 111.19
_ALL_ROUND = 360 * CELLS_PER_DEGREE


def is_on_earth(latitude: float, longitude: float) -> bool:
    """Whether these are degrees of a real point (false for NaN)."""
    return -90 <= latitude <= 90 and -180 <= longitude <= 180


def blur(latitude: float, longitude: float) -> tuple[float, float]:
    """The nearest point of the fixed 0.01° grid: asking again never tells more than asking once."""
    return round(latitude, 2) + 0.0, round(longitude, 2) + 0.0  # + 0.0: no negative zero on the wire


def distance(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Kilometres between two (latitude, longitude), along the great circle."""
    latitude_a, latitude_b = radians(a[0]), radians(b[0])
    half_latitude, half_longitude = (latitude_b - latitude_a) / 2, radians(b[1] - a[1]) / 2
    chord = sin(half_latitude) ** 2 + cos(latitude_a) * cos(latitude_b) * sin(half_longitude) ** 2
    return 2 * EARTH_RADIUS * asin(min(1.0, sqrt(chord)))


def cell(latitude: float, longitude: float) -> str:
    """The 0.05° square as one search word: `c2744x3568`."""
    return _word(*_square(latitude, longitude))


def cells_around(latitude: float, longitude: float, radius: float) -> tuple[str, ...]:
    """Every cell that a circle of `radius` kilometres may touch."""
    row, column = _square(latitude, longitude)
    tall = ceil(radius / _KM_PER_DEGREE * CELLS_PER_DEGREE)
    columns = range(_ALL_ROUND)
    furthest = abs(latitude) + radius / _KM_PER_DEGREE
    if furthest < 89:  # beyond, meridians draw so near that every column counts
        wide = ceil(radius / (_KM_PER_DEGREE * cos(radians(furthest))) * CELLS_PER_DEGREE)
        columns = range(column - wide, column + wide + 1)
    rows = range(max(0, row - tall), min(180 * CELLS_PER_DEGREE, row + tall) + 1)
    return tuple(_word(r, c % _ALL_ROUND) for r in rows for c in columns)


def _square(latitude: float, longitude: float) -> tuple[int, int]:
    # Whole hundredths first: 47.2 is 47.2000…03 in binary, and would now and then fall into the wrong square.
    row = round((latitude + 90) * 100) // 5
    column = round((longitude + 180) * 100) // 5
    return row, column % _ALL_ROUND


def _word(row: int, column: int) -> str:
    return f"c{row}x{column}"
