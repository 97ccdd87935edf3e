"""For whoever watches the program: does it live, and can it answer?"""

from aiohttp import web

from fedivoisin.store.readiness import Readiness, readiness
from fedivoisin.web.keys import STORE

PLAIN = {"Cache-Control": "no-store"}


async def livez(_request: web.Request) -> web.Response:
    """GET /livez: the process answers."""
    return web.Response(text="ok\n", headers=PLAIN)


async def readyz(request: web.Request) -> web.Response:
    """GET /readyz: the database answers, and its tables are those of this version; 503 otherwise."""
    found = await readiness(request.app[STORE])
    if found is Readiness.READY:
        return web.Response(text="ok\n", headers=PLAIN)
    return web.Response(text=f"database: {found}\n", status=503, headers=PLAIN)


def add_to(app: web.Application) -> None:
    """Register both, outside the frame of pages."""
    app.router.add_get("/livez", livez)
    app.router.add_get("/readyz", readyz)
