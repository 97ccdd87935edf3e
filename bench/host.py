"""What the host of a virtual machine took while something was measured: a latency that is nobody's work.

Linux counts as stolen the time in which a core wanted to run and was not let (proc(5), `cpu` of /proc/stat). On a
machine of its own there is none, and each turn is as quiet as the next.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from os import cpu_count
from pathlib import Path
from time import perf_counter
from typing import TypeVar

from bench.processes import TICKS

T = TypeVar("T")

QUIET = 0.01
"""Share of the machine below which nobody is thought to have stood in the way."""
_STOLEN = 8


def stolen_since() -> Callable[[], float]:
    """A question, to be put once it is over: what share of all cores was taken since now?"""
    began, before = perf_counter(), _stolen()
    return lambda: (_stolen() - before) / ((perf_counter() - began) * (cpu_count() or 1))


@dataclass(slots=True)
class Turns:
    """Turns until so many of them were quiet, or there were `most`; `shares` is what the host took in each."""

    wanted: int
    most: int
    shares: list[float] = field(default_factory=list[float])

    @property
    def are_enough(self) -> bool:
        """As many quiet ones as are wanted, or as many in all as one has the time for."""
        quiet = sum(share <= QUIET for share in self.shares)
        return quiet >= self.wanted or len(self.shares) >= self.most

    def kept(self, measured: Sequence[T]) -> Sequence[T]:
        """What was measured in the turns that count, the quietest: it is not asked what it was."""
        by_share = sorted(range(len(self.shares)), key=lambda turn: (self.shares[turn], turn))
        return [measured[turn] for turn in sorted(by_share[: self.wanted])]

    def __str__(self) -> str:
        kept = self.kept(self.shares)
        return (
            f"{len(kept)} of {len(self.shares)} turns count: those in which the host took the least of the machine "
            f"({min(kept):.1%} to {max(kept):.1%}; in all of them up to {max(self.shares):.1%})"
        )


def _stolen() -> float:
    """Seconds of all cores."""
    head = Path("/proc/stat").read_text(encoding="utf-8").partition("\n")[0]
    return int(head.split()[_STOLEN]) / TICKS
