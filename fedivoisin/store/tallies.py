"""How often somebody came in the current window: counted in each process, told to the others when it is much.

A process keeps to itself what is less than a tenth of the limit, so that nearly nobody costs a row. With N processes a
sender may therefore pass N tenths of the limit too many, and no more: good enough against a flood, and cheap.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from fedivoisin.store.db import Tx
from fedivoisin.store.schema.accounts import tally as rows

MOST_SUBJECTS = 50_000
"""Beyond, a process forgets all: memory is dearer than one window."""
MOST_AT_ONCE = 200
SHARE = 10
"""Which part of the limit is worth telling."""


@dataclass(frozen=True, slots=True)
class Untold:
    """What one process counted of one subject since it last told the others."""

    subject: str
    number: int
    count: int


@dataclass(slots=True)
class Tally:
    """Counts per subject (a network, a host) in windows that are the same for all processes."""

    name: str
    window: int
    """Seconds."""
    limit: int
    due: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when somebody has come so often that the others should know."""
    number: int = 0
    """Of the window: seconds since 1970 over its length."""
    _own: dict[str, int] = field(default_factory=dict[str, int])
    _all: dict[str, int] = field(default_factory=dict[str, int])
    _much: dict[str, None] = field(default_factory=dict[str, None])

    def count(self, subject: str, at: float) -> int:
        """One more at that moment: how many that makes in its window, as far as this process knows."""
        number = int(at // self.window)
        if number != self.number or len(self._own) > MOST_SUBJECTS:
            self.number = number
            for counts in (self._own, self._all, self._much):
                counts.clear()
        own = self._own[subject] = self._own.get(subject, 0) + 1
        if own >= max(1, self.limit // SHARE):
            self._much[subject] = None
            self.due.set()
        return own + self._all.get(subject, 0)

    def untold(self) -> list[Untold]:
        """What is worth telling."""
        return [Untold(one, self.number, self._own[one]) for one in list(self._much)[:MOST_AT_ONCE]]

    def told(self, untold: Sequence[Untold], totals: Sequence[int]) -> None:
        """It is known to all now, and `totals` is what all together had counted."""
        for one, total in zip(untold, totals, strict=True):
            if one.number == self.number and one.subject in self._own:
                self._own[one.subject] -= one.count
                self._all[one.subject] = total
                self._much.pop(one.subject, None)


async def add(tx: Tx, tally: Tally, untold: Sequence[Untold]) -> list[int]:
    """Add to what all have counted; the new totals, in the same order."""
    totals: dict[str, int] = {}
    # In one order everywhere, so that two processes never wait for each other.
    for one in sorted(untold, key=lambda one: one.subject):
        values = {
            # Hashed: which network looks at the pages of the neighbourhood is nobody's business.
            "subject": f"{tally.name}:{hashlib.sha256(one.subject.encode()).hexdigest()[:40]}",
            "window": one.number,
            "count": one.count,
            "ends_at": datetime.fromtimestamp((one.number + 1) * tally.window, UTC),
        }
        added = {"count": rows.c.count + one.count}
        statement = _insert(tx).values(values).on_conflict_do_update(index_elements=["subject", "window"], set_=added)
        totals[one.subject] = (await tx.conn.execute(statement.returning(rows.c.count))).scalar_one()
    return [totals[one.subject] for one in untold]


async def purge(tx: Tx) -> None:
    """Forget windows that are over."""
    await tx.conn.execute(delete(rows).where(rows.c.ends_at <= tx.now))


def _insert(tx: Tx) -> Any:
    if not tx.is_postgres:
        return sqlite_insert(rows)
    from sqlalchemy.dialects.postgresql import insert

    return insert(rows)
