"""A worker opens the Groups that are missing, whatever the age of the database."""

from fedivoisin.actions import groups
from fedivoisin.market import categories
from fedivoisin.store import actors
from fedivoisin.store.db import Store
from fedivoisin.workers.category_groups import open_missing
from tests.activitypub.neighbours import a_neighbourhood
from tests.fakes import FakeWorld


async def test_all_that_is_missing_is_opened_at_once(store: Store, world: FakeWorld) -> None:
    await a_neighbourhood(store, world)
    assert await open_missing(store, world.doors) == len(categories.roots())
    assert await open_missing(store, world.doors) == 0
    async with store.read() as tx:
        known = await actors.local_groups(tx)
        assert await groups.missing(tx) == []
    assert [one.category for one in known] == [None, *sorted(root.id for root in categories.roots())]
