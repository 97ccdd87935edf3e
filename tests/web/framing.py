"""Small views in the real frame, served over real HTTP."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

from aiohttp import DummyCookieJar, web
from aiohttp.test_utils import TestClient, TestServer

from fedivoisin.ids import ActorId
from fedivoisin.settings import Limits, Network, Settings
from fedivoisin.store import sessions
from fedivoisin.store.db import Store
from fedivoisin.web import errors, health
from fedivoisin.web.frame import page
from fedivoisin.web.keys import SETTINGS, STORE, TEMPLATES, THROTTLE, WORLD
from fedivoisin.web.proxies import believing
from fedivoisin.web.render import environments
from fedivoisin.web.throttle import Throttle
from fedivoisin.web.visit import Visit
from tests.fakes import FakeWorld
from tests.makers import put_account, put_member, put_neighbourhood

Client = TestClient[web.Request, web.Application]
Views = Mapping[str, Callable[[Visit], Awaitable[web.StreamResponse]]]
BEHIND_A_PROXY = Settings(network=Network(trusted_proxies=("127.0.0.1",)))
TEMPLATES_OF_ALL = environments()
HTML = {"Accept": "text/html"}


@asynccontextmanager
async def framed(
    store: Store, world: FakeWorld, views: Views, settings: Settings = BEHIND_A_PROXY
) -> AsyncIterator[Client]:
    """A client without cookies of its own, of a site that answers GET and POST with these views."""
    app = web.Application(middlewares=[believing(settings.network.trusted_proxies), errors.outermost])
    app[SETTINGS], app[STORE], app[WORLD] = settings, store, world.doors
    app[TEMPLATES] = TEMPLATES_OF_ALL
    app[THROTTLE] = Throttle(settings.limits.page_requests, settings.limits.window)
    for path, view in views.items():
        app.router.add_get(path, page(view))
        app.router.add_post(path, page(view))
    health.add_to(app)
    async with TestClient(TestServer(app), cookie_jar=DummyCookieJar()) as client:
        yield client


async def tell(visit: Visit) -> web.StreamResponse:
    """What the frame knows, as JSON."""
    return web.json_response(
        {
            "visitor": visit.visitor.name if visit.visitor else None,
            "csrf": visit.csrf,
            "language": visit.language,
            "theme": visit.theme,
            "address": visit.address,
            "typed": {name: visit.form.all(name) for name in visit.form.values if name != "csrf"},
            "files": {name: [len(body) for body in bodies] for name, bodies in visit.form.files.items()},
        }
    )


async def show(visit: Visit) -> web.StreamResponse:
    """A page."""
    return visit.render("error.html", title="Essai", status=404, sentence="Une phrase.")


async def put_awa(store: Store, *, origin: str = "", tiles: str = "", **values: object) -> ActorId:
    """Awa, who has an account, in a founded neighbourhood, and her session `token-1`."""
    await store.write(put_neighbourhood, origin=origin, tiles=tiles)
    awa = await store.write(put_member, "awa")
    await store.write(put_account, awa, **values)
    await store.write(sessions.begin, awa, token="token-1", csrf="c" * 43, device="Firefox")
    return awa


def with_cookies(**cookies: str) -> dict[str, str]:
    """A Cookie header; `__Host-` is written `host_`."""
    pairs = [
        f"{name.replace('host_', '__Host-').replace('_visit', '-visit')}={value}" for name, value in cookies.items()
    ]
    return {"Cookie": "; ".join(pairs)}


def few_requests(most: int) -> Settings:
    """Settings with a low throttle."""
    return Settings(network=Network(trusted_proxies=("127.0.0.1",)), limits=Limits(page_requests=most))
