"""Two towns that speak to each other can be watched doing so."""

import asyncio

from aiohttp.test_utils import TestClient, TestServer
from prometheus_client.parser import text_string_to_metric_families

from fedivoisin import metrics
from fedivoisin.actions import following
from fedivoisin.doctor import Level
from fedivoisin.peer_check.case import read_target
from fedivoisin.peer_check.examine import examine
from fedivoisin.store import follows
from fedivoisin.store.db import Tx
from tests.federation.stranger import Stranger
from tests.federation.towns import PATIENCE, Town

Figures = dict[tuple[str, ...], float]


async def _scraped(town: Town) -> Figures:
    """Name and labels -> value."""
    async with (
        TestClient(TestServer(metrics.application(town.store, town.world, role="serve"))) as client,
        client.get("/metrics") as answer,
    ):
        families = text_string_to_metric_families(await answer.text())
        return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}


async def _until(town: Town, *wanted: tuple[str, ...]) -> Figures:
    async with asyncio.timeout(PATIENCE):
        found = await _scraped(town)
        while not all(found.get(one) for one in wanted):
            await asyncio.sleep(0.05)
            found = await _scraped(town)
    return found


async def test_a_follow_is_counted_at_both_ends(towns: tuple[Town, Town]) -> None:
    nantes, rennes = towns
    maelle = await rennes.member("maelle", 2)
    await rennes.store.write(following.follow_address, member_id=maelle, typed=nantes.address)

    async def accepted(tx: Tx) -> bool:
        return any(standing.state == "accepted" for standing, _ in await follows.followed_by(tx, maelle))

    assert await rennes.eventually(accepted, that="the accepted follow")
    there = await _until(
        nantes,
        ("fedivoisin_inbox_requests_total", "accepted"),
        ("fedivoisin_inbox_carried_out_total", "done"),
        ("fedivoisin_signature_seconds_count",),
        ("fedivoisin_deliveries_total", "well", "sent"),
        ("fedivoisin_requests_total", "post", "2xx"),
        ("fedivoisin_requests_total", "get", "2xx"),
    )
    assert there["fedivoisin_hosts", "well"] == 1
    signed = [value for (name, *labels), value in there.items()
              if name == "fedivoisin_signatures_total" and labels[1] == "held"]  # fmt: skip
    assert sum(signed) >= 1
    assert (await _scraped(rennes))["fedivoisin_inbox_requests_total", "accepted"] >= 1


async def test_two_towns_that_speak_to_each_other_find_nothing_wrong(towns: tuple[Town, Town]) -> None:
    nantes, rennes = towns
    before = [one async for one in examine(rennes.settings, read_target(nantes.address))]
    assert [one.subject for one in before if one.level is not Level.GOOD] == ["Notre clé"]
    maelle = await rennes.member("maelle", 2)
    await rennes.store.write(following.follow_address, member_id=maelle, typed=nantes.address)

    async def accepted(tx: Tx) -> bool:
        return any(standing.state == "accepted" for standing, _ in await follows.followed_by(tx, maelle))

    assert await rennes.eventually(accepted, that="the accepted follow")
    await _until(rennes, ("fedivoisin_deliveries_total", "well", "sent"))
    after = [one async for one in examine(rennes.settings, read_target(nantes.host))]
    assert [one for one in after if one.level is not Level.GOOD] == []
    assert "il a pris un envoi signé" in next(one.words for one in after if one.subject == "Notre clé")


async def test_what_a_stranger_gets_wrong_is_counted_by_its_limit(
    town: Town, strangers: tuple[Stranger, Stranger]
) -> None:
    evil, _ = strangers
    evil.actor()
    deep = b'{"a":' * 40 + b"1" + b"}" * 40
    assert await evil.post(town, deep) == 400
    assert await evil.post(town, b"[" * 300_000) == 413
    unsigned = {"Content-Type": "application/activity+json"}
    assert await evil.send(town, b"{}", unsigned) == 401
    found = await _scraped(town)
    assert found["fedivoisin_inbox_requests_total", "json-too-deep"] == 1
    assert found["fedivoisin_inbox_requests_total", "unsigned"] == 1
    assert found["fedivoisin_limits_total", "json-depth"] == 1
    assert found["fedivoisin_limits_total", "inbox-body"] == 1
