"""Our requests, signed: which key, which of the two schemes first, and a second knock where the first was refused."""

import logging
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from functools import lru_cache

from cryptography.exceptions import UnsupportedAlgorithm

from fedivoisin.activitypub.wire import keys as wire_keys
from fedivoisin.activitypub.wire.keys import AnyPrivate, PrivateKey
from fedivoisin.activitypub.wire.request import Scheme
from fedivoisin.errors import BadActivity
from fedivoisin.store import keys, neighbourhoods
from fedivoisin.store.db import Tx
from fedivoisin.store.peers import Habits, Peer
from fedivoisin.world import Response

log = logging.getLogger(__name__)

Attempt = Callable[[Scheme], Awaitable[Response]]

OTHER: dict[str, Scheme] = {"cavage": "rfc9421", "rfc9421": "cavage"}


async def key_of(tx: Tx, actor_id: str, purpose: str = "http") -> PrivateKey | None:
    """The live key of an actor of ours, for requests (`http`) or for proofs (`assertion`)."""
    found = await keys.to_sign_with(tx, actor_id, purpose)
    if found is None or found.private is None:
        return None
    return PrivateKey(found.id, _load(found.private))


async def keys_of(tx: Tx, actor_ids: Collection[str]) -> dict[str, PrivateKey | None]:
    """Keys for the requests of all who have one; none where it cannot be read: the others' must not wait for it."""
    found: dict[str, PrivateKey | None] = {}
    for actor_id in actor_ids:
        try:
            key = await key_of(tx, actor_id)
        except (BadActivity, ValueError, TypeError, UnsupportedAlgorithm):
            log.exception("unreadable key", extra={"actor": actor_id})
            found[actor_id] = None
            continue
        if key is not None:
            found[actor_id] = key
    return found


async def key_of_instance(tx: Tx) -> PrivateKey | None:
    """The key that signs every GET; none in trial mode: nothing leaves then."""
    here = await neighbourhoods.current(tx)
    if here.is_trial or here.instance_id is None:
        return None
    return await key_of(tx, here.instance_id)


def schemes(peer: Peer | Habits | None, now: datetime) -> tuple[Scheme, Scheme]:
    """Which scheme to try first: what the host last took, RFC 9421 with our own kind, cavage with all others."""
    first: Scheme = "cavage"
    if peer is not None and peer.scheme_until is not None and peer.scheme_until > now:
        first = "rfc9421" if peer.scheme == "rfc9421" else "cavage"
    elif peer is not None and peer.software == "fedivoisin":
        first = "rfc9421"
    return first, OTHER[first]


async def knock(attempt: Attempt, order: tuple[Scheme, Scheme]) -> tuple[Response, Scheme]:
    """Try the first scheme, then the other if the host may not understand it (GoToSocial: 401, others: 400 or 5xx).

    The second answer counts, whatever it says, unless the host may not understand that one either.
    """
    first, second = order
    response = await attempt(first)
    if not _may_misunderstand(response.status):
        return response, first
    again = await attempt(second)
    return (response, first) if _may_misunderstand(again.status) else (again, second)


def _may_misunderstand(status: int) -> bool:
    # 503 and 429 say "later": a second request at once would be rude.
    return status in (400, 401) or (status >= 500 and status != 503)


@lru_cache(maxsize=1024)
def _load(pem: str) -> AnyPrivate:
    # Tried by one signature: half the cost of one delivery, for each of our actors once.
    return wire_keys.load_signing_pem(pem)
