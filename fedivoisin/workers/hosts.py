"""Asks new hosts what they are, so that each is spoken to as it understands."""

from fedivoisin.activitypub import remote
from fedivoisin.activitypub.inbox import Reception
from fedivoisin.store import neighbourhoods, peers

BATCH = 5


async def describe_new(reception: Reception) -> int:
    """A few of the hosts whose NodeInfo is unknown or old."""
    async with reception.store.read() as tx:
        here = await neighbourhoods.current(tx)
        due = [] if here.is_trial else await peers.undescribed(tx, limit=BATCH)
    scheme = here.origin.partition("://")[0]
    for host in due:
        await remote.describe_host(reception.remote, f"{scheme}://{host}")
    return len(due)
