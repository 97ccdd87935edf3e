"""« Échanges »: private conversations on listings."""

from aiohttp import web

from fedivoisin.actions import conversations
from fedivoisin.errors import Reason, Refused
from fedivoisin.ids import MessageId, ThreadId
from fedivoisin.market.conversations import LONGEST
from fedivoisin.store import actors, listings, peers, threads
from fedivoisin.store.threads import Thread
from fedivoisin.web import cards
from fedivoisin.web.visit import Visit


async def show_all(visit: Visit) -> web.StreamResponse:
    """My conversations, the liveliest first."""
    async with visit.store.read() as tx:
        found = await threads.of_member(tx, visit.signed_in.member_id)
        towns = await peers.town_names(tx, {one.other.host for one in found if not one.other.is_local})
    return visit.render("threads/list.html", title=visit._("Échanges"), conversations=found, towns=towns)


async def show(visit: Visit) -> web.StreamResponse:
    """One conversation. Having opened it is having read it."""
    thread = await _own(visit)
    await visit.store.append(conversations.read, thread_id=thread.id, reader_id=visit.signed_in.member_id)
    return await _page(visit, thread)


async def answer(visit: Visit) -> web.StreamResponse:
    """Go on."""
    thread = await _own(visit)
    text = visit.form.text("text", least=1, most=LONGEST)
    if visit.form.errors:
        return await _page(visit, thread, code=422)
    try:
        await visit.store.write(
            conversations.answer, thread_id=thread.id, writer_id=visit.signed_in.member_id, text=text
        )
    except Refused as refused:
        visit.form.take(refused, "text")
        return await _page(visit, thread, code=422)
    return visit.redirect(f"/echanges/{thread.id}", notice="message-envoye")


async def take_back(visit: Visit) -> web.StreamResponse:
    """Delete one's own words."""
    thread = await _own(visit)
    await visit.store.write(
        conversations.delete, message_id=MessageId(visit.form.get("message")), writer_id=visit.signed_in.member_id
    )
    return visit.redirect(f"/echanges/{thread.id}", notice="message-retire")


async def _own(visit: Visit) -> Thread:
    me = visit.signed_in.member_id
    async with visit.store.read() as tx:
        thread = await threads.by_id(tx, ThreadId(visit.path("id")))
    if thread is None or not thread.has(me):
        # The same answer for both: a conversation of others does not exist for me (B40, B41).
        raise Refused(Reason.NOT_FOUND)
    return thread


async def _page(visit: Visit, thread: Thread, *, code: int = 200) -> web.StreamResponse:
    async with visit.store.read() as tx:
        listing = await listings.find(tx, thread.listing_id)
        messages = await threads.messages_of(tx, thread.id)
        other = await actors.by_id(tx, thread.other(visit.signed_in.member_id))
        known = await cards.around(tx, visit, [listing] if listing else [], [other] if other else [])
    if other is None or listing is None:
        raise Refused(Reason.NOT_FOUND)
    return visit.render(
        "threads/thread.html",
        title=visit._("Échange avec {name}").format(name=other.shown_name),
        code=code,
        thread=thread,
        listing=listing,
        card=cards.card(visit, listing, known),
        messages=messages,
        other=other,
        town=known.town(other),
        is_author=listing.author_id == visit.signed_in.member_id,
        may_write=visit.signed_in.is_member and other.gone_at is None,
    )
