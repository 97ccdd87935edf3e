"""Vouching paths: the nearest, at most three steps, the same on both databases and as a plain search finds them."""

from collections import deque
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, update

from fedivoisin.ids import ActorId
from fedivoisin.store import members, paths, vouches
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.schema.trust import sponsorship
from fedivoisin.trust.path import Tie
from tests.fakes import FakeWorld
from tests.makers import put_actor, put_member, put_neighbourhood

PEOPLE = "abcdefgh"


def actor(letter: str) -> ActorId:
    return ActorId(f"actor-{letter}")


async def put_people(tx: Tx) -> None:
    await put_neighbourhood(tx)
    for letter in PEOPLE:
        await put_member(tx, letter)


async def put_edges(tx: Tx, edges: list[tuple[str, str]]) -> None:
    await tx.conn.execute(delete(sponsorship))
    for sponsor, candidate in edges:
        await tx.conn.execute(
            insert(sponsorship).values(
                id=f"{sponsor}{candidate}",
                sponsor_id=actor(sponsor),
                candidate_id=actor(candidate),
                created_at=tx.now,
                guarantee_until=tx.now + timedelta(days=365),
                expires_at=tx.now + timedelta(days=730),
                charter="v1",
            )
        )


@pytest.fixture
async def town(store: Store) -> Store:
    await store.write(put_people)
    return store


async def letters(store: Store, reader: str, target: str) -> str:
    async with store.read() as tx:
        path = await paths.between(tx, actor(reader), actor(target))
    return "".join(step.to.name.lower() for step in path.steps) if path else ""


async def test_the_nearest_path_is_told_step_by_step(town: Store) -> None:
    await town.write(put_edges, [("a", "b"), ("c", "b"), ("c", "d")])
    async with town.read() as tx:
        path = await paths.between(tx, actor("a"), actor("d"))
    assert path is not None
    assert [(step.tie, step.to.name) for step in path.steps] == [
        (Tie.SPONSORS, "B"),
        (Tie.SPONSORED_BY, "C"),
        (Tie.SPONSORS, "D"),
    ]


async def test_four_steps_are_too_many_and_nobody_is_on_a_path_to_themselves(town: Store) -> None:
    await town.write(put_edges, [("a", "b"), ("b", "c"), ("c", "d"), ("d", "e")])
    assert await letters(town, "a", "d") == "bcd"
    assert await letters(town, "a", "e") == ""
    assert await letters(town, "a", "a") == ""
    assert await letters(town, "e", "b") == "dcb"
    assert await letters(town, "a", "h") == ""


async def test_a_sponsorship_that_was_withdrawn_or_expired_is_no_path(town: Store, world: FakeWorld) -> None:
    await town.write(put_edges, [("a", "b"), ("a", "c")])

    async def withdraw(tx: Tx) -> None:
        await tx.conn.execute(update(sponsorship).where(sponsorship.c.id == "ab").values(withdrawn_at=tx.now))

    await town.write(withdraw)
    assert await letters(town, "a", "b") == ""
    assert await letters(town, "a", "c") == "c"
    world.pass_time(days=730)
    assert await letters(town, "a", "c") == ""


def search(edges: list[tuple[str, str]], reader: str) -> dict[str, int]:
    """Distances by breadth-first search."""
    found, queue = {reader: 0}, deque([reader])
    while queue:
        here = queue.popleft()
        for edge in edges:
            if here in edge:
                other = edge[1] if edge[0] == here else edge[0]
                if other not in found:
                    found[other] = found[here] + 1
                    queue.append(other)
    return found


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    edges=st.lists(
        st.tuples(st.sampled_from(PEOPLE), st.sampled_from(PEOPLE)).filter(lambda pair: pair[0] != pair[1]),
        max_size=14,
        unique=True,
    )
)
async def test_every_path_is_as_short_as_a_plain_search_finds_it(town: Store, edges: list[tuple[str, str]]) -> None:
    await town.write(put_edges, edges)
    async with town.read() as tx:
        found = await paths.to_each(tx, actor("a"), [actor(letter) for letter in PEOPLE])
    near = {target: far for target, far in search(edges, "a").items() if 0 < far <= 3}
    assert {target.removeprefix("actor-"): len(path.steps) for target, path in found.items()} == near
    known = set(edges) | {(second, first) for first, second in edges}
    for path in found.values():
        walked = ["a", *(step.to.name.lower() for step in path.steps)]
        assert all(pair in known for pair in pairwise(walked))


async def test_a_stranger_and_somebody_from_elsewhere_have_no_vouchers(town: Store) -> None:
    async def put_remote(tx: Tx) -> None:
        await put_actor(tx, "maelle", host="rennes.example")

    await town.write(put_remote)
    async with town.read() as tx:
        assert await vouches.vouchers(tx, []) == {}
        assert await vouches.vouchers(tx, [ActorId("actor-maelle@rennes.example")]) == {}
        assert (await vouches.vouchers(tx, [actor("a")]))[actor("a")].admitted_as == "founder"
        assert await paths.to_each(tx, actor("a"), []) == {}
        assert await members.known(tx, []) == {}


async def test_the_directory_is_searched_without_case_and_in_pages(town: Store) -> None:
    async def put(tx: Tx) -> None:
        await put_member(tx, "maelle", display_name="Maëlle 50%", quartier="Bellevue")

    await town.write(put)
    async with town.read() as tx:
        assert [one.name for one in await members.directory(tx, limit=3)] == ["a", "b", "c"]
        assert [one.name for one in await members.directory(tx, limit=3, after="c")] == ["d", "e", "f"]
        assert [one.shown_name for one in await members.directory(tx, words="BELLE")] == ["Maëlle 50%"]
        assert [one.shown_name for one in await members.directory(tx, words="50%")] == ["Maëlle 50%"]
        assert await members.directory(tx, words="_____") == []
        assert await members.count_founders(tx) == 9
        assert await vouches.met(tx) == {}
