"""A function for each reader of foreign bytes. It says nothing when they are read or refused; all else is a finding."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from fedivoisin.activitypub import fetching, html, parse
from fedivoisin.activitypub.wire import digest, jsonld, keys, proofs, signatures, strict_json, synchronisation
from fedivoisin.activitypub.wire.keys import PublicKey
from fedivoisin.activitypub.wire.request import SignedRequest, lines_of
from fedivoisin.errors import BadActivity
from fedivoisin.proof import Origin
from fedivoisin.urls import parse as parse_url

Target = Callable[[bytes], None]

DATA = Path(__file__).resolve().parents[1] / "tests/data"
SIGNED = DATA / "fuzz/signatures"
"""Requests whose signature holds at NOW, and the public halves of the keys; the private ones were thrown away."""
NOW = datetime(2026, 8, 20, 9, 12, tzinfo=UTC)
OURS = Origin(("https", "nantes.example", 443))
OWNER = "https://rennes.example/users/bob"
_TAG = re.compile(r"<([a-z0-9]+)")
_TAGS = frozenset("a b blockquote br code del em i li ol p pre s span strong u ul".split())
_HREF = re.compile(r'<a(?: [a-z]+="[^"]*")* href="(?!https?:|mailto:)', re.IGNORECASE)


class Finding(AssertionError):
    """What must never be."""


@dataclass(frozen=True, slots=True)
class Known:
    """What may be believed: the keys by their id, and what they signed (method, path, body)."""

    keys: Mapping[str, PublicKey]
    signed: frozenset[tuple[str, str, bytes]]


def signature(data: bytes) -> None:
    """A request: only what was truly signed is believed."""
    try:
        request = read_request(data)
        claim = signatures.claim_of(request)
        key = known().keys.get(claim.key_id)
        if key is None:
            return
        verified = signatures.verify(request, key, now=NOW, claim=claim)
    except BadActivity:
        return
    if (request.method.upper(), request.path, verified.body) not in known().signed:
        raise Finding("a request that nobody signed is believed")


def strict(data: bytes) -> None:
    """JSON: what is taken means the same to every reader, and is written back alike."""
    try:
        document = strict_json.load(data)
    except BadActivity:
        return
    if json.loads(data) != document or strict_json.load(json.dumps(document).encode()) != document:
        raise Finding("two readings of one document")


def document(data: bytes) -> None:
    """A document or an activity, its contexts included."""
    readers: tuple[Callable[[object], object], ...] = (parse.activity, parse.document, parse.collection)
    for read in readers:
        _read_or_refuse(lambda loaded: read(jsonld.normalise(loaded)), data)  # noqa: B023  # called at once


def discovery(data: bytes) -> None:
    """WebFinger and NodeInfo."""
    for read in (parse.webfinger, parse.nodeinfo, parse.nodeinfo_links):
        _read_or_refuse(read, data)


def proof(data: bytes) -> None:
    """A document with a proof that nobody can have made."""

    def verify(loaded: dict[str, Any]) -> None:
        proofs.method_of(loaded)
        proofs.verify(loaded, known().keys[f"{OWNER}#ed25519-key"], now=NOW)
        raise Finding("a proof that nobody made is believed")

    _read_or_refuse(verify, data)


def markup(data: bytes) -> None:
    """HTML: nothing is left that could do anything, nor in what a browser makes of tags that cross each other."""
    text = data.decode("utf-8", "surrogateescape")
    try:
        cleaned = html.clean(text)
        again = html.clean(cleaned)
        html.to_text(text)
    except BadActivity:
        return
    for shown in (cleaned, again):
        if not _TAGS.issuperset(_TAG.findall(shown)) or _HREF.search(shown):
            raise Finding("something harmful is left")


def address(data: bytes) -> None:
    """A web address: what is read is read again alike."""
    try:
        found = parse_url(data.decode("utf-8", "surrogateescape"))
    except BadActivity:
        return
    if parse_url(str(found)) != found:
        raise Finding("two spellings of one address")


def header(data: bytes) -> None:
    """Fields of requests and answers that are read on their own."""
    value = data.decode("latin-1")
    synchronisation.read(value)
    fetching.is_activity(value)
    fetching.retry_after({"retry-after": value}, NOW)
    for verify in (digest.verify_digest, digest.verify_content_digest):
        try:
            verify(value, b"")
        except BadActivity:
            continue


def key(data: bytes) -> None:
    """A public key as its owner shows it: PEM or Multikey."""
    for load in (keys.load_public_pem, keys.load_multikey):
        try:
            load(data.decode("utf-8", "surrogateescape"))
        except BadActivity:
            continue


TARGETS: Mapping[str, Target] = {
    "signatures": signature,
    "json": strict,
    "documents": document,
    "html": markup,
    "discovery": discovery,
    "proofs": proof,
    "addresses": address,
    "headers": header,
    "keys": key,
}


def read_request(data: bytes) -> SignedRequest:
    """`POST /inbox`, a line for each field, an empty line, the body."""
    head, _, body = data.partition(b"\n\n")
    first, *lines = head.decode("utf-8", "surrogateescape").split("\n")
    method, _, target = first.partition(" ")
    fields = [line.partition(": ") for line in lines]
    return SignedRequest(method, target, lines_of([(name, value) for name, _, value in fields]), body, OURS)


@cache
def known() -> Known:
    """Of the seeds."""
    found = {
        f"{OWNER}#{path.stem}": keys.public_key(f"{OWNER}#{path.stem}", OWNER, keys.load_public_pem(path.read_text()))
        for path in SIGNED.glob("*.pem")
    }
    seeds = [read_request(path.read_bytes()) for path in SIGNED.glob("*.http")]
    return Known(found, frozenset((one.method, one.path, one.body) for one in seeds))


def _read_or_refuse(read: Callable[[dict[str, Any]], object], data: bytes) -> None:
    try:
        read(strict_json.load(data))
    except BadActivity:
        return
