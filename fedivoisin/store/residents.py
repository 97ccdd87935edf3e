"""Actors of ours: made with their keys, changed, gone."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import insert, select, update

from fedivoisin import addresses
from fedivoisin.ids import ActorId
from fedivoisin.store import keys as key_rows
from fedivoisin.store.actors import COLUMNS, Actor, from_row
from fedivoisin.store.db import Tx
from fedivoisin.store.keys import KeyPairs
from fedivoisin.store.schema.actors import actor, key


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A person who gets an actor here."""

    name: str
    display_name: str
    member_kind: str = "habitant"
    quartier: str = ""
    agreement: str = "neutre"


async def everyone(tx: Tx) -> list[Actor]:
    """All our actors that have not left."""
    rows = await tx.conn.execute(
        select(*COLUMNS).where(actor.c.is_local, actor.c.gone_at.is_(None)).order_by(actor.c.created_at, actor.c.id)
    )
    return [from_row(row) for row in rows.mappings()]


async def is_taken(tx: Tx, name: str) -> bool:
    """Whether a person or a group of ours is, or was, called so: addresses are never given twice."""
    return await tx.conn.scalar(select(actor.c.id).where(actor.c.local_name == name)) is not None


async def add_person(tx: Tx, person: Newcomer, keys: KeyPairs, *, origin: str) -> ActorId:
    """A `Person` who answers follows by hand and is not discoverable (FEDERATION.md §1)."""
    return await _add(
        tx,
        addresses.actor_url(origin, person.name),
        keys,
        type="Person",
        name=person.name,
        display_name=person.display_name,
        member_kind=person.member_kind,
        quartier=person.quartier,
        agreement=person.agreement,
        page_url=addresses.person_page(origin, person.name),
        approves_followers=True,
    )


async def add_group(
    tx: Tx, keys: KeyPairs, *, origin: str, slug: str, display_name: str, category: str | None = None
) -> ActorId:
    """The neighbourhood's Group, or a category's (FEP-1b12)."""
    url = addresses.group_url(origin, slug)
    return await _add(
        tx,
        url,
        keys,
        type="Group",
        name=slug,
        display_name=display_name,
        category=category,
        page_url=addresses.group_page(origin, slug),
        featured=addresses.featured(url),
        discoverable=True,
    )


async def add_instance(tx: Tx, keys: KeyPairs, *, origin: str, display_name: str) -> ActorId:
    """The instance's own `Application`, whose key signs every GET."""
    url = addresses.instance_url(origin)
    name = addresses.INSTANCE_NAME
    return await _add(tx, url, keys, type="Application", name=name, display_name=display_name, page_url=f"{origin}/")


async def change(tx: Tx, member: ActorId, /, **values: Any) -> None:
    """Set some columns of an actor of ours."""
    await tx.conn.execute(update(actor).where(actor.c.id == member, actor.c.is_local).values(**values))


async def erase(tx: Tx, member: ActorId) -> None:
    """What is personal goes; address and keys stay: a signed farewell can be sent, and the address is never reused."""
    await change(
        tx,
        member,
        display_name="",
        summary="",
        quartier="",
        agreement="neutre",
        icon_url=None,
        latitude=None,
        longitude=None,
        gone_at=tx.now,
    )


async def readdress(tx: Tx, actor_id: ActorId, *, old: str, new: str) -> None:
    """Put an actor that never federated under another origin, with its keys."""
    row = (await tx.conn.execute(select(actor).where(actor.c.id == actor_id))).mappings().one()
    columns = ("url", "page_url", "icon_url", "inbox", "shared_inbox", "outbox", "followers_url", "featured")
    moved = {name: row[name].replace(old, new, 1) for name in columns if row[name]}
    await change(tx, actor_id, host=urlsplit(new).netloc, **moved)
    for old_key in (await tx.conn.execute(select(key.c.id).where(key.c.actor_id == actor_id))).scalars().all():
        await tx.conn.execute(update(key).where(key.c.id == old_key).values(id=old_key.replace(old, new, 1)))


async def _add(tx: Tx, url: str, keys: KeyPairs, *, name: str, **values: Any) -> ActorId:
    actor_id = ActorId(tx.new_id())
    origin = urlsplit(url)
    await tx.conn.execute(
        insert(actor).values(
            id=actor_id,
            url=url,
            host=origin.netloc,
            name=name,
            local_name=name,
            is_local=True,
            inbox=addresses.inbox(url),
            shared_inbox=addresses.shared_inbox(f"{origin.scheme}://{origin.netloc}"),
            outbox=addresses.outbox(url),
            followers_url=addresses.followers(url),
            created_at=tx.now,
            published_at=tx.now,
            **values,
        )
    )
    await key_rows.add_ours(
        tx, actor_id, keys, http_id=addresses.main_key(url), assertion_id=addresses.assertion_key(url)
    )
    return actor_id
