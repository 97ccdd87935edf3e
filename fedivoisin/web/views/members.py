"""The directory of members."""

from aiohttp import web

from fedivoisin.store import members
from fedivoisin.web.people_words import kind_words, portrait_path
from fedivoisin.web.visit import Visit

PAGE = 50


async def show(visit: Visit) -> web.StreamResponse:
    """GET /membres: names are for those who are signed in."""
    _ = visit.signed_in
    words, after = visit.query("q")[:80], visit.query("apres")[:40]
    async with visit.store.read() as tx:
        found = await members.directory(tx, words=words, limit=PAGE + 1, after=after)
        waiting = len(await members.candidates(tx))
    people = [
        {
            "name": one.name,
            "shown_name": one.shown_name,
            "quartier": one.quartier,
            "kind": kind_words(visit, one.member_kind),
            "portrait": portrait_path(one),
        }
        for one in found[:PAGE]
    ]
    return visit.render(
        "profile/members.html",
        title=visit._("Les membres"),
        people=people,
        words=words,
        waiting=waiting,
        next=found[PAGE - 1].name if len(found) > PAGE else "",
    )
