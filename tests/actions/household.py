"""Awa, who is an admin, and Paul, who is not: what tests of accounts do again and again."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from fedivoisin.actions import accounts
from fedivoisin.errors import Reason, Refused
from fedivoisin.ids import ActorId
from fedivoisin.store import events, sessions, visits
from fedivoisin.store.db import Store, Tx
from tests.makers import a_session, put_account, put_member, put_neighbourhood

AWA, PAUL = ActorId("actor-awa"), ActorId("actor-paul")
NETWORK = "192.0.2.7"


async def put_town(tx: Tx) -> None:
    await put_neighbourhood(tx)
    await put_account(tx, await put_member(tx, "awa"), roles=["adherent", "admin"])
    await put_account(tx, await put_member(tx, "paul"))


async def journal(store: Store, *kinds: Any) -> list[Any]:
    async with store.read() as tx:
        return [recorded.event for recorded in reversed(await events.of_types(tx, list(kinds), limit=50))]


async def reason(work: Callable[[], Awaitable[Any]]) -> Reason:
    with pytest.raises(Refused) as refused:
        await work()
    return refused.value.reason


async def visitor_of(store: Store, token: str) -> visits.Visitor | None:
    async with store.read() as tx:
        return (await visits.load(tx, sessions.hash_of(token))).visitor


async def sign_in(store: Store, number: int = 1, *, member: ActorId = PAUL) -> str:
    """Gives the public name of the session."""
    await store.write(accounts.begin_session, member, a_session(number))
    visitor = await visitor_of(store, f"token-{number}")
    assert visitor is not None
    return visitor.session_id
