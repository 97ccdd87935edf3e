"""Plain functions that make what a test needs: people, neighbourhoods, listings."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import insert

from fedivoisin import addresses
from fedivoisin.actions.accounts import NewAccount, NewSession
from fedivoisin.ids import ActivityId, ActorId, ListingId
from fedivoisin.market.draft import Draft
from fedivoisin.market.listing import EUR, Kind, Listing, Price, Purpose
from fedivoisin.store import listings, outbox
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.outbox import Activity, Target
from fedivoisin.store.schema.accounts import account
from fedivoisin.store.schema.actors import actor
from fedivoisin.store.schema.neighbourhood import neighbourhood
from fedivoisin.store.schema.trust import membership
from tests.fakes import START

ORIGIN = "https://nantes.example"
HOST = "nantes.example"
GROUP = ActorId("group-doulon")
DOULON = (47.23, -1.52)
"""The centre of the neighbourhood of the tests."""


async def put_actor(tx: Tx, /, name: str, **values: Any) -> ActorId:
    """Somebody; local unless a `host` is given."""
    host = values.pop("host", HOST)
    is_local = host == HOST
    url = addresses.actor_url(f"https://{host}", name)
    row = {
        "id": f"actor-{name}" if is_local else f"actor-{name}@{host}",
        "url": url,
        "type": "Person",
        "host": host,
        "name": name,
        "local_name": name if is_local else None,
        "is_local": is_local,
        "display_name": name.capitalize(),
        "inbox": f"{url}/inbox",
        "created_at": tx.now,
    }
    await tx.conn.execute(insert(actor).values(**(row | values)))
    return ActorId(str((row | values)["id"]))


async def put_member(tx: Tx, /, name: str, **values: Any) -> ActorId:
    """An admitted member of ours, without an account to sign in with."""
    member = await put_actor(tx, name, **values)
    await tx.conn.execute(
        insert(membership).values(
            member_id=member,
            state="member",
            requested_at=tx.now - timedelta(days=90),
            admitted_at=tx.now - timedelta(days=80),
            admitted_as="founder",
        )
    )
    return member


async def put_neighbourhood(tx: Tx, /, **values: Any) -> None:
    """Nantes – Doulon, founded, with its Group."""
    await put_actor(tx, "doulon", id=GROUP, type="Group", url=addresses.group_url(ORIGIN, "doulon"))
    row = {
        "id": 1,
        "origin": ORIGIN,
        "founded_at": tx.now,
        "name": "Doulon",
        "commune": "Nantes",
        "slug": "doulon",
        "group_id": GROUP,
        "latitude": DOULON[0],
        "longitude": DOULON[1],
        "legal": {},
        "mail": {},
    }
    await tx.conn.execute(insert(neighbourhood).values(**(row | values)))


def a_listing(number: int = 1, *, author: str = "actor-awa", **changes: Any) -> Listing:
    """A ladder lent by Awa in Doulon; any field may be another."""
    page = f"{ORIGIN}/annonces/listing-{number}"
    listing = Listing(
        id=ListingId(f"listing-{number}"),
        url=f"{ORIGIN}/users/awa/items/listing-{number}",
        page_url=page,
        author_id=ActorId(author),
        group_id=GROUP,
        is_local=True,
        kind=Kind.LEND,
        purpose=Purpose.OFFER,
        title="Échelle double, 4 m",
        text="Elle monte au premier étage.",
        category="entraide/pret",
        place_name="Doulon",
        latitude=DOULON[0],
        longitude=DOULON[1],
        quantity=Decimal(1),
        available=Decimal(1),
        published_at=START - timedelta(days=number),
        ends_at=START + timedelta(days=30),
    )
    return replace(listing, **changes)


def a_draft(**changes: Any) -> Draft:
    """A bicycle for sale, complete."""
    draft = Draft(
        kind=Kind.SELL,
        purpose=Purpose.OFFER,
        title="Vélo 16 pouces",
        text="Il a appris à rouler à trois enfants.",
        category="transport/velo",
        price=Price(Decimal(20), EUR),
        place_name="Doulon",
        latitude=47.2312,
        longitude=-1.5187,
    )
    return replace(draft, **changes)


async def put_activity(tx: Tx, number: int, *hosts: str, priority: int = outbox.FAN_OUT) -> None:
    """Awa, who must be there, says something for everyone; it waits for these hosts."""
    said = Activity(
        id=ActivityId(f"activity-{number}"),
        url=f"{ORIGIN}/activities/{number}",
        actor_id=ActorId("actor-awa"),
        type="Create",
        object_url=None,
        body="{}",
        is_public=True,
        published_at=tx.now,
    )
    await outbox.put(tx, said, [Target(f"https://{host}/inbox", host) for host in hosts], priority=priority)


async def put_listings(store: Store, *several: Listing) -> None:
    """Write these listings; their authors and the neighbourhood must be there."""

    async def write(tx: Tx) -> None:
        for one in several:
            await listings.insert(tx, one)

    await store.write(write)


def an_account(display_name: str = "Léo Martin", **changes: Any) -> NewAccount:
    """Somebody who may sign in with the password `cheval agrafe batterie`, as a `FakeWorld` hashes it."""
    known = NewAccount(
        display_name=display_name, email="leo@example.org", password="hashed:cheval agrafe batterie", quartier="Doulon"
    )
    return replace(known, **changes)


def a_session(number: int = 1) -> NewSession:
    """The secrets of a session that a test opens."""
    return NewSession(token=f"token-{number}", csrf=f"csrf-{number}", device="Firefox, Android")


async def put_account(tx: Tx, /, member: ActorId, **values: Any) -> ActorId:
    """An account for somebody of ours: `{name}@example.org`, an adherent."""
    row = {
        "member_id": member,
        "email": f"{member.removeprefix('actor-')}@example.org",
        "password": "hashed:cheval agrafe batterie",
        "roles": ["adherent"],
        "created_at": tx.now,
    }
    await tx.conn.execute(insert(account).values(**(row | values)))
    return member


async def put_candidate(tx: Tx, /, name: str, **values: Any) -> ActorId:
    """Somebody who asked to come in, now."""
    candidate = await put_actor(tx, name)
    row = {"member_id": candidate, "state": "candidate", "requested_at": tx.now, "words": "Bonjour."}
    await tx.conn.execute(insert(membership).values(**(row | values)))
    return candidate
