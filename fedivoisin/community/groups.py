"""The Groups that stand for the categories of a neighbourhood: what they are called, and that one was opened."""

from collections.abc import Iterator
from itertools import count

from msgspec import Struct

from fedivoisin.ids import ActorId

PREFIX = "rubrique"


class GroupOpened(Struct, frozen=True):
    """A category has its Group from now on: what stands in it is passed on by it too."""

    group_id: ActorId
    category: str


def names_for(category: str) -> Iterator[str]:
    """What the Group of this root may be called, the best first: people share its `acct:` namespace, and came first."""
    yield category
    yield f"{PREFIX}-{category}"
    yield from (f"{PREFIX}-{category}-{number}" for number in count(2))
