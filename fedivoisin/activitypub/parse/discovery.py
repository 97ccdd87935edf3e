"""What other servers say of themselves: WebFinger (RFC 7033) and NodeInfo."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from fedivoisin.activitypub.parse import values
from fedivoisin.activitypub.parse.values import Json
from fedivoisin.errors import BadActivity

_AS_TYPES = ("application/activity+json", 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"')
_SCHEMAS = ("2.1", "2.0")
_SCHEMA_PREFIX = "http://nodeinfo.diaspora.software/ns/schema/"
_APPLICATION = "https://www.w3.org/ns/activitystreams#Application"
_SUBSCRIBE = "http://ostatus.org/schema/1.0/subscribe"
_MAX_LINKS = 50


@dataclass(frozen=True, slots=True)
class WebFinger:
    """An account as its server answers for it."""

    subject: str
    aliases: tuple[str, ...]
    actor: str
    page_url: str | None
    subscribe_template: str
    """With `{uri}` in it; empty when there is none."""


@dataclass(frozen=True, slots=True)
class NodeInfoLinks:
    """Where a server describes itself, and the actor that speaks for it (FEP-2677)."""

    schema: str | None
    application: str | None


@dataclass(frozen=True, slots=True)
class NodeInfo:
    """The software, how big it is, and what of ours it understands (`trust`, `bans`, `agreements`: versions)."""

    software: str
    version: str
    name: str
    users: int | None
    posts: int | None
    understands: Mapping[str, int]


def webfinger(document: object) -> WebFinger:
    """BadActivity without a subject or a link to an ActivityPub actor."""
    resource = _object(document, "bad-webfinger")
    links = _links(resource)
    subject = values.line(resource.get("subject"), values.MAX_URL)
    actor = next((_href(link) for link in links if _is_actor(link) and _href(link)), None)
    if not subject or actor is None:
        raise BadActivity("bad-webfinger")
    return WebFinger(
        subject=subject,
        aliases=values.urls(resource.get("aliases")),
        actor=actor,
        page_url=_linked(links, "http://webfinger.net/rel/profile-page"),
        subscribe_template=_template(links),
    )


def nodeinfo_links(document: object) -> NodeInfoLinks:
    """`/.well-known/nodeinfo`: the newest schema that we read, and the instance's actor."""
    links = _links(_object(document, "bad-nodeinfo"))
    schemas = (_linked(links, _SCHEMA_PREFIX + version) for version in _SCHEMAS)
    return NodeInfoLinks(next(filter(None, schemas), None), _linked(links, _APPLICATION))


def nodeinfo(document: object) -> NodeInfo:
    """NodeInfo 2.0 or 2.1. BadActivity without the software's name."""
    info = _object(document, "bad-nodeinfo")
    software = values.mapping(info.get("software")) or {}
    usage = values.mapping(info.get("usage")) or {}
    users = values.mapping(usage.get("users")) or {}
    metadata = values.mapping(info.get("metadata")) or {}
    name = values.line(software.get("name"), 100).lower()
    if not name:
        raise BadActivity("bad-nodeinfo")
    return NodeInfo(
        software=name,
        version=values.line(software.get("version"), 100),
        name=values.line(metadata.get("nodeName"), 200),
        users=values.whole(users.get("total")),
        posts=values.whole(usage.get("localPosts")),
        understands=_understood(metadata.get("fedivoisin")),
    )


def _object(document: object, code: str) -> Json:
    if not values.is_object(document):
        raise BadActivity(code)
    return document


def _links(document: Json) -> list[Json]:
    return [one for one in values.listed(document.get("links"))[:_MAX_LINKS] if values.is_object(one)]


def _is_actor(link: Json) -> bool:
    return link.get("rel") == "self" and link.get("type") in _AS_TYPES


def _href(link: Json) -> str | None:
    href = link.get("href")
    return str(href) if values.is_url(href) else None


def _linked(links: list[Json], rel: str) -> str | None:
    return next((_href(link) for link in links if link.get("rel") == rel and _href(link)), None)


def _template(links: list[Json]) -> str:
    for link in links:
        template = values.line(link.get("template"), values.MAX_URL)
        if link.get("rel") == _SUBSCRIBE and values.is_url(template.replace("{uri}", "")) and "{uri}" in template:
            return template
    return ""


def _understood(value: object) -> Mapping[str, int]:
    said = values.mapping(value) or {}
    versions = {values.line(name, 32): values.whole(number, 1, 1000) for name, number in list(said.items())[:20]}
    return MappingProxyType({name: number for name, number in versions.items() if number})
