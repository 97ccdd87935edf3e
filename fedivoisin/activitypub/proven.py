"""What handlers may believe, as a type: who said it is proven, and so is where each object comes from (FEP-fe34)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from msgspec.structs import replace

from fedivoisin.activitypub.parse.activities import (
    Activity,
    CollectionDocument,
    Create,
    Delete,
    Head,
    Undo,
    Update,
)
from fedivoisin.activitypub.parse.objects import (
    ActorDocument,
    Document,
    ListingDocument,
    NoteDocument,
)
from fedivoisin.activitypub.wire.origins import is_well_spelt, same_origin
from fedivoisin.errors import BadActivity, Missing
from fedivoisin.store.actors import Actor

A_co = TypeVar("A_co", bound=Activity, covariant=True)
B = TypeVar("B", bound=Activity)

Fetched: TypeAlias = Mapping[str, Document | CollectionDocument]
"""Documents that their own origin served to us while this activity was handled, by the address asked for."""


@dataclass(frozen=True, slots=True)
class Proven(Generic[A_co]):
    """An activity that `actor` said. What `Create` and `Update` carry stands on the actor's origin, or only its
    address is left; whose it is, is for the handler to check. What an `Announce` carries is a claim and no more.
    """

    activity: A_co
    actor: Actor
    origin: str
    """Ours."""
    raw: Mapping[str, Any]
    """The document as received, for proofs inside it."""
    fetched: Fetched

    def of(self, activity: B) -> "Proven[B]":
        """The same, of the kind that `match` found."""
        return Proven(activity, self.actor, self.origin, self.raw, self.fetched)

    def document(self, thing: Document | str) -> Document:
        """The object itself: embedded and the actor's own, or as its own origin serves it; Missing until fetched."""
        if not isinstance(thing, str):
            return thing
        found = self.fetched.get(thing)
        if found is None:
            raise Missing(thing)
        if isinstance(found, CollectionDocument):
            raise BadActivity("a-collection")
        if isinstance(found, ListingDocument | NoteDocument) and not same_origin(found.id, found.author):
            raise BadActivity("foreign-author")  # GHSA-rwcw-vq68-g34p
        return found


def said_by(
    actor: Actor, activity: Activity, *, origin: str, raw: Mapping[str, Any], fetched: Fetched
) -> Proven[Activity]:
    """`actor`'s key signed the request that brought `activity`. BadActivity when it speaks for another."""
    check_speaker(activity, actor.url)
    return Proven(_only_own(activity), actor, origin, raw, fetched)


def check_speaker(activity: Activity | Head, actor_url: str) -> None:
    """The activity's actor is who signed, its id stands on their origin (CVE-2025-54888, GHSA-4qhx-hhwf-8685)."""
    if activity.actor != actor_url:
        raise BadActivity("actor-mismatch", status=403)
    if not same_origin(activity.id, actor_url):
        raise BadActivity("foreign-activity-id", status=403)


def _only_own(activity: Activity) -> Activity:
    match activity:
        case Create() | Update():
            return replace(activity, object=_own(activity.object, activity.actor))
        case Undo() if not isinstance(activity.object, str) and activity.object.actor != activity.actor:
            raise BadActivity("undo-by-another", status=403)
        case _:
            return activity


def _own(thing: Document | str, actor_url: str) -> Document | str:
    match thing:
        case ListingDocument() | NoteDocument() if not same_origin(thing.id, actor_url):
            raise BadActivity("not-the-author", status=403)
        case ListingDocument() | NoteDocument() if not is_well_spelt(thing.id):
            raise BadActivity("odd-id")
        case ActorDocument() if thing.id != actor_url:
            raise BadActivity("update-of-another", status=403)
        case ActorDocument():
            return thing.id  # keys in it are believed only from its own address
        case _:
            return thing


def address_of(thing: Activity | Document | str) -> str:
    """What is passed on: of a whole `Create`, `Update` or `Delete`, the thing that it is about (FEP-1b12)."""
    match thing:
        case str():
            return thing
        case Create() | Update() | Delete():
            return address_of(thing.object)
        case _:
            return _needed(thing.id)


def _needed(url: str) -> str:
    if not url:
        raise BadActivity("no-id")
    return url
