"""What every test may ask for: a world, a database of each kind, a store; and the gates at the end of a full run."""

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Coroutine, Generator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from hypothesis import settings
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from fedivoisin.app import new_id, prepare, utc_now
from fedivoisin.settings import Settings
from fedivoisin.store.db import Store
from fedivoisin.store.schema import metadata
from tests import postgres as postgres_server
from tests.fakes import FakeWorld
from tests.postgres import Postgres
from tools.coverage_gates import shortfalls

# The same cases in every run, however slow the machine; --hypothesis-profile=default searches anew.
settings.register_profile("steady", derandomize=True, deadline=None, database=None)
settings.load_profile("steady")

ROOT = Path(__file__).resolve().parent.parent
COVERAGE_REPORT = ROOT / "var/coverage/report.json"
SHARED = "shared"
# Whatever still holds a lock there belongs to a test that is over; a table that a test made goes with its rows.
EMPTY = f"""
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{SHARED}' AND pid <> pg_backend_pid();
SET session_replication_role = replica;
DO $$ DECLARE one text; is_filled boolean; BEGIN
    FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I)', one) INTO is_filled;
        IF one NOT IN ({", ".join(f"'{name}'" for name in metadata.tables)}) THEN EXECUTE format('DROP TABLE %I', one);
        ELSIF is_filled THEN EXECUTE format('DELETE FROM %I', one); END IF;
    END LOOP;
    FOR one IN SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL LOOP
        EXECUTE format('ALTER SEQUENCE %I RESTART', one);
    END LOOP;
END $$
"""
MAX_SHOWN = 160
LONG = ("browser", "peer", "slow")


@pytest.fixture
def world() -> FakeWorld:
    """A world whose clock stands still until the test moves it."""
    return FakeWorld()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server, started by the first test that needs one."""
    with postgres_server.running() as server:
        yield server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables and no row."""
    path = tmp_path_factory.mktemp("template") / "with_tables.db"
    _apart(_create_tables(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgres_url(postgres: Postgres) -> str:
    """A PostgreSQL database with all tables and no row; emptied after each test, for to copy one takes far longer."""
    _apart(_say(postgres, f"CREATE DATABASE {SHARED}"))
    _apart(_create_tables(postgres.url(SHARED)))
    return postgres.url(SHARED)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file as the program itself makes it, to be copied: migrations take seconds."""
    path = tmp_path_factory.mktemp("migrated") / "town.db"
    _apart(_prepare(path))
    return path


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Doubles a test: once for each database."""
    return str(request.param)


@pytest.fixture
def database_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh database with all tables and no row, on SQLite, then on PostgreSQL."""
    if database_kind == "sqlite":
        path = tmp_path / "test.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    yield request.getfixturevalue("postgres_url")
    _apart(_empty(request.getfixturevalue("postgres")))


@pytest.fixture
def empty_database_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without a table, for what creates them."""
    if database_kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    yield from _postgres_database(request.getfixturevalue("postgres"), "CREATE DATABASE test STRATEGY FILE_COPY")


@pytest.fixture
async def store(database_url: str, world: FakeWorld) -> AsyncIterator[Store]:
    """An open store of each kind, on the test's clock."""
    opened = Store.open(database_url, now=world.now, new_id=world.new_id)
    yield opened
    await opened.close()


def _postgres_database(server: Postgres, create: str) -> Iterator[str]:
    _apart(_say(server, create))
    yield server.url("test")
    _apart(_say(server, "DROP DATABASE test WITH (FORCE)"))


async def _empty(server: Postgres) -> None:
    connection = await asyncpg.connect(host=str(server.socket_folder), user="postgres", database=SHARED)
    try:
        await connection.execute(EMPTY)
        left = await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
    finally:
        await connection.close()
    if left != len(metadata.tables):  # a test saw what happens without one
        await _create_tables(server.url(SHARED))


async def _say(server: Postgres, statement: str) -> None:
    connection = await asyncpg.connect(host=str(server.socket_folder), user="postgres", database="postgres")
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def _prepare(path: Path) -> None:
    settings = Settings(database=f"sqlite:///{path}")
    store = Store.open(settings.database, now=utc_now, new_id=new_id)
    await prepare(settings, store)
    await store.close()


async def _create_tables(url: str) -> None:
    parsed = make_url(url)
    driver = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}[parsed.get_backend_name()]
    engine = create_async_engine(parsed.set(drivername=driver))
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    await engine.dispose()


def _apart(work: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner() as runner:
        runner.run(work)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Two options of a full run."""
    parser.addoption("--gates", action="store_true", help="fail below the coverage that each package owes")
    parser.addoption("--began", type=float, default=0, help="when the whole run began, to print how long it took")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take minutes first: two workers then end together. The sort keeps the order otherwise."""
    items.sort(key=lambda item: not any(item.get_closest_marker(name) for name in LONG))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """After the last test, and after pytest-cov has written its report: hold it to the gates."""
    result = yield
    if session.config.getoption("--gates") and not hasattr(session.config, "workerinput"):
        missing = shortfalls(COVERAGE_REPORT)
        session.config.stash[_MISSING] = missing
        session.testsfailed += bool(missing)
    return result


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which gate does not hold and how long everything took; pytest's own line comes last."""
    config = terminalreporter.config
    if config.getoption("--gates"):
        missing = config.stash.get(_MISSING, ["coverage was not measured"])
        terminalreporter.section("coverage gates")
        terminalreporter.line("\n".join(line[:MAX_SHOWN] for line in missing[:MAX_SHOWN]) if missing else "all hold")
    if began := config.getoption("--began"):
        minutes, seconds = divmod(round(time.time() - began), 60)
        terminalreporter.line(f"The whole run, from the environment on: {minutes} min {seconds} s")


_MISSING = pytest.StashKey[list[str]]()
