"""Theme and language, from the foot of every page: kept with the account, or in the browser."""

from aiohttp import web

from fedivoisin.actions import accounts
from fedivoisin.web.frame import YEAR, is_https
from fedivoisin.web.render import LANGUAGES
from fedivoisin.web.visit import Visit

THEMES = ("auto", "light", "dark")


async def theme(visit: Visit) -> web.StreamResponse:
    """POST /theme"""
    chosen = visit.form.choice("theme", THEMES, default="auto")
    return await _keep(visit, "theme", chosen if chosen in THEMES else "auto")


async def language(visit: Visit) -> web.StreamResponse:
    """POST /langue"""
    chosen = visit.form.choice("langue", LANGUAGES, default=visit.language)
    return await _keep(visit, "langue", chosen if chosen in LANGUAGES else visit.language)


async def _keep(visit: Visit, name: str, chosen: str) -> web.StreamResponse:
    response = visit.redirect(visit.form.get("suite") or "/")
    response.set_cookie(name, chosen, max_age=YEAR, path="/", secure=is_https(visit), httponly=True, samesite="Lax")
    if visit.visitor is not None:
        await visit.store.write(
            accounts.prefer,
            member=visit.visitor.member_id,
            language=chosen if name == "langue" else visit.visitor.language,
            theme=chosen if name == "theme" else visit.visitor.theme,
        )
    return response
