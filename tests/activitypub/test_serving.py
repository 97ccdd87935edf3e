"""What stands at each of our addresses, and for whom; over HTTP, as servers and browsers ask."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import update

from fedivoisin.actions import conversations, listings, pins, staff
from fedivoisin.activitypub import serving
from fedivoisin.activitypub.wire import signatures
from fedivoisin.activitypub.wire.keys import PrivateKey
from fedivoisin.market.listing import Listing
from fedivoisin.settings import Limits, Network, Settings
from fedivoisin.store import accounts, actors, blocks, neighbourhoods, threads
from fedivoisin.store import listings as rows
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.schema.actors import actor
from fedivoisin.trust.roles import Role
from tests.activitypub.neighbours import RENNES, Neighbours, bare, note, private_key, says
from tests.browsing import Browser, Page, browsers
from tests.fakes import FakeWorld
from tests.makers import HOST, ORIGIN, put_candidate

ACTIVITY = "application/activity+json"
BOB = f"{RENNES}/users/bob"


@pytest.fixture
def database_kind() -> str:
    """The rows behind are tested on both databases: once is enough here."""
    return "sqlite"


@dataclass(frozen=True, slots=True)
class Site:
    """Doulon with one listing of Awa's, and somebody who asks."""

    here: Neighbours
    browser: Browser
    listing: Listing

    async def ask(self, path: str, *, signed_by: int = 0, accept: str = ACTIVITY) -> Page:
        """A GET of a server; `signed_by` is the number of Bob's key."""
        path = path.removeprefix(ORIGIN)
        headers = {"Accept": accept}
        if signed_by:
            key = PrivateKey(f"{BOB}#main-key", private_key(signed_by))
            now = self.here.world.now()
            headers |= signatures.sign("GET", f"{ORIGIN}{path}", None, key=key, now=now, scheme="cavage")
        return await self.browser.get(path, **headers)

    async def read(self, path: str, **how: Any) -> dict[str, Any]:
        """A document that must be there."""
        answer = await self.ask(path, **how)
        assert answer.status == 200, (path, answer.html)
        return dict(json.loads(answer.html))


@pytest.fixture
async def site(here: Neighbours) -> AsyncIterator[Site]:
    """Over HTTP."""
    listing = await here.publish()
    await here.effects()
    async with browsers(here.store, here.world) as (browser,):
        yield Site(here, browser, listing)


async def test_actors_are_shown_at_their_address_and_at_their_page(site: Site) -> None:
    for path, kind in (
        ("/users/awa", "Person"),
        ("/@awa", "Person"),
        ("/groups/doulon", "Group"),
        ("/quartiers/doulon", "Group"),
        ("/users/instance", "Application"),
    ):
        assert (await site.read(path))["type"] == kind


async def test_a_quarter_and_a_place_are_told(site: Site) -> None:
    async def move_in(tx: Tx) -> None:
        await tx.conn.execute(update(actor).where(actor.c.id == site.here.awa).values(quartier="Bellevue"))

    await site.here.store.write(move_in)
    fields = (await site.read("/users/awa")).get("attachment", [])
    assert any(field.get("name") == "Quartier" for field in fields)
    assert "location" in await site.read("/groups/doulon")
    await site.here.store.write(neighbourhoods.change, latitude=None, longitude=None)
    assert "location" not in await site.read("/groups/doulon")


async def test_a_browser_is_led_to_the_page(site: Site) -> None:
    for path, page in (
        ("/users/awa", "/@awa"),
        ("/groups/doulon", "/quartiers/doulon"),
        (site.listing.url, site.listing.page_url.removeprefix(ORIGIN)),
        ("/users/instance", "/"),
    ):
        answer = await site.ask(path, accept="text/html")
        assert (answer.status, answer.location) == (303, page)
    assert (await site.ask("/users/awa/outbox", accept="text/html")).status == 200


async def test_boxes_of_an_actor(site: Site) -> None:
    assert (await site.read("/users/awa/outbox"))["totalItems"] == 1
    (created,) = (await site.read("/users/awa/outbox?page=true"))["orderedItems"]
    assert (created["type"], created["object"]["id"]) == ("Create", site.listing.url)
    assert (await site.read("/users/awa/outbox?page=2"))["orderedItems"] == []
    assert (await site.read("/users/awa/outbox?page=x"))["totalItems"] == 1
    assert (await site.read("/groups/doulon/outbox"))["totalItems"] == 2
    for box in ("followers", "following"):
        assert (await site.read(f"/users/awa/{box}"))["totalItems"] == 0
    assert (await site.read("/groups/doulon/featured"))["orderedItems"] == []
    assert (await site.read("/groups/doulon/moderators"))["orderedItems"] == [f"{ORIGIN}/users/bureau-un"]
    assert (await site.ask("/users/nobody/outbox")).status == 404
    assert (await site.read("/users/instance/outbox"))["totalItems"] == 0
    async with site.here.store.read() as tx:
        assert await serving.at(tx, f"{ORIGIN}/users/awa/inbox", page=0, reader=None) is None


async def test_a_listing_its_activities_and_its_questions(site: Site) -> None:
    assert (await site.read(site.listing.url))["type"] == "Note"
    assert (await site.read(site.listing.page_url))["id"] == site.listing.url
    (created,) = (await site.read("/users/awa/outbox?page=1"))["orderedItems"]
    assert (await site.read(created["id"]))["object"]["id"] == site.listing.url
    store = site.here.store
    asked = await store.write(
        conversations.ask_in_public, listing_id=site.listing.id, writer_id=site.here.awa, text="Rouge ?"
    )
    assert (await site.read(f"{site.listing.url}/replies"))["orderedItems"] == [asked.url]
    assert (await site.read(f"{site.listing.url}/fil"))["orderedItems"] == [asked.url]
    assert (await site.read(asked.url))["inReplyTo"] == site.listing.url


async def test_listings_of_a_tag(site: Site) -> None:
    tags = (await site.read(site.listing.url))["tag"]
    name = next(tag["name"] for tag in tags if tag["type"] == "Hashtag").removeprefix("#")
    assert (await site.read(f"/tags/{name}"))["orderedItems"] == [site.listing.url]
    assert (await site.read("/tags/rien"))["orderedItems"] == []


@pytest.mark.parametrize(
    "path",
    [
        "/users/nobody",
        "/users/leo",
        "/@nobody",
        "/groups/nothing",
        "/annonces/00000000-0000-4000-8000-00000000ffff",
        "/users/awa/activities/00000000-0000-4000-8000-00000000ffff",
        "/messages/00000000-0000-4000-8000-00000000ffff",
        "/users/awa/items/00000000-0000-4000-8000-00000000ffff",
        "/users/awa/items/00000000-0000-4000-8000-00000000ffff/replies",
        "/users/awa/items/00000000-0000-4000-8000-00000000ffff/fil/00000000-0000-4000-8000-00000000ffff",
        "/users/leo/outbox",
    ],
)
async def test_what_is_not_there_is_not_found(site: Site, path: str) -> None:
    await site.here.store.write(put_candidate, "leo")
    assert (await site.ask(path)).status == 404


async def test_a_listing_is_only_at_its_own_address(site: Site) -> None:
    assert (await site.ask(site.listing.url.replace("/users/awa/", "/users/bureau-un/"))).status == 404


async def test_hidden_and_deleted_listings(site: Site) -> None:
    (created,) = (await site.read("/users/awa/outbox?page=1"))["orderedItems"]

    async def deleted_without_effects(tx: Tx) -> None:
        await rows.mark_deleted(tx, site.listing.id)

    await site.here.store.write(deleted_without_effects)
    assert (await site.ask(site.listing.url)).status == 410
    assert (await site.ask(created["id"])).status == 404
    another = await site.here.publish(title="Lampe")
    await site.here.store.write(listings.delete, listing_id=another.id, by=site.here.awa)
    gone = await site.ask(another.url)
    assert (gone.status, json.loads(gone.html)["type"]) == (410, "Tombstone")


async def test_who_left_is_gone_with_all_they_said(site: Site) -> None:
    (created,) = (await site.read("/users/awa/outbox?page=1"))["orderedItems"]
    store = site.here.store
    await store.write(actors.mark_gone, site.here.awa)
    assert (await site.ask(created["id"])).status == 404
    assert (await site.ask("/users/awa")).status == 404
    assert (await site.ask("/users/awa/outbox")).status == 404


async def test_private_words_are_for_their_two_parties(site: Site) -> None:
    here = site.here
    here.actor("bob")
    said = bare(note(BOB, to=[here.awa_url], inReplyTo=site.listing.url))
    await here.hear(says("Create", BOB, said, to=[here.awa_url]))
    async with here.store.read() as tx:
        thread = next(iter(await threads.of_listing(tx, site.listing.id)))
    answer = await here.store.write(conversations.answer, thread_id=thread.id, writer_id=here.awa, text="Oui.")
    await here.effects()
    for path in (answer.url, f"{answer.url}/create"):
        assert (await site.ask(path)).status == 404
        assert (await site.read(path, signed_by=1))["id"].startswith(answer.url)
    async with here.store.read() as tx:
        (theirs,) = [one for one in await threads.messages_of(tx, thread.id) if one.writer_id != here.awa]
    assert (await site.ask(f"/messages/{theirs.id}", signed_by=1)).status == 404
    await here.store.write(conversations.delete, message_id=answer.id, writer_id=here.awa)
    assert (await site.ask(answer.url, signed_by=1)).status in (404, 410)


async def test_a_signature_that_does_not_hold_is_refused(site: Site) -> None:
    site.here.actor("bob")
    assert (await site.ask("/users/awa", signed_by=1)).status == 200
    assert (await site.ask("/users/awa", signed_by=2)).status == 401
    assert (await site.ask("/users/instance", signed_by=2)).status == 200
    await site.here.store.write(blocks.add, "rennes.example", reason="escroquerie", by=None)
    assert (await site.ask("/users/awa", signed_by=1)).status == 403


async def test_in_strict_mode_only_the_instance_is_shown_to_who_does_not_sign(here: Neighbours) -> None:
    here.actor("bob")
    async with browsers(here.store, here.world, settings=Settings(network=Network(require_signed_gets=True))) as (one,):
        site = Site(here, one, await here.publish())
        assert (await site.ask("/users/awa")).status == 401
        assert (await site.ask("/users/awa", signed_by=1)).status == 200
        assert (await site.ask("/users/instance")).status == 200
        await here.store.write(listings.delete, listing_id=site.listing.id, by=here.awa)
        assert (await site.ask(site.listing.url)).status == 401
        assert (await site.ask(site.listing.url, signed_by=1)).status == 410
        assert (await site.ask("/users/nobody")).status == 401
        assert (await site.ask("/users/nobody", signed_by=1)).status == 404


async def test_a_network_of_strangers_is_told_to_wait(here: Neighbours) -> None:
    async with browsers(here.store, here.world, settings=Settings(limits=Limits(inbox_strangers=0))) as (one,):
        answer = await Site(here, one, await here.publish()).ask("/users/awa", signed_by=1)
        assert (answer.status, answer.headers["Retry-After"]) == (429, "300")
    assert dict(here.world.counters.limits) == {"inbox-strangers": 1}


async def test_a_reader_whose_key_cannot_be_had_is_told_so(site: Site) -> None:
    answer = await site.ask("/users/awa", signed_by=1)
    assert (answer.status, json.loads(answer.html)["error"]) == (401, "key-unreachable")


async def test_we_are_found_by_name_and_by_address(site: Site) -> None:
    host = ORIGIN.removeprefix("https://")
    for resource in (
        f"acct:awa@{host}",
        f"acct%3AAwa%40{host}",
        f"@awa@{host}",
        f"acct:doulon@{host}",
        f"acct:instance@{host}",
        f"{ORIGIN}/users/awa",
        f"{ORIGIN}/@awa",
        f"{ORIGIN}/groups/doulon",
        f"{ORIGIN}/quartiers/doulon",
        f"{ORIGIN}/users/instance",
        ORIGIN,
        f"{ORIGIN}/",
    ):
        answer = await site.ask(f"/.well-known/webfinger?resource={resource}")
        assert answer.status == 200, resource
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    ("resource", "status"),
    [
        ("", 400),
        ("x" * 3000, 400),
        ("acct:awa@rennes.example", 404),
        ("acct:nobody@nantes.example", 404),
        ("acct:leo@nantes.example", 404),
        ("https://rennes.example/users/bob", 404),
        (f"{ORIGIN}/annonces", 404),
    ],
)
async def test_who_is_not_here_is_not_found(site: Site, resource: str, status: int) -> None:
    await site.here.store.write(put_candidate, "leo")
    assert (await site.ask(f"/.well-known/webfinger?resource={resource}")).status == status


async def test_who_was_hidden_is_not_found(site: Site) -> None:
    await site.here.store.write(actors.mark_gone, site.here.awa)
    assert (await site.ask("/.well-known/webfinger?resource=acct:awa@nantes.example")).status == 404


async def test_what_we_are_is_told_in_both_schemas(site: Site) -> None:
    links = await site.read("/.well-known/nodeinfo")
    assert len(links["links"]) >= 2
    for schema in ("2.0", "2.1"):
        told = await site.read(f"/nodeinfo/{schema}")
        assert (told["version"], told["software"]["name"]) == (schema, "fedivoisin")
    assert "lrdd" in (await site.ask("/.well-known/host-meta")).html


async def test_in_trial_mode_there_is_nothing_to_see(store: Store, world: FakeWorld, site: Site) -> None:
    await store.write(neighbourhoods.change, origin="")
    for path in (
        "/users/awa",
        "/.well-known/nodeinfo",
        "/.well-known/host-meta",
        "/nodeinfo/2.1",
        "/.well-known/webfinger?resource=acct:awa@nantes.example",
    ):
        assert (await site.ask(path)).status == 404
    assert world.requests == []


async def test_nothing_of_a_suspended_member_is_served_until_the_suspension_ends(site: Site) -> None:
    store, awa = site.here.store, site.here.awa
    question = await store.write(
        conversations.ask_in_public, listing_id=site.listing.id, writer_id=awa, text="Il est rouge."
    )
    paths = (
        "/users/awa",
        "/@awa",
        "/users/awa/outbox",
        site.listing.url,
        site.listing.page_url,
        f"{site.listing.url}/replies",
        question.url,
        f"/.well-known/webfinger?resource=acct:awa@{HOST}",
    )
    said = (await site.read("/groups/doulon/outbox?page=1"))["orderedItems"]
    async with store.read() as tx:
        (admin,) = await accounts.with_role(tx, Role.ADMIN)
    await store.write(staff.suspend, by=admin, member=awa)
    for path in (*paths, *(one["id"] for one in said)):
        assert (await site.ask(path)).status == 404, path
    assert (await site.read("/groups/doulon/outbox?page=1"))["orderedItems"] == []
    await store.write(staff.restore, by=admin, member=awa)
    for path in (*paths, *(one["id"] for one in said)):
        assert (await site.ask(path)).status == 200, path


async def test_questions_of_who_is_shut_out_do_not_stand_among_the_replies(site: Site) -> None:
    here, bob = site.here, await site.here.met("bob")
    await here.hear(says("Create", bob.url, bare(note(bob.url, inReplyTo=site.listing.url))))
    assert (await site.read(f"{site.listing.url}/replies"))["orderedItems"] == [f"{bob.url}/note-1"]
    await here.store.write(blocks.add, "rennes.example", reason="", by=None)
    assert (await site.read(f"{site.listing.url}/replies"))["orderedItems"] == []


async def test_what_moderators_pinned_is_featured_whole(site: Site) -> None:
    async with site.here.store.read() as tx:
        (admin,) = await accounts.with_role(tx, Role.ADMIN)
    await site.here.store.write(pins.pin, listing_id=site.listing.id, by=admin)
    (featured,) = (await site.read("/groups/doulon/featured"))["orderedItems"]
    assert (featured["id"], featured["type"]) == (site.listing.url, "Note")
