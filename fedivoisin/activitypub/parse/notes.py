"""A Note and what any object may carry: its author, audience, language, tags, pictures and place."""

from collections.abc import Iterable, Iterator
from html import escape

from fedivoisin.activitypub.parse import values
from fedivoisin.activitypub.parse.objects import Image, Mention, NoteDocument, PlaceDocument
from fedivoisin.activitypub.parse.values import Json

MAX_PICTURES = 4
_PICTURE_TYPES = frozenset({"image/jpeg", "image/png", "image/webp"})
"""What our own cache can draw anew (FEDERATION.md §6)."""
_NOT_HTML = frozenset({"text/plain", "text/markdown"})
_TYPE_BY_ENDING = {"jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp"}


def note(document: Json, kind: str) -> NoteDocument:
    """A message. BadActivity without an id or an author."""
    url = values.needed_url(document, "id")
    content, language = content_of(document)
    return NoteDocument(
        id=url,
        type=kind,
        author=author_of(document),
        to=values.recipients(document, "to"),
        cc=values.recipients(document, "cc"),
        content=content,
        summary=values.html(document.get("summary")),
        name=values.line(document.get("name")),
        language=language,
        page_url=page_of(document) or url,
        in_reply_to=values.url_of(document.get("inReplyTo")),
        context=values.url_of(document.get("context")) or values.url_of(document.get("conversation")),
        mentions=tuple(mentions_of(document)),
        hashtags=tuple(hashtags_of(document)),
        pictures=pictures_of(document),
        published_at=values.moment(document.get("published")),
        updated_at=values.moment(document.get("updated")),
    )


def author_of(document: Json) -> str:
    """`attributedTo`, else `actor`: the first URL of either."""
    return values.url_of(document.get("attributedTo")) or values.needed_url(document, "actor")


def content_of(document: Json) -> tuple[str, str]:
    """The HTML and its language: `contentMap` names it, and replaces a `content` that is missing."""
    content = values.html(document.get("content"))
    if values.line(document.get("mediaType"), 64).lower() in _NOT_HTML:  # PeerTube's comments
        content = escape(content, quote=False).replace("\n", "<br>")
    languages = _languages_of(document)
    for language, words in languages.items():
        if not content or words == content:
            return words, language
    # Friendica marks people up otherwise in the map: one language alone is that of the content.
    return content, next(iter(languages)) if len(languages) == 1 else _language_of(document)


def _language_of(document: Json) -> str:
    said = values.mapping(document.get("language")) or {}  # Lemmy, PeerTube
    return values.line(said.get("identifier"), 8).lower()


def _languages_of(document: Json) -> dict[str, str]:
    by_language = values.mapping(document.get("contentMap")) or {}
    said = {values.line(language, 8).lower(): values.html(words) for language, words in list(by_language.items())[:20]}
    return {language: words for language, words in said.items() if words}


def page_of(document: Json) -> str | None:
    """The address for people: of several links, the one that serves HTML."""
    links = values.listed(document.get("url"))[:10]
    for link in links:
        if values.is_object(link) and link.get("mediaType") == "text/html" and values.is_url(link.get("href")):
            return str(link["href"])
    return values.url_of(document.get("url"))


def mentions_of(document: Json) -> Iterator[Mention]:
    """At most 100."""
    for tag in _tags(document, "Mention"):
        url = values.url_of(tag.get("href"))
        if url:
            yield Mention(url, values.line(tag.get("name"), 255))


def hashtags_of(document: Json) -> Iterator[str]:
    """Without their #, in lower case; at most 100."""
    for tag in _tags(document, "Hashtag"):
        name = values.line(tag.get("name"), 100).lstrip("#").lower()
        if name:
            yield name


def _tags(document: Json, kind: str) -> Iterator[Json]:
    for tag in values.listed(document.get("tag"))[: values.MAX_ITEMS]:
        if values.is_object(tag) and kind in values.types(tag):
            yield tag


def pictures_of(document: Json) -> tuple[Image, ...]:
    """The first four pictures of `attachment`, else of `image`."""
    return _pictures(document.get("attachment")) or _pictures(document.get("image"))


def _pictures(value: object) -> tuple[Image, ...]:
    attached = (picture(one) for one in values.listed(value)[:20])
    return tuple(_first(attached, MAX_PICTURES))


def _first(found: Iterable[Image | None], most: int) -> list[Image]:
    return [one for one in found if one][:most]


def picture(value: object) -> Image | None:
    """An Image, or a Document whose media type (or ending) is a picture's."""
    document = values.mapping(value)
    if document is None or not {"Image", "Document"} & set(values.types(document)):
        return None
    url = values.url_of(document.get("url")) or values.url_of(document.get("href"))
    if url is None:
        return None
    media_type = _media_type(document, url)
    if media_type not in _PICTURE_TYPES:
        return None
    return Image(
        url=url,
        media_type=media_type,
        alt=values.line(document.get("name"), 1500) or values.line(document.get("summary"), 1500),
        width=values.whole(document.get("width"), 1, 100_000),
        height=values.whole(document.get("height"), 1, 100_000),
        blurhash=values.line(document.get("blurhash"), 64) or None,
    )


def _media_type(document: Json, url: str) -> str:
    said = values.line(document.get("mediaType"), 64).lower()
    if said == "image/jpg":  # not registered, and common
        return "image/jpeg"
    if said or "Image" not in values.types(document):
        return said
    return _TYPE_BY_ENDING.get(url.rpartition(".")[2].lower(), "image/jpeg")


def place_of(document: Json) -> PlaceDocument | None:
    """`location` (ours), the same word of schema.org (Mobilizon), or `eligibleLocation` (Bonfire)."""
    for key in ("location", "schema:location", "eligibleLocation"):
        for one in values.listed(document.get(key))[:10]:
            if values.is_object(one):
                return _place(one)
    return None


def _place(document: Json) -> PlaceDocument:
    latitude = values.coordinate(document.get("latitude"), 90)
    longitude = values.coordinate(document.get("longitude"), 180)
    both = latitude is not None and longitude is not None
    return PlaceDocument(
        values.line(document.get("name"), 200), latitude if both else None, longitude if both else None
    )
