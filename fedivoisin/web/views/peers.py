"""The other servers, as an admin sees them: who answers, what waits for whom and why."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from aiohttp import web

from fedivoisin.actions import settings
from fedivoisin.calendar_words import hour
from fedivoisin.errors import Reason, Refused
from fedivoisin.store import blocks, gauges, peers, queued
from fedivoisin.store.db import Tx
from fedivoisin.store.peers import Peer
from fedivoisin.store.queued import HostLine, Line, Queued
from fedivoisin.urls import parse
from fedivoisin.web.peer_words import ACTIVITIES, fault
from fedivoisin.web.visit import Visit

BASE = "/reglages/voisins-federes"
PER_PAGE = 50
MOST_ROWS = 50
_SOFTWARE = {
    "fedivoisin": "fedivoisin", "mastodon": "Mastodon", "gotosocial": "GoToSocial", "mobilizon": "Mobilizon",
    "misskey": "Misskey", "sharkey": "Sharkey", "pleroma": "Pleroma", "akkoma": "Akkoma", "lemmy": "Lemmy",
    "piefed": "PieFed", "pixelfed": "Pixelfed", "peertube": "PeerTube", "wordpress": "WordPress",
    "friendica": "Friendica", "mitra": "Mitra", "epicyon": "Epicyon", "takahe": "Takahē", "bonfire": "Bonfire",
}  # fmt: skip
_SCHEMES = {"cavage": "draft-cavage-12", "rfc9421": "RFC 9421"}


async def show(visit: Visit) -> web.StreamResponse:
    """GET /reglages/voisins-federes: those that fail first."""
    _ = visit.admin
    number = _page_number(visit)
    async with visit.store.read() as tx:
        known = await queued.hosts(tx, limit=PER_PAGE + 1, offset=(number - 1) * PER_PAGE)
        unknown = await queued.never_reached(tx, limit=PER_PAGE) if number == 1 else []
        seen = await gauges.of(tx)
    return visit.render(
        "admin/peers.html",
        title=visit._("Les autres quartiers"),
        rows=[_row(visit, one) for one in (*unknown, *known[:PER_PAGE])],
        failing=sum(seen.hosts[state] for state in gauges.HOST_STATES if state != gauges.WELL),
        waiting=seen.queues["delivery"].waiting,
        previous=f"{BASE}?page={number - 1}" if number > 1 else None,
        next=f"{BASE}?page={number + 1}" if len(known) > PER_PAGE else None,
    )


async def show_one(visit: Visit) -> web.StreamResponse:
    """GET /reglages/voisins-federes/{host}: all that is known of it, and what waits."""
    _ = visit.admin
    host = visit.path("host")
    async with visit.store.read() as tx:
        known, waiting = await _found(tx, host)
        rows = await queued.rows(tx, host, limit=MOST_ROWS)
        sent = await queued.last_sent(tx, host)
        is_blocked = await blocks.is_blocked(tx, host)
    return visit.render(
        "admin/peer.html",
        title=host,
        host=host,
        url=_url(host),
        is_well=_is_well(known),
        state=_state(visit, known),
        error=fault(known.last_error, visit.form.translate) if known and known.last_error else None,
        facts=_facts(visit, known, sent),
        is_blocked=is_blocked,
        waiting=waiting,
        rows=[_delivery(visit, host, one) for one in rows],
    )


async def retry(visit: Visit) -> web.StreamResponse:
    """POST /reglages/voisins-federes/{host}/relancer"""
    admin, host = visit.admin, visit.path("host")
    async with visit.store.read() as tx:
        await _found(tx, host)
    await visit.store.write(settings.retry_host, by=admin.member_id, host=host)
    return visit.redirect(_url(host), notice="relance")


async def confirm_dropping(visit: Visit) -> web.StreamResponse:
    """GET /reglages/voisins-federes/{host}/abandonner: all that waits, or the one that `envoi` names."""
    _ = visit.admin
    host = visit.path("host")
    async with visit.store.read() as tx:
        _known, waiting = await _found(tx, host)
    if waiting is None:
        raise Refused(Reason.NOT_FOUND)
    return visit.render(
        "admin/peer_drop.html",
        title=visit._("Abandonner ?"),
        host=host,
        url=_url(host),
        waiting=waiting,
        delivery=_number(visit.query("envoi")),
    )


async def drop(visit: Visit) -> web.StreamResponse:
    """POST /reglages/voisins-federes/{host}/abandonner"""
    admin, host = visit.admin, visit.path("host")
    named = visit.form.get("envoi")
    async with visit.store.read() as tx:
        await _found(tx, host)
    if named:
        only = _number(named) or 0
        await visit.store.write(settings.drop_delivery, by=admin.member_id, host=host, delivery_id=only)
    else:
        await visit.store.write(settings.drop_host, by=admin.member_id, host=host)
    return visit.redirect(_url(host), notice="abandonne")


async def _found(tx: Tx, host: str) -> tuple[Peer | None, Line | None]:
    known, waiting = await peers.by_host(tx, host), await queued.line(tx, host)
    if known is None and waiting is None:
        raise Refused(Reason.NOT_FOUND)
    return known, waiting


def _row(visit: Visit, one: HostLine) -> dict[str, Any]:
    known = one.peer
    return {
        "host": one.host,
        "url": _url(one.host),
        "software": _software(known),
        "state": _state(visit, known),
        "is_well": _is_well(known),
        "failing_since": known.failing_since if known else None,
        "last_seen_at": known.last_seen_at if known else None,
        "error": fault(known.last_error, visit.form.translate) if known and known.last_error else None,
        "waiting": one.deliveries,
        "oldest": one.oldest,
    }


def _facts(visit: Visit, known: Peer | None, sent: datetime | None) -> list[tuple[str, str]]:
    never = visit._("jamais")
    if known is None:
        return [(visit._("Dernier envoi pris"), _moment(visit, sent) or never)]
    facts = [
        (visit._("Logiciel"), _software(known) or visit._("inconnu")),
        (visit._("Ne répond plus depuis"), _moment(visit, known.failing_since)),
        (visit._("Échecs de suite"), str(known.failures) if known.failures else ""),
        (visit._("Nous réessayons"), _moment(visit, _paused(visit, known))),
        (visit._("Donné pour mort"), _moment(visit, known.dead_at)),
        (visit._("Dernière nouvelle de lui"), _moment(visit, known.last_seen_at) or never),
        (visit._("Dernière réponse"), _moment(visit, known.last_ok_at) or never),
        (visit._("Dernier envoi pris"), _moment(visit, sent) or visit._("aucun depuis 30 jours")),
        (visit._("Signatures qu’il prend"), _scheme(visit, known) or visit._("pas encore su")),
        (visit._("Connu depuis"), _moment(visit, known.created_at)),
    ]
    return [(words, value) for words, value in facts if value]


def _delivery(visit: Visit, host: str, one: Queued) -> Mapping[str, Any]:
    # What goes to one person is between the two: its kind is said, not who wrote it nor about what.
    kind = visit._(ACTIVITIES.get(one.type, one.type))
    return {
        "kind": kind if one.is_public else visit._("À une personne : {kind}").format(kind=kind.lower()),
        "about": _path(one.object_url) if one.is_public and one.object_url else "",
        "speaker": f"@{one.speaker}" if one.is_public and one.speaker else "",
        "inbox": _path(one.inbox),
        "tries": one.attempts,
        "since": one.created_at,
        "next_at": one.next_at if one.next_at > visit.now else None,
        "error": fault(one.error, visit.form.translate) if one.error else "",
        "drop": f"{_url(host)}/abandonner?envoi={one.id}",
    }


def _state(visit: Visit, known: Peer | None) -> str:
    if known is None:
        return visit._("Pas encore joint")
    if known.dead_at is not None:
        return visit._("Muet depuis une semaine : plus rien ne lui part")
    if _paused(visit, known):
        return visit._("En pause : nouvel essai bientôt")
    return visit._("Ne répond pas") if known.failing_since is not None else visit._("Répond")


def _is_well(known: Peer | None) -> bool:
    return known is None or (known.failing_since is None and known.dead_at is None)


def _paused(visit: Visit, known: Peer) -> datetime | None:
    return known.open_until if known.open_until is not None and known.open_until > visit.now else None


def _software(known: Peer | None) -> str:
    if known is None or not known.software:
        return ""
    return f"{_SOFTWARE.get(known.software, known.software)} {known.software_version or ''}".strip()


def _scheme(visit: Visit, known: Peer) -> str:
    if known.scheme is None:
        return ""
    name = _SCHEMES.get(known.scheme, known.scheme)
    if known.scheme_until is None or known.scheme_until <= visit.now:
        return name
    return visit._("{name}, jusqu’au {day}").format(name=name, day=_moment(visit, known.scheme_until))


def _moment(visit: Visit, moment: datetime | None) -> str:
    return hour(moment, visit.language) if moment is not None else ""


def _path(url: str) -> str:
    return parse(url).target


def _url(host: str) -> str:
    return f"{BASE}/{quote(host, safe=':[]')}"


def _page_number(visit: Visit) -> int:
    return max(1, _number(visit.query("page")) or 1)


def _number(typed: str) -> int | None:
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else None
