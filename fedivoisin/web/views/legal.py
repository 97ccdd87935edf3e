"""The legal pages, written from the first-run answers; and the page of help."""

from aiohttp import web

from fedivoisin.web.answers import LEGAL_FIELDS
from fedivoisin.web.reasons import mark
from fedivoisin.web.visit import Visit

TITLES = {
    "notice": mark("Mentions légales"),
    "terms": mark("Règles du site"),
    "privacy": mark("Vos données"),
    "accessibility": mark("Accessibilité"),
    "help": mark("Aide"),
}
FORMS = {
    "fr": {
        "association-1901": "association régie par la loi du 1er juillet 1901",
        "association-locale": "association de droit local (articles 21 à 79-III du code civil local)",
        "collectif": "collectif sans personnalité morale",
        "collectivite": "collectivité",
        "particulier": "particulier",
        "autre": "",
    },
    "en": {
        "association-1901": "non-profit association under the French law of 1 July 1901",
        "association-locale": "non-profit association under the local law of Alsace-Moselle",
        "collectif": "group without legal personality",
        "collectivite": "local authority",
        "particulier": "private person",
        "autre": "",
    },
}


async def notice(visit: Visit) -> web.StreamResponse:
    """GET /mentions-legales (LCEN, article 1-1)"""
    return _page(visit, "notice")


async def terms(visit: Visit) -> web.StreamResponse:
    """GET /cgu"""
    return _page(visit, "terms")


async def privacy(visit: Visit) -> web.StreamResponse:
    """GET /confidentialite (GDPR, articles 13 and 14)"""
    return _page(visit, "privacy")


async def accessibility(visit: Visit) -> web.StreamResponse:
    """GET /accessibilite"""
    return _page(visit, "accessibility")


async def show_help(visit: Visit) -> web.StreamResponse:
    """GET /aide"""
    return _page(visit, "help")


def _page(visit: Visit, name: str) -> web.Response:
    here = visit.here
    forms = FORMS[visit.language]
    return visit.render(
        "legal/page.html",
        title=visit._(TITLES[name]),
        text=f"legal/{visit.language}/{name}.html",
        here=here,
        legal={name: here.legal.get(name, "") for name in LEGAL_FIELDS},
        legal_form=forms.get(here.legal.get("form", ""), ""),
        site=here.origin or f"{visit.request.scheme}://{visit.request.host}",
    )
