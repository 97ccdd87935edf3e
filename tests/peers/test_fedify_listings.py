"""Our neighbourhood and a server built with Fedify: listings published, changed, passed on, taken down, both ways."""

import pytest

from fedivoisin.actions import listings
from fedivoisin.store import listings as rows
from fedivoisin.store.db import Tx
from tests.federation.towns import Town
from tests.makers import a_draft
from tests.peers.conftest import Fedify
from tests.peers.steps import followed_by, gone_from, group_of, listing_at, our_listing, person, settled, their_listing

pytestmark = [pytest.mark.peer, pytest.mark.usefixtures("first_scheme_only")]


async def test_fedify_understands_both_forms_in_which_our_group_announces(town: Town, fedify: Fedify) -> None:
    published = await our_listing(town, fedify)
    forms = [await fedify.ask("understand", id=one["id"]) for one in await fedify.received("Announce")]
    note = {"type": "Note", "id": published.url, "name": person(town)}
    kinds = {form["object"]["type"]: form["object"] for form in forms}
    assert kinds.keys() == {"Create", "Note"}
    assert (kinds["Create"]["object"], kinds["Note"]) == (note, note)
    assert (await fedify.fetch(published.url))["id"] == published.url


async def test_the_followers_of_the_instance_hear_it_from_its_author(town: Town, fedify: Fedify) -> None:
    awa = await town.member("awa")
    await fedify.send("follow", to=f"{town.origin}/users/instance")
    assert await fedify.received("Accept")
    published = await town.publish(awa)
    created = (await fedify.received("Create"))[0]
    understood = await fedify.ask("understand", id=created["id"])
    assert (created["actor"], understood["object"]["id"]) == (person(town), published.url)


async def test_a_change_a_close_and_a_deletion_reach_fedify(town: Town, fedify: Fedify) -> None:
    published = await our_listing(town, fedify)
    awa = published.author_id
    await town.store.write(listings.edit, listing_id=published.id, by=awa, draft=a_draft(title="Vélo 20 pouces"))
    changed = (await fedify.received("Update"))[0]
    assert "Vélo 20 pouces" in changed["object"]["content"]
    assert (await fedify.ask("understand", id=changed["id"]))["object"]["id"] == published.url
    await town.store.write(listings.close, listing_id=published.id, by=awa)
    announced = {one["id"] for one in await fedify.received("Announce", count=2) if one["object"] == published.url}
    undone = await fedify.received("Undo", count=2)
    assert announced <= {one["object"]["id"] for one in undone}
    await town.store.write(listings.delete, listing_id=published.id, by=awa)
    deleted = await fedify.ask("understand", id=(await fedify.received("Delete"))[0]["id"])
    assert (deleted["object"]["type"], deleted["object"]["id"]) == ("Tombstone", published.url)


async def test_a_listing_of_zoe_is_kept_changed_and_taken_down(town: Town, fedify: Fedify) -> None:
    kept = await their_listing(town, fedify)
    assert (kept.is_local, kept.purpose) == (False, "offer")
    await fedify.send("update", to=person(town), object=kept.url, title="Escabeau")
    await listing_at(town, kept.url, title="Escabeau")
    await fedify.send("delete", to=person(town), object=kept.url)
    await gone_from(town, kept.url)


async def test_what_the_group_of_fedify_announces_is_read_at_its_origin(town: Town, fedify: Fedify) -> None:
    await followed_by(town, await town.member("awa"), fedify.group)
    offered = await fedify.send("listing", title="Échelle")
    passed_on = await fedify.send("announce", to=person(town), object=offered["object"], **{"as": "rue"})
    kept, group = await listing_at(town, offered["object"]), await town.actor(fedify.group)

    async def group_of_it(tx: Tx) -> str | None:
        known = await rows.find_by_url(tx, kept.url)
        return known.group_id if known is not None else ""

    assert await town.read(group_of_it) == group.id
    await fedify.send("undo", to=person(town), activity=passed_on["id"], **{"as": "rue"})

    async def left(tx: Tx) -> bool:
        return await group_of_it(tx) is None

    assert await town.eventually(left, that="the end of the announce")


async def test_when_zoe_announces_a_listing_of_ours_it_stays_as_it_is(town: Town, fedify: Fedify) -> None:
    published = await our_listing(town, fedify)
    await followed_by(town, published.author_id, fedify.actor)
    passed_on = await fedify.send("announce", to=person(town), object=published.url)
    assert (await settled(town))["unchanged"] == 1
    await fedify.send("undo", to=person(town), activity=passed_on["id"])
    assert (await settled(town))["unknown-object"] == 1  # she is no Group that counted it among its own
    here, kept = await town.actor(group_of(town)), await listing_at(town, published.url, title=published.title)
    assert (kept.is_local, kept.group_id, kept.updated_at) == (True, here.id, published.updated_at)
