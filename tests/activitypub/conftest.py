"""A neighbourhood to whom other servers speak, on both databases."""

import pytest

from fedivoisin.store.db import Store
from tests.activitypub.neighbours import Neighbours, a_neighbourhood
from tests.fakes import FakeWorld


@pytest.fixture
async def here(store: Store, world: FakeWorld) -> Neighbours:
    """Doulon, with Awa."""
    return await a_neighbourhood(store, world)
