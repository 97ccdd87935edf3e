"""What an admin changes stands in the journal; what others rely on cannot change."""

import hashlib
from typing import Any

import pytest
from sqlalchemy import insert, select

from fedivoisin.actions import settings, setup
from fedivoisin.actions.accounts import NewAccount, create
from fedivoisin.errors import Reason, Refused
from fedivoisin.ids import MemberId
from fedivoisin.store import actors, blocks, events, keys, listings, neighbourhoods, outbox, peers
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.schema.federation import activity, delivery
from fedivoisin.trust.decisions import DomainBlocked, DomainUnblocked, SettingsChanged
from tests.actions.test_setup import ADMIN, ANSWERS, KEYS
from tests.fakes import key_pair
from tests.makers import a_listing, put_actor

WORD = hashlib.sha256(b"le-mot").hexdigest()


@pytest.fixture
async def admin(store: Store) -> MemberId:
    """A neighbourhood in trial mode, and who administers it."""
    await store.write(neighbourhoods.prepare, origin="", setup_hash=WORD)
    answers = {name: getattr(ANSWERS, name) for name in ANSWERS.__dataclass_fields__} | {"origin": ""}
    return await store.write(setup.found, type(ANSWERS)(**answers), ADMIN, KEYS, setup_hash=WORD)


async def _here(store: Store) -> neighbourhoods.Neighbourhood:
    async with store.read() as tx:
        return await neighbourhoods.current(tx)


async def _changes(store: Store) -> list[Any]:
    async with store.read() as tx:
        found = await events.of_types(tx, [SettingsChanged, DomainBlocked, DomainUnblocked], limit=9)
    return [recorded.event for recorded in reversed(found)]


async def test_a_change_is_kept_and_named_without_its_value(store: Store, admin: MemberId) -> None:
    mail = {"host": "smtp.example", "password": "secret"}
    await store.write(settings.change, by=admin, section="courriel", values={"mail": mail, "colour": ""})
    assert (await _here(store)).mail == mail
    assert await _changes(store) == [SettingsChanged("courriel", ("mail",))]


async def test_saying_the_same_again_is_no_change(store: Store, admin: MemberId) -> None:
    await store.write(settings.change, by=admin, section="quartier", values={"name": "Doulon"})
    assert await _changes(store) == []


async def test_a_new_name_is_the_name_of_the_group(store: Store, admin: MemberId) -> None:
    await store.write(settings.change, by=admin, section="quartier", values={"name": "Vieux-Doulon"})
    here = await _here(store)
    async with store.read() as tx:
        group = await actors.by_id(tx, here.group_id or "")
    assert group is not None
    assert (group.display_name, group.name) == ("Vieux-Doulon, Nantes", "doulon")


async def test_a_member_changes_nothing(store: Store, admin: MemberId) -> None:
    member = await store.write(create, NewAccount("Léo"), key_pair(3))
    for action in (
        lambda tx: settings.change(tx, by=member, section="quartier", values={"name": "X"}),
        lambda tx: settings.choose_origin(tx, by=member, origin="https://x.example"),
        lambda tx: settings.block_domain(tx, by=member, domain="x.example", reason=""),
        lambda tx: settings.unblock_domain(tx, by=member, block_id="1"),
        lambda tx: settings.retry_host(tx, by=member, host="x.example"),
        lambda tx: settings.drop_host(tx, by=member, host="x.example"),
    ):
        with pytest.raises(Refused) as caught:
            await store.write(action)
        assert caught.value.reason is Reason.FORBIDDEN
    assert admin != member


async def test_leaving_trial_mode_moves_every_address(store: Store, admin: MemberId) -> None:
    base = neighbourhoods.TRIAL_ORIGIN

    async def publish(tx: Tx) -> None:
        here = await neighbourhoods.current(tx)
        one = a_listing(author=admin, url=f"{base}/users/awa/items/1", page_url=f"{base}/annonces/1")
        await listings.insert(tx, type(one)(**_fields(one) | {"group_id": here.group_id, "context_url": f"{base}/fil"}))
        await tx.conn.execute(
            insert(activity).values(
                id="a1", url=f"{base}/users/awa/activities/1", actor_id=admin, type="Create", body="{}",
                is_public=True, published_at=tx.now,
            )
        )  # fmt: skip

    await store.write(publish)
    await store.write(settings.choose_origin, by=admin, origin="https://voisins.example")
    async with store.read() as tx:
        person = await actors.by_id(tx, admin)
        listing = await listings.find(tx, "listing-1")
        signing = await keys.to_sign_with(tx, admin)
        said = (await tx.conn.execute(select(activity.c.id))).all()
    assert person is not None
    assert person.url == "https://voisins.example/users/awa"
    assert person.host == "voisins.example"
    assert person.inbox == "https://voisins.example/users/awa/inbox"
    assert signing is not None
    assert signing.id == "https://voisins.example/users/awa#main-key"
    assert listing is not None
    assert listing.url == "https://voisins.example/users/awa/items/1"
    assert listing.context_url == "https://voisins.example/fil"
    assert said == []
    assert await _changes(store) == [SettingsChanged("adresse", ("origin",))]


async def test_an_address_nobody_knows_can_be_corrected(store: Store, admin: MemberId) -> None:
    await store.write(settings.choose_origin, by=admin, origin="https://voisin.example")
    await store.write(settings.choose_origin, by=admin, origin="https://voisins.example")
    await store.write(settings.choose_origin, by=admin, origin="https://voisins.example")
    assert (await _here(store)).origin == "https://voisins.example"
    assert len(await _changes(store)) == 2


async def test_an_address_that_others_know_stays(store: Store, admin: MemberId) -> None:
    await store.write(settings.choose_origin, by=admin, origin="https://voisins.example")

    async def meet(tx: Tx) -> None:
        await put_actor(tx, "mael", host="rennes.example")

    await store.write(meet)
    with pytest.raises(Refused) as caught:
        await store.write(settings.choose_origin, by=admin, origin="https://autre.example")
    assert caught.value.reason is Reason.ORIGIN_FIXED


async def test_a_neighbourhood_that_federated_keeps_its_address(store: Store, admin: MemberId) -> None:
    async def federate(tx: Tx) -> None:
        await neighbourhoods.change(tx, federated_at=tx.now)

    await store.write(federate)
    with pytest.raises(Refused):
        await store.write(settings.choose_origin, by=admin, origin="https://autre.example")


async def test_a_domain_is_shut_out_and_let_in_again(store: Store, admin: MemberId) -> None:
    await store.write(settings.block_domain, by=admin, domain="spam.example", reason="Démarchage")
    async with store.read() as tx:
        found = await blocks.all_of_them(tx)
    assert [(block.domain, block.reason) for block in found] == [("spam.example", "Démarchage")]
    await store.write(settings.unblock_domain, by=admin, block_id=found[0].id)
    assert await _changes(store) == [DomainBlocked("spam.example"), DomainUnblocked("spam.example")]
    with pytest.raises(Refused) as caught:
        await store.write(settings.unblock_domain, by=admin, block_id=found[0].id)
    assert caught.value.reason is Reason.NOT_FOUND


async def test_an_admin_retries_or_drops_what_waits_for_a_host(store: Store, admin: MemberId) -> None:
    async def send(tx: Tx) -> None:
        for _ in range(6):
            await peers.did_not_answer(tx, "rennes.example", error="timeout")
        await tx.conn.execute(
            insert(activity).values(
                id="a1", url="https://x.example/1", actor_id=admin, type="Create", body="{}",
                is_public=True, published_at=tx.now,
            )
        )  # fmt: skip
        await tx.conn.execute(
            insert(delivery).values(
                activity_id="a1", actor_id=admin, inbox="https://rennes.example/inbox", host="rennes.example",
                priority=1, created_at=tx.now, next_at=tx.now,
            )
        )  # fmt: skip

    await store.write(send)
    assert await store.append(outbox.claim, limit=5) == []
    await store.write(settings.retry_host, by=admin, host="rennes.example")
    assert len(await store.append(outbox.claim, limit=5)) == 1
    await store.write(settings.drop_host, by=admin, host="rennes.example")
    async with store.read() as tx:
        assert await outbox.waiting(tx) == []


async def test_an_admin_drops_one_delivery_alone(store: Store, admin: MemberId) -> None:
    async def send(tx: Tx) -> None:
        await tx.conn.execute(
            insert(activity).values(
                id="a1", url="https://x.example/1", actor_id=admin, type="Create", body="{}",
                is_public=True, published_at=tx.now,
            )
        )  # fmt: skip
        for number in (1, 2):
            await tx.conn.execute(
                insert(delivery).values(
                    id=number, activity_id="a1", actor_id=admin, inbox=f"https://rennes.example/{number}",
                    host="rennes.example", priority=1, created_at=tx.now, next_at=tx.now,
                )
            )  # fmt: skip

    await store.write(send)
    await store.write(settings.drop_delivery, by=admin, host="rennes.example", delivery_id=1)
    async with store.read() as tx:
        assert [one.deliveries for one in await outbox.waiting(tx)] == [1]
    with pytest.raises(Refused) as caught:
        await store.write(settings.drop_delivery, by=admin, host="rennes.example", delivery_id=1)
    assert caught.value.reason is Reason.NOT_FOUND


def _fields(one: Any) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__dataclass_fields__}
