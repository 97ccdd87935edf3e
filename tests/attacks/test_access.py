"""Access, B40–B41: what belongs to somebody, and what others may not even know to be there."""

import pytest
from sqlalchemy import select, update

from fedivoisin.actions import conversations, drafts, moderation
from fedivoisin.ids import ActorId, MessageId
from fedivoisin.store import sessions, threads
from fedivoisin.store.db import Tx
from fedivoisin.store.reports import NewReport
from fedivoisin.store.schema.federation import activity as said_by_us
from fedivoisin.store.schema.listings import listing
from fedivoisin.store.schema.trust import membership
from fedivoisin.store.threads import Thread
from fedivoisin.trust.decisions import Breach
from tests.attacks.browser import Browser, signed_in
from tests.attacks.elsewhere import ACTIVITY, Peer, activity, note
from tests.attacks.siege import Answer, Siege

pytestmark = pytest.mark.slow

AS_DOCUMENT = {"Accept": ACTIVITY}
QUARTER = {"name": "Doulon", "commune": "Nantes", "department": "44", "latitude": "47.2", "longitude": "-1.5"} | {
    "contact_email": "bureau@example.org"
}
ASSOCIATION = {"legal_form": "collectif", "legal_name": "Doulon", "legal_address": "1 rue Haute, Nantes"} | {
    "legal_publisher": "Awa", "legal_host_name": "Awa", "legal_host_address": "1 rue Haute", "sponsors_needed": "2"
}  # fmt: skip


async def test_b40_forms_about_what_is_somebody_elses(siege: Siege, mallory: Peer) -> None:
    """Bob, a member like Awa, sends the forms of her listing, her conversation, her draft, her session, her office."""
    bob = await siege.town.member("bob", 2)
    chloe, admin = await siege.town.member("chloe", 0), ActorId(siege.town.admin)
    thread = await _conversation(siege, chloe)
    message = await _message(siege, thread)
    draft = await siege.town.store.write(drafts.keep, by=siege.awa, draft_id=None, fields={})
    await siege.town.store.write(sessions.begin, siege.awa, token="of-awa", csrf="x", device="")
    hers = (await siege.town.read(lambda tx: sessions.of(tx, siege.awa)))[0]
    one = f"/annonces/{siege.listing.id}"
    later, report = {"plus_tard": "1"}, await _report(siege)
    assert await siege.outcome(activity("Like", mallory.url, siege.listing.url), key=mallory.key) == "done"
    peers = f"/reglages/voisins-federes/{mallory.url.split('/')[2]}"
    forms: tuple[tuple[str, dict[str, str], ActorId, int], ...] = (
        *((f"{one}/{verb}", {}, siege.awa, 403) for verb in ("reserver", "liberer", "prolonger")),
        (f"{one}/modifier", {}, siege.awa, 404),
        (f"/echanges/{thread.id}", {"text": "Bonjour"}, siege.awa, 404),
        (f"/echanges/{thread.id}/retirer", {"message": message}, chloe, 404),
        *((f"/publier/{draft.id}/{step}", later, siege.awa, 404) for step in ("quoi", "ou", "relire", "jeter")),
        ("/moi/appareils", {"session": hers.public_id}, siege.awa, 404),
        ("/membres/awa/roles", {"roles": "moderator"}, admin, 403),
        ("/membres/awa/lien", {}, admin, 403),
        ("/fondateurs", {"display_name": "Eve", "sure": "1"}, admin, 403),
        (f"/moderation/dossiers/{report}", {"measure": "masquer", "facts": "Il n’existe pas."}, admin, 403),
        (f"/moderation/annonces/{siege.listing.id}/remettre", {}, admin, 403),
        *((f"{peers}/{verb}", {}, admin, 403) for verb in ("relancer", "abandonner")),
        ("/reglages/quartier", QUARTER, admin, 403),
        ("/reglages/association", ASSOCIATION, admin, 403),
        ("/reglages/courriel", {}, admin, 403),
        ("/reglages/adresse", {}, admin, 403),
        ("/reglages/blocages", {"domain": "lyon.example", "reason": "essai"}, admin, 403),
        ("/membres/bob/suspendre", {}, admin, 403),
        (f"{one}/terminer", {}, siege.awa, 403),
        (f"{one}/supprimer", {"oui": "1"}, siege.awa, 403),
    )
    async with siege.unchanged():
        eve, stranger = await signed_in(siege, bob), await _stranger(siege)
        for path, fields, _, refusal in forms:
            assert (await eve.post(path, **fields)).status == refusal, path
            assert (await stranger.post(path, **fields)).status == 401, path
    assert (await siege.town.read(lambda tx: sessions.of(tx, siege.awa)))[0].public_id == hers.public_id
    # It was not the form: for whom it is meant it works.
    for number, (path, fields, owner, _) in enumerate(forms):
        answer = await (await signed_in(siege, owner, number)).post(path, **fields)
        assert answer.status == (200 if path.endswith("/lien") else 303), path
        assert not answer.headers.get("Location", "/").startswith("/connexion"), path


async def test_b40_pages_that_are_somebody_elses(siege: Siege) -> None:
    bob = await signed_in(siege, await siege.town.member("bob", 2))
    thread = await _conversation(siege, await siege.town.member("chloe", 0))
    draft = await siege.town.store.write(drafts.keep, by=siege.awa, draft_id=None, fields={})
    staff = ("/moderation", "/moderation/journal", "/reglages", "/reglages/equipe", "/fondateurs", "/membres/awa/gerer")
    for path in staff:
        assert (await bob.open(path)).status == 403, path
    theirs = (f"/echanges/{thread.id}", f"/publier/{draft.id}/quoi", f"{_page(siege)}/supprimer")
    for path in theirs:
        assert (await bob.open(path)).status in (403, 404), path


async def test_b40_a_form_from_another_site(siege: Siege) -> None:
    """Awa's browser, her cookies, but a form that another site made or that lacks her session's own word."""
    awa = await signed_in(siege, siege.awa)
    secret = awa.csrf
    path = f"{_page(siege)}/terminer"
    async with siege.unchanged():
        for headers in (
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Origin": f"http://evil.{siege.town.host}"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
        ):
            assert (await awa.post(path, headers, csrf=secret)).status in (403, 422), headers
        for guess in ("", "x", secret[:-1], secret + " x"):
            assert (await awa.post(path, csrf=guess)).status in (403, 422), guess
        answer = await siege.get(path, {"Accept": "text/html", "Cookie": f"fv={awa.cookies['fv']}"})
        assert answer.status in (404, 405)  # no link does what a form does
    assert (await awa.post(path, csrf=secret)).status == 303


async def test_b41_a_hidden_listing_is_not_there(siege: Siege) -> None:
    """Neither its page, nor its document, nor the words of it in what was said before a moderator hid it."""
    await _calm(siege)
    said = await _said(siege)
    assert siege.listing.text in "".join([(await siege.get(path, AS_DOCUMENT)).body.decode() for path in said])
    await siege.town.store.write(_hide, siege.listing.id)
    addresses = (siege.listing.url, f"{siege.listing.url}/replies", f"{siege.listing.url}/fil", siege.listing.page_url)
    for address in addresses:
        answer = await siege.get(address.removeprefix(siege.town.origin), AS_DOCUMENT)
        assert answer.refusal == (404, "not-found"), address
    assert (await Browser(siege).open(_page(siege))).status == 404
    for path in (*said, *_collections(siege)):
        body = (await siege.get(path, AS_DOCUMENT)).body.decode()
        assert siege.listing.text not in body, path
        assert siege.listing.title not in body, path


async def test_b41_a_deleted_listing_leaves_no_words(siege: Siege) -> None:
    await _calm(siege)
    said = await _said(siege)
    awa = await signed_in(siege, siege.awa)
    assert (await awa.post(f"{_page(siege)}/supprimer", sure="1", oui="1")).status == 303
    assert (await siege.get(siege.listing.url.removeprefix(siege.town.origin), AS_DOCUMENT)).status == 410
    for path in (*said, *_collections(siege)):
        assert siege.listing.text not in (await siege.get(path, AS_DOCUMENT)).body.decode(), path


async def test_b41_private_and_unknown_look_the_same(siege: Siege, mallory: Peer) -> None:
    chloe = await siege.town.member("chloe", 0)
    thread = await _conversation(siege, chloe)
    message = f"/messages/{await _message(siege, thread)}"
    candidate = await siege.town.member("dora", 2)
    await siege.town.store.write(_make_candidate, candidate)
    unknown = "/messages/00000000-0000-4000-8000-000000000000"
    pairs = (
        (message, unknown),
        (f"{message}/create", f"{unknown}/create"),
        (f"/users/awa/items/{siege.listing.id}/fil/{thread.id}", f"/users/awa/items/{siege.listing.id}/fil/x"),
        ("/users/dora", "/users/nobody"),
        ("/users/dora/outbox", "/users/nobody/outbox"),
        ("/.well-known/webfinger?resource=acct:dora@" + siege.town.host, "/.well-known/webfinger?resource=acct:x@x"),
    )
    await siege.outcome(activity("Like", mallory.url, siege.listing.url), key=mallory.key)
    for private, nothing in pairs:
        for signed in (False, True):
            seen, missed = [await _document(siege, path, mallory if signed else None) for path in (private, nothing)]
            assert (seen.status, seen.body) == (missed.status, missed.body) == (404, b'{"error": "not-found"}'), private


async def test_b41_who_is_shut_out_is_served_nothing_signed(siege: Siege, mallory: Peer) -> None:
    """Not from memory either: each answer is made for who asks, and caches are told that the signature matters."""
    before = await _document(siege, "/groups/nantes/outbox", mallory)
    assert before.status == 200
    assert "Signature" in before.headers["Vary"]
    await siege.block("mallory.localhost")
    for path in ("/groups/nantes/outbox", "/users/awa", "/users/awa/followers", f"/users/awa/items/{siege.listing.id}"):
        assert (await _document(siege, path, mallory)).refusal == (403, "blocked"), path


async def test_b41_a_private_message_is_for_its_two_parties(siege: Siege, mallory: Peer, rozenn: Peer) -> None:
    """Rozenn asked Awa, who answered: Rozenn may read the answer at its address, mallory may not."""
    question = note(rozenn.url, f"{rozenn.origin}/notes/1", inReplyTo=siege.listing.url, to=[siege.awa_url])
    said = activity("Create", rozenn.url, question, to=[siege.awa_url])
    assert await siege.outcome(said, key=rozenn.key) == "done"
    thread = (await siege.town.read(lambda tx: threads.of_member(tx, siege.awa)))[0].thread
    text = "Oui, samedi à dix heures"
    await siege.town.store.write(conversations.answer, thread_id=thread.id, writer_id=siege.awa, text=text)
    path = f"/messages/{await _message(siege, thread)}"
    assert text in (await _document(siege, path, rozenn)).body.decode()
    await siege.outcome(activity("Like", mallory.url, siege.listing.url), key=mallory.key)
    for answer in (await _document(siege, path, mallory), await _document(siege, path, None)):
        assert answer.refusal == (404, "not-found")
    assert text not in (await siege.get("/users/awa/outbox?page=1", AS_DOCUMENT)).body.decode()


async def _document(siege: Siege, path: str, peer: Peer | None) -> Answer:
    signed = siege.signed("GET", path, None, peer.key) if peer is not None else {}
    return await siege.get(path, {**AS_DOCUMENT, **signed})


async def _stranger(siege: Siege) -> Browser:
    browser = Browser(siege)
    await browser.open("/connexion")
    return browser


async def _conversation(siege: Siege, asker: ActorId) -> Thread:
    await siege.town.store.write(conversations.ask, listing_id=siege.listing.id, asker_id=asker, text="Encore libre ?")
    return (await siege.town.read(lambda tx: threads.of_member(tx, asker)))[0].thread


async def _message(siege: Siege, thread: Thread) -> MessageId:
    conversation = (await siege.town.read(lambda tx: threads.of_member(tx, siege.awa)))[0]
    assert conversation.thread.id == thread.id
    assert conversation.last_message is not None
    return conversation.last_message.id


async def _report(siege: Siege) -> str:
    """That Awa's listing is a swindle: for moderators alone."""
    new = NewReport(reason=Breach.FALSE_LISTING, words="", listing_id=siege.listing.id)
    return await siege.town.store.write(moderation.report, new, network="192.0.2.1")


async def _calm(siege: Siege) -> None:
    await siege.facts()


async def _said(siege: Siege) -> list[str]:
    """The addresses of what Awa and the Group said of the listing."""

    async def look(tx: Tx) -> list[str]:
        rows = await tx.conn.execute(select(said_by_us.c.url).where(said_by_us.c.is_public))
        return [url.removeprefix(siege.town.origin) for url in rows.scalars()]

    return await siege.town.read(look)


def _collections(siege: Siege) -> tuple[str, ...]:
    return ("/users/awa/outbox?page=1", "/groups/nantes/outbox?page=1", "/groups/nantes/featured", "/users/awa")


def _page(siege: Siege) -> str:
    return f"/annonces/{siege.listing.id}"


async def _hide(tx: Tx, listing_id: str) -> None:
    await tx.conn.execute(update(listing).where(listing.c.id == listing_id).values(hidden_at=tx.now, hidden_reason="x"))


async def _make_candidate(tx: Tx, member: ActorId) -> None:
    await tx.conn.execute(update(membership).where(membership.c.member_id == member).values(state="candidate"))
