"""Asks new hosts what they are, so that each is spoken to as it understands."""

import logging

from fedivoisin.activitypub import remote
from fedivoisin.activitypub.inbox import Reception
from fedivoisin.store import neighbourhoods, peers

log = logging.getLogger(__name__)

BATCH = 5


async def describe_new(reception: Reception) -> int:
    """A few of the hosts whose NodeInfo is unknown or old."""
    async with reception.store.read() as tx:
        here = await neighbourhoods.current(tx)
        due = [] if here.is_trial else await peers.undescribed(tx, limit=BATCH)
    scheme = here.origin.partition("://")[0]
    for host in due:
        try:
            await remote.describe_host(reception.remote, f"{scheme}://{host}")
        except Exception:
            # Whatever broke us: it is not the first again at once, and the others are asked.
            log.exception("host not described", extra={"host": host})
            await reception.store.write(remote.leave_as_known, host)
    return len(due)
