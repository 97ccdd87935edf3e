"""« Réglages »: the answers of the first run, one page each, and who does what."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from aiohttp import web

from fedivoisin.actions import settings
from fedivoisin.errors import Refused
from fedivoisin.store import accounts, actors, mails, origins, outbox, reports
from fedivoisin.store.neighbourhoods import Neighbourhood
from fedivoisin.trust.roles import Role
from fedivoisin.web import answers, colours
from fedivoisin.web.decision_words import ROLES, SECTIONS
from fedivoisin.web.forms import Form
from fedivoisin.web.mail_test import Trial, try_mail
from fedivoisin.web.mail_words import FAULTS
from fedivoisin.web.visit import Visit

STAFF = (
    Role.ADMIN,
    Role.MODERATEUR,
    Role.REFERENT,
    Role.AMBASSADEUR,
    Role.ANIMATEUR,
    Role.TRESORIER,
    Role.COLLECTIVITE,
)


async def show(visit: Visit) -> web.StreamResponse:
    """GET /reglages: everything that can be set, and what waits."""
    _ = visit.admin
    async with visit.store.read() as tx:
        queue = await mails.queue(tx)
        waiting = await outbox.waiting(tx)
        to_read = await reports.count_waiting(tx)
    return visit.render(
        "admin/index.html",
        title=visit._("Réglages"),
        sections=_sections(visit, visit.here),
        queue=queue,
        mail_fault=visit._(FAULTS.get(queue.error or "", "")).format(status="") if queue.error else "",
        hosts_waiting=len(waiting),
        to_read=to_read,
    )


async def quarter(visit: Visit) -> web.StreamResponse:
    """GET and POST /reglages/quartier"""
    _ = visit.admin
    if visit.request.method != "POST":
        return _page(_filled(visit, answers.fields_of_quarter(_columns(visit.here))), "quartier")
    return await _change(visit, "quartier", answers.quarter(visit.form))


async def association(visit: Visit) -> web.StreamResponse:
    """GET and POST /reglages/association"""
    _ = visit.admin
    if visit.request.method != "POST":
        return _page(_filled(visit, answers.fields_of_association(_columns(visit.here))), "association")
    return await _change(visit, "association", answers.association(visit.form))


async def mail(visit: Visit) -> web.StreamResponse:
    """GET and POST /reglages/courriel; « Essayer » sends one mail and keeps nothing."""
    _ = visit.admin
    if visit.request.method != "POST":
        start = {"mail_port": "587", "mail_security": "starttls"}
        return await _mail_page(_filled(visit, start | _given(answers.fields_of_mail(visit.here.mail))))
    server = answers.mail(visit.form, visit.here.mail)
    trial = visit.form.get("essayer")
    to = answers.email(visit.form, "mail_try") if trial else ""
    if visit.form.errors:
        return await _mail_page(visit, code=422)
    if trial:
        return await _mail_page(visit, trial=await try_mail(visit, server, to))
    return await _change(visit, "courriel", {"mail": server})


async def address(visit: Visit) -> web.StreamResponse:
    """GET and POST /reglages/adresse: fixed for ever once others know it."""
    admin = visit.admin
    if visit.request.method != "POST":
        return await _address_page(_filled(visit, {"origin": visit.here.origin}))
    wanted = answers.origin(visit.form, visit.settings)
    if wanted and not visit.form.errors and not visit.settings.origin:
        try:
            await visit.store.write(settings.choose_origin, by=admin.member_id, origin=wanted)
        except Refused as refused:
            visit.form.take(refused, "origin")
    if visit.form.errors:
        return await _address_page(visit, code=422)
    return visit.redirect("/reglages", notice="adresse" if wanted else "")


async def look(visit: Visit) -> web.StreamResponse:
    """GET and POST /reglages/apparence: the enamel, the map's tiles, the letters of printed codes."""
    _ = visit.admin
    here = visit.here
    if visit.request.method != "POST":
        fields = {"colour": here.colour, "tiles": here.tiles, "code_prefix": here.code_prefix}
        return _page(_filled(visit, fields), "apparence")
    form = visit.form
    values = {"colour": _colour(form), "tiles": answers.tiles(form), "code_prefix": answers.code_prefix(form)}
    return await _change(visit, "apparence", values)


async def team(visit: Visit) -> web.StreamResponse:
    """GET /reglages/equipe: who does what; roles are given on each member's own page."""
    _ = visit.admin
    async with visit.store.read() as tx:
        holders = {role: await accounts.with_role(tx, role) for role in STAFF}
        people = await actors.by_ids(tx, {member for members in holders.values() for member in members})
    roles = [
        {"role": visit._(ROLES[role]), "people": [people[member] for member in members if member in people]}
        for role, members in holders.items()
    ]
    return visit.render("admin/team.html", title=visit._("L’équipe"), roles=roles)


def _colour(form: Form) -> str:
    typed = form.text("colour", most=20)
    if not typed or form.checked("house_colour"):
        return ""
    try:
        return colours.require_readable(typed)
    except Refused as refused:
        form.take(refused, "colour")
        return typed


async def _change(visit: Visit, section: str, values: dict[str, Any]) -> web.StreamResponse:
    if visit.form.errors:
        return await _mail_page(visit, code=422) if section == "courriel" else _page(visit, section, code=422)
    await visit.store.write(settings.change, by=visit.admin.member_id, section=section, values=values)
    return visit.redirect("/reglages", notice="enregistre")


async def _mail_page(visit: Visit, *, code: int = 200, trial: Trial | None = None) -> web.Response:
    async with visit.store.read() as tx:
        account = await accounts.of(tx, visit.admin.member_id)
    to = account.email if account and account.email else visit.here.contact_email
    return _page(visit, "courriel", code=code, trial=trial, to=to, keeps=bool(visit.here.mail.get("password")))


async def _address_page(visit: Visit, *, code: int = 200) -> web.Response:
    async with visit.store.read() as tx:
        is_known = visit.here.federated_at is not None or await origins.ever_spoke(tx)
    fixed = visit.settings.origin or (visit.here.origin if is_known else "")
    return _page(visit, "adresse", code=code, fixed_origin=fixed, is_known=is_known)


def _page(visit: Visit, section: str, *, code: int = 200, **context: Any) -> web.Response:
    place_map = answers.place_map(visit.form, visit.here.tiles)
    return visit.render(f"admin/{section}.html", title=visit._(SECTIONS[section]), code=code, map=place_map, **context)


def _filled(visit: Visit, values: Mapping[str, str]) -> Visit:
    lists = {name: [value] for name, value in values.items()}
    return replace(visit, form=Form(lists, {}, visit.form.translate))


def _given(values: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}


def _columns(here: Neighbourhood) -> dict[str, Any]:
    return {name: getattr(here, name) for name in Neighbourhood.__dataclass_fields__}


def _sections(visit: Visit, here: Neighbourhood) -> list[dict[str, str]]:
    _ = visit._
    said = {
        "quartier": f"{here.name}, {here.commune}",
        "association": here.legal.get("name", ""),
        "courriel": here.mail.get("host") or _("Aucun : les liens se donnent de la main à la main"),
        "adresse": here.origin or _("Aucune : mode essai"),
        "apparence": here.colour or _("Le bleu de la maison"),
    }
    return [{"url": f"/reglages/{key}", "words": _(SECTIONS[key]), "said": words} for key, words in said.items()]
