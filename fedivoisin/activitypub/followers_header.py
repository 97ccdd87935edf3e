"""With what is addressed to followers goes a digest of those whom the receiver has, so that it notices what differs
(FEP-8fcf).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from fedivoisin import addresses
from fedivoisin.activitypub.wire import synchronisation
from fedivoisin.activitypub.wire.synchronisation import Synchronisation
from fedivoisin.store import actors, follows
from fedivoisin.store.db import Tx
from fedivoisin.store.outbox import Delivery


async def of_deliveries(tx: Tx, several: Sequence[Delivery], bodies: Mapping[str, bytes]) -> dict[int, str]:
    """The header's value for each delivery of an activity that is for its speaker's followers, by its id."""
    speakers = await actors.by_ids(tx, {one.actor_id for one in several})
    said = {one.activity_id: one.actor_id for one in several}
    for_followers = {
        activity_id
        for activity_id, actor_id in said.items()
        if actor_id in speakers and _names(bodies[activity_id], addresses.followers(speakers[actor_id].url))
    }
    meant = [one for one in several if one.activity_id in for_followers]
    if not meant:
        return {}
    known: dict[tuple[str, str], list[str]] = defaultdict(list)
    for followed, host, url in await follows.at_hosts(tx, {one.actor_id for one in meant}, {one.host for one in meant}):
        known[followed, host].append(url)
    return {
        one.id: _value(speakers[one.actor_id].url, synchronisation.digest_of(known[one.actor_id, one.host]))
        for one in meant
    }


def _names(body: bytes, followers: str) -> bool:
    return f'"{followers}"'.encode() in body


def _value(actor: str, digest: str) -> str:
    said = Synchronisation(addresses.followers(actor), addresses.followers_synchronization(actor), digest)
    return synchronisation.write(said)
