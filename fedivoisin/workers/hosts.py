"""Asks new hosts what they are, so that each is spoken to as it understands."""

import logging

from fedivoisin.activitypub import fetching, remote
from fedivoisin.activitypub.inbox import Reception
from fedivoisin.errors import BadActivity, Unreachable
from fedivoisin.store import neighbourhoods, outbox, peers
from fedivoisin.store.db import Tx

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


async def ask_the_dead(reception: Reception) -> int:
    """A few of the hosts that were given up, each once a day: two that gave each other up would never meet again."""
    # Noted before they are asked: one that breaks us does not come first again, nor does it hold up the others.
    due = await reception.store.take(peers.take_dead, limit=BATCH)
    if not due:
        return 0
    async with reception.store.read() as tx:
        scheme = (await neighbourhoods.current(tx)).origin.partition("://")[0]
    for host in due:
        try:
            await fetching.get_json(reception.remote.fetcher, f"{scheme}://{host}/.well-known/nodeinfo")
        except (BadActivity, Unreachable):
            continue
        await reception.store.write(_revive, host)
    return len(due)


async def _revive(tx: Tx, host: str) -> None:
    await peers.are_there(tx, [host])
    await outbox.wake(tx, host)
