"""The demonstration as `make demo` runs it: three towns built, met over HTTP, stopped together and quick to come back.

It listens on the demonstration's own ports: end a running `make demo` first.
"""

import asyncio
import os
import signal
import sqlite3
from pathlib import Path

import pytest

from fedivoisin.demo import conduct, meeting
from fedivoisin.demo.towns import TOWNS, people
from fedivoisin.market import categories

pytestmark = pytest.mark.slow
LONGEST = 300.0


@pytest.fixture
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The demonstration lives below the folder where it is started."""
    monkeypatch.chdir(tmp_path)
    return tmp_path / "var/demo"


async def test_three_towns_are_built_meet_and_come_back(var: Path) -> None:
    first = await _run_until_ready()
    assert "Premier démarrage" in first[0]
    assert "Les quartiers font connaissance" in " ".join(first)
    assert first[-1].startswith("Les trois quartiers sont arrêtés")
    for town in TOWNS:
        facts = _Facts(var / town.slug / "fedivoisin.db")
        assert facts.members >= 20
        assert facts.ours >= 60
        assert facts.roots == {root.id for root in categories.roots()}
        assert facts.learnt >= meeting.ENOUGH
        assert facts.verified > 0, "what a town knows of another came signed"
        assert facts.reserved > 0
        assert facts.threads > 5
        assert facts.candidates == 2
    second = await _run_until_ready()
    assert "Premier démarrage" not in " ".join(second)
    assert "Les quartiers font connaissance" not in " ".join(second)


async def test_towns_that_cannot_start_are_named_and_the_others_are_ended(var: Path) -> None:
    for town in TOWNS:
        folder = var / town.slug
        folder.mkdir(parents=True)
        (folder / "built").touch()
        (folder / "fedivoisin.db").write_text("this is no database")
    with pytest.raises(RuntimeError, match="n'a pas démarré"):
        await conduct.conduct(dict(os.environ), lambda _: None)


def test_what_the_user_has_set_reaches_every_town_but_what_is_its_own() -> None:
    environ = {
        "FEDIVOISIN_NETWORK_LAB_HOSTS": "localhost:9000",
        "FEDIVOISIN_LIMITS_WINDOW": "60",
        "FEDIVOISIN_PORT": "1",
    }
    for town in TOWNS:
        settings = conduct.settings_of(town, environ)
        assert settings.port == town.port
        assert settings.limits.window == 60
        assert set(settings.network.lab_hosts) == {"localhost:9000", *(other.host for other in TOWNS)}


def test_every_town_has_its_founders_its_members_and_two_at_the_door() -> None:
    for town in TOWNS:
        assert sum(person.is_candidate for person in people(town.slug)) == 2


class _Facts:
    """What one town knows, read from its database."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        self.members = self._count("membership WHERE state = 'member'")
        self.candidates = self._count("membership WHERE state = 'candidate'")
        self.ours = self._count("listing WHERE is_local AND deleted_at IS NULL")
        self.learnt = self._count("listing WHERE NOT is_local")
        self.reserved = self._count("listing WHERE is_local AND state = 'reserved'")
        self.threads = self._count("thread")
        self.verified = self._count("inbox WHERE outcome = 'done'")
        rows = self._connection.execute("SELECT DISTINCT category FROM listing WHERE is_local").fetchall()
        self.roots = {category.partition("/")[0] for (category,) in rows}
        self._connection.close()

    def _count(self, what: str) -> int:
        return int(self._connection.execute(f"SELECT count(*) FROM {what}").fetchone()[0])


async def _run_until_ready() -> list[str]:
    said: list[str] = []
    ready = asyncio.Event()

    def say(words: str) -> None:
        said.append(words)
        if words.startswith("Prêt en"):
            ready.set()

    running = asyncio.ensure_future(conduct.conduct(dict(os.environ), say))
    waiting = asyncio.ensure_future(ready.wait())
    async with asyncio.timeout(LONGEST):
        await asyncio.wait((running, waiting), return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        os.kill(os.getpid(), signal.SIGINT)
        await running
    return said
