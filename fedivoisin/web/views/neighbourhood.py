"""« Quartier »: who we are, where, which towns we follow, and how to follow us from elsewhere."""

from typing import Any

from aiohttp import web

from fedivoisin.market import categories
from fedivoisin.store import actors, follows, pins, search
from fedivoisin.store.search import Query
from fedivoisin.web.cards import cards, icon_of
from fedivoisin.web.views.groups import address_of, card_of
from fedivoisin.web.views.listings import point_of
from fedivoisin.web.visit import Visit


async def show(visit: Visit) -> web.StreamResponse:
    """The page of the neighbourhood."""
    here = visit.here
    async with visit.store.read() as tx:
        groups = await actors.local_groups(tx)
        ours = Query(quarter=here.group_id)
        counts = await search.counts_by_root(tx, ours) if here.group_id else {}
        spots = await search.spots(tx, ours) if here.group_id else []
        towns = await follows.towns_followed_here(tx)
        pinned = await cards(tx, visit, await pins.standing(tx))
        follower_count = await follows.count_followers(tx, here.group_id) if here.group_id else 0
    group = next((one for one in groups if one.id == here.group_id), None)
    return visit.render(
        "listings/neighbourhood.html",
        title=here.name,
        group=group,
        address=address_of(visit, group) if group else "",
        towns=towns,
        follower_count=follower_count,
        roots=_roots(visit, counts),
        categories=[card for card in (card_of(visit, one) for one in groups) if card],
        pinned=pinned,
        map=_map(visit, spots),
    )


def _roots(visit: Visit, counts: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {
            "url": f"/annonces?categorie={root.id}&portee=quartier",
            "name": root.name(visit.language),
            "icon": icon_of(root.id),
            "count": counts.get(root.id, 0),
        }
        for root in categories.roots()
    ]


def _map(visit: Visit, spots: list[search.Spot]) -> dict[str, Any] | None:
    here = visit.here
    if here.latitude is None or here.longitude is None:
        return None
    points = [point_of(visit, spot, "/annonces?portee=quartier") for spot in spots]
    return {
        "latitude": here.latitude,
        "longitude": here.longitude,
        "zoom": 13,
        "tiles": here.tiles,
        "attribution": "",
        "points": points,
    }
