"""The one HTTP client: every outgoing request passes its address check, its limits, its time-outs (FEDERATION §6)."""

import asyncio
import socket
import ssl
import zlib
from asyncio import sslproto
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import AsyncResolver
from yarl import URL

from fedivoisin import VERSION
from fedivoisin.adapters.public_ip import is_loopback, is_public
from fedivoisin.counters import FETCH, Counters
from fedivoisin.errors import BadActivity, Unreachable
from fedivoisin.urls import Url, parse
from fedivoisin.world import MayGo, Response, Sign

MAX_REDIRECTS = 3
MAX_ANSWER = 64 * 1024
"""What is read of the answer to a POST: nothing is done with it but a look."""

PLACES = {"GET": 100, "POST": 128}
"""Connections at once, for each method its own: strangers make us fetch, and however slowly they answer, a delivery
finds a place at once (its time runs while it waits for one). Deliveries go to 64 hosts at once.
"""

TLS_BUFFER = 32 * 1024
"""What is read at once from a TLS connection, and kept for each: asyncio takes 256 KiB, but hundreds of connections are
kept, and a TLS record has 16.
"""

_REDIRECTIONS = frozenset({301, 302, 303, 307, 308})


_AddressInfo = tuple[int, int, int, str, tuple[Any, ...]]
"""What `getaddrinfo` gives: family, kind, protocol, name, address."""


@dataclass(frozen=True, slots=True)
class Times:
    """Time-outs in seconds; `total` includes every redirection."""

    dns: float = 5
    connect: float = 5
    read: float = 10
    total: float = 20


class ForbiddenAddress(OSError):
    """The address is not on the public internet. An OSError, so that aiohttp tries the host's next address."""

    def __init__(self) -> None:
        super().__init__("forbidden address")


class Network:
    """Fetches and posts for `World`. In lab mode the listed hosts (`name` or `name:port`), and they alone, may be
    reached over plain http, on any port and on loopback.
    """

    def __init__(
        self,
        *,
        user_agent: str = f"fedivoisin/{VERSION}",
        lab_hosts: frozenset[str] = frozenset(),
        ca_file: str = "",
        times: Times = Times(),
        resolver: Callable[[], AbstractResolver] = AsyncResolver,
        counters: Counters | None = None,
    ) -> None:
        self._user_agent = user_agent
        self._lab_hosts = lab_hosts
        self._ca_file = ca_file
        self._times = times
        self._resolver = resolver
        self._counters = counters or Counters()
        self._tls: ssl.SSLContext | None = None
        self._clients: dict[tuple[str, bool], aiohttp.ClientSession] = {}

    async def fetch(
        self, url: str, *, accept: str, max_bytes: int, sign: Sign | None = None, may_go: MayGo | None = None
    ) -> Response:
        """`world.Fetch`: a GET, redirected at most three times, each hop checked and signed anew."""
        return await self._counted("get", self._fetch(url, accept, max_bytes, sign, may_go))

    async def post(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> Response:
        """`world.Post`: a redirection is given back as it is; at most 64 KiB of the answer are read."""
        return await self._counted("post", self._post(url, body, headers))

    async def close(self) -> None:
        """Closes the kept connections."""
        clients, self._clients = self._clients, {}
        for client in clients.values():
            await client.close()

    async def _counted(self, method: str, asking: Awaitable[Response]) -> Response:
        counters = self._counters
        began, outcome = counters.clock(), "cancelled"
        try:
            answer = await asking
            outcome = f"{answer.status // 100}xx"
        except (BadActivity, Unreachable) as error:
            outcome = error.code
            counters.limit(FETCH, outcome)
            raise
        finally:
            counters.requests[method, outcome] += 1
            counters.asking.add(counters.clock() - began)
        return answer

    async def _fetch(self, url: str, accept: str, max_bytes: int, sign: Sign | None, may_go: MayGo | None) -> Response:
        with _errors_told():
            async with asyncio.timeout(self._times.total):
                address = self._permitted(parse(url))
                for _ in range(MAX_REDIRECTS + 1):
                    answer, location = await self._get(address, accept, max_bytes, sign)
                    if location is None:
                        return answer
                    address = self._redirected(address, location)
                    if may_go is not None:
                        await may_go(address.address)
                raise BadActivity("too-many-redirects")

    async def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Response:
        with _errors_told():  # one request: aiohttp sees to its whole time
            address = self._permitted(parse(url))
            async with self._request("POST", address, headers, body) as response:
                return _response(address, response, await _beginning(response))

    async def _get(self, address: Url, accept: str, max_bytes: int, sign: Sign | None) -> tuple[Response, str | None]:
        signed: Mapping[str, str] = sign("GET", address.address, None) if sign else {}
        headers = {"Accept": accept, "Accept-Encoding": "gzip", **signed}
        async with self._request("GET", address, headers, None) as response:
            if response.status in _REDIRECTIONS and "Location" in response.headers:
                return _response(address, response, b""), response.headers["Location"]
            return _response(address, response, await _body(response, max_bytes)), None

    def _request(
        self, method: str, address: Url, headers: Mapping[str, str], body: bytes | None
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        # `encoded`: the path goes out exactly as it was signed.
        return self._client(method, self._is_lab(address)).request(
            method,
            URL(address.address, encoded=True),
            headers={"User-Agent": self._user_agent, "Accept-Encoding": "identity", **headers},
            data=body,
            allow_redirects=False,
        )

    def _client(self, method: str, lab: bool) -> aiohttp.ClientSession:
        """Sessions with their own connections for the internet and for the lab: a kept connection never crosses."""
        if (method, lab) not in self._clients:
            self._clients[method, lab] = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    resolver=Names(self._resolver(), self._times.dns, lab),
                    socket_factory=_lab_socket if lab else _public_socket,
                    ssl=self._tls_context(),
                    limit=PLACES[method],
                    limit_per_host=8,
                    keepalive_timeout=60,
                    use_dns_cache=False,  # connections are kept: names are asked for seldom, and by one task less
                ),
                timeout=aiohttp.ClientTimeout(
                    total=self._times.total, sock_connect=self._times.connect, sock_read=self._times.read
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
            )
        return self._clients[method, lab]

    def _tls_context(self) -> ssl.SSLContext:
        # Making one costs 19 ms: one for all.
        if self._tls is None:
            sslproto.SSLProtocol.max_size = TLS_BUFFER
            self._tls = ssl.create_default_context()
            if self._ca_file:
                self._tls.load_verify_locations(self._ca_file)
        return self._tls

    def _is_lab(self, address: Url) -> bool:
        return address.host in self._lab_hosts or f"{address.host}:{address.port}" in self._lab_hosts

    def _permitted(self, address: Url) -> Url:
        if not self._is_lab(address) and (address.scheme, address.port) != ("https", 443):
            raise BadActivity("forbidden-address")
        return address

    def _redirected(self, address: Url, location: str) -> Url:
        target = parse(_joined(address.address, location))
        if target.scheme != address.scheme:
            raise BadActivity("redirect-to-other-scheme")
        return self._permitted(target)


def _joined(base: str, location: str) -> str:
    try:
        return urljoin(base, location)
    except ValueError:  # a bracket that opens no IPv6 address
        raise BadActivity("bad-url") from None


@contextmanager
def _errors_told() -> Generator[None]:
    try:
        yield
    except TimeoutError:  # aiohttp's own time-outs are TimeoutErrors too
        raise Unreachable("timeout") from None
    except aiohttp.ClientConnectorError as error:
        if isinstance(error.os_error, ForbiddenAddress):
            raise BadActivity("forbidden-address") from None
        raise Unreachable("no-connection") from error
    except (aiohttp.ClientError, OSError) as error:
        raise Unreachable("network") from error


class Names(AbstractResolver):
    """Names to addresses, within the time-out; lab names under `.localhost` are 127.0.0.1 (glibc does not know)."""

    def __init__(self, system: AbstractResolver, seconds: float, lab: bool) -> None:
        self._system = system
        self._seconds = seconds
        self._lab = lab

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        if self._lab and (host == "localhost" or host.endswith(".localhost")):
            return [_here(host, port)]
        try:
            async with asyncio.timeout(self._seconds):
                return await self._system.resolve(host, port, family)
        except TimeoutError:
            raise OSError("name not resolved in time") from None

    async def close(self) -> None:
        await self._system.close()


def _here(host: str, port: int) -> ResolveResult:
    return ResolveResult(
        hostname=host, host="127.0.0.1", port=port, family=socket.AF_INET, proto=0, flags=socket.AI_NUMERICHOST
    )


def _public_socket(info: _AddressInfo) -> socket.socket:
    """The check at the last moment, on the very address that is connected to: a resolver alone is bypassed by
    literals and by rebinding.
    """
    return _socket(info, is_public(str(info[4][0])))


def _lab_socket(info: _AddressInfo) -> socket.socket:
    return _socket(info, is_loopback(str(info[4][0])))


def _socket(info: _AddressInfo, is_allowed: bool) -> socket.socket:
    if not is_allowed:
        raise ForbiddenAddress
    return socket.socket(info[0], info[1], info[2])


def _response(address: Url, response: aiohttp.ClientResponse, body: bytes) -> Response:
    headers: dict[str, str] = {}
    for name, value in response.headers.items():
        key = name.lower()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    return Response(address.address, response.status, headers, body)


async def _body(response: aiohttp.ClientResponse, max_bytes: int) -> bytes:
    """The body, unpacked; never more than `max_bytes` and one byte of it are held (B35)."""
    encoding = response.headers.get("Content-Encoding", "identity").lower()
    if encoding not in {"identity", "gzip"}:
        raise Unreachable("unknown-encoding", status=response.status)
    unpack = _Gzip() if encoding == "gzip" else None
    body = bytearray()
    async for chunk in response.content.iter_any():
        if unpack and unpack.is_whole:  # what comes behind the end would be kept, and never seen
            raise Unreachable("bad-encoding", status=response.status)
        try:
            body += unpack.feed(chunk, max_bytes + 1 - len(body)) if unpack else chunk
        except zlib.error:
            raise Unreachable("bad-encoding", status=response.status) from None
        if len(body) > max_bytes:
            raise Unreachable("too-large", status=response.status)
    if unpack and body and not unpack.is_whole:
        raise Unreachable("bad-encoding", status=response.status)
    return bytes(body)


class _Gzip:
    """Unpacks piece by piece, never more than asked for."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(wbits=31)

    def feed(self, chunk: bytes, limit: int) -> bytes:
        return self._inflate.decompress(chunk, limit)

    @property
    def is_whole(self) -> bool:
        return self._inflate.eof


async def _beginning(response: aiohttp.ClientResponse) -> bytes:
    if response.content.at_eof():  # most say 202 and no more
        return b""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MAX_ANSWER:
            break
    return bytes(body[:MAX_ANSWER])
