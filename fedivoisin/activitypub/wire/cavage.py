"""draft-cavage-http-signatures-12, the signature that every ActivityPub server sends: read strictly, and made."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache

from fedivoisin.activitypub.wire.digest import digest
from fedivoisin.activitypub.wire.keys import Algorithm, PrivateKey, algorithm_of, sign_bytes
from fedivoisin.activitypub.wire.request import NOTHING, Claim, Part, SignedRequest, refused
from fedivoisin.urls import parse

_PARAMETER = r'([A-Za-z]+)=(?:"([^"\\]*)"|([0-9]+))'
_PARAMETERS = re.compile(_PARAMETER)
_HEADER = re.compile(rf"{_PARAMETER}(?:[ \t]*,[ \t]*{_PARAMETER})*")
_SIGNATURE = re.compile(r'signature="([^"\\]*)"')
_DIGITS = re.compile(r"[0-9]{1,12}")
_PARTS: dict[str, tuple[Part, ...]] = {
    "(request-target)": ("method", "target"),
    "host": ("host",),
    "date": ("date",),
    "(created)": ("created",),
    "digest": ("digest",),
    "content-digest": ("content-digest",),
    "collection-synchronization": ("collection-synchronization",),
}


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a `Signature` header says besides the signature: the same in each request of one sender."""

    key_id: str
    algorithm: str | None
    covered: tuple[str, ...]
    covers: frozenset[Part]
    created: int | None
    expires: int | None


def claim(request: SignedRequest) -> Claim:
    """Takes the `Signature` header apart; raises BadActivity, status 401, where it is not exactly as the draft says."""
    value = request.value("signature")
    found = _SIGNATURE.search(value)
    if found is None or not _may_begin(value[: found.start()]):
        raise refused("bad-signature-header")
    # What is cut out has neither quote nor backslash: the rest is well-formed exactly when the whole is, and means the
    # same. (Were it cut out of the middle of anything but `signature`, two quotes would stand where one may.)
    shape = _shape(f"{value[: found.start(1)]}{value[found.end(1) :]}")
    targets = (request.target, request.path) if request.may_omit_query else (request.target,)
    return Claim(
        scheme="cavage",
        key_id=shape.key_id,
        algorithm=shape.algorithm,
        covers=shape.covers,
        created=shape.created,
        expires=shape.expires,
        signature=_signature(found[1]),
        bases=tuple([_base(_values(request, shape, target)) for target in targets]),
    )


def sign(
    method: str, url: str, body: bytes | None, key: PrivateKey, now: datetime, also: Mapping[str, str] = NOTHING
) -> dict[str, str]:
    """The headers to send, those of `also` among them; Host is what the client makes of the URL."""
    address = parse(url)
    headers = {"Date": _date(now.replace(microsecond=0))}
    if body is not None:
        headers["Digest"] = digest(body)
    headers |= also
    values = {"(request-target)": f"{method.lower()} {address.target}", "host": address.authority}
    values |= {name.lower(): value for name, value in headers.items()}
    signature = base64.b64encode(sign_bytes(key.key, _base(values))).decode()
    # Several peers know `rsa-sha256` only; `hs2019` is the draft's word for "look at the key".
    algorithm = "rsa-sha256" if algorithm_of(key.key) is Algorithm.RSA else "hs2019"
    headers["Signature"] = (
        f'keyId="{key.id}",algorithm="{algorithm}",headers="{" ".join(values)}",signature="{signature}"'
    )
    return headers


@lru_cache(maxsize=4)  # hundreds are signed within one second
def _date(second: datetime) -> str:
    return format_datetime(second, usegmt=True)


def _may_begin(before: str) -> bool:
    # Not in the pattern: one that begins with plain letters is found by a fast search.
    before = before.rstrip(" \t")
    return not before or before.endswith(",")


@lru_cache(maxsize=256)
def _shape(header: str) -> _Shape:
    parameters = _parameters(header)
    covered = _covered(parameters)
    created, expires = _time(parameters, "created"), _time(parameters, "expires")
    _check_created(parameters, covered)
    return _Shape(
        key_id=parameters["keyId"],
        algorithm=parameters.get("algorithm"),
        covered=tuple(covered),
        covers=frozenset(part for name in covered for part in _PARTS.get(name, ())),
        created=created,
        expires=expires,
    )


def _parameters(value: str) -> dict[str, str]:
    if not _HEADER.fullmatch(value):
        raise refused("bad-signature-header")
    pairs = [(name, quoted or number) for name, quoted, number in _PARAMETERS.findall(value)]
    parameters = dict(pairs)
    if len(parameters) != len(pairs):
        raise refused("duplicate-signature-parameter")
    if not {"keyId", "signature", "headers"} <= parameters.keys():
        raise refused("bad-signature-header")
    return parameters


def _covered(parameters: dict[str, str]) -> list[str]:
    covered = parameters["headers"].lower().split(" ")
    if "" in covered or len(set(covered)) != len(covered):
        raise refused("bad-signature-header")
    return covered


def _time(parameters: dict[str, str], name: str) -> int | None:
    value = parameters.get(name)
    if value is not None and not _DIGITS.fullmatch(value):
        raise refused("bad-signature-header")
    return None if value is None else int(value)


def _check_created(parameters: dict[str, str], covered: list[str]) -> None:
    # §2.3: with these algorithm names "(created)" and "(expires)" must not be used.
    old = parameters.get("algorithm", "hs2019").startswith(("rsa", "hmac", "ecdsa"))
    if old and not {"(created)", "(expires)"}.isdisjoint(covered):
        raise refused("created-with-old-algorithm")


def _signature(encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise refused("bad-signature-header") from None


def _values(request: SignedRequest, shape: _Shape, target: str) -> dict[str, str]:
    values: dict[str, str] = {}
    for name in shape.covered:
        if name == "(request-target)":
            values[name] = f"{request.method.lower()} {target}"
        elif name == "(created)":
            values[name] = _present(shape.created)
        elif name == "(expires)":
            values[name] = _present(shape.expires)
        else:
            values[name] = request.value(name)
    return values


def _present(moment: int | None) -> str:
    if moment is None:
        raise refused("covered-header-missing")
    return str(moment)


def _base(values: Mapping[str, str]) -> bytes:
    return "\n".join([f"{name}: {value}" for name, value in values.items()]).encode("utf-8", "surrogateescape")
