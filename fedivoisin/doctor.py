"""`fedivoisin doctor`: looks at everything the server needs, and says in plain French what to mend."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from fedivoisin.activitypub.wire import keys as wire_keys
from fedivoisin.adapters import mail, storage
from fedivoisin.app import open_store, open_world, utc_now
from fedivoisin.errors import BadActivity, Unreachable
from fedivoisin.notify.post import server_of
from fedivoisin.settings import Settings
from fedivoisin.store import keys, mails, neighbourhoods
from fedivoisin.store.db import CannotOpen, Store, Tx
from fedivoisin.store.neighbourhoods import Neighbourhood
from fedivoisin.store.readiness import Readiness, is_writable, latest_event, readiness
from fedivoisin.web.mail_words import FAULTS
from fedivoisin.world import World

MEGABYTE = 1024 * 1024
SCARCE = 500 * MEGABYTE
NONE_LEFT = 50 * MEGABYTE
SKEW = timedelta(minutes=5)
LATE = timedelta(hours=1)
NOBODY_WORKS = (
    "sur SQLite, « serve » est seul à pouvoir envoyer courriels et activités, et le réglage « run_workers » l'en "
    "empêche. Remettez-le à true."
)


class Level(StrEnum):
    """How it stands."""

    GOOD = "bon"
    WARNING = "attention"
    BAD = "mal"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, and what to do where it is not well."""

    level: Level
    subject: str
    words: str


async def examine(settings: Settings) -> list[Finding]:
    """Look at everything. Changes nothing but a file that is made and removed again in the folder of pictures."""
    return [finding async for finding in _findings(settings)]


def is_well(findings: list[Finding]) -> bool:
    """Whether the server can do its work: warnings do not stop it."""
    return all(finding.level is not Level.BAD for finding in findings)


async def _findings(settings: Settings) -> AsyncIterator[Finding]:
    yield good("Réglages", "lus et compris.")
    if not settings.run_workers and settings.database.startswith("sqlite"):
        yield bad("Travail de fond", NOBODY_WORKS)
    yield await _pictures(settings)
    yield await asyncio.to_thread(_disk, Path(settings.media))
    try:
        store = open_store(settings)
    except CannotOpen as error:
        yield bad("Base de données", f"elle ne s'ouvre pas ({error}). Vérifiez le réglage « database ».")
        return
    try:
        async for finding in _of_database(settings, store):
            yield finding
    finally:
        await store.close()


async def _of_database(settings: Settings, store: Store) -> AsyncIterator[Finding]:
    found = await readiness(store)
    yield _database(found)
    if found is not Readiness.READY:
        return
    if not await is_writable(store):
        yield bad("Base de données", "on ne peut pas y écrire. Vérifiez les droits sur le fichier et son dossier.")
    async with open_world(settings, store) as world:
        async for finding in _of_neighbourhood(settings, store, world):
            yield finding


async def _of_neighbourhood(settings: Settings, store: Store, world: World) -> AsyncIterator[Finding]:
    async with store.read() as tx:
        here = await neighbourhoods.current_or_none(tx)
        yield await _clock(tx)
        if here is None or here.founded_at is None:
            yield warning("Quartier", "pas encore créé. Lancez « fedivoisin serve » et suivez le lien affiché.")
            return
        yield good("Quartier", f"{here.name}, {here.commune}.")
        yield await _keys(tx, here)
        yield await _mail_queue(tx)
    yield await _mail_server(here, mail.knock)
    yield await _origin(settings, here, world)


async def _pictures(settings: Settings) -> Finding:
    if not settings.s3.bucket:
        return await asyncio.to_thread(_media_folder, Path(settings.media))
    place = f"{settings.s3.endpoint}, {settings.s3.bucket}"
    async with storage.pictures(settings, now=utc_now) as folder:
        found = await storage.fault(folder)
    if found is not None:
        return bad("Photos", f"{place} : on ne peut pas y écrire et relire ({found}). Vérifiez les réglages « s3 ».")
    return good("Photos", f"{place} : on peut y écrire et relire.")


def _media_folder(folder: Path) -> Finding:
    trial = folder / ".essai"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        trial.write_bytes(b"")
        trial.unlink()
    except OSError as error:
        return bad("Dossier des photos", f"{folder} : on ne peut pas y écrire ({os.strerror(error.errno or 0)}).")
    return good("Dossier des photos", f"{folder}")


def _disk(folder: Path) -> Finding:
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    free = shutil.disk_usage(existing).free
    words = f"{free // MEGABYTE} Mo libres."
    if free < NONE_LEFT:
        return bad("Place sur le disque", f"{words} Libérez-en avant que la base ne puisse plus écrire.")
    return (warning if free < SCARCE else good)("Place sur le disque", words)


def _database(found: Readiness) -> Finding:
    match found:
        case Readiness.READY:
            return good("Base de données", "elle répond, à la bonne version.")
        case Readiness.BEHIND:
            return warning(
                "Base de données", "elle est à mettre à jour : « fedivoisin migrate », ou « serve », le fait."
            )
        case Readiness.NEWER:
            return bad(
                "Base de données", "elle vient d'une version plus récente du programme. Installez cette version."
            )
        case Readiness.UNREACHABLE:
            return bad("Base de données", "elle ne répond pas. Vérifiez le réglage « database ».")


async def _clock(tx: Tx) -> Finding:
    last = await latest_event(tx)
    if last is not None and last > tx.now + SKEW:
        return bad("Horloge", f"elle retarde : le dernier événement date du {last:%d/%m/%Y à %H:%M} UTC.")
    return good("Horloge", f"{tx.now:%d/%m/%Y, %H:%M} UTC. Les autres quartiers admettent une heure d'écart.")


async def _keys(tx: Tx, here: Neighbourhood) -> Finding:
    for actor_id in (here.instance_id, here.group_id):
        for purpose in ("http", "assertion"):
            found = await keys.to_sign_with(tx, actor_id or "", purpose)
            if found is None or found.private is None:
                return bad("Clés", f"il manque la clé « {purpose} » du quartier. Restaurez une sauvegarde complète.")
            try:
                wire_keys.load_private_pem(found.private)
            except (BadActivity, ValueError, TypeError):
                return bad("Clés", f"la clé {found.id} est illisible. Restaurez une sauvegarde complète.")
    return good("Clés", "présentes et lisibles.")


async def _mail_queue(tx: Tx) -> Finding:
    queue = await mails.queue(tx)
    if not queue.waiting:
        return good("Courriel en attente", "aucun.")
    late = queue.oldest is not None and tx.now - queue.oldest > LATE
    words = f"{queue.waiting} message(s). {FAULTS.get(queue.error or '', '').format(status='')}".strip()
    return (warning if late else good)("Courriel en attente", words)


async def _mail_server(here: Neighbourhood, knock: Callable[..., Awaitable[None]]) -> Finding:
    server = server_of(here.mail)
    if server is None:
        return warning("Serveur de courriel", "aucun. Les liens se donnent de la main à la main (page Réglages).")
    try:
        await knock(server)
    except Unreachable as error:
        words = FAULTS.get(error.code, error.code).format(status=error.status or "")
        return bad("Serveur de courriel", f"{server.host} : {words}")
    return good("Serveur de courriel", f"{server.host} répond.")


async def _origin(settings: Settings, here: Neighbourhood, world: World) -> Finding:
    if here.is_trial:
        return warning("Adresse publique", "aucune : mode essai, personne ne voit ce quartier du dehors.")
    if settings.origin and settings.origin != here.origin:
        return bad(
            "Adresse publique", f"les réglages disent {settings.origin}, le quartier est connu sous {here.origin}."
        )
    try:
        answer = await world.fetch(f"{here.origin}/livez", accept="text/plain", max_bytes=1024)
    except (Unreachable, BadActivity) as error:
        return warning("Adresse publique", f"{here.origin} ne répond pas d'ici ({error}). Le serveur tourne-t-il ?")
    if answer.status != 200 or answer.body.strip() != b"ok":
        return bad("Adresse publique", f"{here.origin} répond, mais ce n'est pas ce programme ({answer.status}).")
    return good("Adresse publique", f"{here.origin} répond.")


def good(subject: str, words: str) -> Finding:
    """It is well."""
    return Finding(Level.GOOD, subject, words)


def warning(subject: str, words: str) -> Finding:
    """Something to know, or to mend soon."""
    return Finding(Level.WARNING, subject, words)


def bad(subject: str, words: str) -> Finding:
    """Something that does not work."""
    return Finding(Level.BAD, subject, words)
