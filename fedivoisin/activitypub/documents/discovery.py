"""How others find us: WebFinger (RFC 7033, FEP-d556), NodeInfo 2.0 and 2.1 (FEP-2677), host-meta (RFC 6415)."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from xml.sax.saxutils import quoteattr

from fedivoisin import addresses
from fedivoisin.activitypub.documents.contexts import AS, Json

ACTIVITY_JSON = "application/activity+json"
UNDERSTANDS: Mapping[str, int] = MappingProxyType({"trust": 1, "bans": 1, "agreements": 1})
_SCHEMAS = "http://nodeinfo.diaspora.software/ns/schema/"


@dataclass(frozen=True, slots=True)
class Figures:
    """What NodeInfo counts."""

    members: int
    active_month: int
    active_half_year: int
    listings: int
    messages: int


@dataclass(frozen=True, slots=True)
class Software:
    """This program, this neighbourhood."""

    version: str
    neighbourhood: str
    open_registrations: bool = False


def webfinger_person(origin: str, host: str, name: str) -> Json:
    """Of a member."""
    return _account(
        origin, host, name, addresses.actor_url(origin, name), addresses.person_page(origin, name), "Person"
    )


def webfinger_group(origin: str, host: str, slug: str) -> Json:
    """Of a Group: the same namespace as members."""
    return _account(origin, host, slug, addresses.group_url(origin, slug), addresses.group_page(origin, slug), "Group")


def webfinger_instance_account(origin: str, host: str) -> Json:
    """Of `acct:instance@host`, which the instance's actor names in `webfinger`."""
    name = addresses.INSTANCE_NAME
    return _account(origin, host, name, addresses.instance_url(origin), f"{origin}/about", "Application")


def webfinger_server(origin: str) -> Json:
    """Of the origin itself (FEP-d556)."""
    actor = addresses.instance_url(origin)
    return {
        "subject": f"{origin}/",
        "links": [
            {"rel": "self", "type": ACTIVITY_JSON, "href": actor},
            {"rel": f"{AS}#Service", "type": ACTIVITY_JSON, "href": actor},
        ],
    }


def _account(origin: str, host: str, name: str, actor: str, page: str, kind: str) -> Json:
    return {
        "subject": f"acct:{addresses.acct(name, host)}",
        "aliases": [actor, page],
        "links": [
            {"rel": "http://webfinger.net/rel/profile-page", "type": "text/html", "href": page},
            {"rel": "self", "type": ACTIVITY_JSON, "href": actor, "properties": {f"{AS}#type": kind}},
            {
                "rel": "http://ostatus.org/schema/1.0/subscribe",
                "template": f"{origin}/authorize_interaction?uri={{uri}}",
            },
        ],
    }


def nodeinfo_links(origin: str) -> Json:
    """`/.well-known/nodeinfo`"""
    return {
        "links": [
            {"rel": f"{_SCHEMAS}2.0", "href": f"{origin}/nodeinfo/2.0"},
            {"rel": f"{_SCHEMAS}2.1", "href": f"{origin}/nodeinfo/2.1"},
            {"rel": f"{AS}#Application", "href": addresses.instance_url(origin)},
        ]
    }


def nodeinfo(schema: str, software: Software, figures: Figures) -> Json:
    """`/nodeinfo/2.0` or `/nodeinfo/2.1`."""
    return {
        "version": schema,
        "software": {"name": "fedivoisin", "version": software.version},
        "protocols": ["activitypub"],
        "services": {"inbound": [], "outbound": []},
        "openRegistrations": software.open_registrations,
        "usage": {
            "users": {
                "total": figures.members,
                "activeMonth": figures.active_month,
                "activeHalfyear": figures.active_half_year,
            },
            "localPosts": figures.listings,
            "localComments": figures.messages,
        },
        "metadata": {"nodeName": software.neighbourhood, "fedivoisin": dict(UNDERSTANDS)},
    }


def host_meta(origin: str) -> str:
    """`/.well-known/host-meta`, XRD: where WebFinger answers."""
    template = quoteattr(f"{origin}/.well-known/webfinger?resource={{uri}}")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">'
        f'<Link rel="lrdd" type="application/jrd+json" template={template}/></XRD>\n'
    )
