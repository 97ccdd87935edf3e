"""One signed GET of a document, from its own origin and of the right kind (FEDERATION.md §5)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Any

from fedivoisin.activitypub import signing
from fedivoisin.activitypub.breaker import OPEN, Breaker
from fedivoisin.activitypub.wire import jsonld, signatures, strict_json
from fedivoisin.activitypub.wire.keys import PrivateKey
from fedivoisin.activitypub.wire.origins import is_well_spelt, same_origin
from fedivoisin.activitypub.wire.request import Scheme
from fedivoisin.counters import FETCH
from fedivoisin.errors import BadActivity, Unreachable
from fedivoisin.store import blocks, neighbourhoods, peers
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.peers import Peer
from fedivoisin.urls import parse
from fedivoisin.world import Response, Sign, World

ACCEPT = 'application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
ACCEPT_JSON = "application/jrd+json, application/json"
LONGEST_KIND = 256
"""Characters of a content type: `Message` takes longer with the square of it, and `Accept` brings some from anybody."""
PROFILE = "https://www.w3.org/ns/activitystreams"
LONGEST_RETRY = 3600
GONE = "gone"
"""Code of the BadActivity for a document that is deleted (410) or was never there (404)."""


@dataclass(frozen=True, slots=True)
class Fetcher:
    """What it takes to ask another server for something."""

    store: Store
    world: World
    max_bytes: int
    breaker: Breaker = field(default_factory=Breaker)


@dataclass(frozen=True, slots=True)
class Fetched:
    """A document as plain keys (`wire.jsonld`), and the `id` that it gives itself."""

    id: str
    document: dict[str, Any]


async def get_activity(fetcher: Fetcher, url: str) -> Fetched:
    """The document at `url`. BadActivity when it may not be had, Unreachable when not now."""
    return read_activity(fetcher, await _get(fetcher, url, accept=ACCEPT))


async def get_json(fetcher: Fetcher, url: str) -> dict[str, Any]:
    """WebFinger, NodeInfo: JSON of any declared type, whose final address is still on the host that was asked."""
    return read_json(fetcher, await _get(fetcher, url, accept=ACCEPT_JSON))


async def ask_once(fetcher: Fetcher, url: str, *, accept: str, scheme: Scheme | None) -> Response:
    """One GET, signed in that scheme or not at all, its answer as it came; nothing is learnt from it.

    For whoever examines a host. Raises BadActivity and Unreachable.
    """
    address = parse(url)
    async with fetcher.store.read() as tx:
        key, _ = await _allowed(tx, address.authority)
    sign = _sign_with(fetcher.world, key, scheme) if scheme else None
    return await _ask(fetcher, address.address, accept, sign, redirected=lambda _: None)


def read_activity(fetcher: Fetcher, response: Response) -> Fetched:
    """The document that an answer holds. BadActivity when it is none, or speaks for another origin."""
    if not is_activity(response.headers.get("content-type", "")):
        # Whatever people upload somewhere must not pass for what the server says (CVE-2024-25623).
        raise BadActivity("not-an-activity-type")
    document = _read(fetcher, response.body)
    found = document.get("id")
    if not isinstance(found, str) or not same_origin(found, response.url) or not is_well_spelt(found):
        raise BadActivity("foreign-id")
    return Fetched(found, document)


def read_json(fetcher: Fetcher, response: Response) -> dict[str, Any]:
    """The JSON that an answer holds, of any declared type."""
    if "json" not in response.headers.get("content-type", "").lower():
        raise BadActivity("not-json")
    return _load(fetcher, response.body)


def is_activity(content_type: str) -> bool:
    """`application/activity+json`, or JSON-LD with the ActivityStreams profile."""
    if len(content_type) > LONGEST_KIND:
        return False
    message = Message()
    message["content-type"] = content_type
    kind = message.get_content_type()
    if kind == "application/activity+json":
        return True
    profile = message.get_param("profile")
    return kind == "application/ld+json" and isinstance(profile, str) and PROFILE in profile.split()


def retry_after(headers: Mapping[str, str], now: datetime) -> int | None:
    """Seconds that the host asks us to wait, an hour at most."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit() and len(value) < 10:
        return min(int(value), LONGEST_RETRY)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0, min(int((aware - now).total_seconds()), LONGEST_RETRY))


def _read(fetcher: Fetcher, body: bytes) -> dict[str, Any]:
    document = _load(fetcher, body)
    try:
        return jsonld.normalise(document)
    except BadActivity as error:
        fetcher.world.counters.limit(FETCH, error.code)
        raise


def _load(fetcher: Fetcher, body: bytes) -> dict[str, Any]:
    try:
        return strict_json.load(body)
    except BadActivity as error:
        fetcher.world.counters.limit(FETCH, error.code)
        raise


async def _get(fetcher: Fetcher, url: str, *, accept: str) -> Response:
    address = parse(url)
    async with fetcher.store.read() as tx:
        key, peer = await _allowed(tx, address.authority)
    now = fetcher.world.now()
    _check_breaker(fetcher, address.authority, now)
    asked: list[str] = []

    def ask_next(host: str) -> None:
        if host not in asked:  # the one question that may go to a host in its pause is this one
            _check_breaker(fetcher, host, now)
        asked.append(host)

    async def attempt(scheme: Scheme) -> Response:
        asked.append(address.authority)
        sign = _sign_with(fetcher.world, key, scheme)
        return await _ask(fetcher, address.address, accept, sign, redirected=ask_next)

    try:
        response, scheme = await signing.knock(attempt, signing.schemes(peer, now))
        _check_status(response, now)
    except Unreachable as error:
        _note(fetcher, asked, is_silent=error.status is None and error.code != OPEN)
        raise
    except BadActivity:
        _note(fetcher, asked, is_silent=False)
        raise
    _note(fetcher, asked, is_silent=False)
    await _remember(fetcher, parse(response.url).authority, scheme, peer)
    return response


def _note(fetcher: Fetcher, asked: Sequence[str], *, is_silent: bool) -> None:
    """Whoever fails at one address, or leads elsewhere, is there: strangers choose addresses, and must not shut a host
    off from us. Nor is one silent to whom another led: the time-out is for all hops, and may have been spent before.
    """
    for host in asked[:-1] if is_silent else asked:
        fetcher.breaker.answered(host)
    if is_silent and len(set(asked)) == 1:
        fetcher.breaker.failed(asked[0], fetcher.world.now())


def _check_breaker(fetcher: Fetcher, host: str, now: datetime) -> None:
    try:
        fetcher.breaker.check(host, now)
    except Unreachable:
        fetcher.world.counters.limits[OPEN] += 1
        raise


async def _ask(
    fetcher: Fetcher, url: str, accept: str, sign: Sign | None, *, redirected: Callable[[str], None]
) -> Response:
    """`redirected` is told of each further host before it is asked."""

    async def may_go(target: str) -> None:
        host = parse(target).authority
        async with fetcher.store.read() as tx:
            await _check_host(tx, host)
        redirected(host)

    return await fetcher.world.fetch(url, accept=accept, max_bytes=fetcher.max_bytes, sign=sign, may_go=may_go)


async def _allowed(tx: Tx, host: str) -> tuple[PrivateKey, Peer | None]:
    await _check_host(tx, host)
    key = await signing.key_of_instance(tx)
    if key is None:
        raise BadActivity("trial-mode", status=403)
    return key, await peers.by_host(tx, host)


async def _check_host(tx: Tx, host: str) -> None:
    if await blocks.is_blocked(tx, host):
        raise BadActivity("blocked", status=403)
    # Nobody makes us ask ourselves: what is ours stands in the store, and is never a document of somebody else.
    if host == parse((await neighbourhoods.current(tx)).base).authority:
        raise BadActivity("our-own", status=403)


def _sign_with(world: World, key: PrivateKey, scheme: Scheme) -> Sign:
    def sign(method: str, url: str, body: bytes | None) -> Mapping[str, str]:
        return signatures.sign(method, url, body, key=key, now=world.now(), scheme=scheme)

    return sign


def _check_status(response: Response, now: datetime) -> None:
    status = response.status
    if status == 200:
        return
    if status in (404, 410):
        raise BadActivity(GONE, status=status)
    if status in (408, 429) or status >= 500:
        raise Unreachable(f"status-{status}", status=status, retry_after=retry_after(response.headers, now))
    raise BadActivity(f"status-{status}", status=403)


async def _remember(fetcher: Fetcher, host: str, scheme: Scheme, peer: Peer | None) -> None:
    is_known = peer is not None and (peer.host, peer.scheme, peer.failures) == (host, scheme, 0)
    until = peer.scheme_until if peer is not None and is_known else None
    if until is None or until <= fetcher.world.now():
        await fetcher.store.write(peers.answered, host, scheme=scheme)
