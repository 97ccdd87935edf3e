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
class RetiredKey:
    """One that was replaced and is believed a while longer: as a Multikey, with when its time is over."""

    id: str
    multibase: str
    expires_at: datetime
    is_of_requests: bool


@dataclass(frozen=True, slots=True)
class Keys:
    """The public halves: PEM of the key that signs requests, Multikey of the one that proves documents."""

    rsa_pem: str
    ed25519_multibase: str
    http_id: str = ""
    """Empty: the address of an actor's first key; so for the other."""
    assertion_id: str = ""
    retired: tuple[RetiredKey, ...] = ()


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
        **_keys(url, common.keys),
    }


def _keys(url: str, keys: Keys) -> Json:
    # `publicKey` is never a list: Lemmy, Pleroma and PieFed read one object, and could not read the actor any more. So
    # a replaced key of requests stands where Controlled Identifiers (§2.3.1) put keys that authenticate.
    newest = _multikey(url, keys.assertion_id or addresses.assertion_key(url), keys.ed25519_multibase)
    of_proofs = [_retired(url, one) for one in keys.retired if not one.is_of_requests]
    of_requests = [_retired(url, one) for one in keys.retired if one.is_of_requests]
    return {
        "publicKey": {"id": keys.http_id or addresses.main_key(url), "owner": url, "publicKeyPem": keys.rsa_pem},
        "assertionMethod": [newest, *of_proofs],
        **({"authentication": of_requests} if of_requests else {}),
    }


def _retired(url: str, key: RetiredKey) -> Json:
    return {**_multikey(url, key.id, key.multibase), "expires": instant(key.expires_at)}


def _multikey(url: str, key_id: str, multibase: str) -> Json:
    return {"id": key_id, "type": "Multikey", "controller": url, "publicKeyMultibase": multibase}


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
