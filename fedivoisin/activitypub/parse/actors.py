"""An actor and its keys."""

from collections.abc import Iterator

from fedivoisin.activitypub.parse import notes, values
from fedivoisin.activitypub.parse.objects import ActorDocument, Field, KeyDocument, MultikeyDocument
from fedivoisin.activitypub.parse.values import Json

TYPES = frozenset({"Person", "Group", "Application", "Service", "Organization"})
MAX_KEYS = 10
_MAX_PEM = 4096


def actor(document: Json, kind: str) -> ActorDocument:
    """BadActivity without an id or an inbox."""
    url = values.needed_url(document, "id")
    endpoints = values.mapping(document.get("endpoints")) or {}
    return ActorDocument(
        id=url,
        type=kind,
        username=values.line(document.get("preferredUsername"), 255),
        name=values.line(document.get("name"), 255),
        summary=values.html(document.get("summary")),
        page_url=notes.page_of(document) or url,
        inbox=values.needed_url(document, "inbox"),
        outbox=values.url_of(document.get("outbox")),
        followers=values.url_of(document.get("followers")),
        following=values.url_of(document.get("following")),
        featured=values.url_of(document.get("featured")),
        shared_inbox=values.url_of(endpoints.get("sharedInbox")),
        moderators=_moderators(document),
        webfinger=values.line(document.get("webfinger"), 320),
        approves_followers=values.flag(document.get("manuallyApprovesFollowers")),
        # Takahē says it with its prefix.
        discoverable=values.flag(document.get("discoverable", document.get("toot:discoverable"))),
        indexable=values.flag(document.get("indexable")),
        published_at=values.moment(document.get("published")),
        icon=next(filter(None, map(notes.picture, values.listed(document.get("icon"))[:10])), None),
        public_keys=tuple(_public_keys(document)),
        named_keys=tuple(one for one in values.listed(document.get("publicKey"))[:MAX_KEYS] if values.is_url(one)),
        assertion_keys=tuple(_multikeys(document.get("assertionMethod"))),
        request_keys=tuple(_multikeys(document.get("authentication"))),
        also_known_as=values.urls(document.get("alsoKnownAs")),
        moved_to=values.url_of(document.get("movedTo")),
        implements=values.urls(document.get("implements")),
        place=notes.place_of(document),
        fields=tuple(_fields(document)),
    )


def key(document: Json) -> KeyDocument | None:
    """A public key in PEM; none when a part is missing. That the owner lists it is for the caller to check."""
    url, owner = values.url_of(document.get("id")), values.url_of(document.get("owner"))
    pem = document.get("publicKeyPem")
    if url is None or owner is None or not isinstance(pem, str) or len(pem) > _MAX_PEM:
        return None
    return KeyDocument(url, owner, pem)


def _moderators(document: Json) -> str | None:
    """The collection of a Group's moderators (FEP-1b12). A channel of PeerTube names its owner there, as an object."""
    said = values.listed(document.get("attributedTo"))
    return str(said[0]) if len(said) == 1 and values.is_url(said[0]) else None


def _public_keys(document: Json) -> Iterator[KeyDocument]:
    for one in values.listed(document.get("publicKey"))[:MAX_KEYS]:
        found = key(one) if values.is_object(one) else None
        if found:
            yield found


def _multikeys(said: object) -> Iterator[MultikeyDocument]:
    for one in values.listed(said)[:MAX_KEYS]:
        if not values.is_object(one) or "Multikey" not in values.types(one):
            continue
        url, controller = values.url_of(one.get("id")), values.url_of(one.get("controller"))
        multibase = values.line(one.get("publicKeyMultibase"), 2000)
        if url and controller and multibase:
            yield MultikeyDocument(url, controller, multibase, values.moment(one.get("expires")))


def _fields(document: Json) -> Iterator[Field]:
    for one in values.listed(document.get("attachment"))[:20]:
        if values.is_object(one) and "PropertyValue" in values.types(one):
            name, value = values.line(one.get("name"), 255), values.html(one.get("value"))[:2048]
            if name:
                yield Field(name, value)
