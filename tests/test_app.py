"""How the pieces come together: the first start, the ones after, and the address that may no longer change."""

import asyncio
import hashlib
import os
import shutil
import signal
import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import ClientConnectionError, ClientSession
from aiohttp.test_utils import TestClient, TestServer
from msgspec import structs

from fedivoisin import app
from fedivoisin.settings import Network, SettingError, Settings
from fedivoisin.store import actors, migrate, neighbourhoods
from fedivoisin.store.db import CannotOpen, Store
from fedivoisin.store.neighbourhoods import TRIAL_ORIGIN, Neighbourhood
from tests.fakes import FakeWorld
from tests.makers import ORIGIN, put_member, put_neighbourhood

OTHER = "https://ailleurs.example"


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database at the newest version, with no row."""
    path = tmp_path_factory.mktemp("migrated") / "fedivoisin.db"

    async def make() -> None:
        store = app.open_store(Settings(database=f"sqlite:///{path}"))
        await migrate.raise_to_newest(store)
        await store.close()

    with asyncio.Runner() as runner:
        runner.run(make())
    return path


@pytest.fixture
def settings(migrated: Path, tmp_path: Path) -> Settings:
    path = tmp_path / "fedivoisin.db"
    shutil.copyfile(migrated, path)
    return Settings(database=f"sqlite:///{path}", media=str(tmp_path / "media"))


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[Store]:
    opened = app.open_store(settings)
    yield opened
    await opened.close()


def _at(settings: Settings, origin: str) -> Settings:
    return Settings(origin=origin, database=settings.database, media=settings.media)


async def _here(store: Store) -> Neighbourhood:
    async with store.read() as tx:
        return await neighbourhoods.current(tx)


async def test_the_first_start_makes_the_tables_and_gives_a_word(tmp_path: Path) -> None:
    settings = Settings(database=f"sqlite:///{tmp_path}/var/new.db")
    store = app.open_store(settings)
    word = await app.prepare(settings, store)
    assert word is not None
    assert (await _here(store)).setup_hash == hashlib.sha256(word.encode()).hexdigest()
    await store.close()


async def test_each_start_renews_the_word_until_the_neighbourhood_exists(settings: Settings, store: Store) -> None:
    first, second = await app.prepare(settings, store), await app.prepare(settings, store)
    assert first
    assert second
    assert first != second
    assert (await _here(store)).setup_hash == hashlib.sha256(second.encode()).hexdigest()
    await store.write(neighbourhoods.change, founded_at=app.utc_now(), setup_hash=None)
    assert await app.prepare(settings, store) is None
    assert (await _here(store)).setup_hash is None


async def test_the_work_behind_the_pages_leaves_the_word_alone(settings: Settings, store: Store) -> None:
    assert await app.prepare(settings, store, has_pages=False) is None
    assert (await _here(store)).setup_hash == ""
    await app.prepare(settings, store)
    kept = (await _here(store)).setup_hash
    await app.prepare(settings, store, has_pages=False)
    assert (await _here(store)).setup_hash == kept


async def test_before_founding_the_address_follows_the_settings(settings: Settings, store: Store) -> None:
    for origin in (ORIGIN, OTHER, ""):
        await app.prepare(_at(settings, origin), store)
        assert (await _here(store)).origin == origin


@pytest.mark.parametrize("former", ["", ORIGIN])
async def test_an_address_that_nobody_knows_follows_the_settings(settings: Settings, store: Store, former: str) -> None:
    await store.write(put_neighbourhood, origin=former)
    base = former or TRIAL_ORIGIN
    await store.write(put_member, "awa", url=f"{base}/users/awa")
    await app.prepare(_at(settings, OTHER), store)
    assert (await _here(store)).origin == OTHER
    async with store.read() as tx:
        assert await actors.by_url(tx, f"{OTHER}/users/awa") is not None


async def test_an_address_that_others_know_is_kept_or_the_start_refused(settings: Settings, store: Store) -> None:
    await store.write(put_neighbourhood, origin=ORIGIN, federated_at=app.utc_now())
    await app.prepare(_at(settings, ORIGIN), store)
    await app.prepare(_at(settings, ""), store)
    assert (await _here(store)).origin == ORIGIN
    with pytest.raises(SettingError, match=f"^origin : ce quartier est connu sous {ORIGIN} ; .* devenir {OTHER}$"):
        await app.prepare(_at(settings, OTHER), store)
    assert (await _here(store)).origin == ORIGIN


async def test_a_database_that_does_not_answer_is_said(tmp_path: Path) -> None:
    settings = Settings(database=f"postgresql://nobody@/none?host={tmp_path}")
    store = app.open_store(settings)
    with pytest.raises(CannotOpen):
        await app.prepare(settings, store)
    await store.close()


async def test_tables_that_cannot_be_raised_stop_the_start(
    sqlite_template: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "odd.db"
    shutil.copyfile(sqlite_template, path)
    settings = Settings(database=f"sqlite:///{path}")
    store = app.open_store(settings)
    with pytest.raises(SettingError, match="n'a pas pu être mise à jour"):
        await app.prepare(settings, store)
    await store.close()
    assert "already exists" in capfd.readouterr().err


async def test_the_real_world_gives_time_chance_and_keys(settings: Settings, store: Store) -> None:
    async with app.open_world(settings, store) as world:
        assert world.now().utcoffset() == timedelta(0)
        assert len({world.new_id() for _ in range(100)}) == 100
        assert min(len(world.new_secret()) for _ in range(10)) >= 43
        keys = await world.new_keys()
    assert keys.ed25519_public.startswith("z6Mk")
    assert keys.rsa_private.startswith("-----BEGIN PRIVATE KEY-----")
    assert keys.rsa_public.startswith("-----BEGIN PUBLIC KEY-----")
    assert keys.ed25519_private.startswith("-----BEGIN PRIVATE KEY-----")


async def test_the_application_answers_pages_files_and_watchers(
    settings: Settings, store: Store, world: FakeWorld
) -> None:
    await app.prepare(settings, store)
    behind = Settings(database=settings.database, network=Network(trusted_proxies=("127.0.0.1",)))
    async with TestClient(TestServer(app.create_app(behind, store, world.doors))) as client:
        for method in ("GET", "HEAD"):
            async with client.request(method, "/", allow_redirects=False) as answer:
                assert (answer.status, answer.headers["Location"]) == (303, "/installation")
        for path in ("/static/style.css", "/livez", "/readyz", "/manifest.webmanifest", "/couleurs.css"):
            async with client.get(path) as answer:
                assert answer.status == 200, path
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
        async with client.get("/livez", headers={"X-Forwarded-Proto": "https"}) as answer:
            assert "Strict-Transport-Security" in answer.headers


@pytest.mark.parametrize("database_kind", ["postgres"])
async def test_work_without_pages_ends_when_it_is_told(settings: Settings, empty_database_url: str) -> None:
    working = asyncio.create_task(app.work(structs.replace(settings, database=empty_database_url)))
    await asyncio.sleep(0)
    assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(working, 60)


async def test_on_a_file_nobody_works_beside_the_pages(settings: Settings) -> None:
    with pytest.raises(SettingError, match=r"^database : sur SQLite, « fedivoisin serve » fait lui-même ce travail"):
        await app.work(settings)


@pytest.mark.parametrize("database_kind", ["postgres"])
async def test_whoever_watches_is_answered_on_a_port_of_its_own(settings: Settings, empty_database_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        watched = structs.replace(settings, metrics_port=port, database=empty_database_url)
        with pytest.raises(SettingError, match=f"^metrics_port : le port {port} est déjà pris"):
            await app.work(watched)
    working = asyncio.create_task(app.work(watched))
    async with ClientSession() as session, asyncio.timeout(60):
        while True:
            try:
                async with session.get(f"http://127.0.0.1:{port}/metrics") as answer:
                    assert 'role="work"' in await answer.text()
                    break
            except ClientConnectionError:
                await asyncio.sleep(0.01)
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(working, 60)


async def test_work_that_fails_ends_the_program_instead_of_going_on_without(settings: Settings) -> None:
    async def fail() -> None:
        raise LookupError("a loop that broke")

    with pytest.raises(LookupError, match="a loop that broke"):
        await app._until(asyncio.Event(), fail())
