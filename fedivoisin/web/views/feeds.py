"""What programs read of the site: feeds, sitemap, robots, manifest, icon, and the association's colours."""

from datetime import datetime

from aiohttp import web

from fedivoisin.errors import Reason, Refused
from fedivoisin.market import categories
from fedivoisin.market.listing import Genre, Listing, State, genre_of
from fedivoisin.store import actors, feeds
from fedivoisin.web import colours
from fedivoisin.web.figures import amount
from fedivoisin.web.visit import Visit

BRIEFLY = {"Cache-Control": "private, max-age=300"}
LONGER = {"Cache-Control": "private, max-age=86400"}
PUBLIC_PAGES = ("/annonces", "/quartier", "/aide", "/mentions-legales", "/cgu", "/confidentialite", "/accessibilite")
CLOSED_PATHS = ("/moi", "/reglages", "/moderation", "/installation", "/echanges", "/publier", "/lien", "/signaler")


async def atom(visit: Visit) -> web.StreamResponse:
    """GET /annonces.atom: our newest public listings."""
    return await _atom(visit, "")


async def category_atom(visit: Visit) -> web.StreamResponse:
    """GET /annonces/{root}.atom: those of one of the ten categories."""
    root = visit.path("root")
    if root not in {one.id for one in categories.roots()}:
        raise Refused(Reason.NOT_FOUND)
    return await _atom(visit, root)


async def sitemap(visit: Visit) -> web.StreamResponse:
    """GET /sitemap.xml: pages for everyone, and our public listings."""
    async with visit.store.read() as tx:
        listings = await feeds.pages(tx)
    body = visit.text("feeds/sitemap.xml", site=site(visit), pages=PUBLIC_PAGES, listings=listings)
    return web.Response(text=body, content_type="application/xml", headers=BRIEFLY)


async def robots(visit: Visit) -> web.StreamResponse:
    """GET /robots.txt: a neighbourhood on trial asks not to be indexed at all."""
    closed = ("/",) if visit.here.is_trial else CLOSED_PATHS
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in closed), f"Sitemap: {site(visit)}/sitemap.xml", ""]
    return web.Response(text="\n".join(lines), content_type="text/plain", headers=LONGER)


async def manifest(visit: Visit) -> web.StreamResponse:
    """GET /manifest.webmanifest"""
    place = {"quarter": visit.here.name, "commune": visit.here.commune}
    body = visit.text("manifest.json", page={"place": place, "language": visit.language})
    return web.Response(text=body, content_type="application/manifest+json", headers=LONGER)


async def colour_sheet(visit: Visit) -> web.StreamResponse:
    """GET /couleurs.css"""
    return web.Response(text=colours.stylesheet(visit.here.colour), content_type="text/css", headers=LONGER)


async def icon(_visit: Visit) -> web.StreamResponse:
    """GET /favicon.ico, which some programs ask for without reading the page."""
    return web.Response(status=308, headers={"Location": "/static/favicon-32.png", **LONGER})


def site(visit: Visit) -> str:
    """Where our addresses begin; in trial mode, where the reader came."""
    return visit.here.origin or f"{visit.request.scheme}://{visit.request.host}"


async def _atom(visit: Visit, root: str) -> web.StreamResponse:
    async with visit.store.read() as tx:
        found = await feeds.latest(tx, root=root)
        authors = await actors.by_ids(tx, {one.author_id for one in found})
    category = categories.find(root)
    title = f"{visit.here.name}, {visit.here.commune}" + (
        f" – {category.name(visit.language)}" if category is not None else ""
    )
    entries = [
        {
            "id": one.url,
            "title": entry_title(visit, one),
            "link": f"{site(visit)}/annonces/{one.id}",
            "author": authors[one.author_id].shown_name if one.author_id in authors else "",
            "published": one.published_at,
            "updated": changed_at(one),
            "category": one.category,
            "lines": entry_lines(visit, one),
        }
        for one in found
    ]
    path = f"/annonces/{root}.atom" if root else "/annonces.atom"
    updated = max((changed_at(one) for one in found), default=visit.here.founded_at or visit.now)
    body = visit.text("feeds/listings.xml", site=site(visit), path=path, title=title, updated=updated, entries=entries)
    return web.Response(text=body, content_type="application/atom+xml", headers=BRIEFLY)


def changed_at(one: Listing) -> datetime:
    """When it was last said otherwise."""
    return one.updated_at or one.published_at


def entry_title(visit: Visit, one: Listing) -> str:
    """« [Réservé] Je prête : Échelle double, 4 m », the same words as on the site."""
    _ = visit._
    genres = {
        Genre.DONNE: _("Je donne"),
        Genre.PRETE: _("Je prête"),
        Genre.ECHANGE: _("J’échange"),
        Genre.LOUE: _("Je loue"),
        Genre.VENDS: _("Je vends"),
        Genre.SERVICE: _("Je rends service"),
        Genre.CHERCHE: _("Je cherche"),
        Genre.GROUPE: _("Achat groupé"),
    }
    states = {State.RESERVED: f"[{_('Réservé')}] ", State.CLOSED: f"[{_('Terminé')}] "}
    words = _("{genre} : {title}").format(genre=genres[genre_of(one.kind, one.purpose)], title=one.title)
    return states.get(one.state, "") + words


def entry_lines(visit: Visit, one: Listing) -> list[str]:
    """Price, place and text, one paragraph each."""
    price = amount(one.price.amount, visit.language) if one.price else ""
    facts = " · ".join(part for part in (price, one.place_name, one.availability) if part)
    return [line for line in (facts, *one.text.split("\n")) if line.strip()]
