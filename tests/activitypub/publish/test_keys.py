"""New keys beside the old ones: what the actor shows, who is told, and when it is over. On both databases."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from fedivoisin.actions import keys as rotation
from fedivoisin.activitypub import remote, shown, signing
from fedivoisin.activitypub.keyring import usable
from fedivoisin.activitypub.wire import keys as wire_keys
from fedivoisin.activitypub.wire import proofs
from fedivoisin.errors import BadActivity
from fedivoisin.store import actors, keys, neighbourhoods, residents
from fedivoisin.store.actors import Actor
from fedivoisin.store.db import Tx
from fedivoisin.store.keys import OVERLAP
from fedivoisin.store.schema.actors import key
from fedivoisin.store.schema.federation import activity, delivery
from tests.activitypub.neighbours import RENNES, Neighbours, says
from tests.fakes import key_pair
from tests.makers import ORIGIN, put_candidate

BOB = f"{RENNES}/users/bob"
JUST_BEFORE = OVERLAP - timedelta(seconds=1)


async def _rotated(here: Neighbours, actor_id: str, *, overlap: timedelta = OVERLAP) -> Actor:
    async with here.store.read() as tx:
        found = await actors.by_id(tx, actor_id)
    assert found is not None
    await here.store.write(rotation.rotate, found, key_pair(2), overlap=overlap)
    return found


async def _note(here: Neighbours, column: str) -> None:
    """Awa is hidden, or has left."""

    async def work(tx: Tx) -> None:
        await residents.change(tx, here.awa, **{column: tx.now})

    await here.store.write(work)


async def _document(here: Neighbours, actor: Actor) -> dict[str, Any]:
    async with here.store.read() as tx:
        return await shown.actor(tx, actor)


async def _updates(here: Neighbours) -> list[tuple[str, list[str]]]:
    """The `Update`s so far: by whom, and to which inboxes."""
    await here.effects()
    async with here.store.read() as tx:
        said = (await tx.conn.execute(select(activity).where(activity.c.type == "Update"))).all()
        targets = (await tx.conn.execute(select(delivery.c.activity_id, delivery.c.inbox))).all()
    return [(json.loads(one.body)["actor"], [to.inbox for to in targets if to.activity_id == one.id]) for one in said]


async def test_the_new_key_signs_and_the_old_one_is_shown_for_two_days(here: Neighbours) -> None:
    awa = await _rotated(here, here.awa)
    document = await _document(here, awa)
    new, old = document["publicKey"]["id"], f"{awa.url}#main-key"
    assert new.startswith(f"{old}-2026")
    assert document["publicKey"]["publicKeyPem"] == key_pair(2).rsa_public
    (retired,) = document["authentication"]
    assert (retired["id"], retired["type"], retired["controller"]) == (old, "Multikey", awa.url)
    assert retired["expires"] == (here.world.now() + OVERLAP).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert [one["id"] for one in document["assertionMethod"]] == [
        new.replace("main", "ed25519"),
        f"{awa.url}#ed25519-key",
    ]
    async with here.store.read() as tx:
        signer = await signing.key_of(tx, awa.id)
    assert signer is not None
    assert signer.id == new
    here.world.time += JUST_BEFORE
    assert len((await _document(here, awa))["assertionMethod"]) == 2
    here.world.time += timedelta(seconds=1)
    document = await _document(here, awa)
    assert "authentication" not in document
    assert [one["id"] for one in document["assertionMethod"]] == [new.replace("main", "ed25519")]


async def test_a_copied_key_is_worth_nothing_at_once(here: Neighbours) -> None:
    awa = await _rotated(here, here.awa, overlap=timedelta(0))
    document = await _document(here, awa)
    assert "authentication" not in document
    assert len(document["assertionMethod"]) == 1


async def test_the_secret_half_of_an_old_key_is_destroyed_after_the_overlap(here: Neighbours) -> None:
    awa = await _rotated(here, here.awa)

    async def standing(tx: Tx) -> set[str]:
        rows = await tx.conn.execute(select(key.c.id).where(key.c.actor_id == awa.id))
        return set(rows.scalars())

    here.world.time += JUST_BEFORE
    await here.store.write(keys.forget_expired)
    assert len(await here.store.write(standing)) == 4
    here.world.time += timedelta(seconds=1)
    await here.store.write(keys.forget_expired)
    assert {f"{awa.url}#main-key", f"{awa.url}#ed25519-key"}.isdisjoint(await here.store.write(standing))


async def test_everybody_who_may_know_the_old_key_is_told(here: Neighbours) -> None:
    await here.met("bob")
    await here.hear(says("Follow", BOB, f"{ORIGIN}/groups/doulon"))
    async with here.store.read() as tx:
        places = await neighbourhoods.current(tx)
        ours = {one.url: one.id for one in await residents.everyone(tx)}
    assert {f"{ORIGIN}/users/instance", f"{ORIGIN}/groups/doulon", here.awa_url} <= ours.keys()
    await _rotated(here, here.awa)
    await _rotated(here, places.group_id or "")
    await _rotated(here, places.instance_id or "")
    assert sorted(await _updates(here)) == [
        (f"{ORIGIN}/groups/doulon", [f"{BOB}/inbox"]),
        (here.awa_url, [f"{BOB}/inbox"]),
        (f"{ORIGIN}/users/instance", []),
    ]


async def test_nobody_hears_of_a_candidate_or_of_who_is_hidden(here: Neighbours) -> None:
    await _rotated(here, await here.store.write(put_candidate, "zoe"))
    await _note(here, "hidden_at")
    await _rotated(here, here.awa)
    assert await _updates(here) == []


async def test_who_left_meanwhile_says_nothing(here: Neighbours) -> None:
    await _rotated(here, here.awa)
    await _note(here, "gone_at")
    assert await _updates(here) == []


async def test_a_proof_by_the_old_key_holds_during_the_overlap(here: Neighbours) -> None:
    async with here.store.read() as tx:
        old = await signing.key_of(tx, here.awa, "assertion")
    assert old is not None
    said = proofs.make({"id": f"{here.awa_url}/x", "actor": here.awa_url}, key=old, created=here.world.now())
    await _rotated(here, here.awa)
    here.world.time += JUST_BEFORE
    async with here.store.read() as tx:
        found = await keys.by_id(tx, old.id)
    assert found is not None
    assert proofs.verify(said, usable(found), now=here.world.now()).verification_method == old.id
    here.world.time += timedelta(seconds=1)
    async with here.store.read() as tx:
        assert await keys.by_id(tx, old.id) is None


async def test_a_retired_key_of_another_server_is_believed_until_it_expires(here: Neighbours) -> None:
    """As our own kind shows it: an RSA Multikey in `authentication`, with `expires`."""
    document = {
        "authentication": [
            {
                "id": f"{BOB}#old",
                "type": "Multikey",
                "controller": BOB,
                "publicKeyMultibase": wire_keys.multikey(wire_keys.load_public_pem(key_pair(3).rsa_public)),
                "expires": (here.world.now() + OVERLAP).isoformat(),
            },
            {"id": f"{BOB}#odd", "type": "Multikey", "controller": BOB, "publicKeyMultibase": "z6LSbysY2xFM"},
            {"id": "https://evil.example/#old", "type": "Multikey", "controller": BOB, "publicKeyMultibase": "z6Mk"},
        ]
    }
    await here.met("bob", **document)
    async with here.store.read() as tx:
        found, odd = await keys.by_id(tx, f"{BOB}#old"), await keys.by_id(tx, f"{BOB}#odd")
        assert await keys.by_id(tx, "https://evil.example/#old") is None
    assert found is not None
    assert odd is not None
    assert (found.algorithm, found.purpose) == ("rsa", "http")
    assert usable(found).owner == BOB
    assert odd.algorithm == "unknown"
    with pytest.raises(BadActivity, match="bad-key"):
        usable(odd)
    here.world.time += OVERLAP
    async with here.store.read() as tx:
        assert await keys.by_id(tx, f"{BOB}#old") is None
    await here.store.write(keys.forget_expired)
    # Shown once more, it is as old as before.
    await remote.fetch_actor(here.reception.remote, BOB)
    async with here.store.read() as tx:
        assert await keys.by_id(tx, f"{BOB}#old") is None


async def test_a_copied_key_takes_along_those_before_it(here: Neighbours) -> None:
    await _rotated(here, here.awa)
    here.world.pass_time(hours=1)
    awa = await _rotated(here, here.awa, overlap=timedelta(0))
    document = await _document(here, awa)
    assert "authentication" not in document
    assert len(document["assertionMethod"]) == 1


async def test_a_later_rotation_does_not_lengthen_the_life_of_what_was_retired(here: Neighbours) -> None:
    await _rotated(here, here.awa)
    here.world.time += JUST_BEFORE
    awa = await _rotated(here, here.awa)
    assert len((await _document(here, awa))["assertionMethod"]) == 3
    here.world.time += timedelta(seconds=1)
    assert len((await _document(here, awa))["assertionMethod"]) == 2
