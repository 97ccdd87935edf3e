"""The front page leads to what most people come for: the listings."""

from aiohttp import web

from fedivoisin.web.visit import Visit


async def show(visit: Visit) -> web.StreamResponse:
    """The list of listings is the home page."""
    return visit.redirect("/annonces")
