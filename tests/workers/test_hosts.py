"""New hosts are asked what they are once a week, and those given up once a day whether they live; on both databases."""

import pytest

from fedivoisin.activitypub import remote
from fedivoisin.store import outbox, peers
from fedivoisin.store.db import Store
from fedivoisin.workers import hosts
from fedivoisin.world import Response
from tests.activitypub.neighbours import Neighbours, a_neighbourhood
from tests.activitypub.test_delivery import HOST, prepare
from tests.fakes import FakeWorld

NODEINFO = f"https://{HOST}/.well-known/nodeinfo"


async def test_a_host_on_which_we_break_is_put_off_and_the_others_are_asked(store: Store, world: FakeWorld) -> None:
    here = await a_neighbourhood(store, world)
    world.pages["https://a.example/.well-known/nodeinfo"] = ArithmeticError("ours")
    for host in ("a.example", "b.example"):
        await store.write(peers.seen, host)
    assert await hosts.describe_new(here.reception) == 2
    assert here.asked() == [f"https://{host}.example/.well-known/nodeinfo" for host in "ab"]
    assert await hosts.describe_new(here.reception) == 0
    world.pass_time(days=8)
    assert await hosts.describe_new(here.reception) == 2


@pytest.fixture
async def here(store: Store, world: FakeWorld) -> Neighbours:
    """Doulon, which gave Rennes up."""
    here = await a_neighbourhood(store, world)
    await _bury(here, HOST)
    return here


async def _bury(here: Neighbours, *several: str) -> None:
    for host in several:
        for _ in range(peers.FAILURES_TO_OPEN):
            await here.store.write(peers.did_not_answer, host, error="time-out")
    here.world.pass_time(days=8)
    for host in several:
        assert await here.store.write(peers.did_not_answer, host, error="time-out")


async def test_a_dead_host_is_asked_once_a_day(here: Neighbours) -> None:
    asked: list[int] = []
    for _ in range(3):
        here.world.pass_time(hours=13)
        asked.append(await hosts.ask_the_dead(here.reception))
    assert asked == [0, 1, 0]
    assert [one.url for one in here.world.requests] == [NODEINFO]


async def test_a_dead_host_that_answers_lives_again(here: Neighbours) -> None:
    here.world.pages[NODEINFO] = Response(NODEINFO, 200, {"content-type": "application/json"}, b"{}")
    here.world.pass_time(days=1)
    assert await hosts.ask_the_dead(here.reception) == 1
    async with here.store.read() as tx:
        known = await peers.by_host(tx, HOST)
    assert known is not None
    assert (known.dead_at, known.failures, known.open_until) == (None, 0, None)
    await here.store.write(prepare, 2)
    assert [one.host for one in await here.store.take(outbox.claim, limit=5)] == [HOST]


async def test_only_so_many_are_asked_at_a_time_and_one_that_breaks_us_holds_up_no_other(here: Neighbours) -> None:
    others = [f"h{number}.example" for number in range(hosts.BATCH)]
    await _bury(here, *others)
    here.world.pages[NODEINFO] = ValueError("nobody foresaw this")
    here.world.pass_time(days=1)
    with pytest.raises(ValueError, match="foresaw"):
        await hosts.ask_the_dead(here.reception)
    assert await hosts.ask_the_dead(here.reception) == 1
    assert await hosts.ask_the_dead(here.reception) == 0


async def test_a_host_never_met_that_does_not_say_what_it_is_is_noted_all_the_same(here: Neighbours) -> None:
    await remote.describe_host(here.reception.remote, "https://unheard-of.example")
    async with here.store.read() as tx:
        known = await peers.by_host(tx, "unheard-of.example")
        assert "unheard-of.example" not in await peers.undescribed(tx, limit=5)
    assert known is not None
    assert (known.software, known.software_version) == ("", "")
