"""New hosts are asked what they are, each once a week, whatever one of them answers. On both databases."""

from fedivoisin.store import peers
from fedivoisin.store.db import Store
from fedivoisin.workers.hosts import describe_new
from tests.activitypub.neighbours import a_neighbourhood
from tests.fakes import FakeWorld


async def test_a_host_on_which_we_break_is_put_off_and_the_others_are_asked(store: Store, world: FakeWorld) -> None:
    here = await a_neighbourhood(store, world)
    world.pages["https://a.example/.well-known/nodeinfo"] = ArithmeticError("ours")
    for host in ("a.example", "b.example"):
        await store.write(peers.seen, host)
    assert await describe_new(here.reception) == 2
    assert here.asked() == [f"https://{host}.example/.well-known/nodeinfo" for host in "ab"]
    assert await describe_new(here.reception) == 0
    world.pass_time(days=8)
    assert await describe_new(here.reception) == 2
