"""`fedivoisin federation check`: what it prints, and how it ends."""

import asyncio
import logging
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fedivoisin.app import open_store
from fedivoisin.cli import main
from fedivoisin.settings import Settings
from tests.federation.towns import found
from tests.peer_check.odd_server import Odd, an_odd_server

HERE = "http://nantes.localhost:1"


@pytest.fixture(autouse=True)
def usual_logs() -> Iterator[None]:
    """Commands set the log up anew."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)


async def _check(database: str, odd: Odd, typed: str) -> Result:
    environment = {
        "FEDIVOISIN_ORIGIN": HERE,
        "FEDIVOISIN_DATABASE": database,
        "FEDIVOISIN_NETWORK_LAB": "oui",
        "FEDIVOISIN_NETWORK_LAB_HOSTS": odd.host,
    }
    return await asyncio.to_thread(CliRunner().invoke, main, ["federation", "check", typed], env=environment)


async def test_the_end_says_whether_something_does_not_work(tmp_path: Path, migrated: Path) -> None:
    shutil.copyfile(migrated, tmp_path / "x.db")
    database = f"sqlite:///{tmp_path / 'x.db'}"
    store = open_store(Settings(database=database))
    await store.write(found, HERE, "nantes")
    await store.close()
    async with an_odd_server() as odd:
        well = await _check(database, odd, odd.host)
        assert well.exit_code == 0, well.output
        assert "[bon] Signature cavage : prise." in well.output
        assert "[attention] Notre clé : " in well.output
        odd.takes = lambda _scheme: 403
        ill = await _check(database, odd, odd.host)
        assert ill.exit_code == 1
        assert "[mal] Signature cavage : Il nous refuse (403)." in ill.output
        none = await _check(database, odd, "deux mots")
    assert none.exit_code == 2
    assert none.output == (
        "fedivoisin : « deux mots » n'est pas un serveur. Exemples : voisins.example, @awa@voisins.example\n"
    )
