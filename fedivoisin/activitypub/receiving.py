"""A POST to an inbox: bounded while it is read, verified, kept; the answer says which of these failed."""

import asyncio
from email.message import Message
from functools import lru_cache

from aiohttp import hdrs, web

from fedivoisin.activitypub import followers_check, inbox
from fedivoisin.activitypub.answering import failure, signed_request
from fedivoisin.activitypub.fetching import LONGEST_KIND
from fedivoisin.activitypub.inbox import TooMany
from fedivoisin.activitypub.keys import RECEPTION, SETTINGS
from fedivoisin.errors import BadActivity, Unreachable
from fedivoisin.store.inbox import QueueFull
from fedivoisin.urls import network_of

KINDS = frozenset({"application/activity+json", "application/ld+json", "application/json"})
AGAIN = 60
"""Seconds after which a sender may come back when we cannot take it now."""


async def post(request: web.Request) -> web.StreamResponse:
    """202 once it is on the disk (also when it was there already); 4xx for good, 429 and 503 for now."""
    here = await request.app[RECEPTION].remembered.here()
    if here.is_trial:
        return failure(BadActivity("not-found", status=404))
    try:
        body = await _body(request)
        signed = signed_request(request, here.origin, body)
        if await inbox.receive(request.app[RECEPTION], signed, network=network_of(request.remote or "")):
            await followers_check.heard(request.app[RECEPTION], signed)
    except BadActivity as error:
        return _refused(request, error)
    except TooMany as error:
        request.app[RECEPTION].counters.limits[error.limit] += 1
        return _refused(request, BadActivity("too-many", status=429), retry_after=error.retry_after)
    except QueueFull:
        return _refused(request, BadActivity("busy", status=503), retry_after=AGAIN)
    except Unreachable:
        return _refused(request, BadActivity("key-unreachable", status=503), retry_after=AGAIN)
    request.app[RECEPTION].counters.inbox["accepted"] += 1
    return web.Response(status=202)


def _refused(request: web.Request, error: BadActivity, *, retry_after: int | None = None) -> web.Response:
    # What was wrong with a key's document was counted when it was fetched.
    request.app[RECEPTION].counters.refused(error.code, is_limit=error.status != 401)
    return failure(error, retry_after=retry_after)


async def _body(request: web.Request) -> bytes:
    most = request.app[SETTINGS].limits.inbox_body
    if not _is_activity(request.headers.get(hdrs.CONTENT_TYPE, "")):
        raise BadActivity("not-an-activity-type")
    if request.headers.get(hdrs.CONTENT_ENCODING, "identity").strip().lower() != "identity":
        raise BadActivity("encoded", status=415)  # digests are of what was sent, and nothing is unpacked for strangers
    if request.content_length is not None and request.content_length > most:
        raise BadActivity("too-large", status=413)
    if request.content.is_eof() and request.content_length is not None:
        return request.content.read_nowait()  # all of it came with the head
    try:
        async with asyncio.timeout(request.app[SETTINGS].limits.body_time):
            return await _whole(request, most)
    except TimeoutError:
        raise BadActivity("too-slow", status=408) from None


async def _whole(request: web.Request, most: int) -> bytes:
    received = bytearray()
    async for part in request.content.iter_any():
        received += part
        if len(received) > most:
            raise BadActivity("too-large", status=413)
    return bytes(received)


@lru_cache(maxsize=64)
def _is_activity(content_type: str) -> bool:
    if len(content_type) > LONGEST_KIND:
        return False
    message = Message()
    message["content-type"] = content_type
    return message.get_content_type() in KINDS
