"""New keys over real HTTP: a peer that knew the old one believes the new one at once, and the old one two days long."""

import json
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update
from yarl import URL

from fedivoisin.actions import accounts, following
from fedivoisin.actions import keys as rotation
from fedivoisin.activitypub import signing
from fedivoisin.activitypub.inbox import REFETCH_AFTER
from fedivoisin.activitypub.wire import signatures
from fedivoisin.activitypub.wire.keys import PrivateKey
from fedivoisin.app import utc_now
from fedivoisin.store import follows, listings, tombstones
from fedivoisin.store.actors import Actor
from fedivoisin.store.db import Tx
from fedivoisin.store.keys import OVERLAP
from fedivoisin.store.schema.actors import key
from tests.fakes import key_pair
from tests.federation.stranger import ACTIVITY, Stranger
from tests.federation.towns import Town

Towns = tuple[Town, Town]
Strangers = tuple[Stranger, Stranger]


async def _known(rennes: Town, nantes: Town) -> Actor:
    """Awa of Nantes, followed from Rennes, which therefore keeps her key."""
    awa = await nantes.member("awa")
    maelle = await rennes.member("maelle", 2)
    await rennes.store.write(following.follow_address, member_id=maelle, typed=f"@awa@{nantes.host}")

    async def asked(tx: Tx) -> str | None:
        return next((one.id for one, _ in await follows.waiting_for(tx, awa)), None)

    follow_id = await nantes.eventually(asked, that="the question")
    assert follow_id is not None
    await nantes.store.write(following.approve, member_id=awa, follow_id=follow_id)

    async def accepted(tx: Tx) -> bool:
        return any(standing.state == "accepted" for standing, _ in await follows.followed_by(tx, maelle))

    assert await rennes.eventually(accepted, that="the accepted follow")
    return await nantes.actor(f"{nantes.origin}/users/awa")


async def _signer(town: Town, actor_id: str) -> PrivateKey:
    async with town.store.read() as tx:
        found = await signing.key_of(tx, actor_id)
    assert found is not None
    return found


async def _said(town: Town, stranger: Stranger, by: Actor, signer: PrivateKey) -> int:
    """Something new by `by`, posted to the inbox of `town` under that key: the answer."""
    said = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": f"{by.url}/activities/{town.world.new_id()}",
        "type": "Like",
        "actor": by.url,
        "object": f"{town.origin}/users/x/items/y",
    }
    body = json.dumps(said).encode()
    signed = signatures.sign("POST", f"{town.origin}/inbox", body, key=signer, now=utc_now(), scheme="cavage")
    return await stranger.send(town, body, {"Content-Type": ACTIVITY, **signed})


async def _two_days_later(*towns: Town) -> None:
    """What the clocks of all would say then."""

    async def age(tx: Tx) -> None:
        rows = await tx.conn.execute(select(key.c.id, key.c.expires_at).where(key.c.expires_at.is_not(None)))
        for row in rows.all():
            await tx.conn.execute(update(key).where(key.c.id == row.id).values(expires_at=row.expires_at - OVERLAP))
        tx.filled.add("door")

    for town in towns:
        await town.store.write(age)


async def test_what_was_signed_before_a_rotation_is_taken_for_two_days(towns: Towns, strangers: Strangers) -> None:
    nantes, rennes = towns
    hand, _ = strangers
    awa = await _known(rennes, nantes)
    old = await _signer(nantes, awa.id)
    assert await _said(rennes, hand, awa, old) == 202
    await nantes.store.write(rotation.rotate, awa, key_pair(4))
    new = await _signer(nantes, awa.id)
    assert new.id != old.id
    published = await nantes.publish(awa.id)

    async def seen(tx: Tx) -> bool:
        return await listings.find_by_url(tx, published.url) is not None

    assert await rennes.eventually(seen, that="what was signed with the new key")
    assert await _said(rennes, hand, awa, old) == 202
    assert await _said(rennes, hand, awa, new) == 202
    await _two_days_later(nantes, rennes)
    assert await _said(rennes, hand, awa, old) == 401
    assert await _said(rennes, hand, awa, new) == 202


async def test_a_copied_key_opens_no_door_once_its_owner_has_said_so(towns: Towns, strangers: Strangers) -> None:
    nantes, rennes = towns
    hand, _ = strangers
    awa = await _known(rennes, nantes)
    old = await _signer(nantes, awa.id)
    await nantes.store.write(rotation.rotate, awa, key_pair(4), overlap=timedelta(0))

    async def told(tx: Tx) -> bool:
        rows = await tx.conn.execute(select(key.c.id).where(key.c.id == old.id))
        return rows.first() is None

    assert await rennes.eventually(told, that="the Update with the new keys")
    assert await _said(rennes, hand, awa, old) == 401


async def test_a_peer_that_heard_of_no_update_learns_the_new_key_when_it_is_used(towns: Towns) -> None:
    """Nobody follows the instance: its new key is first seen at a signed GET."""
    nantes, rennes = towns
    instance = await nantes.actor(f"{nantes.origin}/users/instance")
    old = await _signer(nantes, instance.id)
    assert await _look(rennes, nantes, old) == 200
    await nantes.store.write(rotation.rotate, instance, key_pair(4))
    new = await _signer(nantes, instance.id)
    assert await _look(rennes, nantes, new) == 200
    assert await _look(rennes, nantes, old) == 200
    await _two_days_later(nantes, rennes)
    assert await _look(rennes, nantes, old) == 401
    assert await _look(rennes, nantes, new) == 200


async def _look(rennes: Town, nantes: Town, signer: PrivateKey) -> int:
    path = "/groups/rennes"
    headers = signatures.sign("GET", f"{rennes.origin}{path}", None, key=signer, now=utc_now(), scheme="cavage")
    answer = await nantes.world.fetch(
        f"{rennes.origin}{path}", accept=ACTIVITY, max_bytes=100_000, sign=lambda *_request: headers
    )
    assert "signature" in answer.headers["vary"].lower()
    return answer.status


async def test_a_key_that_changes_under_its_old_address_is_fetched_again(town: Town, strangers: Strangers) -> None:
    """As Mastodon rotates: the same key id, another key behind it."""
    evil, _ = strangers
    document: dict[str, Any] = evil.actor()
    like = f"{town.origin}/users/x/items/y"
    assert await evil.post(town, evil.said("Like", like)) == 202
    evil.show(document | {"publicKey": document["publicKey"] | {"publicKeyPem": key_pair(2).rsa_public}})
    assert await evil.post(town, evil.said("Like", like), key=2) == 401, "fetched a moment ago: a lever for strangers"

    async def age(tx: Tx) -> None:
        await tx.conn.execute(
            update(key).where(key.c.id.startswith(evil.origin)).values(fetched_at=tx.now - REFETCH_AFTER)
        )
        tx.filled.add("door")

    await town.store.write(age)
    assert await evil.post(town, evil.said("Like", like), key=2) == 202
    assert await evil.post(town, evil.said("Like", like), key=1) == 401
    assert evil.asked.count(URL(document["id"]).path) == 2


async def test_the_key_of_who_left_is_gone(town: Town, strangers: Strangers) -> None:
    evil, _ = strangers
    awa = await town.member("awa")
    assert (await evil.get(town, "/users/awa"))[0] == 200
    await town.store.write(accounts.close, member=awa)

    async def marked(tx: Tx) -> bool:
        return await tombstones.by_url(tx, f"{town.origin}/users/awa") is not None

    assert await town.eventually(marked, that="the tombstone")
    status, mark = await evil.get(town, "/users/awa")
    assert (status, mark["type"]) == (410, "Tombstone")
