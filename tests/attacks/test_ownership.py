"""Identity, B11–B18: whose things these are, and who may speak about them."""

import pytest

from fedivoisin.ids import ActorId
from fedivoisin.store import follows
from fedivoisin.store.db import Tx
from tests.attacks.elsewhere import Json, Peer, activity, note, offer
from tests.attacks.siege import Siege

pytestmark = pytest.mark.slow

FORGED = ("foreign-author", "not-the-author", "author-is-ours", "gone")
LATER = "2026-04-01T10:00:00Z"


async def test_b11_an_update_from_another_origin_takes_an_object_over(
    siege: Siege, mallory: Peer, rozenn: Peer
) -> None:
    theirs = await _kept_offer(siege, rozenn)
    async with siege.unchanged():
        for changed in (
            offer(mallory.url, theirs["id"], updated=LATER, content="<p>À moi</p>"),
            offer(rozenn.url, theirs["id"], updated=LATER, content="<p>À moi</p>"),
        ):
            said = activity("Update", mallory.url, changed)
            assert await siege.outcome(said, key=mallory.key) == "not-the-author"
            said = activity("Create", mallory.url, changed)
            assert await siege.outcome(said, key=mallory.key) == "not-the-author"
        said = activity("Delete", mallory.url, theirs["id"])
        assert await siege.outcome(said, key=mallory.key) == "not-the-author"


async def test_b11_ours_are_not_taken_over_from_elsewhere(siege: Siege, mallory: Peer) -> None:
    ours = siege.listing.url
    async with siege.unchanged():
        for kind in ("Update", "Create"):
            for author in (mallory.url, siege.awa_url):
                said = activity(kind, mallory.url, offer(author, ours, updated=LATER))
                assert await siege.outcome(said, key=mallory.key) not in ("done", "unchanged")
        for thing in (ours, siege.awa_url, siege.group_url, f"{siege.town.origin}/users/instance"):
            said = activity("Delete", mallory.url, thing)
            assert await siege.outcome(said, key=mallory.key) in ("not-the-author", "unknown-object")


async def test_b12_an_edit_by_a_non_author_of_the_same_origin(siege: Siege, mallory: Peer, rozenn: Peer) -> None:
    theirs = await _kept_offer(siege, rozenn)
    neighbour = siege.elsewhere.person("rennes", "eve", 3)
    async with siege.unchanged():
        for author in (neighbour.url, rozenn.url):
            changed = offer(author, theirs["id"], updated=LATER, content="<p>À moi</p>")
            said = activity("Update", neighbour.url, changed)
            assert await siege.outcome(said, key=neighbour.key) in ("not-the-author", "unchanged")
        said = activity("Delete", neighbour.url, theirs["id"])
        assert await siege.outcome(said, key=neighbour.key) == "not-the-author"


async def test_b12_a_message_is_changed_by_its_writer_alone(siege: Siege, mallory: Peer, rozenn: Peer) -> None:
    question = note(rozenn.url, f"{rozenn.origin}/notes/1", inReplyTo=siege.listing.url)
    siege.elsewhere.serve(question["id"], question)
    assert await siege.outcome(activity("Create", rozenn.url, question), key=rozenn.key) == "done"
    neighbour = siege.elsewhere.person("rennes", "eve", 3)
    async with siege.unchanged():
        for peer in (mallory, neighbour):
            changed = note(peer.url, question["id"], updated=LATER, content="<p>Autre</p>")
            assert await siege.outcome(activity("Update", peer.url, changed), key=peer.key) == "not-the-author"
            said = activity("Delete", peer.url, question["id"])
            assert await siege.outcome(said, key=peer.key) == "not-the-author"


async def test_b12_an_actor_is_changed_by_its_own_document_alone(siege: Siege, mallory: Peer, rozenn: Peer) -> None:
    assert await siege.outcome(activity("Like", rozenn.url, siege.listing.url), key=rozenn.key) == "done"
    forged = {**rozenn.document, "name": "Pas Rozenn", "inbox": f"{mallory.origin}/inbox"}
    before = await siege.town.actor(rozenn.url)
    said = activity("Update", mallory.url, forged)
    assert await siege.outcome(said, key=mallory.key) == "update-of-another"
    said = activity("Update", rozenn.url, forged)  # even from itself: only what its address serves is believed
    assert await siege.outcome(said, key=rozenn.key) == "done"
    after = await siege.town.actor(rozenn.url)
    assert (after.display_name, after.inbox) == (before.display_name, before.inbox)


async def test_b13_an_actor_uri_that_is_not_http_or_on_a_foreign_host(siege: Siege, mallory: Peer) -> None:
    wrong: tuple[object, ...] = (
        "javascript:alert(1)",
        "file:///etc/passwd",
        "acct:rozenn@rennes.localhost",
        "data:,x",
        "",
        None,
        7,
        [[]],
    )
    foreign = ("https://rennes.example/users/rozenn", siege.awa_url, siege.group_url)
    async with siege.unchanged():
        for actor in wrong:
            said = activity("Follow", mallory.url, siege.group_url, actor=actor)
            assert (await siege.deliver(said, key=mallory.key)).refusal == (400, "bad-actor"), actor
        for actor in foreign:
            said = activity("Follow", mallory.url, siege.group_url, actor=actor)
            assert (await siege.deliver(said, key=mallory.key)).refusal == (403, "actor-mismatch"), actor


async def test_b15_a_banned_actors_post_arrives_through_a_boost(siege: Siege, mallory: Peer, rozenn: Peer) -> None:
    """Rozenn is followed and boosts; mallory's domain is shut out: nothing of theirs comes in, nothing is asked."""
    await siege.follow(rozenn)
    url = f"{mallory.origin}/items/1"
    siege.elsewhere.serve(url, offer(mallory.url, url))
    await siege.block("mallory.localhost")
    async with siege.unchanged():
        assert await siege.outcome(activity("Announce", rozenn.url, url), key=rozenn.key) == "blocked"
        inside = activity("Create", mallory.url, offer(mallory.url, url))
        assert await siege.outcome(activity("Announce", rozenn.url, inside), key=rozenn.key) == "blocked"
        siege.elsewhere.redirect(f"{rozenn.origin}/items/2", url)
        said = activity("Announce", rozenn.url, f"{rozenn.origin}/items/2")
        assert await siege.outcome(said, key=rozenn.key) == "blocked"
    assert siege.elsewhere.gets("mallory") == []


async def test_b15_what_was_banned_after_it_was_known_stays_out(siege: Siege, mallory: Peer, rozenn: Peer) -> None:
    """The domain was known before the block: what it sends itself, or lets others pass on, is refused all the same."""
    await siege.follow(rozenn)
    theirs = await _kept_offer(siege, mallory)
    await siege.block("mallory.localhost")
    async with siege.unchanged():
        changed = offer(mallory.url, theirs["id"], updated=LATER, content="<p>Autre</p>")
        answer = await siege.deliver(activity("Update", mallory.url, changed), key=mallory.key)
        assert answer.refusal == (403, "blocked")
        siege.elsewhere.serve(theirs["id"], changed)
        inside = activity("Update", mallory.url, changed)
        assert await siege.outcome(activity("Announce", rozenn.url, inside), key=rozenn.key) == "blocked"


async def test_b16_a_sponsorship_on_the_wire_opens_no_door(siege: Siege, mallory: Peer) -> None:
    """Attestations are not received yet (TRUST.md §5): whatever claims to be one is ignored, and nothing is kept."""
    credential = {"id": f"{mallory.origin}/trust/1", "type": ["VerifiableCredential"], "issuer": mallory.url}
    thing = {"id": f"{mallory.origin}/trust/1#sponsorship", "type": "Relationship", "credential": credential}
    async with siege.unchanged():
        for kind in ("Offer", "Invite", "Join", "Sponsor"):
            said = activity(kind, mallory.url, {**thing, "subject": mallory.url, "object": siege.awa_url})
            assert await siege.outcome(said, key=mallory.key) == "ignored", kind
        for kind in ("Add", "Remove"):
            target = f"{siege.town.origin}/users/instance/sponsorships"
            said = activity(kind, mallory.url, thing, target=target)
            assert await siege.outcome(said, key=mallory.key) == "ignored", kind
        said = activity("Accept", mallory.url, {**thing, "actor": siege.awa_url}, result=thing)
        assert await siege.outcome(said, key=mallory.key) == "ignored"


async def test_b17_a_follow_is_not_counted_before_its_accept(siege: Siege, mallory: Peer, rozenn: Peer) -> None:
    """A person approves her followers; until then what she publishes for them is delivered to nobody."""
    said = activity("Follow", mallory.url, siege.awa_url)
    assert await siege.outcome(said, key=mallory.key) == "done"
    assert await _readers(siege, siege.awa) == []
    # Nor can the one who asks, or a third, give the answer in her place.
    async with siege.unchanged():
        for peer in (mallory, rozenn):
            accept = activity("Accept", peer.url, {**said, "actor": mallory.url, "object": siege.awa_url})
            assert await siege.outcome(accept, key=peer.key) in ("ignored", "answer-by-another", "no-such-follow")
            accept = activity("Accept", peer.url, said["id"])
            assert await siege.outcome(accept, key=peer.key) == "ignored"
    assert await _readers(siege, siege.awa) == []


async def test_b17_an_accept_that_nobody_asked_for_makes_no_follower(siege: Siege, mallory: Peer, rozenn: Peer) -> None:
    asked = await siege.ask_to_follow(rozenn)
    follow = {"id": asked.activity_url, "type": "Follow", "actor": siege.awa_url, "object": rozenn.url}
    async with siege.unchanged():
        accept = activity("Accept", mallory.url, follow)
        assert await siege.outcome(accept, key=mallory.key) == "answer-by-another"
        accept = activity("Accept", mallory.url, {**follow, "object": mallory.url})
        assert await siege.outcome(accept, key=mallory.key) == "no-such-follow"
        accept = activity("Accept", mallory.url, asked.activity_url)
        assert await siege.outcome(accept, key=mallory.key) == "no-such-follow"
    theirs = offer(rozenn.url, f"{rozenn.origin}/items/1")
    said = activity("Create", rozenn.url, theirs)
    assert await siege.outcome(said, key=rozenn.key) == "unsolicited"  # asked, and not yet accepted


async def test_b18_spoofed_attribution(siege: Siege, mallory: Peer, rozenn: Peer) -> None:
    await siege.follow(mallory)
    own = f"{mallory.origin}/items/1"
    async with siege.unchanged():
        for author in (rozenn.url, siege.awa_url, "https://nobody.example/users/x"):
            spoofed = offer(author, own)
            siege.elsewhere.serve(own, spoofed)
            for thing in (spoofed, own):
                said = activity("Create", mallory.url, thing)
                assert await siege.outcome(said, key=mallory.key) in FORGED, author
                said = activity("Announce", mallory.url, thing)
                assert await siege.outcome(said, key=mallory.key) in FORGED, author
        several = offer(mallory.url, own, attributedTo=[rozenn.url, mallory.url])
        siege.elsewhere.serve(own, several)
        said = activity("Create", mallory.url, several)
        assert await siege.outcome(said, key=mallory.key) in FORGED


async def test_b18_a_private_message_in_the_name_of_another(siege: Siege, mallory: Peer, rozenn: Peer) -> None:
    private = {"to": [siege.awa_url], "inReplyTo": siege.listing.url}
    async with siege.unchanged():
        for author in (rozenn.url, siege.awa_url):
            forged = note(author, f"{mallory.origin}/notes/1", **private)
            siege.elsewhere.serve(forged["id"], forged)
            said = activity("Create", mallory.url, forged, to=[siege.awa_url])
            assert await siege.outcome(said, key=mallory.key) in FORGED


async def _kept_offer(siege: Siege, peer: Peer) -> Json:
    """A listing of the peer that is known here."""
    await siege.follow(peer)
    theirs = offer(peer.url, f"{peer.origin}/items/1")
    siege.elsewhere.serve(theirs["id"], theirs)
    assert await siege.outcome(activity("Create", peer.url, theirs), key=peer.key) == "done"
    return theirs


async def _readers(siege: Siege, member: ActorId) -> list[str]:
    async def look(tx: Tx) -> list[str]:
        return [one.url for _, one in await follows.followers_of(tx, member) if not one.is_local]

    return await siege.town.read(look)
