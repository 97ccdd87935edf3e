"""Bytes from a peer -> one JSON object that every reader understands alike (RFC 8259 §4, RFC 7493), within limits."""

import json
from collections.abc import Iterable
from math import isfinite
from typing import Any, NoReturn, TypeGuard

import msgspec

from fedivoisin.errors import BadActivity

MAX_DEPTH = 32
MAX_NODES = 10_000
# Beyond it JavaScript and JCS (RFC 8785) read another number than the one that was sent.
MAX_INTEGER = 2**53 - 1

Document = dict[str, Any]


def load(raw: bytes) -> Document:
    """Takes a body, gives its root object. BadActivity, status 400, on whatever two parsers could read two ways."""
    try:
        document = _DECODER.decode(raw.decode("utf-8"))
        said_again = msgspec.json.encode(document)  # half of a surrogate pair cannot be
    except (ValueError, RecursionError):  # UnicodeError is a ValueError
        raise BadActivity("bad-json") from None
    if not is_object(document):
        raise BadActivity("json-not-an-object")
    # Of a key that is there twice one is lost, and its quotes with it: counting these is cheaper than a look at each.
    if _quotes(raw) != _quotes(said_again):
        raise BadActivity("json-duplicate-key")
    if not _is_surely_small(raw):
        _measure(document)
    return document


def is_object(value: object) -> TypeGuard[Document]:
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _quotes(text: bytes) -> int:
    """How many stand around keys and strings: those within them are escaped."""
    return (text.replace(rb"\\", b"").replace(rb"\"", b"") if b"\\" in text else text).count(b'"')


def _refuse_constant(_name: str) -> NoReturn:
    raise BadActivity("json-not-a-number")


def _integer(digits: str) -> int:
    if len(digits) > 17 or abs(int(digits)) > MAX_INTEGER:
        raise BadActivity("json-huge-number")
    return int(digits)


def _float(digits: str) -> float:
    number = float(digits)
    if not isfinite(number):
        raise BadActivity("json-huge-number")
    return number


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, parse_int=_integer, parse_float=_float)


def _is_surely_small(raw: bytes) -> bool:
    """Every value takes a byte, and stands at the beginning or behind a bracket or a comma: few need no closer look."""
    openings = raw.count(b"{") + raw.count(b"[")
    return openings <= MAX_DEPTH and (len(raw) < MAX_NODES or openings + raw.count(b",") < MAX_NODES)


def _measure(document: Document) -> None:
    level: list[Any] = [document]
    nodes = depth = 0
    while level:
        nodes += len(level)
        depth += 1
        if nodes > MAX_NODES:
            raise BadActivity("json-too-many-nodes")
        children = [child for node in level for child in _children(node)]
        if depth > MAX_DEPTH and any(is_object(node) or is_list(node) for node in level):
            raise BadActivity("json-too-deep")
        level = children


def _children(node: Any) -> Iterable[Any]:
    if is_object(node):
        return node.values()
    return node if is_list(node) else ()
