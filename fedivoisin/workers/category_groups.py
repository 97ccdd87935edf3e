"""Opens the Groups of categories that have none: after the first run, and in databases older than those Groups."""

from fedivoisin.actions import groups
from fedivoisin.store.db import Store
from fedivoisin.world import World


async def open_missing(store: Store, world: World) -> int:
    """Make keys outside any transaction, which takes a moment, and open what lacks; says how many were opened."""
    async with store.read() as tx:
        missing = await groups.missing(tx)
    opened = [await store.write(groups.open_category, root, await world.new_keys()) for root in missing]
    return sum(1 for one in opened if one is not None)
