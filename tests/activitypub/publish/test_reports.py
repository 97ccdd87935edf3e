"""What is reported here and lives elsewhere is told there, without a name. On both databases."""

import json
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import delete, select

from fedivoisin.actions import moderation
from fedivoisin.activitypub.publish import reports as publish
from fedivoisin.errors import Reason, Refused
from fedivoisin.ids import MemberId, ReportId
from fedivoisin.store import accounts, actors, events, peers, reports
from fedivoisin.store.actors import RemoteActor
from fedivoisin.store.db import Tx
from fedivoisin.store.reports import NewReport
from fedivoisin.store.schema.federation import activity, delivery
from fedivoisin.store.schema.neighbourhood import report as table
from fedivoisin.trust.decisions import ReportForwarded
from fedivoisin.trust.roles import Role
from tests.activitypub.neighbours import RENNES, Neighbours, bare, offer, says
from tests.makers import ORIGIN

BOB = f"{RENNES}/users/bob"
HOUSE = "192.0.2.0/24"
AT_THE_ROOT = RemoteActor(f"{RENNES}/", "Application", "rennes.example", "site", f"{RENNES}/site/inbox")


async def _report(here: Neighbours, words: str = "Il n’y a rien à cette adresse.", **how: Any) -> ReportId:
    """Awa reports Bob's ladder, or what `how` says."""
    bob = await here.followed("bob")
    await here.hear(says("Create", BOB, bare(offer(BOB))))
    ladder = await here.known(f"{BOB}/item-1")
    assert ladder is not None
    listing_id = None if how.pop("is_of_person", False) else ladder.id
    new = NewReport(
        reason="annonce-trompeuse",
        words=words,
        listing_id=listing_id,
        actor_id=None if listing_id else bob.id,
        reporter_id=how.pop("reporter", here.awa),
    )
    return await here.store.write(moderation.report, new, network=HOUSE, **how)


async def _flags(here: Neighbours) -> list[tuple[dict[str, Any], str]]:
    await here.effects()
    async with here.store.read() as tx:
        rows = await tx.conn.execute(
            select(activity.c.body, delivery.c.inbox)
            .join(delivery, delivery.c.activity_id == activity.c.id)
            .where(activity.c.type == "Flag")
        )
    return [(json.loads(row.body), row.inbox) for row in rows]


async def _admin(here: Neighbours) -> MemberId:
    async with here.store.read() as tx:
        (admin,) = await accounts.with_role(tx, Role.ADMIN)
    return admin


async def test_a_member_lets_the_other_town_know_without_being_named(here: Neighbours) -> None:
    await _report(here, with_forward=True)
    ((flag, inbox),) = await _flags(here)
    assert inbox == f"{BOB}/inbox"
    assert flag["id"].startswith(f"{ORIGIN}/flags/")
    assert {name: flag[name] for name in ("type", "actor", "to", "object", "content")} == {
        "type": "Flag",
        "actor": f"{ORIGIN}/users/instance",
        "to": [BOB],
        "object": [BOB, f"{BOB}/item-1"],
        "content": "Annonce trompeuse : Il n’y a rien à cette adresse.",
    }
    assert "awa" not in json.dumps(flag)


async def _told(here: Neighbours) -> tuple[list[str], str]:
    """To whom, and where, a report about Bob himself goes."""
    await _report(here, words="", is_of_person=True, with_forward=True)
    ((flag, inbox),) = await _flags(here)
    assert (flag["object"], flag["content"]) == ([BOB], "Annonce trompeuse.")
    return flag["to"], inbox


async def test_an_instance_of_our_kind_is_told_itself(here: Neighbours) -> None:
    instance = await here.met("instance", 2, type="Application")
    await here.store.write(peers.describe, "rennes.example", software="fedivoisin", version="1", metadata=None)
    assert await _told(here) == ([instance.url], instance.inbox)


@pytest.mark.parametrize("root", [RENNES, f"{RENNES}/"])
async def test_an_instance_that_stands_at_its_root_is_told_itself(here: Neighbours, root: str) -> None:
    await here.store.write(actors.keep_remote, replace(AT_THE_ROOT, url=root))
    assert await _told(here) == ([root], AT_THE_ROOT.inbox)


@pytest.mark.parametrize("name", ["instance", "actor", "root"])
async def test_no_report_goes_to_who_only_says_to_be_an_application(here: Neighbours, name: str) -> None:
    await here.met(name, 2, type="Application")
    assert await _told(here) == ([BOB], f"{BOB}/inbox")


async def test_at_the_root_a_person_is_a_person(here: Neighbours) -> None:
    await here.store.write(actors.keep_remote, replace(AT_THE_ROOT, type="Person"))
    assert await _told(here) == ([BOB], f"{BOB}/inbox")


async def test_nothing_leaves_unasked_nor_of_visitors_nor_of_our_own(here: Neighbours) -> None:
    await _report(here)
    await _report(here, reporter=None, with_forward=True)
    bicycle = await here.publish()
    own = NewReport(reason="autre", words="Non.", listing_id=bicycle.id, reporter_id=await _admin(here))
    await here.store.write(moderation.report, own, network=HOUSE, with_forward=True)
    assert await _flags(here) == []


async def test_a_moderator_forwards_it_later_once(here: Neighbours) -> None:
    report, admin = await _report(here), await _admin(here)
    await here.store.write(moderation.forward, report, by=admin)
    assert len(await _flags(here)) == 1
    async with here.store.read() as tx:
        found = await reports.find(tx, report)
        happened = [one.event for one in await events.of_types(tx, [ReportForwarded], limit=9)]
    assert found is not None
    assert found.forwarded_at == here.world.now()
    assert happened == [ReportForwarded(report, "rennes.example")]
    for by, which, reason in (
        (admin, report, Reason.NOTHING_TO_FORWARD),
        (admin, ReportId("nothing"), Reason.NOT_FOUND),
        (here.awa, report, Reason.FORBIDDEN),
    ):
        with pytest.raises(Refused) as refused:
            await here.store.write(moderation.forward, which, by=by)
        assert refused.value.reason is reason


async def test_a_report_that_is_gone_is_not_told(here: Neighbours) -> None:
    report = await _report(here, with_forward=True)

    async def forget(tx: Tx) -> None:
        await tx.conn.execute(delete(table))

    await here.store.write(forget)
    await here.store.write(publish.forwarded, report)
    assert await _flags(here) == []
