"""Many activities in one transaction: each ends for itself, none takes another with it; on both databases."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from fedivoisin.activitypub import carrying, dispatch, inbox, remote, together
from fedivoisin.activitypub.handlers.outcome import Outcome
from fedivoisin.activitypub.wire.origins import origin_of
from fedivoisin.errors import Missing, Reason, Refused
from fedivoisin.proof import Verified
from fedivoisin.store import claims
from fedivoisin.store import inbox as rows
from fedivoisin.store.inbox import Incoming
from fedivoisin.store.schema.federation import inbox as table
from tests.activitypub.neighbours import NETWORK, RENNES, Neighbours, says
from tests.makers import ORIGIN

BOB = f"{RENNES}/users/bob"
GROUP = f"{ORIGIN}/groups/doulon"
Handle = Callable[..., Awaitable[Outcome]]


class Conflict(Exception):
    """As PostgreSQL's driver says it."""

    sqlstate = "40001"


async def test_what_breaks_us_waits_alone_and_the_others_are_done(
    here: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _arrived(here, "one", "two", "three")
    _answer(monkeypatch, {f"{BOB}/two": RuntimeError("ours")})
    assert sorted(await _carry_out(here)) == ["done", "done", "later"]
    assert [end for _, end in await _ends(here)] == ["done", None, "done"]
    ends: list[str] = []
    while (ends or ["later"]) == ["later"]:
        here.world.pass_time(days=1)
        ends = await _carry_out(here)
    assert ends == ["our-fault"]


async def test_a_rule_for_people_that_says_no_is_the_end_of_it(
    here: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _arrived(here, "one", "two")
    _answer(monkeypatch, {f"{BOB}/one": Refused(Reason.NOT_FOUND)})
    assert sorted(await _carry_out(here)) == ["done", Reason.NOT_FOUND]


async def test_so_it_is_when_something_had_to_be_fetched_first(
    here: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = here.show({"id": f"{BOB}/note", "type": "Note", "attributedTo": BOB, "content": "x"})
    await _arrived(here, "one")
    _answer(monkeypatch, {f"{BOB}/one": Missing(document)}, then={f"{BOB}/one": Refused(Reason.NOT_FOUND)})
    assert await _carry_out(here) == [Reason.NOT_FOUND]


async def test_what_one_person_says_keeps_its_order(here: Neighbours, monkeypatch: pytest.MonkeyPatch) -> None:
    document = here.show({"id": f"{BOB}/note", "type": "Note", "attributedTo": BOB, "content": "x"})
    await _arrived(here, "one", "two")
    done = _answer(monkeypatch, {f"{BOB}/one": Missing(document)}, then={})
    await _carry_out(here)
    assert done == [f"{BOB}/one", f"{BOB}/two"]


async def test_a_conflict_with_another_transaction_is_tried_again_whole(
    here: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _arrived(here, "one", "two")
    _answer(monkeypatch, {f"{BOB}/two": DBAPIError("", None, Conflict())}, then={})
    assert await _carry_out(here) == ["done", "done"]


async def test_a_batch_that_cannot_be_written_is_done_one_by_one(
    here: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _arrived(here, "one", "two")
    monkeypatch.setattr(carrying, "_together", None)
    assert await _carry_out(here) == ["done", "done"]


async def test_a_body_that_cannot_be_read_ends_so(here: Neighbours) -> None:
    # Kept by a former version that could read it.
    verified = Verified(f"{BOB}#main-key", BOB, origin_of(BOB), b"{", "cavage")
    await here.store.append(rows.put, [Incoming(verified, f"{BOB}/one", "Follow")])
    assert await _carry_out(here) == ["bad-json"]


async def test_what_ended_the_process_each_time_is_not_begun_again(
    here: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _arrived(here, "one")

    def kill(_: bytes) -> NoReturn:
        raise SystemExit

    with monkeypatch.context() as deadly:
        deadly.setattr(carrying, "load", kill)
        for _ in range(carrying.MAX_ATTEMPTS):
            with pytest.raises(SystemExit):
                await _carry_out(here)
            await here.store.write(claims.forget)  # as at each start
        assert await _carry_out(here) == ["our-fault"]
    assert await _ends(here) == [(f"{BOB}/one", "our-fault")]


async def test_while_many_are_read_others_have_their_turn(here: Neighbours, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "LONGEST", 0.0)
    await _arrived(here, "one", "two")
    due = await here.store.take(rows.claim, limit=5)
    others: list[str] = []
    asyncio.get_running_loop().call_soon(others.append, "a visitor")
    kept, ends = await carrying._read_all(due)
    assert (len(kept), ends, others) == (2, {}, ["a visitor"])


async def test_what_somebody_else_did_during_a_fetch_is_left(here: Neighbours, monkeypatch: pytest.MonkeyPatch) -> None:
    document = here.show({"id": f"{BOB}/note", "type": "Note", "attributedTo": BOB, "content": "x"})
    await _arrived(here, "one")
    _answer(monkeypatch, {f"{BOB}/one": Missing(document)})
    (row,) = await here.store.take(rows.claim, limit=5)
    fetch = remote.fetch_document

    async def slowly(*arguments: Any) -> Any:
        await here.store.write(rows.done_all, {row.id: "unsolicited"})
        return await fetch(*arguments)

    monkeypatch.setattr(remote, "fetch_document", slowly)
    assert await here.carry_out_all([row]) == ["done"]
    assert await _ends(here) == [(f"{BOB}/one", "unsolicited")]


async def _arrived(here: Neighbours, *names: str) -> None:
    await here.met("bob")
    for name in names:
        said = says("Follow", BOB, GROUP, id=f"{BOB}/{name}")
        await inbox.receive(here.reception, here.request(said), network=NETWORK)


def _answer(
    monkeypatch: pytest.MonkeyPatch, first: dict[str, Exception], *, then: dict[str, Exception] | None = None
) -> list[str]:
    """Activities by their id: what happens the first time, and what from then on. Gives those that were done."""
    done: list[str] = []
    tried: set[str] = set()

    async def handle(_tx: object, proven: Any) -> Outcome:
        url = proven.activity.id
        failures = first if url not in tried or then is None else then
        tried.add(url)
        if url in failures:
            raise failures[url]
        done.append(url)
        return Outcome.DONE

    monkeypatch.setattr(dispatch, "handle", handle)
    return done


async def _carry_out(here: Neighbours) -> list[str]:
    return await here.carry_out_all(await here.store.take(rows.claim, limit=10))


async def _ends(here: Neighbours) -> list[tuple[str, str | None]]:
    async with here.store.read() as tx:
        found = await tx.conn.execute(select(table.c.activity_url, table.c.outcome).order_by(table.c.id))
        return [(row.activity_url, row.outcome) for row in found]
