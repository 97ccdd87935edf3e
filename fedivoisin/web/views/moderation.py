"""The moderators' desk: one queue, one page per report, and the journal of what was decided."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from aiohttp import web

from fedivoisin.actions import moderation, pins
from fedivoisin.actions.moderation import Decision
from fedivoisin.errors import Reason, Refused
from fedivoisin.ids import ListingId
from fedivoisin.market.listing import Listing
from fedivoisin.store import audit, listings, reports
from fedivoisin.store.audit import KINDS
from fedivoisin.store.reports import Report
from fedivoisin.trust.decisions import Breach, Measure
from fedivoisin.web.decision_words import BREACHES, MEASURES, breach, entry
from fedivoisin.web.visit import Visit

LONGEST = 1500


async def queue(visit: Visit) -> web.StreamResponse:
    """GET /moderation: the oldest first, no score."""
    _ = visit.moderator
    async with visit.store.read() as tx:
        waiting = await reports.waiting(tx)
        decided = await reports.decided(tx)
    return visit.render(
        "moderation/queue.html",
        title=visit._("Modération"),
        waiting=[_row(visit, one) for one in waiting],
        decided=[_row(visit, one) for one in decided],
    )


async def show(visit: Visit) -> web.StreamResponse:
    """GET /moderation/dossiers/{id}"""
    _ = visit.moderator
    return await _page(visit, await _found(visit))


async def decide(visit: Visit) -> web.StreamResponse:
    """POST /moderation/dossiers/{id}: decide and tell, in one action."""
    moderator = visit.moderator
    found = await _found(visit)
    form = visit.form
    measure = form.choice("measure", [one.value for one in Measure])
    ground = form.choice("ground", [one.value for one in Breach], default=found.reason)
    facts = form.text("facts", most=LONGEST, least=0 if measure == Measure.DISMISS else 10)
    if form.errors:
        return await _page(visit, found, code=422)
    decision = Decision(measure=Measure(measure), ground=Breach(ground), facts=facts)
    try:
        await visit.store.write(moderation.decide, found.id, decision, by=moderator.member_id)
    except Refused as refused:
        form.take(refused, "measure")
        return await _page(visit, found, code=422)
    return visit.redirect("/moderation", notice="decide" if decision.measure is not Measure.DISMISS else "enregistre")


async def forward(visit: Visit) -> web.StreamResponse:
    """POST /moderation/dossiers/{id}/transmettre: those who moderate where the person lives are told too."""
    await visit.store.write(moderation.forward, visit.path("id"), by=visit.moderator.member_id)
    return visit.redirect(f"/moderation/dossiers/{visit.path('id')}", notice="transmis")


async def show_again(visit: Visit) -> web.StreamResponse:
    """POST /moderation/annonces/{id}/remettre"""
    await visit.store.write(moderation.show_again, visit.path("id"), by=visit.moderator.member_id)
    return visit.redirect("/moderation", notice="remise")


async def pin(visit: Visit) -> web.StreamResponse:
    """POST /moderation/annonces/{id}/epingler: first in the neighbourhood, or back among the others."""
    listing_id, by = ListingId(visit.path("id")), visit.moderator.member_id
    is_over = visit.form.checked("retirer")
    await visit.store.write(pins.unpin if is_over else pins.pin, listing_id=listing_id, by=by)
    return visit.redirect(f"/annonces/{listing_id}", notice="enregistre" if is_over else "a-la-une")


async def journal(visit: Visit) -> web.StreamResponse:
    """GET /moderation/journal: every act of moderators and admins."""
    _ = visit.moderator
    kind = visit.query("quoi") if visit.query("quoi") in KINDS else ""
    typed = visit.query("avant")
    before = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 16 else None
    async with visit.store.read() as tx:
        page = await audit.page(tx, kind=kind, before=before)
    return visit.render(
        "moderation/journal.html",
        title=visit._("Journal"),
        filters=_filters(visit, kind),
        entries=[
            {
                "at": one.at,
                "who": page.names.get(str(one.by), "") if one.by else "",
                "what": entry(one, page, visit.form.translate),
            }
            for one in page.entries
        ],
        next=f"/moderation/journal?quoi={kind}&avant={page.next_before}" if page.next_before else None,
    )


async def _found(visit: Visit) -> Report:
    async with visit.store.read() as tx:
        found = await reports.find(tx, visit.path("id"))
    if found is None:
        raise Refused(Reason.NOT_FOUND)
    return found


async def _page(visit: Visit, found: Report, *, code: int = 200) -> web.Response:
    async with visit.store.read() as tx:
        listing = await listings.find(tx, found.listing_id) if found.listing_id else None
    _ = visit._
    measures = [one for one in Measure if one is not Measure.HIDE or _may_hide(listing)]
    return visit.render(
        "moderation/report.html",
        title=_heading(visit, found),
        code=code,
        found=found,
        row=_row(visit, found),
        listing=listing,
        reason=breach(found.reason, _),
        measures=[{"value": one.value, "words": _(MEASURES[one]), "help": _help(visit, one)} for one in measures],
        grounds=[(one.value, _(words)) for one, words in BREACHES.items()],
        models=_models(visit, found),
    )


def _may_hide(listing: Listing | None) -> bool:
    return listing is not None and listing.deleted_at is None and listing.hidden_at is None


def _heading(visit: Visit, found: Report) -> str:
    return found.listing_title or found.subject or visit._("Signalement")


def _row(visit: Visit, found: Report) -> Mapping[str, Any]:
    return {
        "kind": "report",
        "url": f"/moderation/dossiers/{found.id}",
        "title": _heading(visit, found),
        "age": _age(visit, found.decided_at or found.created_at),
        "reason": breach(found.reason, visit.form.translate),
        "deadline": None,
        "current": False,
        "is_upheld": found.state == "upheld",
        "decider": found.decider,
        "hidden_listing": found.listing_id if found.listing_hidden_at else None,
    }


def _age(visit: Visit, moment: datetime) -> str:
    days = (visit.now - moment).days
    if days < 1:
        return visit._("Depuis moins d’un jour")
    return visit._("Depuis un jour") if days == 1 else visit._("Depuis {days} jours").format(days=days)


def _help(visit: Visit, measure: Measure) -> str:
    return {
        Measure.HIDE: visit._("Ici seulement. L’auteur lit pourquoi et peut contester. Réversible."),
        Measure.WARN: visit._("La personne lit votre texte. Rien d’autre ne change."),
        Measure.DISMISS: visit._("Personne n’est prévenu. Votre note reste au journal."),
    }[measure]


def _models(visit: Visit, found: Report) -> list[str]:
    title = found.listing_title or ""
    return [
        visit._("Votre annonce « {title} » propose ce que nos règles n’admettent pas : …").format(title=title),
        visit._("Votre annonce « {title} » donne l’adresse ou le téléphone d’une personne.").format(title=title),
        visit._("Plusieurs voisins disent que l’objet est déjà parti. Terminez l’annonce, ou répondez-nous."),
    ]


def _filters(visit: Visit, kind: str) -> list[dict[str, Any]]:
    words = {
        "": visit._("Tout"),
        "moderation": visit._("Modération"),
        "personnes": visit._("Rôles"),
        "voisins": visit._("Voisins"),
        "reglages": visit._("Réglages"),
    }
    return [
        {"url": f"/moderation/journal?quoi={key}" if key else "/moderation/journal", "words": label,
         "current": key == kind, "icon": None}
        for key, label in words.items()
    ]  # fmt: skip
