"""Pictures: files of ours, and our copies of other towns' pictures. Plain handlers, without a frame."""

from aiohttp import web

from fedivoisin.store import pictures
from fedivoisin.store.pictures import thumbnail_path
from fedivoisin.web.keys import STORE, WORLD

FOREVER = "public, max-age=31536000, immutable"
NOBODY_RUNS_THIS = "default-src 'none'; sandbox"
PLACEHOLDER_AGE = "public, max-age=60"


async def local(request: web.Request) -> web.StreamResponse:
    """`/media/ab/cd/….webp`: its name never stands for another file, so browsers keep it."""
    return await _file(request, request.match_info["path"])


async def remote(request: web.Request) -> web.StreamResponse:
    """`/media-distant/{public_id}`: only what we drew anew; nobody can make us fetch an address (CVE-2026-29178)."""
    async with request.app[STORE].read() as tx:
        copy = await pictures.kept_copy(tx, request.match_info["public_id"])
    if copy is None or copy.path is None:
        raise web.HTTPNotFound(headers={"Cache-Control": PLACEHOLDER_AGE})
    return await _file(request, thumbnail_path(copy.path) if "petite" in request.query else copy.path)


async def _file(request: web.Request, path: str) -> web.StreamResponse:
    body = await request.app[WORLD].media.load(path)
    if body is None:
        raise web.HTTPNotFound
    headers = {"Cache-Control": FOREVER, "Content-Security-Policy": NOBODY_RUNS_THIS}
    return web.Response(body=body, content_type=pictures.WEBP, headers=headers)
