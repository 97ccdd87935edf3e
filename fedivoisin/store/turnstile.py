"""Processes that write to one file take turns, in the order in which they come.

SQLite has whoever comes second look again ten times a second: a process that writes without a pause, as the
demonstration and a busy inbox do, keeps another out until it gives up. Here the system wakes the next one.
"""

import os
from collections.abc import Generator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_UN, flock
from pathlib import Path


class Turnstile:
    """Two locks beside the file: whoever holds the first is next; who writes holds the second.

    They end with the process that holds them, however it ends. They are never SQLite's own locks, which closing any
    other handle of the database would let go of.
    """

    def __init__(self, database: Path) -> None:
        # For reading: a volunteer's command as root may have made them, and the service must still be able to wait.
        self._next, self._turn = (
            os.open(f"{database}-{name}", os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644) for name in ("next", "turn")
        )

    @contextmanager
    def turn(self) -> Generator[None]:
        """One's turn, waited for in the thread that asks."""
        flock(self._next, LOCK_EX)
        try:
            flock(self._turn, LOCK_EX)
        finally:
            flock(self._next, LOCK_UN)
        try:
            yield
        finally:
            flock(self._turn, LOCK_UN)

    def close(self) -> None:
        """After the last turn."""
        os.close(self._next)
        os.close(self._turn)
