"""What stands around every page: throttle, session, language, form, CSRF check, headers, refusals."""

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import cast
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from fedivoisin.counters import PAGE
from fedivoisin.errors import Reason, Refused
from fedivoisin.store import neighbourhoods, visits
from fedivoisin.store.neighbourhoods import Neighbourhood
from fedivoisin.store.visits import VisitFacts
from fedivoisin.web.errors import accepted_languages, error_page
from fedivoisin.web.forms import Form, read_form
from fedivoisin.web.keys import SETTINGS, STORE, TEMPLATES, THROTTLE, WORLD
from fedivoisin.web.render import LANGUAGES
from fedivoisin.web.throttle import client_network
from fedivoisin.web.visit import Visit

View = Callable[[Visit], Awaitable[web.StreamResponse]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

SAFE_METHODS = frozenset({"GET", "HEAD"})
BEFORE_FOUNDATION = frozenset(
    {"installation", "theme", "langue", "couleurs.css", "manifest.webmanifest", "robots.txt", "favicon.ico"}
)
"""First parts of the pages' addresses that answer before the first-run questions do."""
THEMES = ("auto", "light", "dark")
YEAR = 365 * 24 * 3600


def page(view: View) -> Handler:
    """Frame a view. The view gets a `Visit`; what it refuses becomes a page that says why."""

    async def handle(request: web.Request) -> web.StreamResponse:
        wait = request.app[THROTTLE].seconds_to_wait(client_network(request), at=request.app[WORLD].now().timestamp())
        if wait:
            # Before anything is read: whoever floods us shall not make the database work.
            request.app[WORLD].counters.limit(PAGE, "too-many-requests")
            return error_page(request, 429, headers={"Retry-After": str(wait)})
        visit, fresh = await _visit(request)
        try:
            if visit.here.founded_at is None and request.path.split("/")[1] not in BEFORE_FOUNDATION:
                return finish(visit.redirect("/installation"), visit, fresh)
            visit = await _with_form(visit)
            response = await view(visit)
        except Refused as refused:
            response = _answer(visit, refused)
        return finish(response, visit, fresh)

    return handle


def session_cookie(visit: Visit) -> str:
    """The name of the session cookie: `__Host-` wherever the site is https."""
    return _cookie("fv", visit.request, visit.here)


def is_https(visit: Visit) -> bool:
    """Whether members reach the site over https (plain http is for lab and trial mode)."""
    return _is_https(visit.request, visit.here)


def start_session(response: web.StreamResponse, visit: Visit, token: str) -> None:
    """Give the browser its session: 90 days at most, never to scripts."""
    response.set_cookie(
        session_cookie(visit),
        token,
        max_age=90 * 24 * 3600,
        path="/",
        secure=is_https(visit),
        httponly=True,
        samesite="Lax",
    )


def end_session(response: web.StreamResponse, visit: Visit) -> None:
    """Take the session back."""
    response.del_cookie(session_cookie(visit), path="/", secure=is_https(visit), httponly=True, samesite="Lax")


def token_hash(token: str) -> str:
    """What the store keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def finish(response: web.StreamResponse, visit: Visit, fresh: str) -> web.StreamResponse:
    """The headers of FEDERATION.md §8, and the visitor's own secret when it is new."""
    tiles = _tile_origin(visit.here.tiles)
    response.headers.setdefault(
        "Content-Security-Policy",
        f"default-src 'none'; script-src 'nonce-{visit.nonce}'; style-src 'self'; font-src 'self'; "
        f"img-src 'self' data: blob:{tiles}; connect-src 'self'; manifest-src 'self'; worker-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    )
    if fresh:
        response.set_cookie(
            _cookie("fv-visit", visit.request, visit.here),
            fresh,
            max_age=YEAR,
            path="/",
            secure=is_https(visit),
            httponly=True,
            samesite="Lax",
        )
    return response


def _answer(visit: Visit, refused: Refused) -> web.StreamResponse:
    if refused.reason is Reason.SIGN_IN_NEEDED and visit.request.method in SAFE_METHODS:
        return visit.redirect("/connexion?" + urlencode({"suite": visit.request.path_qs}))
    visit.world.counters.limit(PAGE, refused.reason)
    response = visit.refused(refused)
    if refused.reason is Reason.TOO_MANY_ATTEMPTS:
        response.headers["Retry-After"] = str(visit.settings.limits.window)
    return response


def _is_https(request: web.Request, here: Neighbourhood) -> bool:
    return here.origin.startswith("https://") or request.secure


def _cookie(name: str, request: web.Request, here: Neighbourhood) -> str:
    # Over https only the prefixed name is read: a neighbouring subdomain cannot set it (RFC 6265bis §4.1.3.2).
    return f"__Host-{name}" if _is_https(request, here) else name


async def _visit(request: web.Request) -> tuple[Visit, str]:
    app = request.app
    store, world = app[STORE], app[WORLD]
    async with store.read() as tx:
        here = await neighbourhoods.current(tx)
        token = request.cookies.get(_cookie("fv", request, here), "")
        digest = token_hash(token) if token else None
        facts = await visits.load(tx, digest, here=here)
        now = tx.now
    if digest and facts.visitor and now - facts.visitor.seen_at > visits.SEEN_EVERY:
        await store.append(visits.touch, digest)
    secret = request.cookies.get(_cookie("fv-visit", request, here), "")
    fresh = "" if len(secret) >= 32 else world.new_secret()
    language = _language(request, facts)
    templates = app[TEMPLATES][language]
    translate = cast("Callable[[str], str]", templates.globals["translate"])
    visit = Visit(
        request=request,
        store=store,
        world=world,
        settings=app[SETTINGS],
        facts=facts,
        form=Form({}, {}, translate),
        language=language,
        theme=_theme(request, facts),
        csrf=facts.visitor.csrf if facts.visitor else token_hash("csrf:" + (fresh or secret)),
        nonce=world.new_secret(),
        now=now,
        templates=templates,
    )
    return visit, fresh


def _language(request: web.Request, facts: VisitFacts) -> str:
    if facts.visitor is not None:
        return facts.visitor.language
    chosen = request.cookies.get("langue", "")
    if chosen in LANGUAGES:
        return chosen
    wanted = (language for language in accepted_languages(request) if language in LANGUAGES)
    return next(wanted, facts.neighbourhood.language)


def _theme(request: web.Request, facts: VisitFacts) -> str:
    chosen = facts.visitor.theme if facts.visitor else request.cookies.get("theme", "")
    return chosen if chosen in THEMES else "auto"


async def _with_form(visit: Visit) -> Visit:
    if visit.request.method in SAFE_METHODS:
        return visit
    _check_source(visit)
    # Only members send pictures: a stranger's body is not read beyond the size of words.
    max_file = visit.settings.limits.picture if visit.visitor is not None else 0
    form = await read_form(visit.request, translate=visit.form.translate, max_file=max_file)
    if not hmac.compare_digest(form.get("csrf").encode(), visit.csrf.encode()):
        raise Refused(Reason.FORM_EXPIRED)
    return replace(visit, form=form)


def _check_source(visit: Visit) -> None:
    # Both checks, always: a browser says where a form came from, and the form carries the session's own word.
    headers = visit.request.headers
    site = headers.get("Sec-Fetch-Site")
    if site is not None and site not in ("same-origin", "none"):
        raise Refused(Reason.FORM_EXPIRED)
    origin = headers.get("Origin")
    # The public address counts too: a proxy may ask us under another name.
    ours = {visit.here.origin or None, f"http://{visit.request.host}", f"https://{visit.request.host}"}
    if origin is not None and origin not in ours:
        raise Refused(Reason.FORM_EXPIRED)


def _tile_origin(tiles: str) -> str:
    parts = urlsplit(tiles)
    return f" {parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") and parts.netloc else ""
