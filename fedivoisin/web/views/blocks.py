"""The domains that an admin shut out."""

import re

from aiohttp import web

from fedivoisin import urls
from fedivoisin.actions import settings
from fedivoisin.errors import BadActivity, Reason
from fedivoisin.store import blocks
from fedivoisin.web.visit import Visit

LONGEST_REASON = 500
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


async def show(visit: Visit) -> web.StreamResponse:
    """GET /reglages/blocages"""
    _ = visit.admin
    return await _page(visit)


async def block(visit: Visit) -> web.StreamResponse:
    """POST /reglages/blocages: checked before anything is fetched from then on."""
    admin = visit.admin
    form = visit.form
    domain = _domain(visit)
    reason = form.text("reason", least=3, most=LONGEST_REASON)
    if form.errors:
        return await _page(visit, code=422)
    await visit.store.write(settings.block_domain, by=admin.member_id, domain=domain, reason=reason)
    return visit.redirect("/reglages/blocages", notice="bloque")


async def unblock(visit: Visit) -> web.StreamResponse:
    """POST /reglages/blocages/{id}/lever"""
    await visit.store.write(settings.unblock_domain, by=visit.admin.member_id, block_id=visit.path("id"))
    return visit.redirect("/reglages/blocages", notice="debloque")


async def _page(visit: Visit, *, code: int = 200) -> web.Response:
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
