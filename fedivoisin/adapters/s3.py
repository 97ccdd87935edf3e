"""Pictures in an S3-compatible store instead of a folder, so that several machines see the same."""

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import aiohttp
from yarl import URL

from fedivoisin.adapters import sigv4
from fedivoisin.adapters.sigv4 import Credentials, Request

LARGEST = 64 * 1024 * 1024
"""What is read of a file: ours are far smaller."""
TIMES = aiohttp.ClientTimeout(total=60, sock_connect=5, sock_read=20)
PAUSES = (0.2, 1.0)
"""Before the second and the third try: each of these requests may be made again without harm."""
_PATH = re.compile(r"[a-z0-9]{2}/[a-z0-9]{2}/[a-z0-9-]{8,80}\.webp")


class StorageFailed(OSError):
    """The store refused, or could not be had three times in a row."""


class Busy(StorageFailed):
    """It may be otherwise in a moment."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where: `https://s3.example`, the bucket's name, and what stands before every path in it."""

    endpoint: str
    name: str
    prefix: str = ""


class S3Folder:
    """A `MediaFolder` of `World`. Files go by path-style addresses, which every such store understands.

    The address is the operator's own setting, often on a private network: it passes no check of public addresses, and
    for that reason nobody else's address ever comes here. Redirections are not followed.
    """

    def __init__(self, bucket: Bucket, credentials: Credentials, *, now: Callable[[], datetime]) -> None:
        self._bucket = bucket
        self._credentials = credentials
        self._now = now
        self._endpoint = URL(bucket.endpoint)
        self._session: aiohttp.ClientSession | None = None

    async def save(self, path: str, body: bytes) -> None:
        """Write the file whole or not at all: a PUT is seen when it is complete."""
        if await self._ask("PUT", self._checked(path), body, {"content-type": "image/webp"}) is None:
            raise StorageFailed(f"there is no bucket {self._bucket.name!r}")

    async def load(self, path: str) -> bytes | None:
        """The file; None when there is none of that name."""
        return await self._ask("GET", path) if _PATH.fullmatch(path) else None

    async def holds(self, path: str) -> bool:
        """Whether the file is there, without reading it."""
        return await self._ask("HEAD", self._checked(path)) is not None

    async def remove(self, path: str) -> None:
        """Take the file away, if it is there."""
        await self._ask("DELETE", self._checked(path))

    async def close(self) -> None:
        """Give the connections back."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _ask(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> bytes | None:
        request = Request(method, self._address(path), {"host": self._host(), **(headers or {})}, body)
        for pause in PAUSES:
            with suppress(Busy):
                return await self._once(request)
            await asyncio.sleep(pause)
        return await self._once(request)

    async def _once(self, request: Request) -> bytes | None:
        # Signed anew each time: a signature is worth fifteen minutes.
        headers = sigv4.signed(request, self._credentials, self._now())
        url = self._endpoint.with_path(sigv4.encoded(request.path), encoded=True)
        asking = self._opened().request(
            request.method, url, headers=headers, data=request.body or None, allow_redirects=False
        )
        try:
            async with asking as answer:
                return _judged(request, answer.status, await _whole(answer))
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Busy(f"{request.method} {request.path}: {type(error).__name__}") from error

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=TIMES, auto_decompress=False, trust_env=False)
        return self._session

    def _host(self) -> str:
        host = self._endpoint.raw_authority
        return host.rpartition("@")[2]

    def _address(self, path: str) -> str:
        return "/" + "/".join(part.strip("/") for part in (self._bucket.name, self._bucket.prefix, path) if part)

    def _checked(self, path: str) -> str:
        if not _PATH.fullmatch(path):
            raise ValueError(f"not a path of the media folder: {path!r}")
        return path


def _judged(request: Request, status: int, body: bytes) -> bytes | None:
    if status == 404:
        return None
    if status < 300:
        return body
    kind = Busy if status >= 500 or status in (408, 429) else StorageFailed
    raise kind(f"{request.method} {request.path}: {status} {_code(body)}".strip())


async def _whole(answer: aiohttp.ClientResponse) -> bytes:
    received = bytearray()
    async for part in answer.content.iter_any():
        received += part
        if len(received) > LARGEST:
            raise StorageFailed(f"more than {LARGEST} bytes")
    return bytes(received)


def _code(body: bytes) -> str:
    """What the store calls its refusal: `AccessDenied`, `SignatureDoesNotMatch`…"""
    found = re.search(rb"<Code>([A-Za-z]{1,64})</Code>", body[:4096])
    return found[1].decode() if found else ""
