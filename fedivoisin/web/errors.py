"""The outermost layer: every answer has its safety headers, every failure a page that says what to do."""

import logging
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web
from multidict import istr

from fedivoisin.web.keys import TEMPLATES

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

HEADERS = {
    # For what is not a page: nothing in it may load or run anything.
    istr("Content-Security-Policy"): "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    istr("X-Content-Type-Options"): "nosniff",
    istr("Referrer-Policy"): "strict-origin-when-cross-origin",
    istr("Cross-Origin-Opener-Policy"): "same-origin",
    istr("X-Frame-Options"): "DENY",
}
HSTS = "max-age=31536000"
FAILURE_CSP = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
MOST_LANGUAGES = 20


@web.middleware
async def outermost(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Headers for all; a page of ours instead of aiohttp's for 404, 405, 413; our own failures logged and said."""
    try:
        response = await handler(request)
    except web.HTTPException as error:
        if error.status < 400 or error.content_type != "text/plain" or not wants_page(request):
            _protect(request, error)
            raise
        kept = {name: error.headers[name] for name in ("Allow", "Retry-After") if name in error.headers}
        response = error_page(request, error.status, headers=kept)
    except Exception:
        # One of the few places that catch everything: docs/decisions/0002.
        log.exception("request failed", extra={"method": request.method, "path": _route(request)})
        response = error_page(request, 500) if wants_page(request) else web.Response(status=500, text="500\n")
    _protect(request, response)
    return response


def wants_page(request: web.Request) -> bool:
    """Whether a person's browser asks."""
    return "text/html" in request.headers.get("Accept", "")


def accepted_languages(request: web.Request) -> list[str]:
    """The two-letter languages that the browser asks for, the dearest first (RFC 9110 §12.5.4)."""
    weighed: list[tuple[float, str]] = []
    for part in request.headers.get("Accept-Language", "").split(",")[:MOST_LANGUAGES]:
        words, _, quality = part.partition(";q=")
        try:
            weight = float(quality or 1)
        except ValueError:
            weight = 0.0
        if weight > 0:
            weighed.append((weight, words.strip()[:2].lower()))
    return [language for _, language in sorted(weighed, key=lambda one: -one[0])]


def error_page(request: web.Request, status: int, *, headers: Mapping[str, str] | None = None) -> web.Response:
    """A page without a frame: it must show even when the database does not answer."""
    templates = request.app[TEMPLATES]
    language = next((one for one in accepted_languages(request) if one in templates), "fr")
    return web.Response(
        text=templates[language].get_template("failure.html").render(status=status),
        status=status,
        content_type="text/html",
        headers={"Content-Security-Policy": FAILURE_CSP, "Cache-Control": "no-store", **(headers or {})},
    )


def _route(request: web.Request) -> str:
    # As it stands in the table, `/mot-de-passe/{token}`: what stands in an address may open an account.
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else request.path


def _protect(request: web.Request, response: web.StreamResponse) -> None:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.secure:
        response.headers.setdefault("Strict-Transport-Security", HSTS)
