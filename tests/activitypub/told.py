"""What was read of a peer's document, in one line: so that a table can say it."""

from functools import singledispatch
from pathlib import Path
from typing import Any

from fedivoisin.activitypub import html, parse
from fedivoisin.activitypub.parse import activities as verbs
from fedivoisin.activitypub.parse.activities import Activity, CollectionDocument
from fedivoisin.activitypub.parse.objects import (
    ActorDocument,
    Document,
    KeyDocument,
    ListingDocument,
    NoteDocument,
    Tombstone,
    Unknown,
)
from fedivoisin.activitypub.wire import jsonld, strict_json
from fedivoisin.addresses import PUBLIC

FOLDER = Path(__file__).parents[1] / "data" / "activities"

AMINA = "https://nantes.example/users/amina"
ITEM = f"{AMINA}/items/7c1f3f0e-6a35-4a1e-9d0c-2f4f8d1b7a11"
OURS = {
    ITEM: "ITEM",
    f"{AMINA}/activities/0b7b1a5e-3f10-4b53-9a0f-8a4a9cf1a001": "OUR-FOLLOW",
    "https://nantes.example/messages/6f6e1a52-1df0-4c60-9a38-5f8a3c9b7d10": "OUR-MESSAGE",
    AMINA: "AMINA",
    "https://nantes.example/groups/bellevue": "BELLEVUE",
    "https://": "",
    ".example": "",
}


def read(name: str) -> Activity | Document | CollectionDocument:
    """The file read as what arrives is read: strictly loaded, its words made ours, parsed."""
    return read_document(jsonld.normalise(strict_json.load((FOLDER / f"{name}.json").read_bytes())))


def read_document(document: dict[str, Any]) -> Activity | Document | CollectionDocument:
    """The same of a document that is normalised."""
    return parse.activity(document) if "actor" in document else parse.document(document)


def short(url: str | None) -> str:
    """With our own addresses by their names."""
    text = url or "nothing"
    for long, name in OURS.items():
        text = text.replace(long, name)
    return text


def words(text: str) -> str:
    """HTML as one line of words."""
    return " ".join(html.to_text(text).split())


def privacy(to: tuple[str, ...], cc: tuple[str, ...]) -> str:
    """Who may read it, as Mastodon names it."""
    if PUBLIC in to:
        return "public"
    if PUBLIC in cc:
        return "unlisted"
    return "followers" if any("followers" in url for url in (*to, *cc)) else "direct"


def told(read: Activity | Document | CollectionDocument | str) -> str:
    """One line on anything that `read` gives; `~` is who did it, wherever their address comes again."""
    if isinstance(read, str):
        return short(read)
    line = _told(read)
    actor = short(getattr(read, "actor", None))
    return line.replace(f" by {actor} ", " own ").replace(f" {actor}", " ~") if actor != "nothing" else line


@singledispatch
def _told(read: object) -> str:
    raise AssertionError(read)


@_told.register
def _(read: NoteDocument) -> str:
    parts = [privacy(read.to, read.cc), read.type, short(read.id), "by", short(read.author)]
    parts += ["re", short(read.in_reply_to)] if read.in_reply_to else []
    parts += ["for", *(short(one.url) for one in read.mentions)] if read.mentions else []
    parts += [f"#{tag}" for tag in read.hashtags]
    parts += [f"pictures:{len(read.pictures)}"] if read.pictures else []
    parts += [f"({read.language})"] if read.language else []
    parts += [f"“{read.name}”"] if read.name else []
    parts += [f"[{words(read.summary)}]"] if read.summary else []
    return " ".join([*parts, f"«{words(read.content)}»"])


@_told.register
def _(read: ListingDocument) -> str:
    price = f"{read.price.amount} {read.price.currency}/{read.price.unit}" if read.price else "no price"
    place = f"{read.place.name}@{read.place.latitude},{read.place.longitude}" if read.place else "nowhere"
    facts = [privacy(read.to, read.cc), read.purpose, read.kind, short(read.id), "by", short(read.author), price, place]
    facts += ["negotiable"] if read.negotiable else []
    return " ".join([*facts, f"pictures:{len(read.pictures)}", f"“{read.title}”", f"«{words(read.text)}»"])


@_told.register
def _(read: ActorDocument) -> str:
    parts = [read.type, short(read.id), f"@{read.username}", f"“{read.name}”", f"«{words(read.summary)}»"]
    parts += [
        f"keys:{len(read.public_keys)}+{len(read.assertion_keys)}",
        short(read.shared_inbox),
        short(read.page_url),
    ]
    parts += ["approves"] if read.approves_followers else []
    parts += ["discoverable"] if read.discoverable else []
    parts += ["icon"] if read.icon else []
    parts += [f"moderators:{short(read.moderators)}"] if read.moderators else []
    parts += [f"aka:{short(url)}" for url in read.also_known_as]
    parts += [f"moved:{short(read.moved_to)}"] if read.moved_to else []
    parts += [f"place:{read.place.name}@{read.place.latitude},{read.place.longitude}"] if read.place else []
    return " ".join([*parts, *(f"{field.name}={words(field.value)}" for field in read.fields)])


@_told.register
def _(read: KeyDocument) -> str:
    return f"key {short(read.id)} of {short(read.owner)}"


@_told.register
def _(read: Tombstone) -> str:
    return f"tombstone {short(read.id)}"


@_told.register
def _(read: Unknown) -> str:
    return f"unknown {read.type} {short(read.id)}"


@_told.register
def _(read: verbs.Ignored) -> str:
    return f"{short(read.actor)} ignored {read.type}"


@_told.register
def _(read: verbs.Flag) -> str:
    return f"{short(read.actor)} Flag {' '.join(map(short, read.object))} «{words(read.content)}»"


@_told.register(verbs.Add)
@_told.register(verbs.Remove)
@_told.register(verbs.Move)
def _(read: verbs.Add | verbs.Remove | verbs.Move) -> str:
    return f"{short(read.actor)} {type(read).__name__} {short(read.object)} target {short(read.target)}"


@_told.register(verbs.Create)
@_told.register(verbs.Update)
@_told.register(verbs.Delete)
@_told.register(verbs.Announce)
@_told.register(verbs.Undo)
@_told.register(verbs.Follow)
@_told.register(verbs.Accept)
@_told.register(verbs.Reject)
@_told.register(verbs.Like)
@_told.register(verbs.Block)
@_told.register(verbs.Offer)
def _(read: verbs.Create | verbs.Announce | verbs.Undo | verbs.Accept) -> str:
    return f"{short(read.actor)} {type(read).__name__} {told(read.object)}"


@_told.register
def _(read: CollectionDocument) -> str:
    return f"{read.type} {short(read.id)} of {read.total}: {' | '.join(told(item) for item in read.items)}"
