"""Answering a GET with a document: for whom, of which type, and when a person should see a page instead."""

import json
from typing import Any

from aiohttp import web

from fedivoisin.activitypub import serving
from fedivoisin.activitypub.fetching import is_activity
from fedivoisin.activitypub.inbox import TooMany, reader_of
from fedivoisin.activitypub.keys import RECEPTION, SETTINGS, STORE
from fedivoisin.activitypub.serving import Found, Gone
from fedivoisin.activitypub.wire.origins import origin_of
from fedivoisin.activitypub.wire.request import SignedRequest, lines_of
from fedivoisin.addresses import INSTANCE_NAME
from fedivoisin.errors import BadActivity, Unreachable
from fedivoisin.store import neighbourhoods
from fedivoisin.urls import network_of

ACTIVITY_JSON = "application/activity+json"
LAST_PAGE = 10_000
_VARY = "Signature, Accept"


def wants_activity(request: web.Request) -> bool:
    """Whether the caller asks for a document rather than for a page."""
    return any(is_activity(one) or one.partition(";")[0] == "application/ld+json" for one in _accepted(request))


def wants_page(request: web.Request) -> bool:
    """Whether a browser asks."""
    return not wants_activity(request) and any(one.startswith("text/html") for one in _accepted(request))


async def document(request: web.Request) -> web.StreamResponse:
    """Any address of ours that is a document; `request`'s own path says which."""
    async with request.app[STORE].read() as tx:
        here = await neighbourhoods.current(tx)
    if here.is_trial:
        raise web.HTTPNotFound
    try:
        reader = await _reader(request, here.origin)
    except BadActivity as error:
        return failure(error)
    except TooMany as error:
        request.app[RECEPTION].counters.limits[error.limit] += 1
        return failure(BadActivity("too-many", status=429), retry_after=error.retry_after)
    async with request.app[STORE].read() as tx:
        answer = await serving.at(tx, f"{here.origin}{request.path}", page=_page(request), reader=reader)
    is_open = isinstance(answer, Found) and answer.is_open
    if request.app[SETTINGS].network.require_signed_gets and reader is None and not is_open:
        return failure(BadActivity("unsigned", status=401))  # not even what is gone, or never was
    match answer:
        case Found(document=found):
            return activity(found)
        case Gone(document=found):
            return activity(found, status=410)
        case _:
            return failure(BadActivity("not-found", status=404))


def activity(document: Any, *, status: int = 200) -> web.Response:
    """As ActivityPub wants it served."""
    return _json(document, ACTIVITY_JSON, status=status)


def jrd(document: Any) -> web.Response:
    """WebFinger: anyone may ask from anywhere (RFC 7033 §5)."""
    response = _json(document, "application/jrd+json")
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def plain_json(document: Any, kind: str = "application/json") -> web.Response:
    """NodeInfo and the like, for everyone."""
    response = _json(document, kind)
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def failure(error: BadActivity, *, retry_after: int | None = None) -> web.Response:
    """Why not, in one word: for the peer's log."""
    response = _json({"error": error.code}, "application/json", status=error.status)
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def signed_request(request: web.Request, origin: str, body: bytes) -> SignedRequest:
    """The request as signatures see it: raw target, all headers, our own configured origin."""
    return SignedRequest(
        method=request.method,
        target=request.raw_path,
        lines=lines_of([(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.raw_headers]),
        body=body,
        origin=origin_of(origin),
        lab=request.app[SETTINGS].is_lab,
    )


async def _reader(request: web.Request, origin: str) -> str | None:
    """Who signed the GET; None when nobody did. A signature that does not hold is refused: BadActivity, or TooMany."""
    if "Signature" not in request.headers:
        return None
    signed = signed_request(request, origin, b"")
    if request.path == f"/users/{INSTANCE_NAME}":
        return None  # whoever fetches our key to check our signature must not have to be checked first
    try:
        return await reader_of(request.app[RECEPTION], signed, network=network_of(request.remote or ""))
    except Unreachable as error:
        raise BadActivity("key-unreachable", status=401) from error


def _accepted(request: web.Request) -> list[str]:
    kinds = ",".join(request.headers.getall("Accept", [])).lower()
    return [one.strip() for one in kinds.split(",")][:50]


def _page(request: web.Request) -> int:
    """The page of a collection: 0 for the collection itself; `true` is what Mastodon says for the first."""
    asked = request.query.get("page", "")
    if asked == "true":
        return 1
    return min(int(asked), LAST_PAGE) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 0


def _json(document: Any, kind: str, *, status: int = 200) -> web.Response:
    body = json.dumps(document, ensure_ascii=False).encode()
    response = web.Response(body=body, status=status, headers={"Vary": _VARY, "Cache-Control": "no-cache"})
    response.headers["Content-Type"] = kind if ";" in kind else f"{kind}; charset=utf-8"
    return response
