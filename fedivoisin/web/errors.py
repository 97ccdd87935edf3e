"""The outermost layer: every answer has its safety headers, every failure a page that says what to do."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from fedivoisin.web.keys import TEMPLATES

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
HSTS = "max-age=31536000"


@web.middleware
async def outermost(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Headers for all; a plain page instead of aiohttp's own for 404, 405, 413."""
    try:
        response = await handler(request)
    except web.HTTPException as error:
        if error.status < 400 or error.content_type != "text/plain" or not wants_page(request):
            _protect(request, error)
            raise
        response = error_page(request, error.status)
    _protect(request, response)
    return response


def wants_page(request: web.Request) -> bool:
    """Whether a person's browser asks."""
    return "text/html" in request.headers.get("Accept", "")


def error_page(request: web.Request, status: int) -> web.Response:
    """A page without a frame: it must show even when the database does not answer."""
    language = "en" if request.headers.get("Accept-Language", "").lower().startswith("en") else "fr"
    body = request.app[TEMPLATES][language].get_template("failure.html").render(status=status)
    return web.Response(
        text=body,
        status=status,
        content_type="text/html",
        headers={"Content-Security-Policy": "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'"},
    )


def _protect(request: web.Request, response: web.StreamResponse) -> None:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.secure:
        response.headers.setdefault("Strict-Transport-Security", HSTS)
