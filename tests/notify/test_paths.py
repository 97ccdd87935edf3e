"""Links in mails lead to pages that exist."""

from aiohttp import web

from fedivoisin.notify import paths
from fedivoisin.web import routes


async def test_every_link_of_a_mail_is_a_page() -> None:
    app = web.Application()
    routes.add_to(app)
    known = {resource.canonical for resource in app.router.resources()}
    links = {
        *(f"{prefix}{{token}}" for prefix in paths.LINKS.values()),
        paths.candidate_path("{name}"),
        paths.listing_path("{id}"),
        paths.thread_path("{id}"),
        paths.renewal_path("{token}"),
        paths.statement_path("{id}"),
        "/annonces",
        "/moi",
        "/moderation",
        "/connexion",
    }
    assert links <= known
