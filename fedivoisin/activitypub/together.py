"""Those who arrive together take each step together, then the next one: what a processor has just done for one request
it does for the others in two thirds of the time, its code and data being at hand (`make bench-inbox`).
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

AT_ONCE = 32
"""More would make everybody else wait: a step is a fraction of a millisecond for each."""
LONGEST = 0.05
"""Seconds at a stretch, where it is not: a document that must be expanded may take a quarter of a second."""


class Patience:
    """Of all others in the program, with one who does many things at a stretch."""

    def __init__(self) -> None:
        self._until = time.monotonic() + LONGEST

    def is_over(self) -> bool:
        """Whether the others should have their turn now; if so, it begins anew."""
        now = time.monotonic()
        if now < self._until:
            return False
        self._until = now + LONGEST
        return True


class Visitor(Protocol):
    """Somebody who waits; `passed` becomes true when all is done, false when they must go on alone."""

    @property
    def passed(self) -> "asyncio.Future[bool]": ...


V = TypeVar("V", bound=Visitor)
Step = Callable[[V], bool]
"""Whether that is done, and the next step may be taken. What it raises, whoever waits raises."""


@dataclass(slots=True)
class Together(Generic[V]):
    """One per process and kind of visitor. The last step sees to it that `passed` becomes true."""

    steps: Sequence[Step[V]]
    _waiting: list[V] = field(default_factory=list[V])

    def join(self, visitor: V) -> None:
        """Take the steps as soon as all who are here now have joined."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._go)
        self._waiting.append(visitor)

    def _go(self) -> None:
        going, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._go)
        self._take(0, going)

    def _take(self, first: int, going: Sequence[V]) -> None:
        patience = Patience()
        for number, step in enumerate(self.steps[first:], first):
            passed: list[V] = []
            for place, one in enumerate(going, 1):
                if _takes(step, one):
                    passed.append(one)
                if patience.is_over():
                    asyncio.get_running_loop().call_soon(self._take, number + 1, passed)
                    asyncio.get_running_loop().call_soon(self._take, number, going[place:])
                    return
            going = passed


def _takes(step: Step[V], visitor: V) -> bool:
    if visitor.passed.done():
        return False  # they have left
    try:
        if step(visitor):
            return True
        visitor.passed.set_result(False)
    except StopIteration as error:  # a future cannot say it
        visitor.passed.set_exception(RuntimeError(repr(error)))
    except Exception as error:
        # Theirs alone: the others go on.
        visitor.passed.set_exception(error)
    return False
