"""Actors of ours: made with their addresses and their two key pairs, in one go."""

from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from sqlalchemy import insert

from fedivoisin import addresses
from fedivoisin.ids import ActorId
from fedivoisin.store.db import Tx
from fedivoisin.store.schema.actors import actor, key


class KeyPairs(Protocol):
    """What `world.NewKeys` holds. Made before the transaction: it takes tenths of a second."""

    @property
    def rsa_private(self) -> str: ...
    @property
    def rsa_public(self) -> str: ...
    @property
    def ed25519_private(self) -> str: ...
    @property
    def ed25519_public(self) -> str: ...


@dataclass(frozen=True, slots=True)
class NewActor:
    """`type` is Person, Group or Application; `name` the word before the @, unique among all of ours."""

    type: str
    name: str
    display_name: str
    summary: str = ""
    member_kind: str = "habitant"
    quartier: str = ""
    category: str | None = None
    latitude: float | None = None
    longitude: float | None = None


async def add(tx: Tx, wanted: NewActor, keys: KeyPairs, *, base: str) -> ActorId:
    """Keep the actor under `base` (`Neighbourhood.base`). The caller has checked that the name is free."""
    actor_id = ActorId(tx.new_id())
    url = url_of(wanted.type, wanted.name, base=base)
    await tx.conn.execute(
        insert(actor).values(
            id=actor_id,
            type=wanted.type,
            name=wanted.name,
            local_name=wanted.name,
            is_local=True,
            display_name=wanted.display_name,
            summary=wanted.summary,
            member_kind=wanted.member_kind,
            quartier=wanted.quartier,
            category=wanted.category,
            latitude=wanted.latitude,
            longitude=wanted.longitude,
            approves_followers=wanted.type == "Person",
            discoverable=wanted.type == "Group",
            created_at=tx.now,
            published_at=tx.now,
            **located(wanted.type, wanted.name, base=base),
        )
    )
    await tx.conn.execute(insert(key), _keys(tx, actor_id, url, keys))
    return actor_id


def url_of(type: str, name: str, *, base: str) -> str:
    """The id on the wire of an actor of ours."""
    return addresses.group_url(base, name) if type == "Group" else addresses.actor_url(base, name)


def located(type: str, name: str, *, base: str) -> dict[str, Any]:
    """Every column of an actor of ours that depends on the origin."""
    url = url_of(type, name, base=base)
    pages = {"Group": addresses.group_page(base, name), "Person": addresses.person_page(base, name)}
    return {
        "url": url,
        "host": urlsplit(base).netloc,
        "page_url": pages.get(type, base),
        "inbox": addresses.inbox(url),
        "shared_inbox": addresses.shared_inbox(base),
        "outbox": addresses.outbox(url),
        "followers_url": addresses.followers(url),
        "featured": addresses.featured(url) if type == "Group" else None,
    }


def _keys(tx: Tx, actor_id: ActorId, url: str, keys: KeyPairs) -> list[dict[str, Any]]:
    common = {"actor_id": actor_id, "created_at": tx.now}
    return [
        common
        | {
            "id": addresses.main_key(url),
            "algorithm": "rsa",
            "purpose": "http",
            "public": keys.rsa_public,
            "private": keys.rsa_private,
        },
        common
        | {
            "id": addresses.assertion_key(url),
            "algorithm": "ed25519",
            "purpose": "assertion",
            "public": keys.ed25519_public,
            "private": keys.ed25519_private,
        },
    ]
