"""HTTP signatures, both kinds: who claims to have signed, whether it holds, and our own."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache

from fedivoisin.activitypub.wire import cavage, rfc9421
from fedivoisin.activitypub.wire.digest import verify_content_digest, verify_digest
from fedivoisin.activitypub.wire.keys import Algorithm, PrivateKey, PublicKey, signature_holds
from fedivoisin.activitypub.wire.origins import origin_of, same_origin
from fedivoisin.activitypub.wire.request import Claim, Scheme, SignedRequest, refused
from fedivoisin.errors import BadActivity
from fedivoisin.proof import Verified

MAX_SKEW = timedelta(hours=1)
_MAX_SKEW_SECONDS = MAX_SKEW.total_seconds()

_ONCE = frozenset({"signature", "signature-input", "host", "date", "digest", "content-digest"})
_DIGESTS = (("digest", verify_digest), ("content-digest", verify_content_digest))
_DATE = re.compile(r"[A-Z][a-z]{2}, [0-9]{1,2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT")
# What each scheme may call a key's algorithm; absent is fine. hs2019 means "the key knows": RSA-SHA256 in practice.
_NAMES: dict[Scheme, dict[Algorithm, frozenset[str]]] = {
    "cavage": {Algorithm.RSA: frozenset({"rsa-sha256", "hs2019"}), Algorithm.ED25519: frozenset({"ed25519", "hs2019"})},
    "rfc9421": {Algorithm.RSA: frozenset({"rsa-v1_5-sha256"}), Algorithm.ED25519: frozenset({"ed25519"})},
}


def key_id_of(request: SignedRequest) -> str:
    """The key that the request says it is signed with: for the ban check and the look-up, nothing is proven yet."""
    return claim_of(request).key_id


def verify(request: SignedRequest, key: PublicKey, *, now: datetime, claim: Claim | None = None) -> Verified:
    """Takes a request and the key that its claim names; BadActivity, status 401, if any rule of §4 is broken.

    `claim` is what `claim_of` read from this very request, where the caller already has it.
    """
    claim = claim or claim_of(request)
    if claim.key_id != key.id or not same_origin(key.id, key.owner):
        raise refused("wrong-key")
    if claim.algorithm is not None and claim.algorithm not in _NAMES[claim.scheme][key.algorithm]:
        raise refused("wrong-algorithm")
    _check_coverage(request, claim)
    _check_times(request, claim, now)
    _check_digests(request)
    if not any(signature_holds(key.key, claim.signature, base) for base in claim.bases):
        raise refused("signature-invalid")
    return Verified(key.id, key.owner, origin_of(key.id), request.body, claim.scheme)


def sign(
    method: str, url: str, body: bytes | None, *, key: PrivateKey, now: datetime, scheme: Scheme
) -> dict[str, str]:
    """The headers that sign one request of ours; `body` is None where none is sent."""
    make = cavage.sign if scheme == "cavage" else rfc9421.sign
    return make(method, url, body, key, now)


def sign_post(
    url: str, body: bytes, also: Mapping[str, str], *, key: PrivateKey, now: datetime, scheme: Scheme
) -> dict[str, str]:
    """The same for a POST, with further headers that the signature covers."""
    make = cavage.sign if scheme == "cavage" else rfc9421.sign
    return make("POST", url, body, key, now, also)


def claim_of(request: SignedRequest) -> Claim:
    """The signature taken apart; BadActivity, status 401, where it is not spelt as its scheme says."""
    for name in request.lines.keys() & _ONCE:
        if len(request.lines[name]) > 1:
            raise refused("duplicate-header")
    if not request.target.startswith("/"):
        raise refused("bad-target")
    if not request.values("signature"):
        raise refused("unsigned")
    claim = rfc9421.claim(request) if request.values("signature-input") else cavage.claim(request)
    _check_key_id(request, claim.key_id)
    return claim


def _check_key_id(request: SignedRequest, key_id: str) -> None:
    try:
        origin = origin_of(key_id)
    except BadActivity:
        raise refused("bad-key-id") from None
    if origin[0] != "https" and not request.lab:
        raise refused("bad-key-id")
    if origin == request.origin:
        raise refused("local-key-id")


def _check_coverage(request: SignedRequest, claim: Claim) -> None:
    if not {"method", "target", "host"} <= claim.covers:
        raise refused("not-covered")
    if {"created", "date"}.isdisjoint(claim.covers):
        raise refused("time-not-covered")
    has_body = request.method not in {"GET", "HEAD"} or bool(request.body)
    if has_body and {"digest", "content-digest"}.isdisjoint(claim.covers):
        raise refused("digest-not-covered")


def _check_times(request: SignedRequest, claim: Claim, now: datetime) -> None:
    present = now.timestamp()
    if claim.created is not None and "created" in claim.covers and abs(present - claim.created) > _MAX_SKEW_SECONDS:
        raise refused("clock-skew")
    if "date" in claim.covers and abs(present - _date(request.value("date"))) > _MAX_SKEW_SECONDS:
        raise refused("clock-skew")
    if claim.expires is not None and claim.expires < present:
        raise refused("signature-expired")


@lru_cache(maxsize=64)  # many come within one second
def _date(value: str) -> float:
    try:
        if not _DATE.fullmatch(value):
            raise refused("bad-date")
        return parsedate_to_datetime(value).timestamp()
    except ValueError:
        raise refused("bad-date") from None


def _check_digests(request: SignedRequest) -> None:
    for name, check in _DIGESTS:
        for value in request.values(name):
            check(value, request.body)
