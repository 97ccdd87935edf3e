"""How others find us: WebFinger, NodeInfo, host-meta."""

from urllib.parse import unquote

from aiohttp import web

from fedivoisin import VERSION, addresses
from fedivoisin.activitypub import answering
from fedivoisin.activitypub.documents import discovery
from fedivoisin.activitypub.documents.contexts import Json
from fedivoisin.activitypub.documents.discovery import Figures, Software
from fedivoisin.activitypub.keys import STORE
from fedivoisin.activitypub.wire.origins import same_origin
from fedivoisin.errors import BadActivity
from fedivoisin.store import actors, figures, neighbourhoods
from fedivoisin.store.db import Tx
from fedivoisin.store.neighbourhoods import Neighbourhood
from fedivoisin.urls import parse

LONGEST = 2048


async def webfinger(request: web.Request) -> web.StreamResponse:
    """`acct:` or https, of people, Groups and the origin itself."""
    resource = request.query.get("resource", "")
    if not resource or len(resource) > LONGEST:
        return answering.failure(BadActivity("no-resource"))
    async with request.app[STORE].read() as tx:
        here = await neighbourhoods.current(tx)
        found = None if here.is_trial else await _resource(tx, here, resource)
    return answering.failure(BadActivity("not-found", status=404)) if found is None else answering.jrd(found)


async def nodeinfo_links(request: web.Request) -> web.StreamResponse:
    """Where NodeInfo is."""
    here = await _here(request)
    return answering.plain_json(discovery.nodeinfo_links(here.origin))


async def nodeinfo(request: web.Request) -> web.StreamResponse:
    """NodeInfo 2.0 or 2.1."""
    here = await _here(request)
    async with request.app[STORE].read() as tx:
        counted = await figures.of_instance(tx)
    schema = request.match_info["schema"]
    told = Figures(
        members=counted.members,
        active_month=counted.active_month,
        active_half_year=counted.active_half_year,
        listings=counted.listings,
        messages=counted.messages,
    )
    profile = f"http://nodeinfo.diaspora.software/ns/schema/{schema}#"
    return answering.plain_json(
        discovery.nodeinfo(schema, Software(VERSION, f"{here.name}, {here.commune}"), told),
        f'application/json; profile="{profile}"',
    )


async def host_meta(request: web.Request) -> web.StreamResponse:
    """For clients that still look there first."""
    here = await _here(request)
    return web.Response(text=discovery.host_meta(here.origin), content_type="application/xrd+xml")


async def _here(request: web.Request) -> Neighbourhood:
    async with request.app[STORE].read() as tx:
        here = await neighbourhoods.current(tx)
    if here.is_trial:
        raise web.HTTPNotFound
    return here


async def _resource(tx: Tx, here: Neighbourhood, resource: str) -> Json | None:
    host = parse(here.origin).authority
    if resource.startswith(("http://", "https://")):
        return await _by_url(tx, here, host, resource)
    name, _, at = unquote(resource.removeprefix("acct:")).lstrip("@").rpartition("@")
    if at.lower() != host:
        return None
    return await _account(tx, here.origin, host, name.lower())


async def _by_url(tx: Tx, here: Neighbourhood, host: str, url: str) -> Json | None:
    if same_origin(url, here.origin) and url.rstrip("/") == here.origin:
        return discovery.webfinger_server(here.origin)
    match addresses.resolve(here.origin, url):
        case addresses.Person(name) | addresses.PersonPage(name) | addresses.Group(name) | addresses.GroupPage(name):
            return await _account(tx, here.origin, host, name)
        case addresses.Instance():
            return discovery.webfinger_instance_account(here.origin, host)
        case _:
            return None


async def _account(tx: Tx, origin: str, host: str, name: str) -> Json | None:
    if name == addresses.INSTANCE_NAME:
        return discovery.webfinger_instance_account(origin, host)
    actor = await actors.by_local_name(tx, name)
    if actor is None or actor.gone_at is not None or actor.hidden_at is not None:
        return None
    if actor.type == "Group":
        return discovery.webfinger_group(origin, host, name)
    if not await actors.is_member(tx, actor.id):
        return None
    return discovery.webfinger_person(origin, host, name)
