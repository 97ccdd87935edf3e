"""The verbs: each takes an envelope and what it is about, and gives a document with its `@context`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fedivoisin.activitypub.documents.contexts import PLAIN, PUBLIC, Json, in_context
from fedivoisin.activitypub.documents.listing import instant
from fedivoisin.addresses import featured, followers


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who says it, when, under which address."""

    id: str
    actor: str
    published_at: datetime


@dataclass(frozen=True, slots=True)
class Announced:
    """What a Group passed on: the listing, its author, and when."""

    listing_url: str
    author: str
    at: datetime


def create(envelope: Envelope, document: Mapping[str, Any], context: object) -> Json:
    """Something new, addressed as the document itself is."""
    return _about(envelope, "Create", document, context)


def update(envelope: Envelope, document: Mapping[str, Any], context: object) -> Json:
    """The whole document as it is now, addressed as the document itself is (an actor: to Public and followers)."""
    return _about(envelope, "Update", document, context)


def delete(envelope: Envelope, document: Mapping[str, Any]) -> Json:
    """A Tombstone in place of `document` (its id, its type and its addressees are used), or of an actor."""
    tombstone = {
        "id": document["id"],
        "type": "Tombstone",
        "formerType": document["type"],
        "deleted": instant(envelope.published_at),
    }
    told = _about(envelope, "Delete", document, PLAIN)
    return {**told, "object": tombstone}


def delete_actor(envelope: Envelope) -> Json:
    """The actor itself is gone: everyone that knows it is told."""
    return _said(envelope, "Delete", {"to": [PUBLIC], "cc": [], "object": envelope.actor})


def announce(envelope: Envelope, thing: Mapping[str, Any] | str, author: str) -> Json:
    """By a Group: a whole activity (FEP-1b12), whose context it takes, or an object’s id (Mastodon, GoToSocial)."""
    to = {"to": [PUBLIC], "cc": [followers(envelope.actor), author]}
    if isinstance(thing, str):
        return _said(envelope, "Announce", {**to, "object": thing})
    embedded = _embedded(thing)
    return in_context(_said(envelope, "Announce", {**to, "object": embedded}), thing.get("@context", PLAIN))


def undo(envelope: Envelope, activity: Mapping[str, Any]) -> Json:
    """Takes back what we said: the activity stands in it whole, with its addressees."""
    to = {key: list(activity[key]) for key in ("to", "cc") if key in activity}
    return in_context(_said(envelope, "Undo", {**to, "object": _embedded(activity)}), activity.get("@context", PLAIN))


def undo_announce(envelope: Envelope, activity_url: str, announced: Announced) -> Json:
    """Takes back what a Group passed on: the `Announce` in its short form, also when it was the whole activity."""
    short = announce(Envelope(activity_url, envelope.actor, announced.at), announced.listing_url, announced.author)
    return undo(envelope, short)


def follow(envelope: Envelope, followed: str) -> Json:
    """Asks to be told."""
    return _said(envelope, "Follow", {"to": [followed], "object": followed})


def accept(envelope: Envelope, asked: Mapping[str, Any], asker: str) -> Json:
    """Yes to a Follow, embedded so that Mastodon and Lemmy find it."""
    return _said(envelope, "Accept", {"to": [asker], "object": _embedded(asked)})


def reject(envelope: Envelope, asked: Mapping[str, Any] | str, asker: str, content: str = "") -> Json:
    """No to a Follow (embedded) or to an offer (its id), with a reason in HTML when there is one."""
    thing = asked if isinstance(asked, str) else _embedded(asked)
    words = {"content": content} if content else {}
    return _said(envelope, "Reject", {"to": [asker], "object": thing, **words})


def followed(follow_url: str, follower: str, target: str) -> Json:
    """The Follow that we received, as `accept` and `reject` embed it."""
    return {"id": follow_url, "type": "Follow", "actor": follower, "object": target}


def like(envelope: Envelope, thing: str, author: str) -> Json:
    """Likes the object with that id."""
    return _said(envelope, "Like", {"to": [author], "object": thing})


def about_featured(envelope: Envelope, verb: str, thing: str, group: str) -> Json:
    """`Add` or `Remove`: what stands first in a Group, said by the Group itself or by one of its moderators."""
    readers = followers(group) if envelope.actor == group else group
    to = {"to": [PUBLIC], "cc": [readers], "audience": group}
    return _said(envelope, verb, {**to, "object": thing, "target": featured(group)})


def flag(envelope: Envelope, things: Sequence[str], instance: str, content: str) -> Json:
    """A report to another instance, by ours: who reported stays here."""
    return _said(envelope, "Flag", {"to": [instance], "content": content, "object": list(things)})


def _about(envelope: Envelope, verb: str, document: Mapping[str, Any], context: object) -> Json:
    to = {key: document[key] for key in ("to", "cc", "audience") if key in document}
    if not to:
        to = {"to": [PUBLIC], "cc": [followers(envelope.actor)]}
    return in_context(_said(envelope, verb, {**to, "object": _embedded(document)}), context)


def _said(envelope: Envelope, verb: str, rest: Mapping[str, Any]) -> Json:
    return {
        "@context": PLAIN,
        "id": envelope.id,
        "type": verb,
        "actor": envelope.actor,
        "published": instant(envelope.published_at),
        **rest,
    }


def _embedded(document: Mapping[str, Any]) -> Json:
    return {key: value for key, value in document.items() if key != "@context"}
