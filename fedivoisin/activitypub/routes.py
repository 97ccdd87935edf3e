"""The addresses that other servers ask: documents, inboxes, discovery."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from fedivoisin import addresses
from fedivoisin.activitypub import answering, finding, receiving
from fedivoisin.activitypub.fetching import Fetcher
from fedivoisin.activitypub.fresh import Fresh
from fedivoisin.activitypub.inbox import Reception
from fedivoisin.activitypub.keys import RECEPTION, SETTINGS, STORE, WORLD
from fedivoisin.activitypub.remembered import Remembered
from fedivoisin.activitypub.remote import Remote
from fedivoisin.settings import Settings
from fedivoisin.store import neighbourhoods
from fedivoisin.store.db import Store
from fedivoisin.store.inbox import InboxWriter
from fedivoisin.store.tallies import Tally
from fedivoisin.world import World

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_PERSON, _GROUP = "/users/{name}", "/groups/{slug}"
_ITEM = _PERSON + "/items/{listing}"
DOCUMENTS = (
    _PERSON,
    _PERSON + "/{box:outbox|followers|followers_synchronization|following}",
    _PERSON + "/activities/{activity}",
    _GROUP,
    _GROUP + "/{box:outbox|followers|followers_synchronization|following|featured|moderators}",
    _GROUP + "/activities/{activity}",
    _ITEM,
    _ITEM + "/{collection:fil|replies}",
    _ITEM + "/fil/{thread}",
    _ITEM + "/activities/{activity}",
    "/messages/{message}",
    "/messages/{message}/create",
)
INBOXES = ("/inbox", _PERSON + "/inbox", _GROUP + "/inbox")
DISCOVERY: tuple[tuple[str, Handler], ...] = (
    ("/.well-known/webfinger", finding.webfinger),
    ("/.well-known/nodeinfo", finding.nodeinfo_links),
    ("/.well-known/host-meta", finding.host_meta),
    ("/nodeinfo/{schema:2\\.[01]}", finding.nodeinfo),
)


def add_to(app: web.Application, *, settings: Settings, store: Store, world: World) -> None:
    """Register every address. Pages whose address is also a document's are answered before they are drawn."""
    app[SETTINGS], app[STORE], app[WORLD] = settings, store, world
    app[RECEPTION] = reception_for(settings, store, world)
    for path in DOCUMENTS:
        app.router.add_get(path, _document_or_page)
    for path in INBOXES:
        app.router.add_post(path, receiving.post)
    for path, handler in DISCOVERY:
        app.router.add_get(path, handler)
    app.middlewares.append(documents_before_pages)
    app.on_cleanup.append(_close)


def reception_for(settings: Settings, store: Store, world: World) -> Reception:
    """What receives and carries out activities, for the web and for the workers alike."""
    fresh = Fresh(store)
    return Reception(
        store=store,
        remote=Remote(Fetcher(store, world, settings.limits.document)),
        fresh=fresh,
        writer=InboxWriter(store, settings.limits.queue, fresh),
        limits=settings.limits,
        allowance=Tally("inbox", settings.limits.window, settings.limits.inbox_unknown),
        strangers=Tally("strangers", settings.limits.window, settings.limits.inbox_strangers),
        remembered=Remembered(store),
        counters=world.counters,
    )


@web.middleware
async def documents_before_pages(request: web.Request, handler: Handler) -> web.StreamResponse:
    """`/@name`, `/annonces/…`, `/quartiers/…`, `/tags/…`: a server that asks for a document gets it there too."""
    if request.method != "GET" or not answering.wants_activity(request):
        return await handler(request)
    match addresses.resolve("", request.path):
        case addresses.PersonPage() | addresses.GroupPage() | addresses.ListingPage() | addresses.Tag():
            return await answering.document(request)
        case _:
            return await handler(request)


async def _document_or_page(request: web.Request) -> web.StreamResponse:
    """Browsers that follow the address of a document are led to its page."""
    if answering.wants_page(request):
        async with request.app[STORE].read() as tx:
            origin = (await neighbourhoods.current(tx)).base
        page = _page_of(origin, f"{origin}{request.path}")
        if page is not None:
            raise web.HTTPSeeOther(page.removeprefix(origin), headers={"Vary": "Accept"})
    return await answering.document(request)


def _page_of(origin: str, url: str) -> str | None:
    match addresses.resolve(origin, url):
        case addresses.Person(name):
            return addresses.person_page(origin, name)
        case addresses.Group(slug):
            return addresses.group_page(origin, slug)
        case addresses.Listing(_, listing_id):
            return addresses.listing_page(origin, listing_id)
        case addresses.Instance():
            return f"{origin}/"
        case _:
            return None


async def _close(app: web.Application) -> None:
    await app[RECEPTION].aclose()
