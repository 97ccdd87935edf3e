"""Integrity proofs (FEP-8b32): Fedify's believed by us when a third party passes them on, ours believed by Fedify."""

from typing import Any

import aiohttp
import pytest

from fedivoisin.actions import listings
from fedivoisin.store import listings as rows
from tests.federation.towns import Town
from tests.makers import a_draft
from tests.peers.conftest import Fedify
from tests.peers.steps import followed_by, gone_from, listing_at, our_listing, person, settled

pytestmark = pytest.mark.peer

ACTIVITY = {"Content-Type": "application/activity+json"}


async def _sent(third: Fedify, kind: str) -> dict[str, Any]:
    """The last activity of that type that came to the third server, letter by letter."""
    assert await third.received(kind)
    found: list[dict[str, Any]] = [post["activity"] for post in await third.posts()]
    return [one for one in found if one["type"] == kind][-1]


async def _offered(fedify: Fedify, third: Fedify) -> str:
    """Zoe tells the third server's Group of a listing that nobody can fetch: its address."""
    return (await fedify.send("listing", to=third.group, title="Échelle", hidden=True))["object"]


async def _passed_on(town: Town, third: Fedify, activity: dict[str, Any]) -> int:
    answer = await third.ask("carry", to=f"{town.origin}/inbox", activity=activity)
    return int(answer["status"])


def _alone(announced: dict[str, Any]) -> dict[str, Any]:
    """The activity inside an `Announce`, with the context that its proof repeats."""
    inside = announced["object"]
    return {"@context": inside["proof"]["@context"], **inside}


async def _proven(fedify: Fedify, kind: str) -> dict[str, Any]:
    """An activity of ours, as our Group passed it on."""
    found = [
        post["activity"]
        for post in await fedify.posts()
        if post["activity"]["type"] == "Announce" and isinstance(post["activity"]["object"], dict)
    ]
    return next(_alone(one) for one in found if one["object"]["type"] == kind)


async def test_what_zoe_proved_is_believed_from_a_group_of_another_server(
    town: Town, fedify: Fedify, third: Fedify
) -> None:
    await followed_by(town, await town.member("awa"), third.group)
    url = await _offered(fedify, third)
    assert await _passed_on(town, third, await _sent(third, "Create")) == 202
    kept, group, zoe = await listing_at(town, url), await town.actor(third.group), await town.actor(fedify.actor)
    assert (kept.author_id, kept.group_id) == (zoe.id, group.id)
    await fedify.send("update", to=third.group, object=url, title="Escabeau")
    assert await _passed_on(town, third, await _sent(third, "Update")) == 202
    await listing_at(town, url, title="Escabeau")
    await fedify.send("delete", to=third.group, object=url)
    assert await _passed_on(town, third, await _sent(third, "Delete")) == 202
    await gone_from(town, url)


async def test_what_the_group_changed_in_it_is_not_believed(town: Town, fedify: Fedify, third: Fedify) -> None:
    await followed_by(town, await town.member("awa"), third.group)
    url = await _offered(fedify, third)
    told = await _sent(third, "Create")
    changed = {**told, "object": {**told["object"], "name": "Volée"}}
    assert await _passed_on(town, third, changed) == 202
    ended = await settled(town)
    assert "done" in ended  # the Accept of the follow, and nothing more
    assert ended["done"] == 1
    assert await town.read(lambda tx: rows.find_by_url(tx, url)) is None


async def test_another_server_does_not_speak_for_zoe_without_announcing(
    town: Town, fedify: Fedify, third: Fedify
) -> None:
    await _offered(fedify, third)
    told = await _sent(third, "Create")
    answer = await third.ask("forward", to=f"{town.origin}/inbox", activity=told)
    assert answer == {"status": 403}


async def test_fedify_verifies_what_our_members_proved(town: Town, fedify: Fedify) -> None:
    published = await our_listing(town, fedify)
    awa = published.author_id
    await town.store.write(listings.edit, listing_id=published.id, by=awa, draft=a_draft(title="Vélo 20 pouces"))
    assert len(await fedify.received("Announce", count=3)) == 3
    await town.store.write(listings.delete, listing_id=published.id, by=awa)
    assert len(await fedify.received("Announce", count=4)) == 4
    for kind in ("Create", "Update", "Delete"):
        said = await _proven(fedify, kind)
        assert said["actor"] == person(town)
        assert await fedify.ask("verify", document=said) == {"id": said["id"], "type": kind}
        assert await fedify.ask("verify", document={**said, "published": "2020-01-01T00:00:00Z"}) is None
        assert await fedify.ask("verify", document={**said, "actor": person(town, "bureau-un")}) is None


async def test_fedify_takes_what_a_member_proved_from_anybody(town: Town, fedify: Fedify) -> None:
    await our_listing(town, fedify)
    said = await _proven(fedify, "Create")
    async with aiohttp.ClientSession(headers=ACTIVITY) as anybody:
        inbox = f"{fedify.origin}/inbox"
        forged = {**said, "published": "2020-01-01T00:00:00Z"}
        assert (await anybody.post(inbox, json=forged)).status == 401
        assert (await anybody.post(inbox, json=said)).status == 202
    assert (await fedify.received("Create"))[0]["id"] == said["id"]
