"""Files that nothing shows any more are taken away: photos removed from a listing, copies of deleted listings."""

from datetime import timedelta

from fedivoisin.store import pictures
from fedivoisin.store.db import Store
from fedivoisin.store.pictures import thumbnail_path
from fedivoisin.world import World

AFTER = timedelta(days=2)
"""A photo may wait that long between its upload and the listing or the profile that will show it."""
BATCH = 200


async def remove_unused(store: Store, world: World) -> int:
    """Forget, then remove; how many. A crash between the two leaves a file that nobody can ask for."""
    paths = await store.write(pictures.forget_unused, before=world.now() - AFTER, limit=BATCH)
    for path in paths:
        await world.media.remove(path)
        await world.media.remove(thumbnail_path(path))
    return len(paths)
