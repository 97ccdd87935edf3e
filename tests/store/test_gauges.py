"""How full the queues are, told for whoever watches."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import insert, update

from fedivoisin.activitypub.wire.origins import origin_of
from fedivoisin.app import new_id, utc_now
from fedivoisin.proof import Verified
from fedivoisin.store import blocks, events, gauges, inbox, mails, outbox, peers
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.gauges import Line
from fedivoisin.store.inbox import Incoming
from fedivoisin.store.mails import NewMail
from fedivoisin.store.schema import metadata
from fedivoisin.store.schema.federation import activity, delivery
from fedivoisin.trust.decisions import SettingsChanged
from tests.fakes import FakeWorld
from tests.makers import put_member


async def _fill(tx: Tx) -> None:
    await put_member(tx, "awa")
    origin = origin_of("https://a.example")
    body = Verified("https://a.example/k", "https://a.example/a", origin, b"{}", "cavage")
    await inbox.put(tx, [Incoming(body, "https://a.example/1", "Create")])
    await events.record(tx, SettingsChanged("quartier", ("name",)), subject="reglages", by=None)
    await mails.put(tx, [NewMail("lea@x.example", "Bonjour", "…")])
    await blocks.add(tx, "spam.example", reason="essai", by=None)
    await tx.conn.execute(
        insert(activity).values(
            id="a1", url="https://x.example/1", actor_id="actor-awa", type="Create", body="{}", is_public=True,
            published_at=tx.now,
        )
    )  # fmt: skip
    for host in ("well.example", "new.example", "failing.example", "paused.example"):
        await tx.conn.execute(
            insert(delivery).values(
                activity_id="a1", actor_id="actor-awa", inbox=f"https://{host}/inbox", host=host, priority=1,
                created_at=tx.now, next_at=tx.now,
            )
        )  # fmt: skip


async def _hosts(tx: Tx) -> None:
    await peers.answered(tx, "well.example")
    await peers.did_not_answer(tx, "failing.example", error="timeout")
    for _ in range(peers.FAILURES_TO_OPEN):
        await peers.did_not_answer(tx, "paused.example", error="timeout")
        await peers.did_not_answer(tx, "dead.example", error="timeout")


async def test_empty_queues_are_nought_and_not_missing(store: Store) -> None:
    seen = await gauges.look(store)
    assert seen is not None
    assert set(seen.queues) == {"inbox", "effects", "delivery", "mail"}
    assert {*seen.queues.values(), *seen.deliveries.values()} == {Line(0, 0.0, 0.0)}
    assert set(seen.deliveries) == set(seen.hosts) == set(gauges.HOST_STATES)


async def test_what_waits_is_counted_with_its_age(store: Store, world: FakeWorld) -> None:
    await store.write(_fill)
    world.pass_time(minutes=2)
    await store.write(_hosts)
    seen = await gauges.look(store)
    assert seen is not None
    assert seen.queues == {
        "inbox": Line(1, 120, 120), "effects": Line(1, 120, 120), "delivery": Line(4, 120, 120),
        "mail": Line(1, 120, 120),
    }  # fmt: skip
    assert seen.deliveries == {
        "well": Line(2, 120, 120), "failing": Line(1, 120, 120), "paused": Line(1, 120, 120),
        "dead": Line(0, 0, 0),
    }  # fmt: skip
    assert (seen.hosts, seen.blocked) == ({"well": 1, "failing": 1, "paused": 2, "dead": 0}, 1)


async def test_what_waits_for_another_try_grows_old_and_is_not_late(store: Store, world: FakeWorld) -> None:
    async def put_off(tx: Tx) -> None:
        await _fill(tx)
        for name in ("inbox", "event", "delivery", "mail"):
            await tx.conn.execute(update(metadata.tables[name]).values(next_at=tx.now + timedelta(hours=2)))

    await store.write(put_off)
    for minutes, late in ((119, 0), (3, 120)):
        world.pass_time(minutes=minutes)
        seen = await gauges.look(store)
        assert seen is not None
        assert {line.late for line in seen.queues.values()} == {late}
        assert seen.deliveries["well"].late == late
        assert {line.oldest for line in seen.queues.values()} == {7140 + late * 1.5}


async def test_what_is_done_waits_no_more_and_dead_hosts_are_told(store: Store, world: FakeWorld) -> None:
    await store.write(_fill)
    await store.write(_hosts)
    world.pass_time(days=8)

    async def go_on(tx: Tx) -> None:
        await peers.did_not_answer(tx, "dead.example", error="timeout")
        await outbox.drop(tx, "well.example")
        for row in await inbox.claim(tx, limit=1):
            await inbox.done_all(tx, {row.id: "done"})

    await store.write(go_on)
    seen = await gauges.look(store)
    assert seen is not None
    assert (seen.queues["inbox"].waiting, seen.queues["delivery"].waiting, seen.hosts["dead"]) == (0, 3, 1)


async def test_a_database_that_does_not_answer_is_no_figure(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'empty.db'}", now=utc_now, new_id=new_id)
    assert await gauges.look(store) is None
    await store.close()
