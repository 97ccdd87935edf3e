"""Processes that write to one file take turns, in the order in which they come.

SQLite has whoever comes second look again ten times a second: a process that writes without a pause, as the
demonstration and a busy inbox do, keeps another out until it gives up. This is for fairness alone: what keeps two
writers apart is SQLite's own lock, and where a turn cannot be had in time the writer goes on without.
"""

import logging
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_NB, LOCK_UN, flock
from pathlib import Path

log = logging.getLogger(__name__)

LONGEST = 10.0
"""Seconds that a turn is waited for: a process that was stopped while it held one must not stop the others."""
WITHOUT = 60.0
"""Seconds for which one then goes on without."""
LOOK_AGAIN = 0.002
_FLAGS = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW


class Turnstile:
    """Two locks beside the file: whoever holds the first is next; who writes holds the second.

    They end with the process that holds them, however it ends. They are never SQLite's own locks, which closing any
    other handle of the database would let go of.
    """

    def __init__(self, database: Path, *, longest: float = LONGEST) -> None:
        self._database = database
        self._longest = longest
        self._without_until = 0.0
        self._locks: list[int] = []

    @contextmanager
    def turn(self) -> Generator[None]:
        """One's turn, waited for in the thread that asks."""
        has_turn = time.monotonic() >= self._without_until and self._are_open() and self._wait()
        try:
            yield
        finally:
            if has_turn:
                flock(self._locks[1], LOCK_UN)

    def _are_open(self) -> bool:
        if self._locks:
            return True
        try:
            for name in ("next", "turn"):
                self._locks.append(_opened(f"{self._database}-{name}", self._database))
        except OSError as error:  # another process may be about to make them ours
            log.warning("writers do not take turns", extra={"error": str(error)})
            self.close()
            self._without_until = time.monotonic() + WITHOUT
        return bool(self._locks)

    def _wait(self) -> bool:
        following, turn = self._locks
        deadline = time.monotonic() + self._longest
        if not _taken(following, deadline):
            return self._go_without()
        try:
            return _taken(turn, deadline) or self._go_without()
        finally:
            flock(following, LOCK_UN)

    def _go_without(self) -> bool:
        self._without_until = time.monotonic() + WITHOUT
        log.warning("another process keeps its turn: is it stopped?", extra={"seconds": self._longest})
        return False

    def close(self) -> None:
        """After the last turn."""
        while self._locks:
            os.close(self._locks.pop())


def _taken(lock: int, deadline: float) -> bool:
    while True:
        try:
            flock(lock, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(LOOK_AGAIN)  # noqa: TID251  # in the thread of the writer, which has nothing else to do
        except OSError:  # a file system that knows no locks
            return False
        else:
            return True


def _opened(path: str, database: Path) -> int:
    """For those who may write the database, and nobody else: whoever can open it can keep it, too."""
    try:
        lock = os.open(path, _FLAGS | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        # What stands there is only opened: root must not follow or give away what others have put in the folder.
        return os.open(path, _FLAGS)
    if database.exists():
        like = database.stat()
        if os.geteuid() == 0:  # a command of root must not shut out the service
            os.fchown(lock, like.st_uid, like.st_gid)
        os.fchmod(lock, (like.st_mode & 0o660) | 0o600)
    return lock
