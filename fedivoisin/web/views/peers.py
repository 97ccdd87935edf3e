"""The other neighbourhoods, as an admin sees them: who answers, what waits, and who is shut out."""

import re
from typing import Any

from aiohttp import web

from fedivoisin import urls
from fedivoisin.actions import settings
from fedivoisin.errors import BadActivity, Reason, Refused
from fedivoisin.store import blocks, outbox, peers
from fedivoisin.store.outbox import Waiting
from fedivoisin.store.peers import Peer
from fedivoisin.web.visit import Visit

LONGEST_REASON = 500
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_KNOWN = {"fedivoisin": "fedivoisin", "mastodon": "Mastodon", "gotosocial": "GoToSocial", "mobilizon": "Mobilizon"}


async def show(visit: Visit) -> web.StreamResponse:
    """GET /reglages/voisins-federes"""
    _ = visit.admin
    async with visit.store.read() as tx:
        known = await peers.all_of_them(tx)
        waiting = {one.host: one for one in await outbox.waiting(tx)}
    rows = [_row(visit, one, waiting.pop(one.host, None)) for one in known]
    rows += [_unknown(visit, one) for one in waiting.values()]
    return visit.render("admin/peers.html", title=visit._("Les autres quartiers"), rows=rows)


async def act(visit: Visit) -> web.StreamResponse:
    """POST /reglages/voisins-federes: try a host again, or give up what waits for it."""
    admin = visit.admin
    host = visit.form.text("host", least=1, most=255)
    action = visit.form.choice("action", ("relancer", "abandonner"))
    if visit.form.errors:
        raise Refused(Reason.FORM_UNREADABLE)
    work = settings.retry_host if action == "relancer" else settings.drop_host
    await visit.store.write(work, by=admin.member_id, host=host)
    notice = "relance" if action == "relancer" else "abandonne"
    return visit.redirect("/reglages/voisins-federes", notice=notice)


async def show_blocks(visit: Visit) -> web.StreamResponse:
    """GET /reglages/blocages"""
    _ = visit.admin
    return await _blocks_page(visit)


async def block(visit: Visit) -> web.StreamResponse:
    """POST /reglages/blocages: checked before anything is fetched from then on."""
    admin = visit.admin
    form = visit.form
    domain = _domain(visit)
    reason = form.text("reason", least=3, most=LONGEST_REASON)
    if form.errors:
        return await _blocks_page(visit, code=422)
    await visit.store.write(settings.block_domain, by=admin.member_id, domain=domain, reason=reason)
    return visit.redirect("/reglages/blocages", notice="bloque")


async def unblock(visit: Visit) -> web.StreamResponse:
    """POST /reglages/blocages/{id}/lever"""
    await visit.store.write(settings.unblock_domain, by=visit.admin.member_id, block_id=visit.path("id"))
    return visit.redirect("/reglages/blocages", notice="debloque")


async def _blocks_page(visit: Visit, *, code: int = 200) -> web.Response:
    async with visit.store.read() as tx:
        found = await blocks.all_of_them(tx)
    return visit.render("admin/blocks.html", title=visit._("Domaines bloqués"), code=code, blocks=found)


def _domain(visit: Visit) -> str:
    typed = visit.form.text("domain", least=1, most=255).lower().rstrip("/")
    try:
        host = urls.parse(typed if "://" in typed else f"https://{typed}").host if typed else ""
    except BadActivity:
        host = ""
    if not _DOMAIN.fullmatch(host):
        visit.form.refuse("domain", Reason.DOMAIN_WRONG)
    elif visit.here.origin and _covers(host, urls.parse(visit.here.origin).host):
        visit.form.refuse("domain", Reason.DOMAIN_OURS)
    return host


def _covers(domain: str, host: str) -> bool:
    return host == domain or host.endswith(f".{domain}")


def _row(visit: Visit, one: Peer, waiting: Waiting | None) -> dict[str, Any]:
    return {
        "host": one.host,
        "software": _KNOWN.get(one.software or "", one.software or ""),
        "state": _state(visit, one),
        "is_well": one.failing_since is None,
        "failing_since": one.failing_since,
        "last_ok_at": one.last_ok_at,
        "error": one.last_error if one.failing_since else None,
        "waiting": waiting.deliveries if waiting else 0,
        "oldest": waiting.oldest if waiting else None,
    }


def _unknown(visit: Visit, waiting: Waiting) -> dict[str, Any]:
    return {
        "host": waiting.host,
        "software": "",
        "state": visit._("Pas encore joint"),
        "is_well": True,
        "failing_since": None,
        "last_ok_at": None,
        "error": waiting.error,
        "waiting": waiting.deliveries,
        "oldest": waiting.oldest,
    }


def _state(visit: Visit, one: Peer) -> str:
    if one.dead_at is not None:
        return visit._("Ne répond plus depuis une semaine")
    if one.open_until is not None and one.open_until > visit.now:
        return visit._("En pause : nouvel essai bientôt")
    return visit._("Ne répond pas") if one.failing_since is not None else visit._("Répond")
