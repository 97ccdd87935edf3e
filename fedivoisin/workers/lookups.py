"""Answers what members asked about other servers: an address to follow, a Group's latest listings."""

import asyncio

from fedivoisin.actions import following
from fedivoisin.activitypub import remote
from fedivoisin.activitypub.backfill import backfill
from fedivoisin.activitypub.inbox import Reception
from fedivoisin.community.following import TypedAddress, read_address
from fedivoisin.errors import BadActivity, Missing, Refused, Unreachable
from fedivoisin.ids import ActorId
from fedivoisin.store import lookups
from fedivoisin.store.actors import Actor
from fedivoisin.store.db import Tx
from fedivoisin.store.lookups import Lookup

AT_ONCE = 4
"""Questions under way beside each other; one of them is never a backfill, which may take minutes."""
LONGEST = lookups.CLAIM.total_seconds() - 30
"""Seconds: before its claim ends, so that nobody else looks at the same time."""


async def answer(reception: Reception, lookup: Lookup) -> None:
    """Look, and write down what was found, or why nothing was."""
    try:
        async with asyncio.timeout(LONGEST):
            await _look(reception, lookup)
    except (BadActivity, Missing) as error:
        await reception.store.write(lookups.failed, lookup.id, str(error))
    except Refused as error:
        await reception.store.write(lookups.failed, lookup.id, error.reason)
    except Unreachable as error:
        await _silent(reception, lookup, error.code)
    except TimeoutError:
        await _silent(reception, lookup, "timeout")


async def _look(reception: Reception, lookup: Lookup) -> None:
    if lookup.purpose == lookups.BACKFILL:
        await backfill(reception, lookup.query)
        await reception.store.write(lookups.done, lookup.id)
        return
    actor = await _find(reception, lookup.query)
    await reception.store.write(_found, lookup, actor)


async def _silent(reception: Reception, lookup: Lookup, code: str) -> None:
    if lookup.attempts >= lookups.MOST_TRIES:
        await reception.store.write(lookups.failed, lookup.id, code)
    else:
        await reception.store.write(lookups.later, lookup.id)


async def _find(reception: Reception, query: str) -> Actor:
    match read_address(query):
        case TypedAddress(name, host):
            return await remote.find(reception.remote, name, host)
        case url:
            return await remote.fetch_actor(reception.remote, url)


async def _found(tx: Tx, lookup: Lookup, actor: Actor) -> None:
    if lookup.purpose == "follow":
        try:
            await following.follow(tx, follower_id=lookup.member_id, followed_id=ActorId(actor.id))
        except Refused as error:
            return await lookups.failed(tx, lookup.id, error.reason)
    return await lookups.found(tx, lookup.id, actor.id)
