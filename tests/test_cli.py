"""The commands as people type them: in processes of their own, with what they print and how they end."""

import asyncio
import logging
import os
import shutil
import signal
import socket
import sqlite3
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import aiohttp
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from fedivoisin import VERSION, app
from fedivoisin.cli import main
from fedivoisin.settings import Settings
from fedivoisin.store.db import Store, Tx
from tests.federation.towns import found

PATIENCE = 60.0
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Type a command, with a database of the test's own."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level

    def type_in(*words: str, **variables: str) -> Result:
        environment = {"FEDIVOISIN_DATABASE": f"sqlite:///{tmp_path / 'fedivoisin.db'}", **variables}
        return CliRunner().invoke(main, words, env=environment)

    yield type_in
    root.handlers = handlers
    root.setLevel(level)


def test_help_lists_every_command(run: Run) -> None:
    result = run("--help")
    assert result.exit_code == 0
    for name in main.commands:
        assert f"\n  {name} " in result.output
    assert "Un réseau d'entraide entre voisins" in result.output


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_command_says_what_it_does_in_french(run: Run, name: str) -> None:
    result = run(name, "--help")
    assert result.exit_code == 0
    assert main.commands[name].help
    assert str(main.commands[name].help)[:20] in result.output


def test_the_version_is_told(run: Run) -> None:
    assert run("--version").output == f"fedivoisin, version {VERSION}\n"


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"FEDIVOISIN_PORT": "http"}, "port : un nombre entier attendu, reçu « http »"),
        ({"FEDIVOISIN_COLOUR": "blue"}, "FEDIVOISIN_COLOUR : réglage inconnu"),
        ({"FEDIVOISIN_CONFIG": "/nowhere.toml"}, "/nowhere.toml : fichier de réglages illisible"),
        ({"FEDIVOISIN_DATABASE": "sqlite:////dev/null/x.db"}, "database : la base ne répond pas ("),
        ({"FEDIVOISIN_DATABASE": "postgresql://x@/x?host=/nowhere"}, "database : la base ne répond pas ("),
    ],
)
def test_a_wrong_setting_is_one_line_and_an_end_with_two(run: Run, variables: dict[str, str], said: str) -> None:
    result = run("migrate", **variables)
    assert result.exit_code == 2
    assert result.output.startswith(f"fedivoisin : {said}")
    assert result.output.count("\n") == 1


def test_the_file_of_settings_is_read(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "reglages.toml"
    path.write_text("port = 0\n")
    result = run("--config", str(path), "migrate", FEDIVOISIN_CONFIG="")
    assert (result.exit_code, "port : un nombre de 1 à 65535" in result.output) == (2, True)


def test_migrating_twice_changes_nothing(run: Run) -> None:
    assert run("migrate").output == "Base mise à jour.\n"
    assert run("migrate").output == "La base est déjà à jour.\n"


def test_a_newer_database_is_left_alone(run: Run, tmp_path: Path) -> None:
    run("migrate")
    _apart(_pretend_newer(f"sqlite:///{tmp_path / 'fedivoisin.db'}"))
    for command in ("migrate", "serve"):
        result = run(command, FEDIVOISIN_PORT=str(_free_port()))
        assert result.exit_code == 2, result.output
        assert result.output == (
            "fedivoisin : la base vient d'une version plus récente du programme (9999). Installez cette version.\n"
        )


def test_on_a_file_nobody_works_beside_serve(run: Run, tmp_path: Path) -> None:
    result = run("work")
    assert result.exit_code == 2
    assert result.output.startswith("fedivoisin : database : sur SQLite, « fedivoisin serve » fait lui-même ce travail")
    assert result.output.count("\n") == 1
    assert not (tmp_path / "fedivoisin.db").exists()


@pytest.mark.slow
async def test_serve_prints_the_first_link_answers_and_stops_gracefully(tmp_path: Path) -> None:
    port = _free_port()
    async with _serving(tmp_path, port) as (process, printed):
        link = printed.split()[-1]
        assert link.startswith(f"http://localhost:{port}/installation?cle=")
        async with aiohttp.ClientSession() as session:
            code, said = await _typed(tmp_path, port)
            assert (code, said.count("\n")) == (2, 1)
            assert said.startswith(f"fedivoisin : port : le port {port} est déjà pris par un autre programme.")
            async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
                assert answer.status == 200
            # The word of the link is still good: the second process has not renewed it.
            async with session.get(link.replace("localhost", "127.0.0.1"), allow_redirects=False) as answer:
                assert answer.status == 303
            async with session.get(f"http://127.0.0.1:{port}/installation?cle=wrong", allow_redirects=False) as answer:
                assert answer.status == 403
        assert process.returncode is None
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE):
            assert await process.wait() == 0
        assert process.stderr is not None
        assert b"Traceback" not in await process.stderr.read()


@pytest.mark.slow
async def test_serve_without_workers_stops_on_ctrl_c(tmp_path: Path) -> None:
    watched = _free_port()
    variables = {"FEDIVOISIN_RUN_WORKERS": "non", "FEDIVOISIN_METRICS_PORT": str(watched)}
    async with _serving(tmp_path, _free_port(), **variables) as (process, _):
        address = f"http://127.0.0.1:{watched}/metrics"
        async with aiohttp.ClientSession() as session, session.get(address) as answer:
            assert 'role="serve"' in await answer.text()
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(PATIENCE):
            assert await process.wait() == 0


async def test_an_address_that_is_not_ours_cannot_be_listened_on(tmp_path: Path) -> None:
    code, said = await _typed(tmp_path, _free_port(), FEDIVOISIN_HOST="192.0.2.7")
    assert (code, said.count("\n")) == (2, 1)
    assert said.startswith("fedivoisin : host, port : impossible de répondre sur 192.0.2.7:")


@asynccontextmanager
async def _serving(folder: Path, port: int, **variables: str) -> AsyncIterator[tuple[Process, str]]:
    process = await _start(folder, port, **variables)
    try:
        assert process.stdout is not None
        printed = ""
        async with asyncio.timeout(PATIENCE):
            while "http" not in printed:
                line = (await process.stdout.readline()).decode()
                assert line, await _said(process)
                printed += line
        yield process, printed
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _typed(folder: Path, port: int, **variables: str) -> tuple[int, str]:
    process = await _start(folder, port, **variables)
    said = await _said(process)
    return await process.wait(), said


async def _start(folder: Path, port: int, **variables: str) -> Process:
    environment = {
        **os.environ,
        "FEDIVOISIN_DATABASE": f"sqlite:///{folder / 'fedivoisin.db'}",
        "FEDIVOISIN_MEDIA": str(folder / "media"),
        "FEDIVOISIN_PORT": str(port),
        **variables,
    }
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "fedivoisin", "serve", stdout=PIPE, stderr=PIPE, env=environment
    )


async def _said(process: Process) -> str:
    assert process.stderr is not None
    return (await process.stderr.read()).decode()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


async def _pretend_newer(url: str) -> None:
    async def write(tx: Tx) -> None:
        await tx.conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    store: Store = app.open_store(Settings(database=url))
    await store.write(write)
    await store.close()


def _apart(work: Coroutine[None, None, None]) -> None:
    with asyncio.Runner() as runner:
        runner.run(work)


FOUNDED = {"FEDIVOISIN_ORIGIN": "https://voisins.example"}


@pytest.fixture
def founded(migrated: Path, tmp_path: Path) -> Path:
    """A neighbourhood with its instance, its Group and its admin, behind the command's database."""
    shutil.copyfile(migrated, path := tmp_path / "fedivoisin.db")

    async def build() -> None:
        store = Store.open(f"sqlite:///{path}", now=app.utc_now, new_id=app.new_id)
        await store.write(found, "https://voisins.example", "doulon")
        await store.close()

    _apart(build())
    return path


def _keys_of(path: Path) -> dict[str, str]:
    """Key id -> when it was retired, if it was."""
    with closing(sqlite3.connect(path)) as looking:
        return dict(looking.execute("SELECT id, coalesce(expires_at, '') FROM key").fetchall())


def test_keys_are_rotated_for_those_who_are_named(run: Run, founded: Path) -> None:
    result = run(
        "keys", "rotate", "--actor", "instance", "--actor", "https://voisins.example/users/instance", **FOUNDED
    )
    assert result.output.splitlines() == [
        "Nouvelles clés : https://voisins.example/users/instance",
        "Les anciennes valent encore 48 heures.",
    ]
    retired = [id for id, expires_at in _keys_of(founded).items() if expires_at]
    assert sorted(retired) == [f"https://voisins.example/users/instance#{name}-key" for name in ("ed25519", "main")]


def test_keys_that_were_copied_are_replaced_for_all_at_once(run: Run, founded: Path) -> None:
    before = _keys_of(founded)
    result = run("keys", "rotate", "--all", "--compromised", **FOUNDED)
    assert result.exit_code == 0
    assert "Les anciennes ne valent plus." in result.output
    after = _keys_of(founded)
    assert len(after) == 2 * len(before)
    assert all(after[id] for id in before)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ((), "dites pour qui"),
        (("--all", "--actor", "awa"), "dites pour qui"),
        (("--actor", "personne"), "personne ne s'appelle « personne » ici"),
    ],
)
def test_a_rotation_for_nobody_is_refused(run: Run, founded: Path, words: tuple[str, ...], reason: str) -> None:
    before = _keys_of(founded)
    result = run("keys", "rotate", *words, **FOUNDED)
    assert result.exit_code == 2
    assert reason in result.output
    assert _keys_of(founded) == before


def test_keys_of_an_old_database_are_not_touched(run: Run) -> None:
    result = run("keys", "rotate", "--all")
    assert result.exit_code == 2
    assert "fedivoisin migrate" in result.output
