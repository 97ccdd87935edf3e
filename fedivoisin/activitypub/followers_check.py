"""An actor elsewhere says how many of ours follow it (FEP-8fcf): compared at once, repaired by a worker.

What is believed is the list that the actor's own server shows to us alone, never the header.
"""

from collections.abc import Collection
from datetime import timedelta

from fedivoisin.actions import following
from fedivoisin.activitypub import parse, remote
from fedivoisin.activitypub.handlers import people
from fedivoisin.activitypub.inbox import Reception
from fedivoisin.activitypub.parse.activities import CollectionDocument
from fedivoisin.activitypub.wire import jsonld, signatures, strict_json, synchronisation
from fedivoisin.activitypub.wire.origins import same_origin
from fedivoisin.activitypub.wire.request import SignedRequest
from fedivoisin.activitypub.wire.synchronisation import Synchronisation, digest_of
from fedivoisin.errors import BadActivity, Unreachable
from fedivoisin.ids import ActorId
from fedivoisin.store import actors, follower_checks, follows, neighbourhoods
from fedivoisin.store.actors import Actor
from fedivoisin.store.db import Tx
from fedivoisin.store.follower_checks import Check

MOST_REPAIRED = 100
"""Follows that one look may end, and as many that it may undo."""
SETTLED = timedelta(hours=1)
"""A follow that was accepted later may not have reached their list."""


async def heard(reception: Reception, request: SignedRequest) -> None:
    """Note that a digest differs. Called once the request is verified and kept; nothing here can refuse it."""
    values = request.values("collection-synchronization")
    if len(values) != 1 or "collection-synchronization" not in signatures.claim_of(request).covers:
        return
    said = synchronisation.read(values[0])
    if said is None:
        return
    speaker = parse.head(jsonld.normalise(strict_json.load(request.body))).actor
    async with reception.store.read() as tx:
        actor = await actors.by_url(tx, speaker)
        differs = actor is not None and await _differs(tx, actor, said)
    if actor is not None and differs:
        await reception.store.write(follower_checks.ask, actor_id=actor.id, url=said.url, digest=said.digest)


async def repair_due(reception: Reception) -> int:
    """Look at a list that differs from ours. Says how many: one that breaks us uses up no try of another."""
    due = await reception.store.take(follower_checks.claim, limit=1)
    for check in due:
        try:
            named = await _listed(reception, check)
        except BadActivity as error:
            await reception.store.write(follower_checks.done, check.actor_id, error.code)
        except Unreachable as error:
            if check.next_at is None:
                await reception.store.write(follower_checks.done, check.actor_id, error.code)
        else:
            await reception.store.write(_repair, check.actor_id, named)
    return len(due)


async def _differs(tx: Tx, actor: Actor, said: Synchronisation) -> bool:
    if said.collection != actor.followers_url or not same_origin(said.url, actor.url):
        return False
    ours = await follows.followers_here(tx, actor.id)
    return digest_of(follower.url for _, follower in ours) != said.digest


async def _listed(reception: Reception, check: Check) -> frozenset[str]:
    """Who follows, as the actor's server says: whole, and the very list that the digest was made of, or not at all."""
    found = await remote.fetch_document(reception.remote, check.url)
    if not isinstance(found, CollectionDocument) or not same_origin(found.id, check.url):
        raise BadActivity("not-a-collection")
    named = frozenset(one for one in found.items if isinstance(one, str))
    if digest_of(named) != check.digest:
        raise BadActivity("another-digest")
    return named


async def _repair(tx: Tx, actor_id: ActorId, named: Collection[str]) -> None:
    actor = await actors.by_id(tx, actor_id)
    if actor is None or actor.gone_at is not None:
        return await follower_checks.done(tx, actor_id, "gone")
    ours = await follows.followers_here(tx, actor_id)
    missing = [
        follower
        for standing, follower in ours
        if follower.url not in named and (standing.answered_at or standing.created_at) <= tx.now - SETTLED
    ]
    for follower in missing[:MOST_REPAIRED]:
        await following.withdrawn_by_peer(tx, follower=follower, followed=actor)
    unknown = sorted({*named} - {follower.url for _, follower in ours})
    for url in unknown[:MOST_REPAIRED]:
        await _settle_unknown(tx, url, actor)
    return await follower_checks.done(tx, actor_id, "repaired")


async def _settle_unknown(tx: Tx, url: str, actor: Actor) -> None:
    """They count one of ours who does not follow: who waits for their answer was accepted, for others it is undone."""
    follower = await people.ours(tx, (await neighbourhoods.current(tx)).origin, url)
    if follower is None:
        return
    standing = await follows.between(tx, follower.id, actor.id)
    if standing is not None and standing.state == "asked":
        await following.answered_by_peer(tx, follower=follower, followed=actor, activity_url="", is_yes=True)
    else:
        await following.disown(tx, follower=follower, followed=actor)
