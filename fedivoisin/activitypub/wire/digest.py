"""Digests of a body: `Digest` (RFC 3230, as draft-cavage peers send it) and `Content-Digest` (RFC 9530)."""

import base64
import binascii
import hashlib
import hmac
import re
from functools import lru_cache

from fedivoisin.errors import BadActivity

_HASHES = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}
_BASE64 = r"[A-Za-z0-9+/]{1,100}={0,2}"
# RFC 3230 names are case-insensitive (Mastodon says SHA-256, others sha-256) ...
_LEGACY = re.compile(rf"([A-Za-z0-9][A-Za-z0-9-]{{0,19}})=({_BASE64})")
# ... RFC 9530 keys are not: a Structured Field dictionary of byte sequences.
_CONTENT = re.compile(rf"([a-z*][a-z0-9_.*-]{{0,19}})=:({_BASE64}):")


def digest(body: bytes) -> str:
    """The value of a `Digest` header."""
    return f"SHA-256={_kept_hash(body)}"


def content_digest(body: bytes) -> str:
    """The value of a `Content-Digest` header."""
    return f"sha-256=:{_kept_hash(body)}:"


def verify_digest(value: str, body: bytes) -> None:
    """Raises BadActivity, status 401, unless at least one known digest is there and all known ones match."""
    if value != f"SHA-256={_hash(body)}":  # as nearly all send it
        _verify([(name.lower(), encoded) for name, encoded in _members(_LEGACY, value)], body)


def verify_content_digest(value: str, body: bytes) -> None:
    """Raises BadActivity, status 401, unless at least one known digest is there and all known ones match."""
    if value != f"sha-256=:{_hash(body)}:":
        _verify(_members(_CONTENT, value), body)


# One body goes to many inboxes: the last few are remembered (a kept `bytes` knows its hash).
@lru_cache(maxsize=8)
def _kept_hash(body: bytes) -> str:
    return _hash(body)


def _hash(body: bytes) -> str:
    return base64.b64encode(hashlib.sha256(body).digest()).decode()


def _members(pattern: re.Pattern[str], value: str) -> list[tuple[str, str]]:
    matches = [pattern.fullmatch(member.strip(" \t")) for member in value.split(",")]
    return [_pair(match) for match in matches]


def _pair(match: re.Match[str] | None) -> tuple[str, str]:
    if match is None:
        raise BadActivity("bad-digest", status=401)
    return match[1], match[2]


def _verify(members: list[tuple[str, str]], body: bytes) -> None:
    known = [(name, encoded) for name, encoded in members if name in _HASHES]
    if not known or len({name for name, _ in members}) != len(members):
        raise BadActivity("bad-digest", status=401)
    if not all(_matches(name, encoded, body) for name, encoded in known):
        raise BadActivity("digest-mismatch", status=401)


def _matches(name: str, encoded: str, body: bytes) -> bool:
    try:
        claimed = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        raise BadActivity("bad-digest", status=401) from None
    return hmac.compare_digest(claimed, _HASHES[name](body).digest())
