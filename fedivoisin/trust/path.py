"""The vouching path between a reader and somebody, as data: templates find the words."""

from dataclasses import dataclass
from enum import StrEnum

from fedivoisin.ids import MemberId


class Tie(StrEnum):
    """How one person stands to the next on the path."""

    SPONSORS = "sponsors"
    SPONSORED_BY = "sponsored-by"


@dataclass(frozen=True, slots=True)
class Known:
    """A person as a path names them. `agreement` is ami, amie or neutre: the word they chose for themselves."""

    id: MemberId
    name: str
    agreement: str


@dataclass(frozen=True, slots=True)
class Step:
    """From the person before to `to`: that person `tie` this one."""

    tie: Tie
    to: Known


@dataclass(frozen=True, slots=True)
class Path:
    """At most three steps, at least one: the nearest way from the reader to the person at its end."""

    steps: tuple[Step, ...]

    @property
    def end(self) -> Known:
        """The person whom the path leads to."""
        return self.steps[-1].to

    @property
    def between(self) -> tuple[Known, ...]:
        """The people in the middle, from the one nearest to the end back to the reader's neighbour."""
        return tuple(step.to for step in reversed(self.steps[:-1]))

    @property
    def first(self) -> Tie:
        """How the reader stands to their own neighbour on the path: sponsors them, or is sponsored by them."""
        return self.steps[0].tie

    @property
    def initials(self) -> tuple[str, ...]:
        """One letter per person after the reader, for the row of dots."""
        return tuple(step.to.name[:1].upper() for step in self.steps)


@dataclass(frozen=True, slots=True)
class Vouchers:
    """Who opened the door to a member: "parrainée par Paul et Maëlle", "fondateur", "admise par le bureau"."""

    agreement: str
    admitted_as: str
    sponsors: tuple[Known, ...]
