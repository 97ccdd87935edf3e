"""One listing: its page, what readers may do with it, and what its author may."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from fedivoisin.actions import conversations, likes, listings
from fedivoisin.calendar_words import weekday
from fedivoisin.errors import Reason, Refused
from fedivoisin.ids import ActorId, ListingId, MessageId
from fedivoisin.market import categories
from fedivoisin.market.conversations import LONGEST
from fedivoisin.market.listing import EVERYONE, Kind, Listing, State
from fedivoisin.store import actors, blocks, pins, threads
from fedivoisin.store import likes as stored_likes
from fedivoisin.store import listings as stored
from fedivoisin.store.actors import Actor
from fedivoisin.store.db import Tx
from fedivoisin.store.threads import Message, Thread
from fedivoisin.web import cards
from fedivoisin.web.cards import Around
from fedivoisin.web.figures import amount
from fedivoisin.web.visit import Visit


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the page shows, read at once."""

    listing: Listing
    author: Actor
    known: Around
    like_count: int
    is_liked: bool
    questions: list[tuple[Message, Actor]]
    askers: list[tuple[Thread, Actor]]
    """For the author: who wrote about it."""
    own_thread: Thread | None
    """For a reader: what they already wrote."""
    is_pinned: bool

    @property
    def askers_choices(self) -> list[tuple[str, str]]:
        """For whom it may be reserved, as a list to choose from."""
        return [(person.id, person.shown_name) for _thread, person in self.askers]


async def show(visit: Visit) -> web.StreamResponse:
    """The page for everybody; a hidden listing only for its author and the moderators."""
    return await _page(visit)


async def reply(visit: Visit) -> web.StreamResponse:
    """Write to the author in private."""
    listing_id = _id(visit)
    text = visit.form.text("text", least=1, most=LONGEST)
    if visit.form.errors:
        return await _page(visit, code=422)
    try:
        thread = await visit.store.write(
            conversations.ask, listing_id=listing_id, asker_id=visit.signed_in.member_id, text=text
        )
    except Refused as refused:
        visit.form.take(refused, "text")
        return await _page(visit, code=422)
    return visit.redirect(f"/echanges/{thread.id}", notice="message-envoye")


async def ask(visit: Visit) -> web.StreamResponse:
    """Put a question, or answer one, that everybody sees."""
    listing_id = _id(visit)
    text = visit.form.text("question", least=1, most=LONGEST)
    parent = visit.form.get("parent")
    if visit.form.errors:
        return await _page(visit, code=422)
    try:
        await visit.store.write(
            conversations.ask_in_public,
            listing_id=listing_id,
            writer_id=visit.signed_in.member_id,
            text=text,
            in_reply_to=MessageId(parent) if parent else None,
        )
    except Refused as refused:
        visit.form.take(refused, "question")
        return await _page(visit, code=422)
    return visit.redirect(f"/annonces/{listing_id}#questions", notice="question-posee")


async def like(visit: Visit) -> web.StreamResponse:
    """« J’aime », or no longer."""
    act = likes.unlike if visit.form.checked("retirer") else likes.like
    await visit.store.write(act, listing_id=_id(visit), by=visit.signed_in.member_id)
    return _back(visit, "")


async def reserve(visit: Visit) -> web.StreamResponse:
    """Promise it, to one of those who asked or to nobody named."""
    asker = visit.form.get("pour")
    await visit.store.write(
        listings.reserve,
        listing_id=_id(visit),
        by=visit.signed_in.member_id,
        reserved_for=ActorId(asker) if asker else None,
    )
    return _back(visit, "annonce-reservee")


async def release(visit: Visit) -> web.StreamResponse:
    """Free again."""
    await visit.store.write(listings.release, listing_id=_id(visit), by=visit.signed_in.member_id)
    return _back(visit, "annonce-libre")


async def close(visit: Visit) -> web.StreamResponse:
    """Over."""
    await visit.store.write(listings.close, listing_id=_id(visit), by=visit.signed_in.member_id)
    return _back(visit, "annonce-terminee")


async def renew(visit: Visit) -> web.StreamResponse:
    """Thirty more days."""
    await visit.store.write(listings.renew, listing_id=_id(visit), by=visit.signed_in.member_id)
    return _back(visit, "annonce-prolongee")


async def confirm_deletion(visit: Visit) -> web.StreamResponse:
    """« Supprimer ? »: a page of its own, for there is no way back."""
    listing = await _own(visit)
    return visit.render("listings/delete.html", title=visit._("Supprimer l’annonce"), listing=listing)


async def delete(visit: Visit) -> web.StreamResponse:
    """Gone for good."""
    await visit.store.write(listings.delete, listing_id=_id(visit), by=visit.signed_in.member_id)
    return visit.redirect("/annonces", notice="annonce-supprimee")


async def still_free(visit: Visit) -> web.StreamResponse:
    """Where the link of the mail « Toujours libre ? » leads: opening a link changes nothing, pressing does."""
    async with visit.store.read() as tx:
        listing = await listings.by_link(tx, visit.path("token"))
    return visit.render(
        "listings/still_free.html", title=visit._("Toujours libre ?"), listing=listing, token=visit.path("token")
    )


async def answer_still_free(visit: Visit) -> web.StreamResponse:
    """Yes: a month more. No: over."""
    is_free = visit.form.get("reponse") != "non"
    act = listings.renew_by_link if is_free else listings.close_by_link
    listing = await visit.store.write(act, token=visit.path("token"))
    notice = "annonce-prolongee" if is_free else "annonce-terminee"
    return visit.redirect(f"/annonces/{listing.id}", notice=notice)


async def _page(visit: Visit, *, code: int = 200) -> web.StreamResponse:
    async with visit.store.read() as tx:
        facts = await _facts(tx, visit)
    listing = facts.listing
    category = categories.find(listing.category)
    is_author = bool(visit.visitor and visit.visitor.member_id == listing.author_id)
    photos = cards.photos_of(listing, facts.known)
    return visit.render(
        "listings/listing.html",
        title=listing.title,
        code=code,
        facts=facts,
        listing=listing,
        card=cards.card(visit, listing, facts.known),
        photos=photos,
        category=category,
        notice=category.notice if category else None,
        rows=_rows(visit, facts),
        is_author=is_author,
        may_answer=_may_answer(visit, listing, is_author=is_author),
        is_open_to_all=listing.reach == EVERYONE and listing.hidden_at is None,
        reserved_for=facts.known.people.get(listing.reserved_for or ""),
        qr=_qr(listing.page_url),
        image_url=visit.here.base + photos[0].large_url if photos else "",
        description=_description(listing),
    )


async def _facts(tx: Tx, visit: Visit) -> Facts:
    listing = await stored.find(tx, _id(visit))
    if listing is None:
        raise Refused(Reason.NOT_FOUND)
    if listing.deleted_at is not None:
        raise Refused(Reason.LISTING_GONE)
    reader = visit.visitor.member_id if visit.visitor else None
    _judge_reader(visit, listing, reader)
    author = await actors.by_id(tx, listing.author_id)
    is_moderator = bool(visit.visitor and visit.visitor.is_moderator)
    if author is None or author.gone_at is not None or (not is_moderator and await blocks.is_shut_out(tx, author)):
        raise Refused(Reason.NOT_FOUND)
    is_author = reader == listing.author_id
    open_threads = await threads.of_listing(tx, listing.id) if is_author else []
    people = await actors.by_ids(tx, {one.asker_id for one in open_threads})
    questions = [one for one in await threads.questions_of(tx, listing.id) if not await blocks.is_shut_out(tx, one[1])]
    writers = [writer for _message, writer in questions]
    return Facts(
        listing=listing,
        author=author,
        known=await cards.around(tx, visit, [listing], [*people.values(), *writers]),
        like_count=await stored_likes.count(tx, listing.id),
        is_liked=bool(reader and await stored_likes.activity_of(tx, reader, listing.id)),
        questions=questions,
        askers=[(one, people[one.asker_id]) for one in open_threads],
        own_thread=await threads.of_asker(tx, listing.id, reader) if reader else None,
        is_pinned=await pins.of(tx, listing.id) is not None,
    )


def _judge_reader(visit: Visit, listing: Listing, reader: ActorId | None) -> None:
    is_trusted = reader == listing.author_id or bool(visit.visitor and visit.visitor.is_moderator)
    is_shown = listing.hidden_at is None and listing.reach == EVERYONE
    if not is_shown and not is_trusted:
        # The same answer as for what never was: nobody learns that something is hidden (B41).
        raise Refused(Reason.NOT_FOUND)


def _may_answer(visit: Visit, listing: Listing, *, is_author: bool) -> bool:
    return bool(visit.visitor and visit.visitor.is_member and not is_author and listing.state is not State.CLOSED)


async def _own(visit: Visit) -> Listing:
    me = visit.signed_in.member_id
    async with visit.store.read() as tx:
        listing = await stored.find(tx, _id(visit))
    if listing is None or listing.author_id != me:
        raise Refused(Reason.NOT_FOUND)
    if listing.deleted_at is not None:
        raise Refused(Reason.LISTING_GONE)
    return listing


def _rows(visit: Visit, facts: Facts) -> list[tuple[str, str]]:
    listing, language = facts.listing, visit.language
    category = categories.find(listing.category)
    root = categories.find(listing.category.partition("/")[0])
    rows: list[tuple[str, Any]] = [
        (
            visit._("Rubrique"),
            f"{root.name(visit.language)} · {category.name(visit.language)}" if root and category else "",
        ),
        (visit._("Prix"), _price(visit, facts)),
        (visit._("En échange de"), listing.wanted),
        (visit._("Quand"), listing.availability),
        (visit._("À partir du"), weekday(listing.begins_at, language) if listing.begins_at else ""),
        (visit._("Durée"), visit._("{days} jours au plus").format(days=listing.max_days) if listing.max_days else ""),
        (visit._("Caution"), _deposit(visit, listing)),
        *_group_rows(visit, listing),
        (visit._("Où"), listing.place_name),
        (visit._("Jusqu’au"), weekday(listing.ends_at, language) if listing.ends_at else ""),
        (visit._("Visible par"), visit._("tous, aussi hors du site") if listing.reach == EVERYONE else ""),
    ]
    return [(word, value) for word, value in rows if value]


def _price(visit: Visit, facts: Facts) -> str:
    # The price itself stands above, in bold.
    words = cards.price_words(visit, facts.listing)
    return visit._("{price}, à discuter").format(price=words) if words and facts.listing.negotiable else ""


def _deposit(visit: Visit, listing: Listing) -> str:
    if listing.deposit is None:
        return ""
    return visit._("{deposit}, rendus au retour").format(deposit=amount(listing.deposit, visit.language))


def _group_rows(visit: Visit, listing: Listing) -> list[tuple[str, str]]:
    if listing.kind is not Kind.GROUP_PURCHASE:
        return []
    shown = [(visit._("À réunir"), listing.goal_quantity), (visit._("Au moins chacun"), listing.minimum_quantity)]
    return [(word, f"{value.normalize():f}") for word, value in shown if value is not None]


def _qr(address: str) -> str:
    import segno

    made: str = segno.make(address, error="m").svg_inline(scale=4, border=2, omitsize=True, dark="#000", light="#fff")
    return made


def _description(listing: Listing) -> str:
    words = " ".join(listing.text.split())
    return words if len(words) <= 200 else f"{words[:197].rsplit(' ', 1)[0]}…"


def _id(visit: Visit) -> ListingId:
    return ListingId(visit.path("id"))


def _back(visit: Visit, notice: str) -> web.Response:
    return visit.redirect(f"/annonces/{_id(visit)}", notice=notice)
