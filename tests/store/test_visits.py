"""What each page is told about its visitor, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from fedivoisin.ids import ActorId
from fedivoisin.store import neighbourhoods, sessions, visits
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.schema.accounts import account
from fedivoisin.store.schema.threads import message, thread
from fedivoisin.store.visits import VisitFacts
from tests.fakes import FakeWorld
from tests.makers import a_listing, put_account, put_actor, put_candidate, put_listings, put_member, put_neighbourhood

HASH = sessions.hash_of("token-1")
AWA, BOB = ActorId("actor-awa"), ActorId("actor-bob@rennes.example")


@pytest.fixture
async def signed_in(store: Store) -> Store:
    await store.write(put_neighbourhood)
    await store.write(put_member, "awa")
    await store.write(put_account, AWA)
    await store.write(sessions.begin, AWA, token="token-1", csrf="c" * 43, device="Firefox")
    return store


async def _load(store: Store, token_hash: str | None = HASH) -> VisitFacts:
    async with store.read() as tx:
        return await visits.load(tx, token_hash)


async def test_nobody_signed_in_still_sees_the_neighbourhood(signed_in: Store) -> None:
    for token_hash in (None, sessions.hash_of("another")):
        facts = await _load(signed_in, token_hash)
        assert (facts.visitor, facts.neighbourhood.name, facts.member_count, facts.unread) == (None, "Doulon", 1, 0)


async def test_the_neighbourhood_is_not_read_twice(signed_in: Store) -> None:
    async with signed_in.read() as tx:
        here = await neighbourhoods.current(tx)
        assert (await visits.load(tx, HASH, here=here)).neighbourhood is here


@pytest.mark.parametrize(
    ("roles", "is_moderator", "is_admin"),
    [([], False, False), (["adherent"], False, False), (["moderateur"], True, False), (["admin"], True, True)],
)
async def test_roles_say_what_a_visitor_may(
    signed_in: Store, roles: list[str], is_moderator: bool, is_admin: bool
) -> None:
    await signed_in.write(put_role, roles)
    visitor = (await _load(signed_in)).visitor
    assert visitor is not None
    assert (visitor.is_moderator, visitor.is_admin, visitor.is_member) == (is_moderator, is_admin, True)


async def test_a_candidate_is_a_visitor_but_no_member(signed_in: Store) -> None:
    leo = await signed_in.write(put_candidate, "leo")
    await signed_in.write(put_account, leo)
    await signed_in.write(sessions.begin, leo, token="token-2", csrf="d" * 43, device="")
    facts = await _load(signed_in, sessions.hash_of("token-2"))
    assert facts.visitor is not None
    assert (facts.visitor.is_member, facts.visitor.membership, facts.member_count) == (False, "candidate", 1)


async def test_a_session_is_idle_after_fourteen_days_unless_it_was_used(signed_in: Store, world: FakeWorld) -> None:
    world.pass_time(days=13)
    await signed_in.append(visits.touch, HASH)
    world.pass_time(days=13)
    assert (await _load(signed_in)).visitor is not None
    world.pass_time(days=1)
    assert (await _load(signed_in)).visitor is None


async def test_threads_with_something_new_are_counted_once_each(signed_in: Store, world: FakeWorld) -> None:
    await signed_in.write(put_actor, "bob", host="rennes.example")
    await put_listings(signed_in, a_listing(1), a_listing(2))
    await signed_in.write(put_thread, "one", "listing-1", asker=BOB, author=AWA)
    await signed_in.write(put_thread, "two", "listing-2", asker=AWA, author=BOB)
    for number, (thread_id, writer) in enumerate([("one", BOB), ("one", BOB), ("two", BOB), ("two", AWA)]):
        await signed_in.write(put_message, number, thread_id, writer)
    assert (await _load(signed_in)).unread == 2
    await signed_in.write(read_thread, "one")
    assert (await _load(signed_in)).unread == 1
    world.pass_time(minutes=1)
    await signed_in.write(put_message, 10, "one", AWA)
    assert (await _load(signed_in)).unread == 1
    await signed_in.write(put_message, 11, "one", BOB)
    assert (await _load(signed_in)).unread == 2


async def put_role(tx: Tx, /, roles: list[str]) -> None:
    await tx.conn.execute(update(account).values(roles=roles))


async def put_thread(tx: Tx, /, thread_id: str, listing: str, *, asker: ActorId, author: ActorId) -> None:
    await tx.conn.execute(
        insert(thread).values(
            id=thread_id,
            listing_id=listing,
            asker_id=asker,
            author_id=author,
            context_url=f"https://nantes.example/fil/{thread_id}",
            created_at=tx.now - timedelta(days=1),
            last_at=tx.now,
        )
    )


async def put_message(tx: Tx, /, number: int, thread_id: str, writer: ActorId) -> None:
    await tx.conn.execute(
        insert(message).values(
            id=f"message-{number}",
            url=f"https://nantes.example/messages/{number}",
            thread_id=thread_id,
            listing_id="listing-1" if thread_id == "one" else "listing-2",
            writer_id=writer,
            recipient_id=AWA if writer == BOB else BOB,
            text="Bonjour",
            published_at=tx.now,
            received_at=tx.now,
        )
    )


async def read_thread(tx: Tx, /, thread_id: str) -> None:
    await tx.conn.execute(update(thread).where(thread.c.id == thread_id).values(author_read_at=tx.now))
