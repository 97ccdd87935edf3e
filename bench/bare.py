"""What everything is compared with: an aiohttp process that does next to nothing.

`python -m bench.bare page PORT DATABASE` answers a page after one SELECT through SQLAlchemy;
`python -m bench.bare post PORT` reads a body and answers 202.
"""

import asyncio
import sys

from aiohttp import web


async def page(port: int, database: str) -> None:
    """One engine, one query, one answer."""
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine(f"sqlite+aiosqlite:///{database}")

    async def show(_request: web.Request) -> web.Response:
        async with engine.connect() as connection:
            count = await connection.scalar(text("SELECT count(*) FROM listing"))
        return web.Response(text=f"<!doctype html><title>{count}</title>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/", show)
    await _serve(app, port)


async def post(port: int) -> None:
    """Read and answer."""

    async def take(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(status=202)

    app = web.Application()
    app.router.add_post("/inbox", take)
    await _serve(app, port)


async def _serve(app: web.Application, port: int) -> None:
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    what, port, *rest = sys.argv[1:]
    asyncio.run(page(int(port), rest[0]) if what == "page" else post(int(port)))
