"""Takes over what a process that died had claimed: past one machine nobody else would give it back."""

from dataclasses import dataclass

from fedivoisin.store import claims
from fedivoisin.store.db import Store


@dataclass(slots=True)
class Watch:
    """Which processes were there at the last look; none before the first."""

    store: Store
    known: frozenset[str] | None = None


async def take_over(watch: Watch) -> int:
    """Look who is there; give back what was claimed by those who are not. How many rows were given back."""
    if watch.store.is_alone:
        return 0
    living = await watch.store.take(claims.holders)
    somebody_left = watch.known is None or bool(watch.known - living)
    watch.known = living
    return await watch.store.append(claims.give_back) if somebody_left else 0
