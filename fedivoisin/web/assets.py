"""Our own files below /static: style, fonts, icons, scripts. Plain answers, kept by browsers."""

import hashlib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from aiohttp import web

ROOT = Path(str(resources.files("fedivoisin.web"))) / "static"
# By name: what is not in this list at the start is not served, whatever the address says.
FILES: Mapping[str, Path] = {str(path.relative_to(ROOT)): path for path in ROOT.rglob("*") if path.is_file()}
TYPES: Mapping[str, str] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
# Fonts and pictures are named by the style sheet, which cannot say `?v=`; their content hardly ever changes.
FINGERPRINTS: Mapping[str, str] = {
    name: hashlib.sha256(path.read_bytes()).hexdigest()[:10]
    for name, path in FILES.items()
    if path.suffix in (".css", ".js") or name == "sprite.svg"
}
FOR_EVER = "public, max-age=31536000, immutable"
A_WEEK = "public, max-age=604800"


def url(name: str) -> str:
    """The address of one of our files; it changes with its content, so browsers may keep it a year."""
    mark = FINGERPRINTS.get(name)
    return f"/static/{name}?v={mark}" if mark else f"/static/{name}"


async def show(request: web.Request) -> web.StreamResponse:
    """GET /static/{name}"""
    name = request.match_info["name"]
    path = FILES.get(name)
    if path is None:
        raise web.HTTPNotFound
    is_this_content = name in FINGERPRINTS and request.query.get("v") == FINGERPRINTS[name]
    kind = TYPES.get(path.suffix, "text/plain; charset=utf-8")
    return web.FileResponse(
        path, headers={"Content-Type": kind, "Cache-Control": FOR_EVER if is_this_content else A_WEEK}
    )


def add_to(app: web.Application) -> None:
    """Register them, outside the frame of pages."""
    app.router.add_get("/static/{name:.+}", show)
