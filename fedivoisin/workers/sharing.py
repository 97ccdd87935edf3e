"""Lets the processes that answer requests count together: a limit is one limit, however many there are."""

import asyncio

from fedivoisin.store import tallies
from fedivoisin.store.db import Store
from fedivoisin.store.tallies import Tally

PAUSE = 0.2
"""Seconds between two tellings at least: a flood becomes a few statements a second."""


async def share(store: Store, tally: Tally) -> int:
    """Wait until something is worth telling, and tell it; how much that was."""
    await tally.due.wait()
    tally.due.clear()
    untold = tally.untold()
    try:
        totals = await store.append(tallies.add, tally, untold)
    except BaseException:
        tally.due.set()
        raise
    tally.told(untold, totals)
    await asyncio.sleep(PAUSE)
    return max(1, len(untold))
