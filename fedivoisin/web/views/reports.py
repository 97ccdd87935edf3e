"""« Signaler » a listing or a person, and the page of reasons that a decision owes."""

from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from fedivoisin import addresses
from fedivoisin.actions import moderation
from fedivoisin.calendar_words import weekday
from fedivoisin.errors import Reason, Refused
from fedivoisin.ids import ActorId, ListingId
from fedivoisin.store import actors, listings, reports
from fedivoisin.store.db import Tx
from fedivoisin.store.reports import NewReport, Statement
from fedivoisin.trust.decisions import Breach
from fedivoisin.web.decision_words import BREACHES, RULES, breach
from fedivoisin.web.visit import Visit

LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Subject:
    """What is reported: what it is called, where it stands, and on which other host it lives."""

    listing_id: ListingId | None
    actor_id: ActorId | None
    called: str
    page: str
    host: str


async def show(visit: Visit) -> web.StreamResponse:
    """GET /signaler?annonce={id} or ?personne={id}"""
    return _page(visit, await _subject(visit, visit.query("annonce"), visit.query("personne")))


async def send(visit: Visit) -> web.StreamResponse:
    """POST /signaler: visitors may, a few times a day."""
    form = visit.form
    subject = await _subject(visit, form.get("annonce"), form.get("personne"))
    reason = form.choice("reason", [one.value for one in Breach])
    words = form.text("words", most=LONGEST)
    if form.errors:
        return _page(visit, subject, code=422)
    new = NewReport(
        reason=reason,
        words=words,
        listing_id=subject.listing_id,
        actor_id=subject.actor_id,
        reporter_id=visit.visitor.member_id if visit.visitor else None,
    )
    try:
        asked = form.checked("transmettre")
        await visit.store.write(moderation.report, new, network=visit.address, with_forward=asked)
    except Refused as refused:
        form.take(refused, "reason")
        return _page(visit, subject, code=422)
    return visit.redirect(subject.page, notice="signale")


async def statement(visit: Visit) -> web.StreamResponse:
    """GET /decisions/{id}: for the person it concerns, and for moderators."""
    reader = visit.signed_in
    async with visit.store.read() as tx:
        found = await reports.statement_of(tx, visit.path("id"))
    # Whether it exists is nobody else's business.
    if found is None or not (reader.is_moderator or found.member_id == reader.member_id):
        raise Refused(Reason.NOT_FOUND)
    return visit.render(
        "moderation/statement.html", title=visit._("Exposé des motifs"), found=found, rows=_rows(visit, found)
    )


async def _subject(visit: Visit, listing_id: str, actor_id: str) -> Subject:
    async with visit.store.read() as tx:
        found = await _listing(tx, listing_id) or await _person(tx, visit, actor_id)
    if found is None:
        raise Refused(Reason.NOT_FOUND)
    return found


async def _listing(tx: Tx, listing_id: str) -> Subject | None:
    found = await listings.find(tx, listing_id) if listing_id else None
    if found is None or found.deleted_at is not None or found.hidden_at is not None:
        return None
    author = None if found.is_local else await actors.by_id(tx, found.author_id)
    return Subject(found.id, None, found.title, f"/annonces/{found.id}", author.host if author else "")


async def _person(tx: Tx, visit: Visit, actor_id: str) -> Subject | None:
    # By its id, or by the name that the page of one of ours has.
    found = await actors.by_id(tx, actor_id) or await actors.by_local_name(tx, actor_id) if actor_id else None
    if found is None or found.gone_at is not None or found.hidden_at is not None:
        return None
    if found.is_local and visit.visitor is None and not await actors.is_member(tx, found.id):
        return None  # visitors see no candidate, here either
    name = found.name if found.is_local else addresses.acct(found.name, found.host)
    return Subject(None, found.id, found.shown_name, f"/@{name}", "" if found.is_local else found.host)


def _page(visit: Visit, subject: Subject, *, code: int = 200) -> web.Response:
    choices = [{"value": one.value, "words": visit._(words), "help": None} for one, words in BREACHES.items()]
    return visit.render(
        "moderation/report_form.html",
        title=visit._("Signaler"),
        code=code,
        listing_id=subject.listing_id or "",
        actor_id=subject.actor_id or "",
        called=subject.called,
        back=subject.page,
        host=subject.host if visit.visitor else "",
        choices=choices,
    )


def _rows(visit: Visit, found: Statement) -> list[tuple[str, str]]:
    _ = visit._
    measure = _("L’annonce n’est plus montrée ici") if found.measure == "masquer" else _("Un avertissement")
    rows = [
        (_("Décision"), measure),
        (_("Motif"), breach(found.ground, _)),
        (_("Règle"), _(RULES[Breach(found.ground)])),
        (_("Où"), _("À {quarter} seulement").format(quarter=visit.here.name)),
        (_("Durée"), _("Jusqu’à ce que la modération la remette") if found.listing_id else _("Sans suite automatique")),
        (_("Décidé par"), _("Une personne, sans automatisme")),
        (_("Le"), _day(visit, found.created_at)),
        (_("Recours"), _("Jusqu’au {day}").format(day=_day(visit, found.appeal_until))),
    ]
    return rows + ([(_("Levée"), _day(visit, found.lifted_at))] if found.lifted_at else [])


def _day(visit: Visit, moment: datetime) -> str:
    return weekday(moment, visit.language)
