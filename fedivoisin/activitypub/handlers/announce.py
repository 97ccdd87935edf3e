"""`Announce`: a Group passes on a whole activity or an object's address (FEP-1b12). Nothing is taken on its word."""

from collections.abc import Mapping
from typing import Any, cast

from fedivoisin.actions import remote_listings
from fedivoisin.activitypub import parse
from fedivoisin.activitypub.handlers import collection, people, thing
from fedivoisin.activitypub.handlers.outcome import Outcome
from fedivoisin.activitypub.keyring import usable
from fedivoisin.activitypub.parse.activities import Activity, Add, Announce, Create, Delete, Remove, Update
from fedivoisin.activitypub.parse.objects import Document, ListingDocument, Tombstone
from fedivoisin.activitypub.proven import Proven, said_by
from fedivoisin.activitypub.wire import jsonld, proofs
from fedivoisin.activitypub.wire.origins import same_origin
from fedivoisin.errors import BadActivity, Missing
from fedivoisin.store import actors, follows, keys, listings
from fedivoisin.store.actors import Actor
from fedivoisin.store.db import Tx


async def announced(tx: Tx, proven: Proven[Announce]) -> Outcome:
    """Believed if the activity inside proves itself (FEP-8b32), else read from its own origin."""
    if not await follows.anyone_here_follows(tx, proven.actor.id):
        return Outcome.UNSOLICITED
    inside = proven.activity.object
    if isinstance(inside, Add | Remove):
        return collection.of_target(inside.target, proven.actor, proven.origin)
    url = _about(inside)
    if url is None:
        return Outcome.IGNORED
    # Who deletes what we keep is its author, whom we know; of others (moderators) only the address tells.
    if isinstance(inside, Create | Update) or (isinstance(inside, Delete) and await actors.by_url(tx, inside.actor)):
        attested = await _attested(tx, proven, inside)
        if attested is not None:
            return await _passed_on(tx, attested, proven.actor)
    return await _by_address(tx, proven, url, inside)


def _about(inside: Activity | Document | str) -> str | None:
    """The address of the listing that it may be about. Whatever else is passed on (Lemmy: likes, locks, posts of all
    kinds) is not asked for: a claim that makes us ignore it can do no harm.
    """
    match inside:
        case str():
            return inside
        case ListingDocument():
            return inside.id
        case Create() | Update() | Delete():
            return _about(inside.object)
        case _:
            return None


async def _by_address(tx: Tx, proven: Proven[Announce], url: str, inside: Activity | Document | str) -> Outcome:
    known = await listings.find_by_url(tx, url)
    if known is None and isinstance(inside, Delete):
        return Outcome.UNKNOWN_OBJECT
    if known is not None and (known.is_local or not isinstance(inside, Update | Delete)):
        await remote_listings.passed_on(tx, known, proven.actor)
        return Outcome.UNCHANGED
    said: Document = proven.document(url)
    if isinstance(said, Tombstone):
        return await _gone(tx, said.id)
    if not isinstance(said, ListingDocument):
        return Outcome.IGNORED
    return await _kept(tx, said, await people.author(tx, said.author), proven.actor)


async def _passed_on(tx: Tx, attested: Proven[Activity], group: Actor) -> Outcome:
    activity = attested.activity
    if isinstance(activity, Delete):
        return await thing.deleted(tx, attested.of(activity))
    said = attested.document(activity.object) if isinstance(activity, Create | Update) else None
    return await _kept(tx, said, attested.actor, group) if isinstance(said, ListingDocument) else Outcome.IGNORED


async def _kept(tx: Tx, said: ListingDocument, author: Actor, group: Actor) -> Outcome:
    outcome = await thing.listing(tx, said, author, is_wanted=True)
    known = await listings.find_by_url(tx, said.id)
    if known is not None:
        await remote_listings.passed_on(tx, known, group)
    return outcome


async def _gone(tx: Tx, url: str) -> Outcome:
    known = await listings.find_by_url(tx, url)
    if known is None or known.is_local:
        return Outcome.UNKNOWN_OBJECT
    await remote_listings.delete(tx, known)
    return Outcome.DONE


async def _attested(tx: Tx, proven: Proven[Announce], inside: Create | Update | Delete) -> Proven[Activity] | None:
    document = _alone(_mapping(proven.raw.get("object")) or {}, proven.raw)
    if document is None or not same_origin(proofs.method_of(document), inside.actor):
        return None
    author = await people.author(tx, inside.actor)
    key = await keys.by_id(tx, proofs.method_of(document))
    if key is None and author.url not in proven.fetched:
        raise Missing(author.url)  # its key may be newer than what we know
    if key is None or key.owner != inside.actor or key.purpose != "assertion":
        return None
    try:
        proofs.verify(document, usable(key), now=tx.now)
    except BadActivity:
        return None
    # The very copy that was verified is read, under the context that the proof covers (GHSA-39gj-rchc-q5m3).
    activity = parse.activity(jsonld.normalise(document))
    return said_by(author, activity, origin=proven.origin, raw=document, fetched=proven.fetched)


def _alone(embedded: dict[str, Any], around: Mapping[str, Any]) -> dict[str, Any] | None:
    """The embedded activity as its author proved it: standing alone, with the context that the proof repeats, or with
    the one of what carries it. A context that the author did not prove makes the proof fail.
    """
    proof = _mapping(embedded.get("proof"))
    if proof is None or not isinstance(proof.get("verificationMethod"), str):
        return None
    alone = proofs.without_signature(embedded)
    context = proof.get("@context", around.get("@context"))
    if "@context" in alone or context is None:
        return alone
    return {"@context": context, **alone}


def _mapping(value: object) -> dict[str, Any] | None:
    return cast(dict[str, Any], value) if isinstance(value, dict) else None
