"""French communes and where their centre is: a place is chosen without asking anybody outside."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

from fedivoisin.market.place import distance


@dataclass(frozen=True, slots=True)
class Commune:
    """`code` is INSEE's; the centre is given to 0.01°, the grid that listings use too."""

    code: str
    name: str
    latitude: float
    longitude: float

    @property
    def department(self) -> str:
        """`44`, `2A`, `974`."""
        return self.code[:3] if self.code.startswith("97") else self.code[:2]

    @property
    def label(self) -> str:
        """What a list shows and takes: « Saint-Denis (93) »."""
        return f"{self.name} ({self.department})"


def find(typed: str, *, near: tuple[float, float] | None = None) -> Commune | None:
    """The commune of that name, with or without its department in brackets; of several the one nearest to `near`."""
    wanted = _plain(typed)
    same = [one for one in _every() if wanted in (_plain(one.name), _plain(one.label))]
    if near is not None:
        same.sort(key=lambda one: distance(near, (one.latitude, one.longitude)))
    return same[0] if same else None


def around(latitude: float, longitude: float, *, limit: int = 60) -> list[Commune]:
    """The nearest ones, by name: what a form proposes."""
    here = (latitude, longitude)
    # A square first: the distance to each of nine thousand would be felt.
    close = [one for one in _every() if abs(one.latitude - latitude) < 1 and abs(one.longitude - longitude) < 1.5]
    close.sort(key=lambda one: distance(here, (one.latitude, one.longitude)))
    return sorted(close[:limit], key=lambda one: _plain(one.name))


def _every() -> Iterator[Commune]:
    # Read anew each time: it takes some milliseconds, and keeping them all would take megabytes for ever.
    for line in files("fedivoisin.market").joinpath("communes.txt").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            code, name, latitude, longitude = line.split(";")
            yield Commune(code, name, float(latitude), float(longitude))


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.casefold().replace("œ", "oe"))
    words = "".join(letter if letter.isalnum() else " " for letter in letters if not unicodedata.combining(letter))
    return " ".join("saint" if word == "st" else "sainte" if word == "ste" else word for word in words.split())
