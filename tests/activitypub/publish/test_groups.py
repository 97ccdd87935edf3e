"""A listing is passed on by the Group of its neighbourhood and by that of its category. On both databases."""

import json
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, update

from fedivoisin.actions import groups, listings, moderation, pins, staff
from fedivoisin.actions.moderation import Decision
from fedivoisin.activitypub.publish.listings import group_opened
from fedivoisin.ids import MemberId
from fedivoisin.market.listing import Listing
from fedivoisin.store import accounts, announcements, residents, tombstones
from fedivoisin.store.db import Tx
from fedivoisin.store.reports import NewReport
from fedivoisin.store.schema.federation import activity, delivery
from fedivoisin.store.schema.listings import listing as table
from fedivoisin.trust.decisions import Breach, Measure
from fedivoisin.trust.roles import Role
from tests.activitypub.neighbours import PUBLIC, RENNES, Neighbours, says
from tests.fakes import key_pair
from tests.makers import ORIGIN, a_draft

BOB = f"{RENNES}/users/bob"
INBOX = f"{BOB}/inbox"
QUARTER, CATEGORY = f"{ORIGIN}/groups/doulon", f"{ORIGIN}/groups/vide-grenier"
Json = dict[str, Any]


@pytest.fixture
async def town(here: Neighbours) -> Neighbours:
    """Its second-hand category has a Group, which Bob of Rennes follows."""
    await here.store.write(groups.open_category, "vide-grenier", key_pair(3))
    here.actor("bob")
    await here.hear(says("Follow", BOB, CATEGORY))
    await here.effects()
    return here


async def _said(here: Neighbours, *verbs: str) -> list[Json]:
    """What our actors said, in order."""
    await here.effects()
    async with here.store.read() as tx:
        rows = await tx.conn.execute(select(activity.c.body).order_by(activity.c.published_at, activity.c.id))
    return [one for one in map(json.loads, rows.scalars()) if one["type"] in verbs]


async def _sent(here: Neighbours, *verbs: str) -> list[Json]:
    """The same, of what goes to Bob."""
    await here.effects()
    async with here.store.read() as tx:
        bodies = select(activity.c.body).join(delivery, delivery.c.activity_id == activity.c.id)
        rows = await tx.conn.execute(bodies.where(delivery.c.inbox == INBOX).order_by(delivery.c.id))
    return [one for one in map(json.loads, rows.scalars()) if one["type"] in verbs]


def _short(document: Json) -> tuple[str, str, object]:
    """Who says what of what."""
    inside: Any = document["object"]
    about: object = inside if isinstance(inside, str) else (inside["type"], inside["object"])
    return document["actor"], document["type"], about


async def _admin(here: Neighbours) -> MemberId:
    async with here.store.read() as tx:
        (admin,) = await accounts.with_role(tx, Role.ADMIN)
    return admin


async def _publish(here: Neighbours) -> Listing:
    return await here.publish(category="vide-grenier/sport")


async def test_both_groups_pass_a_listing_on_in_both_forms(town: Neighbours) -> None:
    bicycle = await _publish(town)
    announced = await _said(town, "Announce")
    forms = [
        (one["actor"], one["object"] if isinstance(one["object"], str) else one["object"]["type"]) for one in announced
    ]
    assert sorted(forms) == sorted(
        [(QUARTER, "Create"), (QUARTER, bicycle.url), (CATEGORY, "Create"), (CATEGORY, bicycle.url)]
    )
    sent = await _sent(town, "Announce", "Create")
    assert [one["actor"] for one in sent] == [CATEGORY, CATEGORY]
    whole, short = sent
    assert whole["object"]["object"]["id"] == short["object"] == bicycle.url
    assert whole["object"]["audience"] == QUARTER
    assert short["to"] == [PUBLIC]
    assert short["cc"] == [f"{CATEGORY}/followers", town.awa_url]


async def test_what_is_over_is_taken_back_by_both_and_passed_on_again(town: Neighbours) -> None:
    bicycle = await _publish(town)
    announced = {one["id"] for one in await _said(town, "Announce")}
    await town.store.write(listings.close, listing_id=bicycle.id, by=town.awa)
    undone = await _said(town, "Undo")
    assert {one["object"]["id"] for one in undone} == announced
    assert {_short(one) for one in undone} == {
        (QUARTER, "Undo", ("Announce", bicycle.url)),
        (CATEGORY, "Undo", ("Announce", bicycle.url)),
    }
    before = len(await _said(town, "Announce"))
    await town.store.write(listings.renew, listing_id=bicycle.id, by=town.awa)
    again = (await _said(town, "Announce"))[before:]
    assert sorted(one["actor"] for one in again if one["object"] == bicycle.url) == [QUARTER, CATEGORY]


async def test_what_is_hidden_is_taken_back_until_it_is_shown_again(town: Neighbours) -> None:
    bicycle, admin = await _publish(town), await _admin(town)
    await town.effects()
    new = NewReport(reason="autre", words="Non.", listing_id=bicycle.id)
    report = await town.store.write(moderation.report, new, network="192.0.2.0/24")
    hide = Decision(measure=Measure.HIDE, ground=Breach.FORBIDDEN_OBJECT, facts="Voyez nos règles.")
    await town.store.write(moderation.decide, report, hide, by=admin)
    assert [_short(one)[0] for one in await _sent(town, "Undo")] == [CATEGORY, CATEGORY]
    before = len(await _sent(town, "Announce"))
    await town.store.write(moderation.show_again, bicycle.id, by=admin)
    again = (await _sent(town, "Announce"))[before:]
    assert bicycle.url in [one["object"] for one in again]


async def test_what_is_deleted_is_taken_back_then_deleted(town: Neighbours) -> None:
    bicycle = await _publish(town)
    await town.effects()
    await town.store.write(listings.delete, listing_id=bicycle.id, by=town.awa)
    told = await _sent(town, "Undo", "Delete", "Announce")
    assert [one["type"] for one in told] == ["Announce", "Announce", "Undo", "Undo", "Delete", "Announce"]
    assert told[-1]["object"]["type"] == "Delete"
    async with town.store.read() as tx:
        assert await tombstones.by_url(tx, bicycle.url) is not None


async def test_in_another_category_another_group_has_it(town: Neighbours) -> None:
    await town.store.write(groups.open_category, "entraide", key_pair(3))
    bicycle = await _publish(town)
    await town.effects()
    draft = replace(a_draft(), category="entraide/papiers")
    await town.store.write(listings.edit, listing_id=bicycle.id, by=town.awa, draft=draft)
    assert [_short(one) for one in await _sent(town, "Undo")] == [(CATEGORY, "Undo", ("Announce", bicycle.url))] * 2
    others = [one for one in await _said(town, "Announce") if one["actor"] == f"{ORIGIN}/groups/entraide"]
    assert bicycle.url in [one["object"] for one in others]
    async with town.store.read() as tx:
        standing = await announcements.standing(tx, bicycle.id)
    assert len(standing) == 3


async def test_a_new_group_begins_with_what_stands(here: Neighbours) -> None:
    bicycle, over = await _publish(here), await here.publish(category="vide-grenier/sport", title="Vieux vélo")
    await here.publish(category="entraide/papiers", title="Chat")
    await here.store.write(listings.close, listing_id=over.id, by=here.awa)
    await here.effects()
    await here.store.write(groups.open_category, "vide-grenier", key_pair(3))
    theirs = [one["object"] for one in await _said(here, "Announce") if one["actor"] == CATEGORY]
    assert theirs == [bicycle.url]


async def test_what_nobody_heard_of_yet_is_not_passed_on_by_its_address_alone(here: Neighbours) -> None:
    bicycle = await _publish(here)
    await here.store.write(groups.open_category, "vide-grenier", key_pair(3))
    await here.store.write(group_opened, "vide-grenier")
    async with here.store.read() as tx:
        assert await announcements.standing(tx, bicycle.id) == []


async def test_what_stands_first_is_added_by_the_group_and_by_the_moderator(town: Neighbours) -> None:
    bicycle, admin = await _publish(town), await _admin(town)
    await town.store.write(pins.pin, listing_id=bicycle.id, by=admin)
    plain, passed_on = [one for one in await _sent(town, "Add", "Announce") if "Add" in str(_short(one))]
    expected = {"type": "Add", "object": bicycle.url, "target": f"{CATEGORY}/featured", "audience": CATEGORY}
    assert {name: plain[name] for name in expected} == expected
    assert (plain["actor"], plain["cc"]) == (CATEGORY, [f"{CATEGORY}/followers"])
    inside = passed_on["object"]
    assert {name: inside[name] for name in expected} == expected
    assert (inside["actor"], inside["cc"]) == (f"{ORIGIN}/users/bureau-un", [CATEGORY])
    assert "proof" in inside
    await town.store.write(pins.unpin, listing_id=bicycle.id, by=admin)
    removed = await _sent(town, "Remove")
    assert [(one["actor"], one["object"], one["target"]) for one in removed] == [
        (CATEGORY, bicycle.url, f"{CATEGORY}/featured")
    ]


async def test_what_is_over_stands_first_nowhere_until_it_is_back(town: Neighbours) -> None:
    bicycle, admin = await _publish(town), await _admin(town)
    await town.store.write(pins.pin, listing_id=bicycle.id, by=admin)
    await town.effects()
    await town.store.write(listings.close, listing_id=bicycle.id, by=town.awa)
    assert len(await _sent(town, "Remove")) == 1
    await town.store.write(listings.renew, listing_id=bicycle.id, by=town.awa)
    assert len(await _sent(town, "Add")) == 2
    await town.store.write(listings.renew, listing_id=bicycle.id, by=town.awa)
    assert len(await _sent(town, "Add")) == 2
    await town.store.write(listings.delete, listing_id=bicycle.id, by=town.awa)
    assert len(await _sent(town, "Remove")) == 2


async def test_what_was_over_already_is_not_taken_down_again(town: Neighbours) -> None:
    bicycle, admin = await _publish(town), await _admin(town)
    await town.store.write(pins.pin, listing_id=bicycle.id, by=admin)
    await town.store.write(listings.close, listing_id=bicycle.id, by=town.awa)
    await town.effects()
    before = len(await _sent(town, "Remove"))
    await town.store.write(listings.delete, listing_id=bicycle.id, by=town.awa)
    assert len(await _sent(town, "Remove")) == before


async def test_a_moderator_who_left_is_not_quoted(town: Neighbours) -> None:
    bicycle, admin = await _publish(town), await _admin(town)
    await town.store.write(pins.pin, listing_id=bicycle.id, by=admin)
    await town.effects()
    await town.store.write(residents.erase, admin)
    await town.store.write(listings.close, listing_id=bicycle.id, by=town.awa)
    removed = [one for one in await _sent(town, "Remove", "Announce") if "Remove" in str(_short(one))]
    assert [one["actor"] for one in removed] == [CATEGORY]


async def test_what_became_narrower_meanwhile_is_neither_added_nor_removed(town: Neighbours) -> None:
    bicycle, admin = await _publish(town), await _admin(town)
    await town.effects()
    await town.store.write(pins.pin, listing_id=bicycle.id, by=admin)
    await town.store.write(pins.unpin, listing_id=bicycle.id, by=admin)

    async def narrow(tx: Tx) -> None:
        await tx.conn.execute(update(table).where(table.c.id == bicycle.id).values(reach=2))

    await town.store.write(narrow)
    assert await _sent(town, "Add", "Remove") == []


async def test_listings_of_who_is_suspended_are_over_elsewhere_until_the_suspension_ends(town: Neighbours) -> None:
    bicycle, admin = await _publish(town), await _admin(town)
    await town.effects()
    await town.store.write(staff.suspend, by=admin, member=town.awa)
    assert [_short(one) for one in await _sent(town, "Undo")] == [(CATEGORY, "Undo", ("Announce", bicycle.url))] * 2
    (closed,) = await _sent(town, "Update")
    assert closed["object"]["fv:state"] == "closed"
    assert bicycle.text not in closed["object"]["content"]
    town.world.pass_time(days=1)
    await town.store.write(staff.restore, by=admin, member=town.awa)
    _, again = await _sent(town, "Update")
    assert again["object"]["fv:state"] == "open"
    assert again["object"]["updated"] > closed["object"]["updated"]
    assert bicycle.url in [one["object"] for one in (await _sent(town, "Announce"))[-2:]]


async def test_what_somebody_suspended_had_just_published_stays_here(town: Neighbours) -> None:
    await _publish(town)
    await town.store.write(staff.suspend, by=await _admin(town), member=town.awa)
    assert await _said(town, "Create") == []
