"""A JSON object into the activity, the document or the collection that it is."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TypeAlias

from fedivoisin.activitypub.parse import actors, listings, notes, values
from fedivoisin.activitypub.parse.activities import (
    Accept,
    Activity,
    Add,
    Announce,
    Block,
    CollectionDocument,
    Create,
    Delete,
    Flag,
    Follow,
    Head,
    Ignored,
    Like,
    Move,
    Offer,
    Reject,
    Remove,
    Undo,
    Update,
)
from fedivoisin.activitypub.parse.objects import Document, KeyDocument, Tombstone, Unknown
from fedivoisin.activitypub.parse.values import Json
from fedivoisin.errors import BadActivity

MAX_DEPTH = 4
"""Announce of Create of Note is three; a peer that nests deeper plays."""

_NOTES = ("Note", "Article", "Page", "Question", "ChatMessage")
"""A ChatMessage is a private Note of Pleroma and Lemmy."""
_COLLECTIONS = frozenset({"Collection", "OrderedCollection", "CollectionPage", "OrderedCollectionPage"})

_Envelope: TypeAlias = tuple[str, str, tuple[str, ...], tuple[str, ...], datetime | None]
"""What every activity begins with: id, actor, to, cc, published_at."""


def activity(document: object) -> Activity:
    """What a peer posted, after `wire.jsonld`. BadActivity says what is wrong with it; an unknown verb is Ignored."""
    return _activity(_object(document), 0)


def head(document: object) -> Head:
    """How it begins: enough to know whether whoever posted it may have said it. BadActivity as `activity`."""
    found = _object(document)
    actor, verb = values.needed_url(found, "actor"), _verb(found)
    return Head(_id_of(found, actor, verb), actor, verb or _other_verb(found))


def document(document: object) -> Document | CollectionDocument:
    """What a peer serves at an address: an object, an actor, a key or a collection."""
    found = _object(document)
    return _collection(found, 0) if _is_collection(found) else _document(found)


def collection(document: object) -> CollectionDocument:
    """A collection or a page; BadActivity when it is something else."""
    found = _object(document)
    if not _is_collection(found):
        raise BadActivity("not-a-collection")
    return _collection(found, 0)


def _object(value: object) -> Json:
    if not values.is_object(value):
        raise BadActivity("not-an-object")
    return value


def _activity(document: Json, depth: int) -> Activity:
    if depth >= MAX_DEPTH:
        raise BadActivity("nested-too-deep")
    actor = values.needed_url(document, "actor")
    verb = _verb(document)
    # Some peers embed the activity that they undo or accept without its id.
    own_id = values.url_of(document.get("id")) or "" if depth else _id_of(document, actor, verb)
    if verb is None:
        return Ignored(own_id, actor, _other_verb(document))
    to, cc = values.recipients(document, "to"), values.recipients(document, "cc")
    envelope = own_id, actor, to, cc, values.moment(document.get("published"))
    return _READERS[verb](document, envelope, depth)


def _id_of(document: Json, actor: str, verb: str | None) -> str:
    # Epicyon answers without an id, as if nobody had to tell its answers apart: they get the name of the request.
    if "id" not in document and verb in {"Accept", "Reject"}:
        return f"{actor}#{verb.lower()}/{_target(document)}"
    return values.needed_url(document, "id")


def _verb(document: Json) -> str | None:
    return next((one for one in values.types(document) if one in _READERS), None)


def _other_verb(document: Json) -> str:
    return next(iter(values.types(document)), "")[:64]


def _is_activity(document: Json) -> bool:
    """One that we know, or any other that somebody did to something (Lemmy's `Lock`, everybody's `Dislike`)."""
    return _verb(document) is not None or ("actor" in document and "object" in document)


def _target(document: Json) -> str:
    return values.needed_url(document, "object")


def _embedded(document: Json) -> Json | None:
    """The object when it is there in full: more than an id and a type."""
    found = values.mapping(document.get("object"))
    return found if found and (len(found) > 3 or found.keys() - {"id", "type", "@context"}) else None


def _thing(document: Json) -> Document | str:
    found = _embedded(document)
    return _target(document) if found is None else _document(found)


def _said(document: Json) -> Document | str:
    """What is created or changed. Who says only around it whom it is for (Lemmy: whom it names) means it so."""
    found = _embedded(document)
    if found is None:
        return _target(document)
    is_addressed = "to" in found or "cc" in found
    if is_addressed and "tag" in found:
        return _document(found)
    outside = ("tag",) if is_addressed else ("tag", "to", "cc")
    return _document({key: document.get(key) for key in outside} | dict(found))


def _told(document: Json, depth: int) -> Activity | str:
    found = _embedded(document)
    # One that does not say whose it is can only be looked up.
    if found is None or not _is_activity(found) or ("actor" not in found and "id" in found):
        return _target(document)
    return _activity(found, depth + 1)


def _taken_back(document: Json, depth: int) -> Activity | str:
    found = _embedded(document)
    if found is None or not _is_activity(found):
        return _target(document)
    # Nobody can undo what another did: where it is not said, it was the same one.
    return _activity({"actor": document.get("actor"), **found}, depth + 1)


def _passed_on(document: Json, depth: int) -> Activity | Document | str:
    found = _embedded(document)
    return _thing(document) if found is None or not _is_activity(found) else _activity(found, depth + 1)


def _reported(document: Json) -> tuple[str, ...]:
    found = values.urls(document.get("object"))
    if not found:
        raise BadActivity("bad-object")
    return found


def _reason(document: Json) -> str:
    return values.html(document.get("content")) or values.html(document.get("summary"))


_READERS: Mapping[str, Callable[[Json, _Envelope, int], Activity]] = {
    "Create": lambda document, envelope, _: Create(*envelope, _said(document)),
    "Update": lambda document, envelope, _: Update(*envelope, _said(document)),
    "Delete": lambda document, envelope, _: Delete(*envelope, _target(document)),
    "Announce": lambda document, envelope, depth: Announce(*envelope, _passed_on(document, depth)),
    "Undo": lambda document, envelope, depth: Undo(*envelope, _taken_back(document, depth)),
    "Follow": lambda document, envelope, _: Follow(*envelope, _target(document)),
    "Accept": lambda document, envelope, depth: Accept(*envelope, _told(document, depth)),
    "Reject": lambda document, envelope, depth: Reject(*envelope, _told(document, depth), _reason(document)),
    "Like": lambda document, envelope, _: Like(*envelope, _target(document)),
    "Flag": lambda document, envelope, _: Flag(*envelope, _reported(document), _reason(document)),
    "Block": lambda document, envelope, _: Block(*envelope, _target(document), values.url_of(document.get("target"))),
    "Add": lambda document, envelope, _: Add(*envelope, _target(document), values.needed_url(document, "target")),
    "Remove": lambda document, envelope, _: Remove(*envelope, _target(document), values.needed_url(document, "target")),
    "Move": lambda document, envelope, _: Move(*envelope, _target(document), values.needed_url(document, "target")),
    "Offer": lambda document, envelope, _: Offer(*envelope, _thing(document)),
}


def _document(document: Json) -> Document:
    types = values.types(document)
    actor = next((one for one in types if one in actors.TYPES), None)
    if actor:
        # GoToSocial serves a key as a stub of its owner, without an inbox.
        is_stub = "inbox" not in document and "publicKey" in document
        return _key(document) if is_stub else actors.actor(document, actor)
    if "Tombstone" in types:
        return Tombstone(values.needed_url(document, "id"), values.moment(document.get("deleted")))
    if "publicKeyPem" in document:
        return _key(document)
    return _words(document, types)


def _words(document: Json, types: tuple[str, ...]) -> Document:
    terms = listings.terms_of(document)
    if terms:
        return listings.listing(document, terms)
    note = next((one for one in types if one in _NOTES), None)
    if note:
        return notes.note(document, note)
    return Unknown(values.url_of(document.get("id")) or "", next(iter(types), "")[:64])


def _key(document: Json) -> KeyDocument:
    found = actors.key(values.mapping(document.get("publicKey")) or document)
    if found is None:
        raise BadActivity("bad-key")
    return found


def _is_collection(document: Json) -> bool:
    return not _COLLECTIONS.isdisjoint(values.types(document))


def _collection(document: Json, depth: int) -> CollectionDocument:
    if depth >= MAX_DEPTH:
        raise BadActivity("nested-too-deep")
    page = values.mapping(document.get("first"))
    items = document.get("orderedItems", document.get("items"))
    return CollectionDocument(
        id=values.url_of(document.get("id")) or "",
        type=next((one for one in values.types(document) if one in _COLLECTIONS), "Collection"),
        total=values.whole(document.get("totalItems")),
        first=_collection(page, depth + 1) if page else values.url_of(document.get("first")),
        next=values.url_of(document.get("next")),
        part_of=values.url_of(document.get("partOf")),
        items=tuple(_items(items, depth)),
    )


def _items(value: object, depth: int) -> Iterator[Activity | Document | str]:
    for one in values.listed(value)[: values.MAX_ITEMS]:
        try:
            yield _item(one, depth)
        except BadActivity:
            # One unreadable item must not hide the page.
            continue


def _item(value: object, depth: int) -> Activity | Document | str:
    if values.is_object(value):
        return _activity(value, depth + 1) if _is_activity(value) else _document(value)
    found = values.url_of(value)
    if found is None:
        raise BadActivity("bad-item")
    return found
