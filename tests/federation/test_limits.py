"""What an inbox and a document answer to what is too large, too much, unreadable, private or gone."""

import asyncio
import json
import shutil
import time
from pathlib import Path

import pytest
from aiohttp import web

from fedivoisin.actions import conversations, listings
from fedivoisin.settings import Limits
from fedivoisin.store import actors, inbox, tombstones
from fedivoisin.store.db import Tx
from tests.federation.stranger import ACTIVITY, Stranger
from tests.federation.towns import Town, a_town, free_socket

Strangers = tuple[Stranger, Stranger]


async def test_a_body_beyond_256_kib_is_refused(town: Town, strangers: Strangers) -> None:
    evil, _ = strangers
    evil.actor()
    assert await evil.post(town, b'{"a": "' + b"x" * 300_000 + b'"}') == 413
    assert evil.asked == []


async def test_another_content_type_is_refused(town: Town, strangers: Strangers) -> None:
    evil, _ = strangers
    assert await evil.send(town, b"{}", {"Content-Type": "text/plain"}) == 400


@pytest.mark.parametrize("body", [b"[]", b'{"a": NaN}', b'{"id": 1, "id": 2}', b"{" * 50, b'{"type": "Like"}', b"\xff"])
async def test_json_that_two_readers_could_read_two_ways_is_refused(
    town: Town, strangers: Strangers, body: bytes
) -> None:
    evil, _ = strangers
    evil.actor()
    assert await evil.post(town, body) == 400


async def test_a_deep_or_huge_document_is_refused(town: Town, strangers: Strangers) -> None:
    evil, _ = strangers
    evil.actor()
    deep = b'{"a":' * 40 + b"1" + b"}" * 40
    wide = json.dumps({"a": list(range(11_000))}).encode()
    assert [await evil.post(town, body) for body in (deep, wide)] == [400, 400]


async def test_a_flood_is_answered_429(strangers: Strangers, tmp_path: Path, migrated: Path) -> None:
    evil, _ = strangers
    evil.actor()
    shutil.copyfile(migrated, tmp_path / "nantes.db")
    async with a_town("nantes", free_socket(), tmp_path, (evil.host,), limits=Limits(inbox_unknown=5)) as town:
        several = [evil.said("Like", f"{town.origin}/nothing/{number}") for number in range(8)]
        assert [await evil.post(town, one) for one in several] == [202] * 5 + [429] * 3


async def test_the_farewell_of_somebody_unknown_is_taken_and_forgotten(town: Town, strangers: Strangers) -> None:
    evil, _ = strangers
    url = f"{evil.origin}/users/eve"
    evil.pages["/users/eve"] = web.Response(status=410)
    assert [await evil.post(town, evil.said("Delete", url)) for _ in range(2)] == [202, 202]
    assert await town.read(inbox.outcomes) == {}


async def test_a_key_that_cannot_be_had_is_not_asked_for_again_at_once(town: Town, strangers: Strangers) -> None:
    evil, _ = strangers
    follow = evil.said("Follow", f"{town.origin}/groups/nantes")
    assert await evil.post(town, follow) in (401, 410)
    assert await evil.post(town, follow) == 401
    assert evil.asked == ["/users/eve"]


async def test_a_key_is_fetched_once_for_all_who_wait(town: Town, strangers: Strangers) -> None:
    evil, _ = strangers
    evil.actor()
    several = [evil.said("Like", f"{town.origin}/nothing/{number}") for number in range(10)]
    assert set(await asyncio.gather(*(evil.post(town, one) for one in several))) == {202}
    assert evil.asked.count("/users/eve") == 1


async def test_actors_show_their_keys_and_only_numbers_of_followers(town: Town, strangers: Strangers) -> None:
    evil, _ = strangers
    status, group = await evil.get(town, "/groups/nantes")
    assert (status, group["type"], group["manuallyApprovesFollowers"]) == (200, "Group", False)
    assert "PUBLIC KEY" in group["publicKey"]["publicKeyPem"]
    status, instance = await evil.get(town, "/users/instance")
    assert (status, instance["type"]) == (200, "Application")
    _, followers = await evil.get(town, "/groups/nantes/followers")
    assert followers["totalItems"] == 0
    assert "orderedItems" not in followers


async def test_a_candidate_is_not_shown_to_others(town: Town, strangers: Strangers) -> None:
    evil, _ = strangers
    await town.member("awa")
    assert (await evil.get(town, "/users/awa"))[0] == 200
    assert await evil.get(town, "/users/nobody") == (404, {"error": "not-found"})


async def test_webfinger_finds_members_groups_and_the_origin(town: Town, strangers: Strangers) -> None:
    evil, _ = strangers
    await town.member("awa")
    for resource, leads_to in (
        (f"acct:awa@{town.host}", "/users/awa"),
        (f"acct:nantes@{town.host}", "/groups/nantes"),
        (f"{town.origin}/@awa", "/users/awa"),
        (f"{town.origin}/", "/users/instance"),
    ):
        status, found = await evil.get(town, f"/.well-known/webfinger?resource={resource}", accept="*/*")
        assert status == 200
        assert f"{town.origin}{leads_to}" in [link.get("href") for link in found["links"]]
    assert (await evil.get(town, "/.well-known/webfinger?resource=acct:awa@elsewhere.example"))[0] == 404
    assert (await evil.get(town, "/.well-known/webfinger"))[0] == 400


async def test_nodeinfo_tells_what_runs_here(town: Town, strangers: Strangers) -> None:
    evil, _ = strangers
    _, links = await evil.get(town, "/.well-known/nodeinfo", accept="application/json")
    for version in ("2.0", "2.1"):
        assert f"{town.origin}/nodeinfo/{version}" in [link["href"] for link in links["links"]]
        _, info = await evil.get(town, f"/nodeinfo/{version}", accept="application/json")
        assert (info["software"]["name"], info["version"]) == ("fedivoisin", version)
    assert (await evil.get(town, "/.well-known/host-meta"))[0] == 200


async def test_a_listing_is_a_document_or_a_page_and_at_last_a_tombstone(town: Town, strangers: Strangers) -> None:
    evil, _ = strangers
    awa = await town.member("awa")
    ours = await town.publish(awa)
    path = ours.url.removeprefix(town.origin)
    status, note = await evil.get(town, path)
    assert (status, note["id"]) == (200, ours.url)
    assert (await evil.get(town, f"/annonces/{ours.id}"))[1]["id"] == ours.url
    assert (await evil.get(town, path, accept="text/html"))[0] == 303
    await town.store.write(listings.delete, listing_id=ours.id, by=awa)

    async def marked(tx: Tx) -> bool:
        return await tombstones.by_url(tx, ours.url) is not None

    await town.eventually(marked, that="the tombstone")
    status, tombstone = await evil.get(town, path)
    assert (status, tombstone["type"]) == (410, "Tombstone")


async def test_a_private_message_is_shown_to_its_parties_only(town: Town, strangers: Strangers) -> None:
    evil, _ = strangers
    evil.actor()
    awa, paul = await town.member("awa"), await town.member("paul", 2)
    ours = await town.publish(awa)
    thread = await town.store.write(conversations.ask, listing_id=ours.id, asker_id=paul, text="Secret")
    private = await town.store.write(conversations.answer, thread_id=thread.id, writer_id=awa, text="Secret aussi")
    path = private.url.removeprefix(town.origin)
    unknown = "/messages/00000000-0000-4000-8000-000000000000"
    assert await evil.get(town, path) == await evil.get(town, unknown)
    assert await evil.get(town, path, sign=True) == (404, {"error": "not-found"})


async def test_in_strict_mode_only_our_own_actor_is_shown_to_who_does_not_sign(
    strangers: Strangers, tmp_path: Path, migrated: Path
) -> None:
    evil, _ = strangers
    evil.actor()
    shutil.copyfile(migrated, tmp_path / "nantes.db")
    async with a_town("nantes", free_socket(), tmp_path, (evil.host,), is_strict=True) as town:
        paths = ("/users/instance", "/groups/nantes", "/groups/nantes/outbox")
        assert [(await evil.get(town, path))[0] for path in paths] == [200, 401, 401]
        assert [(await evil.get(town, path, sign=True))[0] for path in paths] == [200, 200, 200]


async def test_a_signature_that_does_not_hold_is_not_taken_for_none(town: Town, strangers: Strangers) -> None:
    evil, _ = strangers
    evil.actor(publicKey={})
    assert (await evil.get(town, "/groups/nantes", sign=True))[0] == 401


async def test_a_slow_sender_keeps_nobody_else_waiting(town: Town, strangers: Strangers) -> None:
    evil, _ = strangers
    evil.actor()
    _, port = town.host.split(":")
    reader, writer = await asyncio.open_connection("127.0.0.1", int(port))
    head = f"POST /inbox HTTP/1.1\r\nHost: {town.host}\r\nContent-Type: {ACTIVITY}\r\nContent-Length: 100\r\n\r\n{{"
    writer.write(head.encode())
    await writer.drain()
    began = time.monotonic()
    assert await evil.post(town, evil.said("Follow", f"{town.origin}/groups/nantes")) == 202
    assert time.monotonic() - began < 5
    writer.close()
    assert reader is not None


async def test_an_actor_that_says_farewell_is_gone_with_all_it_published(town: Town, strangers: Strangers) -> None:
    evil, _ = strangers
    document = evil.actor()
    assert await evil.post(town, evil.said("Follow", f"{town.origin}/groups/nantes")) == 202
    assert await evil.post(town, evil.said("Delete", document["id"])) == 202

    async def gone(tx: Tx) -> bool:
        known = await actors.by_url(tx, document["id"])
        return known is not None and known.gone_at is not None

    assert await town.eventually(gone, that="the farewell")
