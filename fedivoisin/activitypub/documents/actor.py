"""People, groups and the instance as actors, with both their keys."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

from fedivoisin import addresses
from fedivoisin.activitypub.documents.contexts import Json, without_nothing
from fedivoisin.activitypub.documents.listing import instant

IMPLEMENTS = (
    ("https://datatracker.ietf.org/doc/html/rfc9421", "RFC-9421: HTTP Message Signatures"),
    ("https://w3id.org/fedivoisin/ns#trust", "fedivoisin trust"),
    ("https://w3id.org/fedivoisin/ns#bans", "fedivoisin bans"),
    ("https://w3id.org/fedivoisin/ns#agreements", "fedivoisin agreements"),
)
"""FEP-844e, of the Application."""

_PROPOSAL_RELATION = ["payment", "https://w3id.org/valueflows/ont/vf#Proposal"]


@dataclass(frozen=True, slots=True)
class Keys:
    """The public halves: PEM of the key that signs requests, Multikey of the one that proves documents."""

    rsa_pem: str
    ed25519_multibase: str


@dataclass(frozen=True, slots=True)
class Icon:
    """A picture of ours."""

    url: str
    media_type: str = "image/webp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """What all three have."""

    url: str
    username: str
    host: str
    """Of the origin, with its port when it has one."""
    origin: str
    name: str
    summary: str
    """Plain text."""
    published_at: datetime
    keys: Keys
    icon: Icon | None = None


@dataclass(frozen=True, slots=True)
class Area:
    """Where a neighbourhood lies; radius in metres."""

    name: str
    latitude: float
    longitude: float
    radius: int = 1000


def person(
    common: Common,
    *,
    fields: Mapping[str, str] | None = None,
    offers: Mapping[str, str] | None = None,
    discoverable: bool = False,
) -> Json:
    """A member. `fields`: lines of the profile's table; `offers`: listing URL → title (FEP-0837); plain text both."""
    attachment = [
        *({"type": "PropertyValue", "name": name, "value": escape(value)} for name, value in (fields or {}).items()),
        *(_offer(url, title) for url, title in (offers or {}).items()),
    ]
    return {
        **_actor(common, "Person", addresses.person_page(common.origin, common.username), approves=True),
        "discoverable": discoverable,
        "indexable": discoverable,
        **_icon(common),
        **({"attachment": attachment} if attachment else {}),
    }


def group(common: Common, *, area: Area | None, is_restricted: bool = True) -> Json:
    """A neighbourhood or a category (FEP-1b12): who posts is restricted to members, who follows is not."""
    place = {"type": "Place", **_area(area), "units": "m"} if area else None
    return without_nothing(
        {
            **_actor(common, "Group", addresses.group_page(common.origin, common.username), approves=False),
            "discoverable": True,
            "indexable": True,
            "featured": addresses.featured(common.url),
            "attributedTo": addresses.moderators(common.url),
            **_icon(common),
            "location": place,
            "fv:postingRestrictedToMembers": is_restricted,
        }
    )


def application(common: Common) -> Json:
    """The instance itself (FEP-d556, FEP-2677)."""
    return {
        **_actor(common, "Application", f"{common.origin}/about", approves=False),
        **_icon(common),
        "implements": [{"type": "Link", "href": href, "name": name} for href, name in IMPLEMENTS],
    }


def _actor(common: Common, kind: str, page: str, *, approves: bool) -> dict[str, Any]:
    url = common.url
    summary = f"<p>{escape(common.summary)}</p>".replace("\n", "<br>") if common.summary else ""
    return {
        "id": url,
        "type": kind,
        "preferredUsername": common.username,
        "webfinger": addresses.acct(common.username, common.host),
        "name": common.name,
        "summary": summary,
        "url": page,
        "inbox": addresses.inbox(url),
        "outbox": addresses.outbox(url),
        "followers": addresses.followers(url),
        "following": addresses.following(url),
        "endpoints": {"sharedInbox": addresses.shared_inbox(common.origin)},
        "manuallyApprovesFollowers": approves,
        "published": instant(common.published_at),
        "publicKey": {"id": addresses.main_key(url), "owner": url, "publicKeyPem": common.keys.rsa_pem},
        "assertionMethod": [_multikey(common)],
    }


def _multikey(common: Common) -> Json:
    return {
        "id": addresses.assertion_key(common.url),
        "type": "Multikey",
        "controller": common.url,
        "publicKeyMultibase": common.keys.ed25519_multibase,
    }


def _icon(common: Common) -> Json:
    if common.icon is None:
        return {}
    return {"icon": {"type": "Image", "mediaType": common.icon.media_type, "url": common.icon.url}}


def _area(area: Area) -> Json:
    return {"name": area.name, "latitude": area.latitude, "longitude": area.longitude, "radius": area.radius}


def _offer(url: str, title: str) -> Json:
    return {
        "type": "Link",
        "name": title,
        "href": url,
        "mediaType": 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
        "rel": _PROPOSAL_RELATION,
    }
