"""Who writes to one file next: whoever came first, whatever the other is about to do."""

import threading
from collections.abc import Callable
from fcntl import LOCK_EX, LOCK_NB, LOCK_UN, flock
from pathlib import Path

from fedivoisin.store.turnstile import Turnstile


def test_who_waits_comes_before_who_has_just_written(tmp_path: Path) -> None:
    greedy, patient = Turnstile(tmp_path / "town.db"), Turnstile(tmp_path / "town.db")
    order: list[str] = []

    def wait() -> None:
        with patient.turn():
            order.append("patient")

    with greedy.turn():
        order.append("greedy")
        waiting = threading.Thread(target=wait)
        waiting.start()
        _until(lambda: _is_held(tmp_path / "town.db-next"))
    with greedy.turn():
        order.append("greedy again")
    waiting.join()
    assert order == ["greedy", "patient", "greedy again"]
    greedy.close()
    patient.close()


def test_a_turn_that_fails_is_given_back(tmp_path: Path) -> None:
    turnstile = Turnstile(tmp_path / "town.db")
    try:
        with turnstile.turn():
            raise RuntimeError
    except RuntimeError:
        pass
    assert not _is_held(tmp_path / "town.db-next")
    assert not _is_held(tmp_path / "town.db-turn")
    turnstile.close()


def _until(holds: Callable[[], bool]) -> None:
    while not holds():
        threading.Event().wait(0.001)


def _is_held(path: Path) -> bool:
    with path.open() as looking:
        try:
            flock(looking, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            return True
        flock(looking, LOCK_UN)
        return False
