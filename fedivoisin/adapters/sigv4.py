"""AWS Signature Version 4 for one request whose body is known: what every S3-compatible store asks for. No I/O."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote

ALGORITHM = "AWS4-HMAC-SHA256"
SERVICE = "s3"
_UNRESERVED = "-_.~"


@dataclass(frozen=True, slots=True)
class Credentials:
    """An access key and the region that it is used in."""

    access_key: str
    secret_key: str = field(repr=False)
    region: str


@dataclass(frozen=True, slots=True)
class Request:
    """One request: `path` is decoded, `headers` hold `host` and what else is to be signed, names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""
    query: Sequence[tuple[str, str]] = ()


def signed(request: Request, credentials: Credentials, now: datetime) -> dict[str, str]:
    """All headers to send: those of the request, the time, the digest of the body and the signature of it all."""
    moment = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    headers = {
        **request.headers,
        "x-amz-content-sha256": hashlib.sha256(request.body).hexdigest(),
        "x-amz-date": moment,
    }
    scope = f"{moment[:8]}/{credentials.region}/{SERVICE}/aws4_request"
    canonical = hashlib.sha256(canonical_request(request, headers).encode()).hexdigest()
    signature = _mac(_signing_key(credentials, moment[:8]), f"{ALGORITHM}\n{moment}\n{scope}\n{canonical}").hex()
    credential = f"Credential={credentials.access_key}/{scope}"
    names = f"SignedHeaders={';'.join(sorted(headers))}"
    return {**headers, "authorization": f"{ALGORITHM} {credential},{names},Signature={signature}"}


def canonical_request(request: Request, headers: Mapping[str, str]) -> str:
    """The text that is signed; S3 encodes a path once, other services twice."""
    pairs = sorted((quote(name, safe=_UNRESERVED), quote(value, safe=_UNRESERVED)) for name, value in request.query)
    lines = [f"{name}:{' '.join(headers[name].split())}\n" for name in sorted(headers)]
    return "\n".join(
        (
            request.method,
            encoded(request.path),
            "&".join(f"{name}={value}" for name, value in pairs),
            "".join(lines),
            ";".join(sorted(headers)),
            headers["x-amz-content-sha256"],
        )
    )


def encoded(path: str) -> str:
    """As it goes over the wire and into the signature: only what RFC 3986 leaves unreserved stays."""
    return quote(path, safe=f"/{_UNRESERVED}")


def _signing_key(credentials: Credentials, day: str) -> bytes:
    key = f"AWS4{credentials.secret_key}".encode()
    for part in (day, credentials.region, SERVICE, "aws4_request"):
        key = _mac(key, part)
    return key


def _mac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
