"""Two towns that know nothing of each other yet."""

import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.federation.stranger import Stranger, a_stranger
from tests.federation.towns import Town, a_town, free_socket


@pytest.fixture
async def towns(tmp_path: Path, migrated: Path) -> AsyncIterator[tuple[Town, Town]]:
    """Nantes and Rennes."""
    sockets = {name: free_socket() for name in ("nantes", "rennes")}
    hosts = tuple(f"{name}.localhost:{one.getsockname()[1]}" for name, one in sockets.items())
    async with AsyncExitStack() as stack:
        for name in sockets:
            shutil.copyfile(migrated, tmp_path / f"{name}.db")
        nantes, rennes = [
            await stack.enter_async_context(a_town(name, one, tmp_path, hosts)) for name, one in sockets.items()
        ]
        yield nantes, rennes


@pytest.fixture
async def strangers() -> AsyncIterator[tuple[Stranger, Stranger]]:
    """Two servers that the test speaks for."""
    async with a_stranger("evil") as evil, a_stranger("honest") as honest:
        yield evil, honest


@pytest.fixture
async def town(strangers: tuple[Stranger, Stranger], tmp_path: Path, migrated: Path) -> AsyncIterator[Town]:
    """Nantes alone, among strangers."""
    shutil.copyfile(migrated, tmp_path / "nantes.db")
    async with a_town("nantes", free_socket(), tmp_path, tuple(one.host for one in strangers)) as one:
        yield one
