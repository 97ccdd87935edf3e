"""Puts the pieces together: the world, the store, the routes, the workers."""

import asyncio
import errno
import gc
import hashlib
import os
import resource
import secrets
import signal
import socket
import sys
import uuid
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import AbstractContextManager, AsyncExitStack, aclosing, asynccontextmanager, nullcontext
from datetime import UTC, datetime
from functools import partial

from aiohttp import web

from fedivoisin.actions import settings as association
from fedivoisin.activitypub import routes as activitypub_routes
from fedivoisin.activitypub.keys import RECEPTION
from fedivoisin.activitypub.wire import keys as wire_keys
from fedivoisin.adapters import storage
from fedivoisin.adapters.media import Encoder
from fedivoisin.adapters.outside import Outside
from fedivoisin.adapters.passwords import Passwords
from fedivoisin.counters import Counters
from fedivoisin.errors import Refused
from fedivoisin.settings import SettingError, Settings
from fedivoisin.store import migrate, neighbourhoods
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.neighbourhoods import Neighbourhood
from fedivoisin.web import routes as web_routes
from fedivoisin.web.errors import outermost
from fedivoisin.web.keys import SETTINGS, STORE, TEMPLATES, THROTTLE, WORLD
from fedivoisin.web.proxies import believing
from fedivoisin.web.render import environments
from fedivoisin.web.throttle import Throttle
from fedivoisin.workers import loop, sharing
from fedivoisin.world import Mail, MailServer, NewKeys, World

BACKLOG = 512
"""Connections that may wait to be taken."""
RARELY = (5_000, 20, 20)
"""When the garbage collector looks for rings: most of what a request or a delivery leaves behind goes without it."""
IDLE = 30.0
"""Seconds in which the whole head of a request must have come, from the start of a connection or the answer before."""
OPEN_FILES = 65_536
"""Connections to hundreds of other servers are kept, each an open file; many systems allow 1,024 unless asked."""

ALONE = (
    "database : sur SQLite, « fedivoisin serve » fait lui-même ce travail ; lancez-le seul, avec run_workers = true. "
    "Pour plusieurs processus, il faut PostgreSQL (docs/growing.md)."
)


def utc_now() -> datetime:
    """The clock of the real world."""
    return datetime.now(UTC)


def new_id() -> str:
    """A random UUID."""
    return str(uuid.uuid4())


def new_secret() -> str:
    """256 bits of chance."""
    return secrets.token_urlsafe(32)


async def new_keys() -> NewKeys:
    """The keys of a new actor, made in a thread."""
    return await asyncio.to_thread(_new_keys)


def _new_keys() -> NewKeys:
    rsa, edwards = wire_keys.new_rsa(), wire_keys.new_ed25519()
    return NewKeys(
        rsa_private=wire_keys.private_pem(rsa),
        rsa_public=wire_keys.public_pem(rsa.public_key()),
        ed25519_private=wire_keys.private_pem(edwards),
        ed25519_public=wire_keys.multikey(edwards.public_key()),
    )


async def send_mail(mail: Mail, server: MailServer) -> None:
    """One message, handed to the association's mail server."""
    # Imported when the first mail leaves: 2 MB that many an instance never needs.
    from fedivoisin.adapters.mail import sender

    await sender(utc_now, new_id)(mail, server)


def open_store(settings: Settings) -> Store:
    """The database of the settings; the folder of a SQLite file is made."""
    return Store.open(settings.database, now=utc_now, new_id=new_id, holder=new_id())


@asynccontextmanager
async def open_world(settings: Settings, store: Store) -> AsyncGenerator[World]:
    """The real doors outside, closed at the end."""
    async with AsyncExitStack() as stack:
        counters = Counters()
        network = Outside(
            counters=counters,
            lab_hosts=frozenset(settings.network.lab_hosts) if settings.is_lab else frozenset(),
            ca_file=settings.network.ca_file,
        )
        stack.push_async_callback(network.close)
        encoder = Encoder(counters)
        stack.push_async_callback(encoder.close)
        passwords = Passwords(new_secret)
        yield World(
            now=utc_now,
            new_id=new_id,
            new_secret=new_secret,
            fetch=network.fetch,
            post=network.post,
            send_mail=send_mail,
            encode_image=encoder.encode,
            media=await stack.enter_async_context(storage.pictures(settings, now=utc_now)),
            new_keys=new_keys,
            hash_password=passwords.hash,
            check_password=passwords.check,
            counters=counters,
        )


def create_app(settings: Settings, store: Store, world: World) -> web.Application:
    """The web application: pages and ActivityPub on the same addresses, told apart by Accept."""
    layers = (believing(settings.network.trusted_proxies), outermost)
    app = web.Application(middlewares=layers, client_max_size=settings.limits.inbox_body)
    app[SETTINGS], app[STORE], app[WORLD] = settings, store, world
    app[TEMPLATES] = environments()
    app[THROTTLE] = Throttle(settings.limits.page_requests, settings.limits.window)
    activitypub_routes.add_to(app, settings=settings, store=store, world=world)
    web_routes.add_to(app)
    if not store.is_alone:
        app.cleanup_ctx.append(_counting_together)
    return app


async def _counting_together(app: web.Application) -> AsyncGenerator[None]:
    reception = app[RECEPTION]
    async with loop.running(
        app[STORE],
        {
            f"tally of {tally.name}": partial(sharing.share, app[STORE], tally)
            for tally in (app[THROTTLE].tally, reception.allowance, reception.strangers)
        },
    ):
        yield


async def prepare(settings: Settings, store: Store, *, has_pages: bool = True) -> str | None:
    """Bring the database up to date and note the origin.

    Gives the one-time word of the first-run link while the first-run questions wait; where there are no pages
    the word in use stays. Raises CannotOpen, NewerSchema, SettingError when the origin is not the one that others know.
    """
    await store.knock()
    async with store.read() as tx:
        is_current = await migrate.is_current(tx)
    if not is_current:
        await _migrate_in_a_child(settings)
    word = new_secret() if has_pages else ""
    found = await store.write(_prepare, origin=settings.origin, word=word)
    return word or None if found.founded_at is None else None


async def _prepare(tx: Tx, *, origin: str, word: str) -> Neighbourhood:
    word_hash = hashlib.sha256(word.encode()).hexdigest() if word else ""
    await neighbourhoods.prepare(tx, origin=origin, setup_hash=word_hash)
    found = await neighbourhoods.current(tx)
    if found.founded_at is None:
        return await neighbourhoods.change_and_read(tx, setup_hash=word_hash or found.setup_hash or "", origin=origin)
    if origin:
        try:
            await association.move_to(tx, origin)
        except Refused as refused:
            raise SettingError(
                f"origin : ce quartier est connu sous {found.origin} ; son adresse ne peut plus devenir {origin}"
            ) from refused
    return found


async def _migrate_in_a_child(settings: Settings) -> None:
    # Alembic costs memory that a small machine would then keep for as long as the server lives.
    environment = {
        **os.environ,
        "FEDIVOISIN_DATABASE": settings.database,
        "FEDIVOISIN_LOG_LEVEL": settings.log_level,
    }
    child = await asyncio.create_subprocess_exec(sys.executable, "-m", "fedivoisin", "migrate", env=environment)
    if await child.wait() != 0:
        raise SettingError("la base de données n'a pas pu être mise à jour (voir ci-dessus)")


async def serve(settings: Settings, *, on_ready: Callable[[str | None], None]) -> None:
    """Answer requests, and work behind them, until SIGTERM or SIGINT; what is under way is finished first."""
    stop = _stop_on_signal()
    # The port first: a second process that finds it taken must not have renewed the first-run word of the first.
    with _listening(settings.host, settings.port) as listening, _metrics_port(settings) as watched:
        store = open_store(settings)
        try:
            word = await prepare(settings, store)
            async with open_world(settings, store) as world:
                app = create_app(settings, store, world)
                async with _watched(store, world, watched, role="serve"), _answering(app, listening):
                    _make_room()
                    on_ready(word)
                    works = settings.run_workers
                    await _until(stop, loop.run(settings, store, world, app[RECEPTION]) if works else None)
        finally:
            await store.close()


def _listening(host: str, port: int, prefix: str = "") -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise SettingError(
                f"{prefix}port : le port {port} est déjà pris par un autre programme. Arrêtez-le, ou changez de port"
            ) from error
        raise SettingError(
            f"{prefix}host, {prefix}port : impossible de répondre sur {host}:{port} ({error.strerror})"
        ) from error


def _metrics_port(settings: Settings) -> AbstractContextManager[socket.socket | None]:
    if not settings.metrics_port:
        return nullcontext()
    return _listening(settings.metrics_host, settings.metrics_port, "metrics_")


@asynccontextmanager
async def _watched(store: Store, world: World, listening: socket.socket | None, *, role: str) -> AsyncGenerator[None]:
    if listening is None:
        yield
        return
    # Where nobody watches, what draws the figures is not even imported.
    from fedivoisin import metrics

    async with _answering(metrics.application(store, world, role=role), listening):
        yield


@asynccontextmanager
async def _answering(app: web.Application, listening: socket.socket) -> AsyncGenerator[None]:
    runner = runner_of(app)
    try:
        await runner.setup()
        await web.SockSite(runner, listening, backlog=BACKLOG).start()
        yield
    finally:
        await runner.cleanup()


def runner_of(app: web.Application, *, shutdown_timeout: float = 10) -> web.AppRunner:
    """What reads the requests; `shutdown_timeout`: seconds for those that are under way at the end."""
    return web.AppRunner(
        app,
        access_log=None,
        shutdown_timeout=shutdown_timeout,
        # Nothing but a whole head ends that wait: it bounds heads that drip as well as silence (B25).
        keepalive_timeout=IDLE,
        # No browser and no server sends packed bodies; only bombs are (FEDERATION.md §7, B35).
        auto_decompress=False,
    )


def _make_room() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = OPEN_FILES if most == resource.RLIM_INFINITY else min(most, OPEN_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, most))
    # What is loaded by now stays: a tenth of the CPU under load would go into looking at it again and again.
    gc.freeze()
    gc.set_threshold(*RARELY)
    gc.enable()


async def work(settings: Settings) -> None:
    """Only the work behind the pages, beside `serve` processes on one PostgreSQL. Raises SettingError on SQLite."""
    stop = _stop_on_signal()
    with _metrics_port(settings) as watched:
        store = open_store(settings)
        try:
            if store.is_alone:  # each would give back what the other is at, and all would be done twice
                raise SettingError(ALONE)
            await prepare(settings, store, has_pages=False)
            async with (
                open_world(settings, store) as world,
                _watched(store, world, watched, role="work"),
                aclosing(activitypub_routes.reception_for(settings, store, world)) as reception,
            ):
                _make_room()
                await _until(stop, loop.run(settings, store, world, reception))
        finally:
            await store.close()


async def _until(stop: asyncio.Event, running: Coroutine[object, object, None] | None) -> None:
    if running is None:
        await stop.wait()
        return
    task = asyncio.ensure_future(running)
    waiting = asyncio.ensure_future(stop.wait())
    await asyncio.wait((task, waiting), return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if task.done():
        task.result()
        return
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _stop_on_signal() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop
