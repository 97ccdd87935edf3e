"""Lineage load: how many people came in through somebody, all the way down (TRUST.md §2)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from fedivoisin.ids import MemberId


@dataclass(frozen=True, slots=True)
class Edge:
    """One of the m sponsors who admitted `child`, frozen on that day."""

    child: MemberId
    parent: MemberId
    share_of: int
    """m"""
    at: datetime


def loads(
    edges: Iterable[Edge], *, roots: Collection[MemberId], met: Mapping[MemberId, datetime]
) -> Mapping[MemberId, Fraction]:
    """`load(v) = 1 + Σ load(child)/m(child)`, exactly, for everybody who stands in an edge.

    Roots charge nobody. Whoever a referent met (`met`: when) charges nobody any more, and starts again at one: only
    the people admitted afterwards count.
    """
    parents: dict[MemberId, list[Edge]] = defaultdict(list)
    waiting: dict[MemberId, int] = defaultdict(int)
    for edge in edges:
        parents[edge.child].append(edge)
        waiting[edge.parent] += 1
        waiting[edge.child] += 0
    total = {member: Fraction(1) for member in waiting}
    for child in _leaves_first(parents, waiting):
        for edge in parents[child]:
            if _charges(edge, roots, met):
                total[edge.parent] += total[child] / edge.share_of
    return total


def _leaves_first(parents: Mapping[MemberId, list[Edge]], waiting: dict[MemberId, int]) -> Iterator[MemberId]:
    """Each member after all those they admitted. Edges are acyclic: they point to people who were in before."""
    ready = [member for member, children in waiting.items() if children == 0]
    while ready:
        member = ready.pop()
        yield member
        for edge in parents.get(member, []):
            waiting[edge.parent] -= 1
            if waiting[edge.parent] == 0:
                ready.append(edge.parent)


def _charges(edge: Edge, roots: Collection[MemberId], met: Mapping[MemberId, datetime]) -> bool:
    if edge.child in roots or edge.child in met:
        return False
    return edge.parent not in met or edge.at > met[edge.parent]
