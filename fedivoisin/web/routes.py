"""The one table: method, path, view. Paths are French, for the people who read them."""

from aiohttp import web

from fedivoisin.web.frame import View, page
from fedivoisin.web.views import home

PAGES: tuple[tuple[str, str, View], ...] = (("GET", "/", home.show),)


def add_to(app: web.Application) -> None:
    """Register every page."""
    for method, path, view in PAGES:
        app.router.add_route(method, path, page(view))
