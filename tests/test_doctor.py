"""The doctor finds what keeps a server from its work, and says it in plain French."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from pathlib import Path

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from click.testing import CliRunner
from sqlalchemy import text

from fedivoisin import doctor
from fedivoisin.app import new_id, open_store, utc_now
from fedivoisin.cli import main
from fedivoisin.doctor import Finding, Level
from fedivoisin.settings import S3, Network, Settings
from fedivoisin.store import events, migrate, neighbourhoods, residents
from fedivoisin.store.db import Store, Tx
from fedivoisin.trust.decisions import SettingsChanged
from tests.adapters.loopback import serving
from tests.adapters.s3_server import ACCESS, BUCKET, REGION, SECRET
from tests.adapters.s3_server import Store as S3Store
from tests.adapters.test_mail import Postbox, smtp
from tests.fakes import key_pair
from tests.makers import put_neighbourhood


@pytest.fixture
def settings(tmp_path: Path, sqlite_template: Path) -> Settings:
    """A server whose database has its tables."""
    shutil.copyfile(sqlite_template, tmp_path / "x.db")
    return Settings(
        database=f"sqlite:///{tmp_path / 'x.db'}",
        media=str(tmp_path / "media"),
        network=Network(lab=True, lab_hosts=("127.0.0.1",)),
    )


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[Store]:
    """The same database, for the test to fill."""
    opened = open_store(settings)
    await opened.write(_version, migrate.versions()[-1])
    yield opened
    await opened.close()


async def _version(tx: Tx, version: str) -> None:
    await tx.conn.execute(text("DROP TABLE IF EXISTS alembic_version"))
    await tx.conn.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
    await tx.conn.execute(text("INSERT INTO alembic_version VALUES (:version)"), {"version": version})


async def _found(tx: Tx, /, **values: object) -> None:
    await put_neighbourhood(tx, **({"origin": ""} | values))
    instance = await residents.add_instance(tx, key_pair(0), origin="https://x.example", display_name="x")
    group = await residents.add_group(tx, key_pair(1), origin="https://x.example", slug="port", display_name="x")
    await neighbourhoods.change(tx, instance_id=instance, group_id=group)


async def _about(settings: Settings, subject: str) -> list[Finding]:
    return [finding for finding in await doctor.examine(settings) if finding.subject == subject]


async def test_a_new_server_has_its_database_to_bring_up(tmp_path: Path) -> None:
    settings = Settings(database=f"sqlite:///{tmp_path / 'new.db'}", media=str(tmp_path / "media"))
    assert (await _about(settings, "Base de données"))[0].level is Level.WARNING
    assert doctor.is_well(await doctor.examine(settings))


async def test_a_database_that_cannot_be_opened_is_said(tmp_path: Path) -> None:
    settings = Settings(database=f"sqlite:///{tmp_path}", media=str(tmp_path / "media"))
    findings = await doctor.examine(settings)
    assert not doctor.is_well(findings)
    assert findings[-1].subject == "Base de données"


async def test_a_store_of_pictures_is_tried_out(settings: Settings) -> None:
    kept = S3Store()
    async with serving(kept.answer) as port:
        place = S3(f"http://127.0.0.1:{port}", BUCKET, REGION, ACCESS, SECRET)
        (found,) = await _about(msgspec.structs.replace(settings, s3=place), "Photos")
        assert (found.level, kept.objects) == (Level.GOOD, {})
        place = S3(f"http://127.0.0.1:{port}", BUCKET, REGION, ACCESS, "another")
        (found,) = await _about(msgspec.structs.replace(settings, s3=place), "Photos")
        assert found.level is Level.BAD
        assert "SignatureDoesNotMatch" in found.words


async def test_a_newer_database_asks_for_its_program(settings: Settings, store: Store) -> None:
    await store.write(_version, "9999")
    found = (await _about(settings, "Base de données"))[0]
    assert found.level is Level.BAD
    assert "plus récente" in found.words


async def test_a_server_without_a_neighbourhood_says_what_to_do(settings: Settings, store: Store) -> None:
    assert "serve" in (await _about(settings, "Quartier"))[0].words


async def test_a_founded_neighbourhood_on_trial_is_well(settings: Settings, store: Store) -> None:
    await store.write(_found)
    findings = await doctor.examine(settings)
    assert doctor.is_well(findings)
    levels = {finding.subject: finding.level for finding in findings}
    assert levels["Clés"] is Level.GOOD
    assert levels["Adresse publique"] is Level.WARNING
    assert levels["Serveur de courriel"] is Level.WARNING


async def test_a_server_that_may_not_work_alone_is_bad(settings: Settings, store: Store) -> None:
    await store.write(_found)
    idle = msgspec.structs.replace(settings, run_workers=False)
    (found,) = await _about(idle, "Travail de fond")
    assert found.level is Level.BAD
    assert "run_workers" in found.words
    assert await _about(settings, "Travail de fond") == []


async def test_missing_and_broken_keys_are_bad(settings: Settings, store: Store) -> None:
    await store.write(_found)

    async def spoil(tx: Tx) -> None:
        await tx.conn.execute(text("UPDATE key SET private = 'x' WHERE algorithm = 'ed25519'"))

    await store.write(spoil)
    assert "illisible" in (await _about(settings, "Clés"))[0].words

    async def lose(tx: Tx) -> None:
        await tx.conn.execute(text("DELETE FROM key"))

    await store.write(lose)
    assert "il manque" in (await _about(settings, "Clés"))[0].words


async def test_the_mail_server_is_spoken_with(settings: Settings, store: Store) -> None:
    async with smtp(Postbox()) as server:
        mail = {"host": server.host, "port": server.port, "security": "none", "sender": "q@x.example"}
        await store.write(_found, mail=mail)
        assert (await _about(settings, "Serveur de courriel"))[0].level is Level.GOOD
    found = (await _about(settings, "Serveur de courriel"))[0]
    assert found.level is Level.BAD
    assert "ne répond pas à ce port" in found.words


async def test_the_public_address_must_be_this_program(settings: Settings, store: Store) -> None:
    app = web.Application()
    app.router.add_get("/livez", _livez("ok\n"))
    async with TestServer(app) as server:
        await store.write(_found, origin=f"http://127.0.0.1:{server.port}")
        settings = _reaching(settings, server.port)
        assert (await _about(settings, "Adresse publique"))[0].level is Level.GOOD
    assert (await _about(settings, "Adresse publique"))[0].level is Level.WARNING


async def test_another_program_at_the_public_address_is_bad(settings: Settings, store: Store) -> None:
    app = web.Application()
    app.router.add_get("/livez", _livez("<h1>It works!</h1>"))
    async with TestServer(app) as server:
        await store.write(_found, origin=f"http://127.0.0.1:{server.port}")
        found = (await _about(_reaching(settings, server.port), "Adresse publique"))[0]
    assert found.level is Level.BAD


async def test_two_addresses_do_not_go_together(settings: Settings, store: Store) -> None:
    await store.write(_found, origin="https://x.example")
    other = Settings(database=settings.database, media=settings.media, origin="https://y.example")
    assert "connu sous https://x.example" in (await _about(other, "Adresse publique"))[0].words


async def test_a_clock_that_went_backwards_is_bad(settings: Settings, store: Store) -> None:
    ahead = Store.open(settings.database, now=_in_a_century, new_id=new_id)

    async def happen(tx: Tx) -> None:
        await events.record(tx, SettingsChanged("quartier", ("name",)), subject="reglages", by=None)

    await ahead.write(happen)
    await ahead.close()
    assert (await _about(settings, "Horloge"))[0].level is Level.BAD


async def test_a_folder_that_cannot_be_written_is_bad(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    settings = Settings(database=f"sqlite:///{tmp_path / 'x.db'}", media=str(tmp_path / "file"))
    assert (await _about(settings, "Dossier des photos"))[0].level is Level.BAD


@pytest.mark.parametrize(("free", "level"), [(10, Level.BAD), (100, Level.WARNING), (10_000, Level.GOOD)])
def test_a_full_disk_is_seen_in_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, free: int, level: Level) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=free * doctor.MEGABYTE)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    assert doctor._disk(tmp_path / "not" / "yet").level is level


def test_the_command_ends_with_one_when_something_is_bad(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEDIVOISIN_MEDIA", str(tmp_path / "media"))
    monkeypatch.setenv("FEDIVOISIN_DATABASE", f"sqlite:///{tmp_path / 'x.db'}")
    well = CliRunner().invoke(main, ["doctor"])
    assert (well.exit_code, "[bon] Réglages" in well.output) == (0, True)
    monkeypatch.setenv("FEDIVOISIN_DATABASE", f"sqlite:///{tmp_path}")
    assert CliRunner().invoke(main, ["doctor"]).exit_code == 1


def _livez(words: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(text=words)

    return answer


def _reaching(settings: Settings, port: int | None) -> Settings:
    network = Network(lab=True, lab_hosts=(f"127.0.0.1:{port}",))
    return Settings(database=settings.database, media=settings.media, network=network)


def _in_a_century() -> datetime:
    now = utc_now()
    return now.replace(year=now.year + 100)
