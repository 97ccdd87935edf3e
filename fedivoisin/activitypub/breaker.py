"""A breaker per host for our questions (FEDERATION.md §4): silent five times in a row, it is left in peace for a while.

Each unknown key, document and reply of a server that is down would otherwise hold somebody up until the time-out. It is
kept in memory: a process that starts may well ask again. Deliveries have their own, which stays (`store.peers`).
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from fedivoisin.errors import Unreachable

OPENS_AFTER = 5
FORGOTTEN = timedelta(minutes=30)
"""After so long without a failure the next one is the first."""
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(minutes=15)
MOST_HOSTS = 5_000
OPEN = "breaker"
"""Code of what is not even asked."""


@dataclass(slots=True)
class _Silence:
    failures: int
    last: datetime
    until: datetime


@dataclass(slots=True)
class Breaker:
    """One for each `Fetcher`: a process has one for what it receives, and one for what it carries out."""

    _silent: dict[str, _Silence] = field(default_factory=dict[str, _Silence])

    def check(self, host: str, now: datetime) -> None:
        """Raises Unreachable while the host is left in peace; then one question goes through, and decides."""
        known = self._silent.get(host)
        if known is None or known.failures < OPENS_AFTER:
            return
        if now < known.until:
            raise Unreachable(OPEN, retry_after=int((known.until - now).total_seconds()) + 1)
        known.until = now + FIRST_PAUSE  # the others wait for what becomes of this one

    def failed(self, host: str, now: datetime) -> None:
        """It was asked, and did not answer."""
        known = self._silent.pop(host, None)
        failures = 1 if known is None or now - known.last > FORGOTTEN else known.failures + 1
        pause = FIRST_PAUSE * 2 ** min(max(failures - OPENS_AFTER, 0), 10)
        if len(self._silent) >= MOST_HOSTS:
            del self._silent[next(iter(self._silent))]  # whose failure is the oldest
        self._silent[host] = _Silence(failures, now, now + min(pause, LONGEST_PAUSE))

    def answered(self, host: str) -> None:
        """It is there, whatever it said."""
        self._silent.pop(host, None)
