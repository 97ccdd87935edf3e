"""A small S3-like store that checks every signature by itself, the way the specification words it."""

import asyncio
import hashlib
import hmac
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

from aiohttp import web

from fedivoisin.app import utc_now

ACCESS, SECRET, REGION, BUCKET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "fr-par", "photos"
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request,\s*"
    r"SignedHeaders=([a-z0-9;-]+),\s*Signature=([0-9a-f]{64})"
)


@dataclass(slots=True)
class Store:
    """One bucket in memory. `faults` are statuses to answer next instead of doing anything."""

    objects: dict[str, bytes] = field(default_factory=dict[str, bytes])
    types: dict[str, str] = field(default_factory=dict[str, str])
    asked: list[str] = field(default_factory=list[str])
    faults: list[int] = field(default_factory=list[int])

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """PUT, GET, HEAD, DELETE of `/photos/…`."""
        body = await request.read()
        self.asked.append(f"{request.method} {request.raw_path}")
        if self.faults:
            return self._fault(request)
        refusal = self._refusal(request, body)
        if refusal:
            return _error(403, refusal)
        bucket, _, key = unquote(request.raw_path).lstrip("/").partition("/")
        if bucket != BUCKET:
            return _error(404, "NoSuchBucket")
        return self._carry_out(request, key, body)

    def _fault(self, request: web.Request) -> web.StreamResponse:
        status = self.faults.pop(0)
        if status == 0 and request.transport is not None:
            request.transport.abort()
        return web.Response(status=status or 500, headers={"Location": "http://127.0.0.1:1/"})

    def _carry_out(self, request: web.Request, key: str, body: bytes) -> web.StreamResponse:
        match request.method:
            case "PUT":
                self.objects[key], self.types[key] = body, request.headers["Content-Type"]
                return web.Response()
            case "DELETE":
                self.objects.pop(key, None)
                return web.Response(status=204)
            case _ if key not in self.objects:
                return _error(404, "NoSuchKey")
            case _:
                return web.Response(body=self.objects[key])

    def _refusal(self, request: web.Request, body: bytes) -> str:
        found = _AUTHORIZATION.fullmatch(request.headers.get("Authorization", ""))
        if found is None:
            return "AuthorizationHeaderMalformed"
        access, day, region, names, signature = found.groups()
        moment = request.headers["X-Amz-Date"]
        sent = datetime.strptime(moment, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        if abs(utc_now() - sent) > timedelta(minutes=15):
            return "RequestTimeTooSkewed"
        if (access, region) != (ACCESS, REGION) or not moment.startswith(day):
            return "InvalidAccessKeyId"
        if request.headers["X-Amz-Content-Sha256"] != hashlib.sha256(body).hexdigest():
            return "XAmzContentSHA256Mismatch"
        if not {"host", "x-amz-date", "x-amz-content-sha256"} <= set(names.split(";")):
            return "AccessDenied"
        if names.split(";") != sorted(names.split(";")):
            return "AccessDenied"
        expected = _signature(request, day, names)
        return "" if hmac.compare_digest(expected, signature) else "SignatureDoesNotMatch"


def _signature(request: web.Request, day: str, names: str) -> str:
    path, _, query = request.raw_path.partition("?")
    headers = "".join(f"{name}:{request.headers[name].strip()}\n" for name in names.split(";"))
    payload = request.headers["X-Amz-Content-Sha256"]
    canonical = f"{request.method}\n{path}\n{query}\n{headers}\n{names}\n{payload}"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{request.headers['X-Amz-Date']}\n{day}/{REGION}/s3/aws4_request\n{digest}"
    key = ("AWS4" + SECRET).encode()
    for part in (day, REGION, "s3", "aws4_request", text):
        key = hmac.digest(key, part.encode(), "sha256")
    return key.hex()


def _error(status: int, code: str) -> web.Response:
    return web.Response(status=status, text=f"<Error><Code>{code}</Code></Error>", content_type="application/xml")


async def never(_request: web.Request) -> web.StreamResponse:
    """Takes the request and says nothing."""
    await asyncio.Event().wait()
    return web.Response()
