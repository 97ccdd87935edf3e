"""What we remember of the other server: whether we shut it out, how it fared lately, what waits for it."""

from datetime import datetime

from fedivoisin.doctor import Finding, bad, good, warning
from fedivoisin.peer_check.case import Case, said
from fedivoisin.store import blocks, peers, queued
from fedivoisin.store.peers import Peer
from fedivoisin.store.queued import Line

PAGE = "Réglages, Les autres quartiers"
SCHEMES = {"cavage": "cavage", "rfc9421": "RFC 9421"}


async def block(case: Case) -> Finding:
    """Whether an admin shut it out here."""
    async with case.fetcher.store.read() as tx:
        if await blocks.is_blocked(tx, case.target.host):
            words = "il est bloqué ici : rien n'y est envoyé, rien n'en est reçu. Voyez Réglages, Domaines bloqués."
            return bad("Blocage", words)
    return good("Blocage", "il n'est pas bloqué ici.")


async def findings(case: Case) -> list[Finding]:
    """State, what it last did, queue."""
    async with case.fetcher.store.read() as tx:
        known = await peers.by_host(tx, case.target.host)
        waiting = await queued.line(tx, case.target.host)
        sent = await queued.last_sent(tx, case.target.host)
    return [_state(known, case.now), _seen(known, sent), _queue(waiting)]


def _state(known: Peer | None, now: datetime) -> Finding:
    if known is None:
        return good("Souvenir", "nous n'avons encore jamais parlé avec lui.")
    if known.dead_at is not None:
        words = (
            f"sans réponse depuis une semaine, donné pour mort le {_day(known.dead_at)} : plus rien ne lui est envoyé"
        )
        return warning("Souvenir", f"{words} avant qu'il nous écrive, ou que vous le relanciez ({PAGE}).")
    if known.open_until is not None and known.open_until > now:
        words = f"en pause jusqu'au {_day(known.open_until)} après {known.failures} échecs"
        return warning("Souvenir", f"{words}. {_why(known)} S'il répond de nouveau, relancez-le ({PAGE}).")
    if known.failing_since is not None:
        return warning("Souvenir", f"en échec depuis le {_day(known.failing_since)}. {_why(known)}")
    scheme = SCHEMES.get(known.scheme or "")
    return good("Souvenir", "tout va bien." + (f" Il prend les signatures {scheme}." if scheme else ""))


def _seen(known: Peer | None, sent: datetime | None) -> Finding:
    heard = known.last_seen_at if known is not None else None
    words = [
        f"dernière nouvelle de lui le {_day(heard)}" if heard else "il ne nous a encore rien écrit",
        f"dernier envoi pris le {_day(sent)}" if sent else "aucun envoi pris ces trente derniers jours",
    ]
    return good("Échanges", " ; ".join(words) + ".")


def _queue(waiting: Line | None) -> Finding:
    if waiting is None:
        return good("File d'attente", "rien ne l'attend.")
    words = f"{waiting.deliveries} envoi(s) l'attendent, le premier depuis le {_day(waiting.oldest)}"
    if waiting.error is None:
        return good("File d'attente", f"{words}.")
    return warning("File d'attente", f"{words}. Prochain essai le {_day(waiting.next_at)}. {said(waiting.error)}")


def _why(known: Peer) -> str:
    return said(known.last_error) if known.last_error else ""


def _day(moment: datetime) -> str:
    return f"{moment:%d/%m/%Y à %H:%M} UTC"
