"""What members ask about other servers is looked for, some questions beside each other. On both databases."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from fedivoisin.activitypub.delivery import Sender
from fedivoisin.activitypub.inbox import Reception
from fedivoisin.errors import Unreachable
from fedivoisin.store import claims, follows, lookups
from fedivoisin.store.db import Store
from fedivoisin.store.lookups import Lookup
from fedivoisin.workers import lookups as answers
from fedivoisin.workers import loop
from fedivoisin.workers.loop import Workshop, answer_lookups
from fedivoisin.world import Response
from tests.activitypub.neighbours import RENNES, Neighbours, a_neighbourhood
from tests.fakes import FakeWorld

BOB = f"{RENNES}/users/bob"


@pytest.fixture
async def here(store: Store, world: FakeWorld) -> Neighbours:
    """Doulon, where Bob of Rennes may be asked for."""
    there = await a_neighbourhood(store, world)
    there.actor("bob")
    return there


async def _ask(here: Neighbours, query: str = BOB, purpose: str = "follow") -> str:
    asked = await here.store.write(lookups.ask, member_id=here.awa, query=query, purpose=purpose)
    return asked.id


async def _now(here: Neighbours, asked: str) -> Lookup:
    async with here.store.read() as tx:
        found = await lookups.by_id(tx, asked)
    assert found is not None
    return found


async def test_an_address_is_found_and_followed(here: Neighbours) -> None:
    asked = await _ask(here)
    assert await answer_lookups(here.reception) == 1
    assert await answer_lookups(here.reception) == 0
    bob = await here.person(BOB)
    assert (await _now(here, asked)).actor_id == bob.id
    async with here.store.read() as tx:
        assert await follows.between(tx, here.awa, bob.id) is not None


async def test_whom_one_follows_already_one_is_told_so(here: Neighbours) -> None:
    for reason in (None, "already-followed"):
        asked = await _ask(here)
        await answer_lookups(here.reception)
        assert (await _now(here, asked)).reason == reason


async def test_who_is_silent_is_asked_three_times_with_a_pause(here: Neighbours) -> None:
    here.world.pages[BOB] = Unreachable("timeout")
    asked = await _ask(here)
    for _ in range(lookups.MOST_TRIES):
        assert (await _now(here, asked)).state == "waiting"
        assert await answer_lookups(here.reception) == 1
        assert await answer_lookups(here.reception) == 0
        here.world.time += lookups.AGAIN
    assert len(here.asked()) == lookups.MOST_TRIES
    assert (await _now(here, asked)).reason == "timeout"


async def test_a_look_that_was_broken_off_begins_anew_with_the_program(here: Neighbours) -> None:
    asked = await _ask(here)
    assert len(await here.store.take(lookups.claim, limit=5)) == 1
    assert await answer_lookups(here.reception) == 0
    await here.store.write(claims.forget)
    assert await answer_lookups(here.reception) == 1
    assert (await _now(here, asked)).state == "found"


async def test_a_look_ends_before_its_claim(here: Neighbours, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "LONGEST", 0.3)
    reception = _slow(here, asyncio.Event().wait)
    asked = await _ask(here)
    for _ in range(lookups.MOST_TRIES):
        assert await answer_lookups(reception) == 1
        here.world.time += lookups.AGAIN
    assert (await _now(here, asked)).reason == "timeout"


async def test_a_slow_group_holds_up_no_question(here: Neighbours) -> None:
    may_answer, asked_for = asyncio.Event(), asyncio.Semaphore(0)

    async def wait() -> None:
        asked_for.release()
        await may_answer.wait()

    reception = _slow(here, wait, but=BOB)
    sender = Sender(here.store, here.world.doors)
    shop = Workshop(here.store, here.world.doors, reception, sender, asyncio.TaskGroup(), "")
    turns = [turn for name, turn, _ in loop._turns(shop) if name == "lookups"]
    outboxes = [await _ask(here, f"{RENNES}/{n}/outbox", lookups.BACKFILL) for n in range(5)]
    first = [asyncio.ensure_future(turn()) for turn in turns]
    try:
        async with asyncio.timeout(60):
            for _ in range(answers.AT_ONCE - 1):
                await asked_for.acquire()
            asked = await _ask(here)
            assert sum([await turn() for turn in turns[-2:]]) == 1
        assert (await _now(here, asked)).state == "found"
        assert [(await _now(here, one)).attempts for one in outboxes] == [1, 1, 1, 0, 0]
    finally:
        may_answer.set()
        await asyncio.gather(*first)


def _slow(here: Neighbours, wait: Callable[[], Awaitable[object]], *, but: str = "") -> Reception:
    """The way to others, on which all but one address take their time."""
    fetcher = here.reception.remote.fetcher

    async def fetch(url: str, **how: Any) -> Response:
        if url != but:
            await wait()
        return await here.world.fetch(url, **how)

    slow = replace(fetcher, world=replace(fetcher.world, fetch=fetch))
    return replace(here.reception, remote=replace(here.reception.remote, fetcher=slow))
