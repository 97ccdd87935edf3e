"""Our neighbourhood and a server built with Fedify: followed both ways, read, answered; forgeries refused."""

import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from fedivoisin.actions import conversations, following, listings
from fedivoisin.market.listing import Listing
from fedivoisin.store import follows, likes, threads
from fedivoisin.store.db import Tx
from fedivoisin.store.threads import Conversation, Message
from tests.federation.towns import Town, a_town, free_socket
from tests.makers import a_draft
from tests.peers.conftest import Fedify

pytestmark = pytest.mark.peer


@pytest.fixture
async def town(fedify: Fedify, tmp_path: Path, migrated: Path) -> AsyncIterator[Town]:
    """A neighbourhood that may reach the Fedify server, at a name that Node resolves."""
    shutil.copyfile(migrated, tmp_path / "localhost.db")
    host = fedify.origin.removeprefix("http://")
    async with a_town("localhost", free_socket(), tmp_path, (host,), below="") as one:
        yield one


async def _followed_listing(town: Town, fedify: Fedify) -> Listing:
    """Zoe follows the neighbourhood, Awa publishes."""
    awa = await town.member("awa")
    await fedify.send("follow", to=f"{town.origin}/groups/localhost")
    await fedify.received("Accept")
    return await town.publish(awa)


async def test_zoe_follows_the_neighbourhood_and_receives_its_listing(town: Town, fedify: Fedify) -> None:
    published = await _followed_listing(town, fedify)
    passed_on = await fedify.received("Announce", count=2)
    assert published.url in json.dumps(passed_on)
    assert await fedify.refused() == []
    assert (await fedify.fetch(published.url))["id"] == published.url


async def test_she_receives_its_changes_and_its_end(town: Town, fedify: Fedify) -> None:
    published = await _followed_listing(town, fedify)
    await fedify.received("Announce", count=2)
    awa = published.author_id
    await town.store.write(listings.edit, listing_id=published.id, by=awa, draft=a_draft(title="Vélo 20 pouces"))
    assert "20 pouces" in json.dumps(await fedify.received("Update"))
    await town.store.write(listings.delete, listing_id=published.id, by=awa)
    assert published.url in json.dumps(await fedify.received("Delete"))
    assert await fedify.refused() == []


async def test_a_member_follows_zoe(town: Town, fedify: Fedify) -> None:
    awa = await town.member("awa")
    await town.store.write(following.follow_address, member_id=awa, typed=fedify.actor)

    async def accepted(tx: Tx) -> bool:
        return any(standing.state == "accepted" for standing, _ in await follows.followed_by(tx, awa))

    assert await town.eventually(accepted, that="zoe's Accept")
    assert await fedify.followers() == [f"{town.origin}/users/awa"]


async def test_she_answers_in_private_and_is_answered(town: Town, fedify: Fedify) -> None:
    published = await _followed_listing(town, fedify)
    author = f"{town.origin}/users/awa"
    await fedify.send("reply", to=author, inReplyTo=published.url, content="<p>Encore libre ?</p>")
    received = await _conversation(town, published)
    assert received.last_message is not None
    assert received.last_message.text == "Encore libre ?"
    await town.store.write(
        conversations.answer, thread_id=received.thread.id, writer_id=published.author_id, text="Oui, samedi."
    )
    answer = (await fedify.received("Create"))[0]
    assert "Oui, samedi." in json.dumps(answer, ensure_ascii=False)
    assert "Public" not in json.dumps(answer)


async def test_her_public_reply_is_a_visible_question(town: Town, fedify: Fedify) -> None:
    published = await _followed_listing(town, fedify)
    author = f"{town.origin}/users/awa"
    await fedify.send("reply", to=author, inReplyTo=published.url, content="<p>Quelle marque ?</p>", public=True)

    async def asked(tx: Tx) -> list[Message]:
        return [message for message, _ in await threads.questions_of(tx, published.id)]

    assert [one.text for one in await town.eventually(asked, that="the question")] == ["Quelle marque ?"]


async def test_she_likes_a_listing_and_takes_it_back(town: Town, fedify: Fedify) -> None:
    published = await _followed_listing(town, fedify)
    author = f"{town.origin}/users/awa"
    liked = await fedify.send("like", to=author, object=published.url)

    async def count(tx: Tx) -> bool:
        return await likes.count(tx, published.id) == 1

    assert await town.eventually(count, that="the like")
    await fedify.send("undo", to=author, activity=liked["id"])

    async def none(tx: Tx) -> bool:
        return await likes.count(tx, published.id) == 0

    assert await town.eventually(none, that="its undoing")


async def test_what_is_not_signed_by_her_is_refused(town: Town, fedify: Fedify) -> None:
    forged = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": f"{fedify.origin}/activities/forged",
        "type": "Follow",
        "actor": fedify.actor,
        "object": f"{town.origin}/groups/localhost",
    }
    headers = {"Content-Type": "application/activity+json"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{town.origin}/inbox", data=json.dumps(forged), headers=headers) as answer,
    ):
        assert answer.status == 401


async def _conversation(town: Town, published: Listing) -> Conversation:
    async def look(tx: Tx) -> Conversation | None:
        return next(iter(await threads.of_member(tx, published.author_id)), None)

    found = await town.eventually(look, that="the private message")
    assert found is not None
    return found
