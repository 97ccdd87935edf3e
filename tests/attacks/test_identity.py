"""Identity, B1–B10: who signed, and for whom that key may speak."""

import base64
import json
from typing import Any

import pytest

from fedivoisin.activitypub.wire import signatures
from fedivoisin.activitypub.wire.keys import PrivateKey, sign_bytes
from fedivoisin.app import utc_now
from tests.attacks.elsewhere import CONTEXT, Peer, activity, note, offer
from tests.attacks.siege import Siege
from tests.fakes import key_pair

pytestmark = pytest.mark.slow


async def test_what_is_in_order_is_carried_out(siege: Siege, rozenn: Peer) -> None:
    like = activity("Like", rozenn.url, siege.listing.url)
    assert await siege.outcome(like, key=rozenn.key) == "done"
    again = activity("Like", rozenn.url, siege.listing.url)
    assert (await siege.deliver(again, key=rozenn.key, scheme="rfc9421")).status == 202


async def test_b01_the_key_owner_is_not_the_actor(siege: Siege, mallory: Peer, rozenn: Peer) -> None:
    said = activity("Follow", rozenn.url, siege.group_url)
    async with siege.unchanged():
        assert (await siege.deliver(said, key=mallory.key)).refusal == (403, "actor-mismatch")
        neighbour = siege.elsewhere.person("rennes", "eve", 3)  # on the same host: still another person
        assert (await siege.deliver(said, key=neighbour.key)).refusal == (403, "actor-mismatch")
    assert not await siege.is_kept(said["id"])


async def test_b02_a_key_document_claims_a_foreign_owner_that_does_not_list_it(
    siege: Siege, mallory: Peer, rozenn: Peer
) -> None:
    key_url = f"{mallory.origin}/keys/1"
    forged = PrivateKey(key_url, mallory.key.key)
    siege.elsewhere.serve(key_url, _key(key_url, rozenn.url))
    said = activity("Follow", rozenn.url, siege.group_url)
    async with siege.unchanged():
        assert (await siege.deliver(said, key=forged)).refusal == (401, "foreign-key")
        on_their_host = f"{rozenn.origin}/uploads/key"  # as when the victim's host serves what people upload
        siege.elsewhere.serve(on_their_host, _key(on_their_host, rozenn.url))
        answer = await siege.deliver(said, key=PrivateKey(on_their_host, mallory.key.key))
        assert answer.refusal == (401, "owner-does-not-list-key")
    assert not await siege.is_kept(said["id"])


async def test_b03_an_actor_id_redirects_to_another_actors_document(siege: Siege, mallory: Peer, rozenn: Peer) -> None:
    alias = f"{mallory.origin}/users/alias"
    siege.elsewhere.redirect(alias, rozenn.url)
    said = activity("Follow", alias, siege.group_url)
    async with siege.unchanged():
        answer = await siege.deliver(said, key=PrivateKey(f"{alias}#main-key", mallory.key.key))
        assert answer.refusal == (401, "not-a-key")
        # The other way: a host that redirects openly must not make mallory's document speak for rozenn's host.
        forged = siege.elsewhere.unserved(f"{rozenn.origin}/go", 1)
        siege.elsewhere.serve(f"{mallory.origin}/as-go", forged.document)
        siege.elsewhere.redirect(forged.url, f"{mallory.origin}/as-go")
        said = activity("Follow", forged.url, siege.group_url)
        assert (await siege.deliver(said, key=forged.key)).refusal == (401, "foreign-id")
    assert not await siege.is_kept(said["id"])


async def test_b04_a_fetched_id_is_not_the_url(siege: Siege, mallory: Peer, rozenn: Peer) -> None:
    async with siege.unchanged():
        for number, own_id in enumerate(("https://rennes.example/users/rozenn", rozenn.url, None, 7)):
            url = f"{mallory.origin}/items/{number}"
            siege.elsewhere.serve(url, offer(mallory.url, url, id=own_id))
            said = activity("Create", mallory.url, url, to=[siege.awa_url])
            assert await siege.outcome(said, key=mallory.key) == "foreign-id", own_id
            actor = f"{mallory.origin}/users/other-{number}"
            siege.elsewhere.serve(actor, {**mallory.document, "id": own_id})
            key = PrivateKey(f"{actor}#main-key", mallory.key.key)
            answer = await siege.deliver(activity("Like", actor, siege.listing.url), key=key)
            assert answer.refusal == (401, "foreign-id"), own_id


async def test_b05_activity_json_uploaded_as_media(siege: Siege, rozenn: Peer) -> None:
    kinds = ("application/json", "text/html", "application/octet-stream", "image/png", "application/ld+json", "a/b; c")
    async with siege.unchanged():
        for number, kind in enumerate(kinds):
            forged = siege.elsewhere.unserved(f"{rozenn.origin}/users/forged-{number}", 1)
            siege.elsewhere.serve(forged.url, forged.document, kind=kind)
            said = activity("Follow", forged.url, siege.group_url)
            assert (await siege.deliver(said, key=forged.key)).refusal == (401, "not-an-activity-type"), kind
            assert not await siege.is_kept(said["id"])


async def test_b06_digest_host_target_or_date_not_covered(siege: Siege, mallory: Peer) -> None:
    body = json.dumps(activity("Follow", mallory.url, siege.group_url)).encode()
    whole = ("(request-target)", "host", "date", "digest")
    headers = siege.signed("POST", "/inbox", body, mallory.key)
    values = {"(request-target)": "post /inbox", "host": siege.town.host}
    values |= {"date": headers["Date"], "digest": headers["Digest"]}
    async with siege.unchanged():
        for dropped in whole:
            covered = [name for name in whole if name != dropped]
            answer = await siege.post(body, {**headers, "Signature": _cavage(mallory.key, covered, values)})
            assert answer.status == 401, dropped
    said = await siege.post(body, {**headers, "Signature": _cavage(mallory.key, list(whole), values)})
    assert said.status == 202  # so the four were refused for what they left out, and for nothing else


async def test_b06_a_digest_that_is_covered_but_not_of_this_body(siege: Siege, mallory: Peer) -> None:
    said = json.dumps(activity("Follow", mallory.url, siege.group_url)).encode()
    async with siege.unchanged():
        for scheme in ("cavage", "rfc9421"):
            headers = siege.signed("POST", "/inbox", said, mallory.key, scheme)
            answer = await siege.post(said.replace(b"Follow", b"Block "), headers)
            assert answer.refusal == (401, "digest-mismatch")


async def test_b06_a_signature_for_another_inbox_or_another_host(siege: Siege, mallory: Peer) -> None:
    body = json.dumps(activity("Follow", mallory.url, siege.group_url)).encode()
    headers = siege.signed("POST", "/inbox", body, mallory.key)
    async with siege.unchanged():
        assert (await siege.post(body, headers, path="/users/awa/inbox")).refusal == (401, "signature-invalid")
        elsewhere = f"http://lyon.localhost:{siege.elsewhere.port}/inbox"
        from_lyon = _sign_for(elsewhere, body, mallory.key)
        for host in ({}, {"Host": f"lyon.localhost:{siege.elsewhere.port}"}):
            assert (await siege.post(body, {**from_lyon, **host})).refusal == (401, "signature-invalid")


async def test_b07_an_activity_id_on_a_foreign_origin(siege: Siege, mallory: Peer, rozenn: Peer) -> None:
    foreign = ("https://lyon.example/said/1", f"{rozenn.origin}/said/1", f"{siege.town.origin}/said/1")
    no_ids: tuple[object, ...] = ("urn:uuid:1", "", None, 7, [], "/said/1")
    async with siege.unchanged():
        for own_id in foreign:
            said = activity("Follow", mallory.url, siege.group_url, id=own_id)
            assert (await siege.deliver(said, key=mallory.key)).refusal == (403, "foreign-activity-id"), own_id
            assert not await siege.is_kept(own_id)
        for no_id in no_ids:
            said = activity("Follow", mallory.url, siege.group_url, id=no_id)
            assert (await siege.deliver(said, key=mallory.key)).refusal == (400, "bad-id"), no_id


async def test_b08_the_fetched_copy_is_what_is_read_not_the_posted_one(
    siege: Siege, mallory: Peer, rozenn: Peer
) -> None:
    """A Note of rozenn inside mallory's Create is not mallory's; of an address, only what its host serves counts."""
    url = f"{rozenn.origin}/notes/1"
    siege.elsewhere.serve(url, note(rozenn.url, url, inReplyTo=siege.listing.url, content="<p>Vrai</p>"))
    forged = note(rozenn.url, url, inReplyTo=siege.listing.url, content="<p>Faux</p>")
    async with siege.unchanged():
        assert await siege.outcome(activity("Create", mallory.url, forged), key=mallory.key) == "not-the-author"
    assert siege.elsewhere.gets(url) == []  # whatever it serves, it is not mallory's to say
    # Mallory's own Create, embedding a Note at an address of their own that says something else when asked.
    own = f"{mallory.origin}/notes/1"
    siege.elsewhere.serve(own, note(rozenn.url, own, inReplyTo=siege.listing.url))
    async with siege.unchanged():
        said = activity("Create", mallory.url, own, to=[siege.awa_url])
        assert await siege.outcome(said, key=mallory.key) == "foreign-author"


async def test_b09_a_document_that_is_restructured(siege: Siege, mallory: Peer) -> None:
    hidden = {"id": f"{mallory.url}/said/h", "type": "Follow", "actor": mallory.url, "object": siege.group_url}
    async with siege.unchanged():
        for keyword in ("@graph", "@reverse", "@included"):
            told = {"object": hidden} if keyword == "@reverse" else [hidden]
            plain = activity("Like", mallory.url, siege.listing.url, **{keyword: told})
            alias = [*CONTEXT, {"innocent": keyword}]
            renamed = activity("Like", mallory.url, siege.listing.url, **{"@context": alias, "innocent": told})
            for said in (plain, renamed):
                answer = await siege.deliver(said, key=mallory.key)
                assert answer.refusal == (400, "jsonld-restructuring"), keyword
                assert not await siege.is_kept(said["id"])


async def test_b09_terms_renamed_so_that_two_readers_see_two_activities(siege: Siege, mallory: Peer) -> None:
    """Plain keys say Like, the context makes `object` the actor: read as its context says, or not at all."""
    twisted = [*CONTEXT, {"object": "as:actor", "actor": "as:object"}]
    said = activity("Like", mallory.url, siege.listing.url, **{"@context": twisted})
    async with siege.unchanged():
        assert (await siege.deliver(said, key=mallory.key)).status in (400, 403)


async def test_b10_another_spelling_of_a_host(siege: Siege, rozenn: Peer) -> None:
    """Two spellings of one address would be two actors, and an exclusion could be walked around."""
    port = siege.elsewhere.port
    unlisted, odd = (401, "owner-does-not-list-key"), (400, "odd-id")
    no_key, foreign = (401, "bad-key-id"), (403, "foreign-activity-id")
    origins = (
        (f"http://RENNES.localhost:{port}", unlisted, odd),
        (f"http://rennes.localhost.:{port}", unlisted, odd),
        (f"HTTP://rennes.localhost:{port}", unlisted, odd),
        (f"http://ｒennes.localhost:{port}", no_key, odd),
        (f"http://rennes.localhost:80:{port}", no_key, foreign),
        (f"http://rennes.localhost:0{port}", no_key, foreign),
        (f"http://x@rennes.localhost:{port}", no_key, foreign),
        (f"http:///rennes.localhost:{port}", no_key, (400, "bad-id")),
    )
    async with siege.unchanged():
        for origin, of_key, of_id in origins:
            actor = f"{origin}/users/rozenn"
            said = activity("Follow", actor, siege.group_url)
            answer = await siege.deliver(said, key=PrivateKey(f"{actor}#main-key", rozenn.key.key))
            assert answer.refusal == of_key, origin
            said = activity("Follow", rozenn.url, siege.group_url, id=f"{origin}/said/1")
            assert (await siege.deliver(said, key=rozenn.key)).refusal == of_id, origin
            assert not await siege.is_kept(said["id"])


async def test_b10_another_spelling_of_a_path(siege: Siege, rozenn: Peer) -> None:
    """Where a server answers alike with and without a slash at the end, only the spelling it uses is the actor."""
    async with siege.unchanged():
        for actor in (f"{rozenn.url}/", rozenn.url.replace("/users/", "//users/"), f"{rozenn.url}?"):
            siege.elsewhere.serve(actor, rozenn.document)
            spelt = PrivateKey(f"{actor}#main-key", rozenn.key.key)
            said = activity("Follow", actor, siege.group_url)
            assert (await siege.deliver(said, key=spelt)).refusal == (401, "owner-does-not-list-key"), actor
            own = activity("Follow", actor, siege.group_url, id=f"{rozenn.url}/said/{len(actor)}")
            assert (await siege.deliver(own, key=rozenn.key)).refusal == (403, "actor-mismatch"), actor
            assert not await siege.is_kept(own["id"])


async def test_b10_a_blocked_host_in_other_spellings(siege: Siege, mallory: Peer) -> None:
    await siege.block("mallory.localhost")
    said = activity("Follow", mallory.url, siege.group_url)
    origins = ("https://mallory.localhost", "https://mallory.localhost:443", "https://MALLORY.localhost.:0443")
    async with siege.unchanged():
        for origin in (*origins, "http://mallory.localhost:80", "http://mallory.localhost", f"{mallory.origin}//"):
            answer = await siege.deliver(said, key=PrivateKey(f"{origin}/users/mallory#main-key", mallory.key.key))
            assert answer.refusal == (403, "blocked"), origin
        for host in ("mallory.localhost", "MALLORY.localhost", "mallory.localhost.", "eve.mallory.localhost"):
            answer = await siege.deliver(said, key=_key_at(siege, host, mallory))
            assert answer.refusal == (403, "blocked"), host
        answer = await siege.deliver(said, key=_key_at(siege, "ｍallory.localhost", mallory))
        assert answer.refusal == (401, "bad-key-id")
    assert siege.elsewhere.asked == []


def _key_at(siege: Siege, host: str, peer: Peer) -> PrivateKey:
    return PrivateKey(f"http://{host}:{siege.elsewhere.port}/users/mallory#main-key", peer.key.key)


async def test_b14_a_standalone_key_whose_id_is_not_the_url_asked(siege: Siege, mallory: Peer, rozenn: Peer) -> None:
    said = activity("Follow", rozenn.url, siege.group_url)
    async with siege.unchanged():
        for number, (served_as, code) in enumerate(
            (
                (rozenn.key.id, "foreign-id"),
                (f"{rozenn.origin}/keys/1", "foreign-id"),
                (f"{mallory.origin}/keys/x", "foreign-key"),
            )
        ):
            url = f"{mallory.origin}/keys/{number}"
            siege.elsewhere.serve(url, _key(served_as, rozenn.url))
            answer = await siege.deliver(said, key=PrivateKey(url, mallory.key.key))
            assert answer.refusal == (401, code), served_as
    assert not await siege.is_kept(said["id"])


def _key(url: str, owner: str) -> dict[str, Any]:
    pem = key_pair(1).rsa_public
    return {"@context": CONTEXT, "id": url, "type": "Key", "owner": owner, "publicKeyPem": pem}


def _cavage(key: PrivateKey, covered: list[str], values: dict[str, str]) -> str:
    base = "\n".join(f"{name}: {values[name]}" for name in covered).encode()
    signature = base64.b64encode(sign_bytes(key.key, base)).decode()
    return f'keyId="{key.id}",algorithm="rsa-sha256",headers="{" ".join(covered)}",signature="{signature}"'


def _sign_for(url: str, body: bytes, key: PrivateKey) -> dict[str, str]:
    return signatures.sign("POST", url, body, key=key, now=utc_now(), scheme="cavage")
