"""New keys of an actor of ours, as others hear of them."""

from fedivoisin.activitypub import posting, shown
from fedivoisin.activitypub.documents import activities, contexts
from fedivoisin.activitypub.posting import Post
from fedivoisin.ids import ActorId
from fedivoisin.store import actors, residents, threads
from fedivoisin.store.actors import Actor
from fedivoisin.store.db import Tx
from fedivoisin.store.outbox import Target


async def rotated(tx: Tx, actor_id: ActorId) -> None:
    """`Update` of a person, a Group or the instance to all who may know its former keys."""
    actor = await actors.by_id(tx, actor_id)
    if actor is None or not await _is_shown(tx, actor):
        return
    said = activities.update(posting.envelope(tx, actor), await shown.actor(tx, actor), contexts.ACTOR)
    said = await posting.proved(tx, said, actor)
    await posting.post(tx, Post(said, actor.url), actor, (await _acquainted(tx, actor)).values())


async def _is_shown(tx: Tx, actor: Actor) -> bool:
    if actor.gone_at is not None or actor.hidden_at is not None:
        return False
    return actor.type != "Person" or await actors.is_member(tx, actor.id)


async def _acquainted(tx: Tx, actor: Actor) -> dict[str, Target]:
    """Its followers; of a member also those of the Groups and of the instance, who got its listings, and who wrote."""
    if actor.type != "Person":
        return await posting.readers(tx, [actor])
    places = [one for one in await residents.everyone(tx) if one.type != "Person"]
    writers = await actors.by_ids(tx, await threads.correspondents(tx, actor.id))
    return await posting.readers(tx, [actor, *places], writers.values())
