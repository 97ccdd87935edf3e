"""New keys for an actor of ours, beside the old ones until the overlap is over."""

from datetime import timedelta

from fedivoisin import addresses
from fedivoisin.store import keys
from fedivoisin.store.actors import Actor
from fedivoisin.store.db import Tx
from fedivoisin.store.events import record
from fedivoisin.store.keys import OVERLAP, KeyPairs
from fedivoisin.trust.decisions import KeysRotated


async def rotate(tx: Tx, actor: Actor, pairs: KeyPairs, *, overlap: timedelta = OVERLAP) -> None:
    """Sign and prove with `pairs` from now on. For `overlap` the old keys are shown and believed: what they signed may
    still be under way. None for keys that somebody else may have.
    """
    version = f"{tx.now:%Y%m%dT%H%M%SZ}"
    await keys.retire(tx, actor.id, overlap)
    await keys.add_ours(
        tx,
        actor.id,
        pairs,
        http_id=addresses.main_key(actor.url, version),
        assertion_id=addresses.assertion_key(actor.url, version),
    )
    await record(tx, KeysRotated(actor.id), subject=actor.id, by=None)
