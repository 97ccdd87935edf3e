"""Our neighbourhood and a server built with Fedify: answers, questions, likes and reports, both ways."""

import json

import aiohttp
import pytest
from yarl import URL

from fedivoisin.actions import accounts, conversations, likes, moderation
from fedivoisin.market.listing import Listing
from fedivoisin.store import likes as like_rows
from fedivoisin.store import reports, threads
from fedivoisin.store.db import Tx
from fedivoisin.store.reports import NewReport
from fedivoisin.store.threads import Conversation, Message
from fedivoisin.trust.decisions import Breach
from tests.federation.towns import Town
from tests.makers import a_session
from tests.peers.conftest import Fedify
from tests.peers.steps import member, our_listing, person, their_listing

pytestmark = [pytest.mark.peer, pytest.mark.usefixtures("first_scheme_only")]


async def _conversation(town: Town, published: Listing) -> Conversation:
    async def look(tx: Tx) -> Conversation | None:
        return next(iter(await threads.of_member(tx, published.author_id)), None)

    found = await town.eventually(look, that="the private message")
    assert found is not None
    return found


async def _questions(town: Town, listing: Listing, wanted: list[str]) -> None:
    async def look(tx: Tx) -> bool:
        asked: list[Message] = [message for message, _ in await threads.questions_of(tx, listing.id)]
        return [one.text for one in asked] == wanted

    assert await town.eventually(look, that=f"the questions {wanted}")


async def _likes(town: Town, listing: Listing, wanted: int) -> None:
    async def look(tx: Tx) -> bool:
        return await like_rows.count(tx, listing.id) == wanted

    assert await town.eventually(look, that=f"{wanted} likes")


async def test_she_answers_in_private_and_is_answered(town: Town, fedify: Fedify) -> None:
    published = await our_listing(town, fedify)
    await fedify.send("reply", to=person(town), inReplyTo=published.url, content="<p>Encore libre ?</p>")
    received = await _conversation(town, published)
    assert received.last_message is not None
    assert received.last_message.text == "Encore libre ?"
    answer = await town.store.write(
        conversations.answer, thread_id=received.thread.id, writer_id=published.author_id, text="Oui, samedi."
    )
    said = (await fedify.received("Create"))[0]
    assert "Oui, samedi." in said["object"]["content"]
    assert "Public" not in json.dumps(said)
    await town.store.write(conversations.delete, message_id=answer.id, writer_id=published.author_id)
    assert (await fedify.received("Delete"))[0]["object"]["id"] == answer.url


async def test_her_public_reply_is_a_question_that_she_changes_and_takes_back(town: Town, fedify: Fedify) -> None:
    published = await our_listing(town, fedify)
    to = person(town)
    asked = await fedify.send("reply", to=to, inReplyTo=published.url, content="<p>Quelle marque ?</p>", public=True)
    await _questions(town, published, ["Quelle marque ?"])
    await fedify.send("update", to=to, object=asked["object"], content="<p>Quelle taille ?</p>")
    await _questions(town, published, ["Quelle taille ?"])
    await fedify.send("delete", to=to, object=asked["object"])
    await _questions(town, published, [])


async def test_a_member_writes_to_her_in_private_and_asks_her_in_public(town: Town, fedify: Fedify) -> None:
    ladder, awa = await their_listing(town, fedify), await member(town, "awa")
    await town.store.write(conversations.ask, listing_id=ladder.id, asker_id=awa, text="Je passe ce soir ?")
    private = (await fedify.received("Create"))[0]
    assert (private["to"], private["object"]["inReplyTo"]) == ([fedify.actor], ladder.url)
    await town.store.write(conversations.ask_in_public, listing_id=ladder.id, writer_id=awa, text="Combien de mètres ?")
    public = (await fedify.received("Create", count=2))[1]
    assert "Combien de mètres ?" in public["object"]["content"]
    assert (await fedify.ask("understand", id=public["id"]))["object"]["type"] == "Note"


async def test_she_likes_a_listing_and_takes_it_back(town: Town, fedify: Fedify) -> None:
    published = await our_listing(town, fedify)
    liked = await fedify.send("like", to=person(town), object=published.url)
    await _likes(town, published, 1)
    await fedify.send("undo", to=person(town), activity=liked["id"])
    await _likes(town, published, 0)


async def test_a_member_likes_her_listing_and_takes_it_back(town: Town, fedify: Fedify) -> None:
    ladder, awa = await their_listing(town, fedify), await member(town, "awa")
    await town.store.write(likes.like, listing_id=ladder.id, by=awa)
    assert await fedify.received("Like")
    assert await fedify.likes() == [[person(town), ladder.url]]
    await town.store.write(likes.unlike, listing_id=ladder.id, by=awa)
    assert await fedify.received("Undo")
    assert await fedify.likes() == []


async def test_what_fedify_reports_stands_on_the_page_of_the_moderators(town: Town, fedify: Fedify) -> None:
    published = await our_listing(town, fedify)
    to = f"{town.origin}/users/instance"
    await fedify.send("flag", to=to, objects=[person(town), published.url], content="Vélo volé dans ma cour")

    async def told(tx: Tx) -> str:
        return next((one.id for one in await reports.waiting(tx) if one.listing_id == published.id), "")

    dossier = await town.eventually(told, that="the report")
    await town.store.write(accounts.begin_session, town.admin, a_session())
    jar = aiohttp.CookieJar(unsafe=True)
    jar.update_cookies({"fv": a_session().token}, URL(town.origin))
    async with aiohttp.ClientSession(cookie_jar=jar) as browser:
        queue = await (await browser.get(f"{town.origin}/moderation")).text()
        page = await (await browser.get(f"{town.origin}/moderation/dossiers/{dossier}")).text()
    assert f"/moderation/dossiers/{dossier}" in queue
    assert published.title in page
    assert "Vélo volé dans ma cour" in page


async def test_a_report_of_ours_reaches_fedify_without_a_name(town: Town, fedify: Fedify) -> None:
    ladder, awa = await their_listing(town, fedify), await member(town, "awa")
    new = NewReport(reason=Breach.OTHER, words="Cette échelle est à moi", listing_id=ladder.id, reporter_id=awa)
    await town.store.write(moderation.report, new, network="127.0.0.1", with_forward=True)
    flag = (await fedify.received("Flag"))[0]
    assert (flag["actor"], flag["object"]) == (f"{town.origin}/users/instance", [fedify.actor, ladder.url])
    assert "Cette échelle est à moi" in flag["content"]
    assert "awa" not in json.dumps(flag)
