"""The list of listings: search, filters, scope, map, pages."""

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from fedivoisin.market import categories
from fedivoisin.store import accounts, actors, search
from fedivoisin.store.db import Tx
from fedivoisin.store.search import Around, Page, Query, Spot
from fedivoisin.web.cards import KINDS, REQUEST, Card, cards, reader_point
from fedivoisin.web.views import groups
from fedivoisin.web.visit import Visit

SCOPES = ("quartier", "20km", "reseau")
RADIUS = {"quartier": search.NEAR, "20km": 20.0}
WIDE = 0.15
"""Degrees beyond which a map gathers its spots."""
SQUARES_ACROSS = 6
MOST_WORDS = 120
MOST_PAGES = 400


@dataclass(frozen=True, slots=True)
class Asked:
    """The address of the list, read."""

    words: str = ""
    kinds: tuple[str, ...] = ()
    category: str = ""
    scope: str = "20km"
    is_free: bool = False
    has_photo: bool = False
    is_map: bool = False
    number: int = 1

    def url(self, path: str = "/annonces", **changes: Any) -> str:
        """The same list with these changes, from its first page unless `number` is given."""
        asked = replace(self, **({"number": 1} | changes))
        pairs = [
            ("q", asked.words),
            *(("kind", kind) for kind in asked.kinds),
            ("categorie", asked.category),
            ("portee", asked.scope),
            ("libre", "1" if asked.is_free else ""),
            ("photo", "1" if asked.has_photo else ""),
            ("vue", "carte" if asked.is_map else ""),
            ("page", str(asked.number) if asked.number > 1 else ""),
        ]
        return f"{path}?{urlencode([pair for pair in pairs if pair[1]])}"

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the scope was asked for."""
        return bool(self.words or self.kinds or self.category or self.is_free or self.has_photo)


def read_address(visit: Visit) -> Asked:
    """What the address asks for; what makes no sense is left out, a list never fails."""
    query = visit.request.query
    scope = query.get("portee", "")
    usual = visit.visitor.scope if visit.visitor and visit.visitor.scope in SCOPES else "20km"
    number = query.get("page", "")
    category = query.get("categorie", "")
    return Asked(
        words=" ".join(query.get("q", "").split())[:MOST_WORDS],
        kinds=tuple(kind for kind in KINDS if kind in query.getall("kind", [])),
        category=category if categories.find(category) else "",
        scope=scope if scope in SCOPES else usual,
        is_free="libre" in query,
        has_photo="photo" in query,
        is_map=query.get("vue") == "carte",
        number=min(int(number), MOST_PAGES) if number.isascii() and number.isdigit() and 0 < len(number) < 6 else 1,
    )


async def show(visit: Visit) -> web.StreamResponse:
    """The list, or the same on a map."""
    asked = read_address(visit)
    if visit.visitor and visit.visitor.scope != asked.scope and visit.query("portee"):
        await visit.store.append(accounts.change, visit.visitor.member_id, scope=asked.scope)
    async with visit.store.read() as tx:
        point = await reader_point(tx, visit)
        query = _query(visit, asked, point)
        page = await search.find(tx, query, number=max(1, asked.number))
        free = await search.count(tx, replace(query, only_free=True))
        shown = await cards(tx, visit, page.listings)
        spots = await search.spots(tx, query) if asked.is_map else []
        group = await actors.group_of_category(tx, asked.category.partition("/")[0]) if asked.category else None
    shown = [replace(shown[0], highlight=True), *shown[1:]] if _has_urgent(visit, page, asked) else shown
    return visit.render(
        "listings/list.html",
        title=visit._("Les annonces"),
        asked=asked,
        found=page,
        free=free,
        cards=shown,
        group=groups.card_of(visit, group) if group else None,
        scopes=_scopes(visit, asked),
        views=_views(visit, asked),
        chips=_chips(visit, asked),
        categories=_category_choices(visit),
        map=_map(visit, asked, point, spots) if asked.is_map else None,
        more=_more(visit, asked, page),
        empty=_empty(visit, asked),
    )


async def points(visit: Visit) -> web.StreamResponse:
    """The points of the map alone, as JSON."""
    asked = read_address(visit)
    async with visit.store.read() as tx:
        found = await search.spots(tx, _query(visit, asked, await reader_point(tx, visit)))
    return web.json_response({"points": [point_of(visit, spot, asked.url(is_map=False)) for spot in gathered(found)]})


async def cards_of(tx: Tx, visit: Visit, author_id: str, *, with_closed: bool = False) -> list[Card]:
    """The cards of one person's listings, for their profile."""
    return await cards(tx, visit, await search.by_author(tx, author_id, with_closed=with_closed))


def _query(visit: Visit, asked: Asked, point: tuple[float, float] | None) -> Query:
    radius = RADIUS.get(asked.scope)
    return Query(
        words=asked.words,
        category=asked.category,
        genres=frozenset(KINDS[kind] for kind in asked.kinds),
        around=Around(*point, radius) if point and radius else None,
        quarter=visit.here.group_id if asked.scope == "quartier" else None,
        only_free=asked.is_free,
        with_photo=asked.has_photo,
    )


def _has_urgent(visit: Visit, page: Page, asked: Asked) -> bool:
    if not page.listings or asked.words or asked.number > 1:
        return False
    ends_at = page.listings[0].ends_at
    return ends_at is not None and ends_at <= visit.now + search.CLOSES_SOON


def _scopes(visit: Visit, asked: Asked) -> list[dict[str, Any]]:
    words = {"quartier": visit._("Mon quartier"), "20km": visit._("À 20 km"), "reseau": visit._("Le réseau")}
    return [
        {"url": asked.url(scope=scope), "words": words[scope], "current": scope == asked.scope, "icon": None}
        for scope in SCOPES
    ]


def _views(visit: Visit, asked: Asked) -> list[dict[str, Any]]:
    choices = ((False, visit._("Liste"), "list"), (True, visit._("Carte"), "map"))
    return [
        {"url": asked.url(is_map=is_map), "words": words, "current": is_map == asked.is_map, "icon": icon}
        for is_map, words, icon in choices
    ]


def _chips(visit: Visit, asked: Asked) -> list[tuple[str, str]]:
    names = kind_names(visit)
    found = [(names[kind], asked.url(kinds=tuple(k for k in asked.kinds if k != kind))) for kind in asked.kinds]
    if asked.words:
        found.insert(0, (f"« {asked.words} »", asked.url(words="")))
    category = categories.find(asked.category)
    if category:
        found.append((category.name(visit.language), asked.url(category="")))
    if asked.is_free:
        found.append((visit._("Libre"), asked.url(is_free=False)))
    if asked.has_photo:
        found.append((visit._("Avec une photo"), asked.url(has_photo=False)))
    return found


def kind_names(visit: Visit) -> dict[str, str]:
    """The eight kinds in words."""
    return {
        "give": visit._("Je donne"),
        "lend": visit._("Je prête"),
        "swap": visit._("J’échange"),
        "rent": visit._("Je loue"),
        "sell": visit._("Je vends"),
        "service": visit._("Je rends service"),
        "request": visit._("Je cherche"),
        "group-purchase": visit._("Achat groupé"),
    }


def _category_choices(visit: Visit) -> list[tuple[str, list[tuple[str, str]]]]:
    groups = [(visit._("Toutes"), [("", visit._("Toutes les rubriques"))])]
    for root in categories.roots():
        name = root.name(visit.language)
        everything = (root.id, visit._("{category} (tout)").format(category=name))
        groups.append((name, [everything, *((sub.id, sub.name(visit.language)) for sub in categories.subs(root.id))]))
    return groups


def _map(visit: Visit, asked: Asked, point: tuple[float, float] | None, spots: list[Spot]) -> dict[str, Any]:
    latitude, longitude = point or (46.6, 2.4)  # the middle of France
    return {
        "latitude": latitude,
        "longitude": longitude,
        "zoom": 12 if point else 5,
        "tiles": visit.here.tiles,
        "attribution": "",
        "points": [point_of(visit, spot, asked.url(is_map=False)) for spot in gathered(spots)],
    }


def gathered(spots: list[Spot]) -> list[Spot]:
    """Spots that would lie over each other on a map that shows them all become one, in the middle of its square."""
    if not spots:
        return []
    latitudes, longitudes = [spot.latitude for spot in spots], [spot.longitude for spot in spots]
    span = max(max(latitudes) - min(latitudes), max(longitudes) - min(longitudes))
    step = span / SQUARES_ACROSS
    if span <= WIDE:
        return spots
    squares: dict[tuple[int, int], list[Spot]] = {}
    for spot in spots:
        squares.setdefault((round(spot.latitude / step), round(spot.longitude / step)), []).append(spot)
    return [_one_spot(row * step, column * step, found) for (row, column), found in squares.items()]


def _one_spot(latitude: float, longitude: float, spots: list[Spot]) -> Spot:
    titles = tuple(title for spot in spots for title in spot.titles)[:3]
    return Spot(latitude, longitude, sum(spot.count for spot in spots), titles)


def point_of(visit: Visit, spot: Spot, url: str) -> dict[str, Any]:
    """A round on the map: how many listings, a few of their titles, and the list that holds them."""
    titles = ", ".join(spot.titles) + ("…" if spot.count > len(spot.titles) else "")
    words = visit._("{count} annonce : {titles}") if spot.count == 1 else visit._("{count} annonces : {titles}")
    return {
        "latitude": spot.latitude,
        "longitude": spot.longitude,
        "count": spot.count,
        "words": words.format(count=spot.count, titles=titles),
        "url": url,
    }


def _more(visit: Visit, asked: Asked, page: Page) -> dict[str, Any]:
    following = min(search.PAGE, max(0, page.total - asked.number * search.PAGE))
    return {
        "previous": asked.url(number=asked.number - 1) if asked.number > 1 else None,
        "next": asked.url(number=asked.number + 1) if page.has_next else None,
        "words": visit._("Voir les suivantes ({count})").format(count=following),
    }


def _empty(visit: Visit, asked: Asked) -> dict[str, Any]:
    where = {"quartier": visit._("dans le quartier"), "20km": visit._("à 20 km"), "reseau": visit._("dans le réseau")}
    if asked.words:
        title = visit._("Rien pour « {words} » {where}").format(words=asked.words, where=where[asked.scope])
        way_out = visit._("Je cherche : {words}").format(words=asked.words)
    else:
        title = visit._("Rien {where} pour l’instant").format(where=where[asked.scope])
        way_out = visit._("Je cherche quelque chose")
    address = "/publier?" + urlencode({"kind": REQUEST, "titre": asked.words})
    actions: list[dict[str, Any]] = [{"url": address, "words": way_out, "icon": "hand"}]
    if asked.scope != "reseau":
        actions.append({"url": asked.url(scope="reseau"), "words": visit._("Chercher dans le réseau"), "icon": None})
    return {
        "title": title,
        "text": visit._("Demandez : quelqu’un l’a peut-être au fond d’un placard."),
        "actions": actions,
    }
