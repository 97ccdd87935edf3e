"""« Quartiers »: the page of each Group of ours, where people elsewhere learn how to follow it."""

from urllib.parse import urlsplit

from aiohttp import web

from fedivoisin import addresses
from fedivoisin.errors import Reason, Refused
from fedivoisin.market import categories
from fedivoisin.store import actors, follows, pins, search
from fedivoisin.store.actors import Actor
from fedivoisin.store.search import Query
from fedivoisin.web.cards import cards
from fedivoisin.web.visit import Visit


async def show(visit: Visit) -> web.StreamResponse:
    """GET /quartiers/{slug}: the neighbourhood has a page of its own, a category is shown here."""
    async with visit.store.read() as tx:
        group = await actors.by_local_name(tx, visit.path("slug"))
        if group is None or group.type != "Group":
            raise Refused(Reason.NOT_FOUND)
        if group.category is None:
            return visit.redirect("/quartier")
        pinned = await cards(tx, visit, await pins.standing(tx, category=group.category))
        asked = Query(category=group.category, quarter=visit.here.group_id)
        newest = await cards(tx, visit, (await search.find(tx, asked)).listings)
        follower_count = await follows.count_followers(tx, group.id)
    found = categories.find(group.category)
    return visit.render(
        "listings/group.html",
        title=found.name(visit.language) if found else group.shown_name,
        group=group,
        address=address_of(visit, group),
        follower_count=follower_count,
        pinned=pinned,
        newest=newest,
        all_url=f"/annonces?categorie={group.category}&portee=quartier",
        feed_url=f"/annonces/{group.category}.atom",
    )


def card_of(visit: Visit, group: Actor) -> dict[str, str] | None:
    """A category's Group as lists of such Groups show it; none while there is no public address."""
    found, address = categories.find(group.category or ""), address_of(visit, group)
    if found is None or not address:
        return None
    return {"url": f"/quartiers/{group.name}", "name": found.name(visit.language), "address": address}


def address_of(visit: Visit, group: Actor) -> str:
    """`@vide-grenier@nantes.example`; nothing while there is no public address."""
    return "" if visit.here.is_trial else "@" + addresses.acct(group.name, urlsplit(visit.here.base).netloc)
