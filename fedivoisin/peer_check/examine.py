"""The steps in their order, each said as soon as it is known."""

from collections.abc import AsyncIterator

from fedivoisin.activitypub.fetching import Fetcher
from fedivoisin.adapters.tracing import Tracer
from fedivoisin.app import open_store, open_world
from fedivoisin.doctor import Finding, Level, bad, good
from fedivoisin.peer_check import conversation, memory, reach
from fedivoisin.peer_check.case import Case, Target
from fedivoisin.settings import Settings
from fedivoisin.store import neighbourhoods
from fedivoisin.store.db import CannotOpen, Store
from fedivoisin.store.readiness import Readiness, readiness
from fedivoisin.urls import parse


async def examine(settings: Settings, target: Target) -> AsyncIterator[Finding]:
    """Everything between us and that server. Nothing is changed, nothing is learnt from it."""
    try:
        store = open_store(settings)
    except CannotOpen as error:
        yield bad("Ici", f"la base de données ne s'ouvre pas ({error}). Voyez « fedivoisin doctor ».")
        return
    try:
        async for finding in _of_store(settings, store, target):
            yield finding
    finally:
        await store.close()


async def _of_store(settings: Settings, store: Store, target: Target) -> AsyncIterator[Finding]:
    if await readiness(store) is not Readiness.READY:
        yield bad("Ici", "la base de données n'est pas prête. Voyez « fedivoisin doctor ».")
        return
    async with store.read() as tx:
        here = await neighbourhoods.current_or_none(tx)
    if here is None or here.is_trial:
        yield bad("Ici", "mode essai : rien ne part, rien n'arrive. Choisissez l'adresse publique dans Réglages.")
        return
    if parse(here.origin).authority == target.host:
        yield bad("Ici", f"{target.host}, c'est ce serveur-ci. « fedivoisin doctor » l'examine.")
        return
    yield good("Ici", f"{here.origin}, fédéré.")
    async with open_world(settings, store) as world:
        tracer = Tracer(
            lab_hosts=frozenset(settings.network.lab_hosts) if settings.is_lab else frozenset(),
            ca_file=settings.network.ca_file,
        )
        case = Case(Fetcher(store, world, settings.limits.document), tracer, here, target)
        async for finding in _of_peer(case):
            yield finding


async def _of_peer(case: Case) -> AsyncIterator[Finding]:
    blocked = await memory.block(case)
    yield blocked
    if blocked.level is Level.GOOD:
        async for finding in _there(case):
            yield finding
    for finding in await memory.findings(case):
        yield finding


async def _there(case: Case) -> AsyncIterator[Finding]:
    way = await reach.findings(case)
    for finding in way:
        yield finding
    if all(finding.level is not Level.BAD for finding in way):
        async for finding in conversation.findings(case):
            yield finding
