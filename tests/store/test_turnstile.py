"""Who writes to one file next: whoever came first, whatever the other is about to do."""

import os
import stat
import threading
from collections.abc import Callable
from fcntl import LOCK_EX, LOCK_NB, LOCK_UN, flock
from pathlib import Path

import pytest
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncConnection

from fedivoisin.store.sqlite import Sqlite
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


def _take_and_close(database: Path) -> None:
    turnstile = Turnstile(database)
    with turnstile.turn():
        pass
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


def test_a_stopped_process_holds_up_the_others_once_and_not_for_ever(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stopped, other = Turnstile(tmp_path / "town.db"), Turnstile(tmp_path / "town.db", longest=0.05)
    with stopped.turn():
        with other.turn():
            pass
        with other.turn():
            pass
    assert [record.message for record in caplog.records] == ["another process keeps its turn: is it stopped?"]
    assert not _is_held(tmp_path / "town.db-next")


def test_one_stopped_while_it_waits_does_not_either(tmp_path: Path) -> None:
    other = Turnstile(tmp_path / "town.db", longest=0.05)
    with (tmp_path / "town.db-next").open("w") as stopped:
        flock(stopped, LOCK_EX)
        with other.turn():
            assert not _is_held(tmp_path / "town.db-turn")


def test_whoever_may_write_the_database_may_take_a_turn_and_nobody_else(tmp_path: Path) -> None:
    database = tmp_path / "town.db"
    database.touch()
    locks = [Path(f"{database}-{one}") for one in ("next", "turn")]
    for mode, expected in ((0o600, 0o600), (0o664, 0o660), (0o644, 0o640)):
        database.chmod(mode)
        _take_and_close(database)
        assert {stat.S_IMODE(one.stat().st_mode) for one in locks} == {expected}
        for one in locks:
            one.unlink()


def test_a_link_that_others_put_in_the_folder_is_not_followed(tmp_path: Path) -> None:
    database, secret = tmp_path / "town.db", tmp_path / "secret"
    for one in (database, secret):
        one.touch()
    (tmp_path / "town.db-turn").symlink_to(secret)
    with Turnstile(database).turn():
        assert not _is_held(secret)


def test_what_others_put_in_the_folder_is_not_given_away(tmp_path: Path) -> None:
    database, secret = tmp_path / "town.db", tmp_path / "secret"
    database.touch(0o664)
    secret.touch(0o600)
    (tmp_path / "town.db-next").hardlink_to(secret)
    _take_and_close(database)
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600


def test_without_a_place_for_its_files_it_goes_on_without_turns(tmp_path: Path) -> None:
    (tmp_path / "town.db-turn").mkdir()
    with Turnstile(tmp_path / "town.db").turn():
        assert not _is_held(tmp_path / "town.db-next")


def test_a_place_that_is_found_later_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "town.db-turn").mkdir()
    patient = Turnstile(tmp_path / "town.db")
    with patient.turn():
        (tmp_path / "town.db-turn").rmdir()
    with patient.turn():
        assert not (tmp_path / "town.db-turn").exists()
    monkeypatch.setattr(patient, "_without_until", 0.0)  # the minute is over
    with patient.turn():
        assert _is_held(tmp_path / "town.db-turn")
    patient.close()


async def test_the_first_writer_of_a_new_file_lets_those_in_who_may_write_it(tmp_path: Path) -> None:
    opened = Sqlite(make_url(f"sqlite:///{tmp_path / 'town.db'}"))

    async def nothing(_: AsyncConnection) -> None: ...

    before = os.umask(0o022)
    try:
        await opened.run(nothing, isolation="SERIALIZABLE")
    finally:
        os.umask(before)
    modes = {stat.S_IMODE((tmp_path / f"town.db{end}").stat().st_mode) for end in ("-next", "-turn")}
    assert modes == {0o640}
    await opened.close()


async def test_the_writers_of_one_file_take_turns(tmp_path: Path) -> None:
    opened = Sqlite(make_url(f"sqlite:///{tmp_path / 'town.db'}"))

    async def look(connection: AsyncConnection) -> bool:
        _ = connection
        return _is_held(tmp_path / "town.db-turn")

    assert await opened.run(look, isolation="SERIALIZABLE")
    assert not _is_held(tmp_path / "town.db-turn")
    await opened.close()
