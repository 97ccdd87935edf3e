"""Attacks on who said what, each as real requests to a running instance (FEDERATION.md §7, B1–B18)."""

import asyncio
import json
from typing import Any

import pytest
from aiohttp import web

from fedivoisin.actions import following
from fedivoisin.ids import ActorId
from fedivoisin.store import actors, blocks, follows, inbox, listings, threads
from fedivoisin.store.db import Tx
from tests.fakes import key_pair
from tests.federation.stranger import PUBLIC, Stranger
from tests.federation.towns import Town

Strangers = tuple[Stranger, Stranger]


def _note(author: str, id: str, **changes: Any) -> dict[str, Any]:
    """A listing of lamps, as a flohmarkt-like server says it."""
    return {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": id,
        "type": "Note",
        "attributedTo": author,
        "to": [PUBLIC],
        "content": "<p>Lampe</p>",
        "published": "2026-01-01T00:00:00Z",
        "purpose": "offer",
        "publishes": {"type": "Intent", "action": "transfer", "name": "Lampe"},
    } | changes


async def _followed(town: Town, stranger: Stranger, name: str = "eve") -> ActorId:
    """A member follows that actor, who accepted."""
    document = stranger.actor(name)
    awa = await town.member("awa")
    await town.store.write(following.follow_address, member_id=awa, typed=document["id"])

    async def asked(tx: Tx) -> str:
        known = await actors.by_url(tx, document["id"])
        standing = await follows.between(tx, awa, known.id) if known else None
        return standing.activity_url if standing else ""

    url = await town.eventually(asked, that="the request")
    key_id = f"{document['id']}#main-key"
    assert await stranger.post(town, stranger.said("Accept", url, name=name), key_id=key_id) == 202

    async def accepted(tx: Tx) -> bool:
        known = await actors.by_url(tx, document["id"])
        return known is not None and bool(await follows.followers_of(tx, known.id))

    await town.eventually(accepted, that="the accepted follow")
    return awa


async def _settled(town: Town) -> dict[str, int]:
    """How everything that was taken ended."""

    async def done(tx: Tx) -> bool:
        return await inbox.waiting(tx) == 0

    await town.eventually(done, that="the end of the queue")
    return await town.read(inbox.outcomes)


async def _known(town: Town, url: str) -> bool:
    return await town.read(lambda tx: listings.find_by_url(tx, url)) is not None


async def _member(town: Town, name: str) -> ActorId:
    found = await town.read(lambda tx: actors.by_local_name(tx, name))
    return found.id if found is not None else ActorId("")


async def test_what_is_signed_well_is_taken_once(town: Town, strangers: Strangers) -> None:
    evil, _ = strangers
    evil.actor()
    follow = evil.said("Follow", f"{town.origin}/groups/nantes")
    assert [await evil.post(town, follow) for _ in range(3)] == [202, 202, 202]
    assert await _settled(town) == {"done": 1}


async def test_both_signatures_are_taken(town: Town, strangers: Strangers) -> None:
    evil, _ = strangers
    evil.actor()
    follow = evil.said("Follow", f"{town.origin}/groups/nantes")
    assert await evil.post(town, follow, scheme="rfc9421") == 202


async def test_an_unsigned_or_tampered_body_is_refused(town: Town, strangers: Strangers) -> None:
    evil, _ = strangers
    evil.actor()
    body = json.dumps(evil.said("Follow", f"{town.origin}/groups/nantes")).encode()
    assert await evil.send(town, body, {"Content-Type": "application/activity+json"}) == 401
    assert (
        await evil.post(town, body, headers={"Digest": "SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="}) == 401
    )
    assert await evil.post(town, body, key=2) == 401


async def test_b1_a_key_of_another_actor_does_not_speak_for_the_actor(town: Town, strangers: Strangers) -> None:
    evil, honest = strangers
    evil.actor()
    honest.actor("alice")
    activity = evil.said("Follow", f"{town.origin}/groups/nantes", actor=f"{honest.origin}/users/alice")
    assert await evil.post(town, activity) == 403


async def test_b2_a_key_that_its_claimed_owner_does_not_list_is_refused(town: Town, strangers: Strangers) -> None:
    evil, honest = strangers
    honest.actor("alice")
    owner = f"{honest.origin}/users/alice"
    key = {"id": f"{evil.origin}/key", "owner": owner, "publicKeyPem": key_pair(1).rsa_public}
    evil.show(key, path="/key")
    activity = evil.said("Follow", f"{town.origin}/groups/nantes", actor=owner)
    assert await evil.post(town, activity, key_id=f"{evil.origin}/key") == 401


async def test_b3_an_actor_that_leads_to_another_is_not_that_other(town: Town, strangers: Strangers) -> None:
    evil, honest = strangers
    honest.actor("alice")
    to = web.Response(status=302, headers={"Location": f"{honest.origin}/users/alice"})
    evil.pages["/users/eve"] = to
    assert await evil.post(town, evil.said("Follow", f"{town.origin}/groups/nantes")) == 401


async def test_b4_a_document_that_names_itself_otherwise_is_not_believed(town: Town, strangers: Strangers) -> None:
    evil, honest = strangers
    await _followed(town, evil)
    foreign = _note(f"{honest.origin}/users/alice", f"{honest.origin}/notes/1")
    evil.show(foreign, path="/notes/1")
    assert await evil.post(town, evil.said("Create", f"{evil.origin}/notes/1")) == 202
    assert "foreign-id" in await _settled(town)
    assert not await _known(town, foreign["id"])


async def test_b5_an_uploaded_file_does_not_pass_for_an_actor(town: Town, strangers: Strangers) -> None:
    evil, _ = strangers
    document = evil.actor()
    evil.pages["/users/eve"] = web.Response(text=json.dumps(document), content_type="application/json")
    assert await evil.post(town, evil.said("Follow", f"{town.origin}/groups/nantes")) == 401


async def test_b7_an_activity_with_the_address_of_another_server_is_refused(town: Town, strangers: Strangers) -> None:
    evil, honest = strangers
    evil.actor()
    activity = evil.said("Follow", f"{town.origin}/groups/nantes", id=f"{honest.origin}/activities/1")
    assert await evil.post(town, activity) == 403


@pytest.mark.parametrize("keyword", ["@graph", "@reverse", "@included"])
async def test_b9_restructuring_json_ld_is_refused(town: Town, strangers: Strangers, keyword: str) -> None:
    evil, _ = strangers
    evil.actor()
    activity = evil.said("Follow", f"{town.origin}/groups/nantes")
    assert await evil.post(town, activity | {keyword: {"type": "Delete"}}) == 400


async def test_b10_another_spelling_of_a_host_is_not_another_actor(town: Town, strangers: Strangers) -> None:
    evil, _ = strangers
    shouted = evil.origin.replace("evil", "EVIL")
    evil.actor(id=f"{shouted}/users/eve")
    activity = evil.said("Follow", f"{town.origin}/groups/nantes", actor=f"{shouted}/users/eve")
    assert await evil.post(town, activity) in (401, 403)


async def test_b11_b12_only_its_author_changes_or_deletes_a_listing(town: Town, strangers: Strangers) -> None:
    evil, honest = strangers
    await _followed(town, honest, "alice")
    alice = f"{honest.origin}/users/alice"
    said = _note(alice, f"{honest.origin}/notes/1")
    key_id = f"{alice}#main-key"
    assert await honest.post(town, honest.said("Create", said, name="alice"), key_id=key_id) == 202
    await _settled(town)
    assert await _known(town, said["id"])
    evil.actor()
    honest.actor("mallory")
    changed = said | {"updated": "2026-02-01T00:00:00Z", "content": "<p>Volé</p>"}
    mine = changed | {"attributedTo": f"{honest.origin}/users/mallory"}
    mallory = f"{honest.origin}/users/mallory#main-key"
    assert await evil.post(town, evil.said("Update", changed)) == 202
    assert await evil.post(town, evil.said("Delete", said["id"])) == 202
    assert await honest.post(town, honest.said("Update", mine, name="mallory"), key_id=mallory) == 202
    assert await honest.post(town, honest.said("Delete", said["id"], name="mallory"), key_id=mallory) == 202
    await _settled(town)
    kept = await town.read(lambda tx: listings.find_by_url(tx, said["id"]))
    assert kept is not None
    assert (kept.title, kept.deleted_at) == ("Lampe", None)


async def test_b11_nobody_changes_a_listing_of_ours(town: Town, strangers: Strangers) -> None:
    evil, _ = strangers
    await _followed(town, evil)
    ours = await town.publish(await _member(town, "awa"))
    stolen = _note(f"{evil.origin}/users/eve", ours.url, updated="2027-01-01T00:00:00Z")
    assert await evil.post(town, evil.said("Update", stolen)) == 202
    assert await evil.post(town, evil.said("Delete", ours.url)) == 202
    await _settled(town)
    kept = await town.read(lambda tx: listings.find_by_url(tx, ours.url))
    assert kept is not None
    assert (kept.title, kept.deleted_at) == ("Vélo 16 pouces", None)


async def test_b14_a_key_that_stands_at_another_address_is_refused(town: Town, strangers: Strangers) -> None:
    evil, _ = strangers
    document = evil.actor()
    evil.show({**document["publicKey"], "id": f"{evil.origin}/other"}, path="/key")
    activity = evil.said("Follow", f"{town.origin}/groups/nantes")
    assert await evil.post(town, activity, key_id=f"{evil.origin}/key") == 401


async def test_b15_a_blocked_author_does_not_come_through_a_boost(town: Town, strangers: Strangers) -> None:
    evil, honest = strangers
    await _followed(town, honest, "group")
    evil.actor()
    said = _note(f"{evil.origin}/users/eve", f"{evil.origin}/notes/1")
    evil.show(said)
    await town.store.write(blocks.add, "evil.localhost", reason="escroquerie", by=None)
    key_id = f"{honest.origin}/users/group#main-key"
    assert await honest.post(town, honest.said("Announce", said["id"], name="group"), key_id=key_id) == 202
    await _settled(town)
    assert not await _known(town, said["id"])
    assert evil.asked.count("/notes/1") == 0


async def test_a_blocked_server_is_refused_before_it_is_asked_anything(town: Town, strangers: Strangers) -> None:
    evil, _ = strangers
    evil.actor()
    await town.store.write(blocks.add, "evil.localhost", reason="escroquerie", by=None)
    assert await evil.post(town, evil.said("Follow", f"{town.origin}/groups/nantes")) == 403
    assert evil.asked == []


async def test_b17_a_follow_counts_once_it_is_accepted_by_whom_it_asks(town: Town, strangers: Strangers) -> None:
    evil, _ = strangers
    evil.actor()
    await town.member("awa")
    await evil.post(town, evil.said("Accept", f"{town.origin}/users/awa/activities/1"))
    follow = {"type": "Follow", "id": "", "actor": f"{town.origin}/users/awa", "object": f"{evil.origin}/users/eve"}
    await evil.post(town, evil.said("Accept", follow))
    assert set(await _settled(town)) == {"no-such-follow"}


async def test_b18_a_note_signed_by_one_and_attributed_to_another_is_not_kept(town: Town, strangers: Strangers) -> None:
    evil, honest = strangers
    await _followed(town, evil)
    honest.actor("alice")
    spoofed = _note(f"{honest.origin}/users/alice", f"{evil.origin}/notes/1")
    evil.show(spoofed)
    assert await evil.post(town, evil.said("Create", spoofed)) == 202
    await _settled(town)
    assert not await _known(town, spoofed["id"])


async def test_what_nobody_asked_for_is_not_kept(town: Town, strangers: Strangers) -> None:
    evil, _ = strangers
    evil.actor()
    said = _note(f"{evil.origin}/users/eve", f"{evil.origin}/notes/1")
    assert await evil.post(town, evil.said("Create", said)) == 202
    assert await _settled(town) == {"unsolicited": 1}
    assert not await _known(town, said["id"])


async def test_a_private_note_is_kept_for_its_reader_only_under_a_listing(town: Town, strangers: Strangers) -> None:
    evil, _ = strangers
    evil.actor()
    awa = await town.member("awa")
    ours = await town.publish(awa)
    note = {
        "id": f"{evil.origin}/notes/9",
        "type": "Note",
        "attributedTo": f"{evil.origin}/users/eve",
        "to": [f"{town.origin}/users/awa"],
        "inReplyTo": ours.url,
        "content": "<p>Bonjour <script>alert(1)</script></p>",
    }
    elsewhere = note | {"id": f"{evil.origin}/notes/10", "inReplyTo": None, "content": "Rien"}
    assert await evil.post(town, evil.said("Create", elsewhere)) == 202
    assert await _settled(town) == {"no-listing": 1}
    assert await evil.post(town, evil.said("Create", note)) == 202
    await _settled(town)
    conversations = await town.read(lambda tx: threads.of_member(tx, awa))
    assert [one.last_message.content_html for one in conversations if one.last_message] == ["<p>Bonjour </p>"]


async def test_many_at_once_are_all_kept_and_none_twice(town: Town, strangers: Strangers) -> None:
    evil, _ = strangers
    evil.actor()
    several = [evil.said("Like", f"{town.origin}/nothing/{number}") for number in range(60)]
    answers = await asyncio.gather(*(evil.post(town, one) for one in several * 2))
    assert set(answers) == {202}
    assert await _settled(town) == {"unknown-object": 60}
