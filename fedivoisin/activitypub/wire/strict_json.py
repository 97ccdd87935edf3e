"""Bytes from a peer -> one JSON object that every reader understands alike (RFC 8259 §4, RFC 7493), within limits."""

import json
import re
from collections.abc import Iterable
from math import isfinite
from typing import Any, NoReturn, TypeGuard

from fedivoisin.errors import BadActivity

MAX_DEPTH = 32
MAX_NODES = 10_000
# Beyond it JavaScript and JCS (RFC 8785) read another number than the one that was sent.
MAX_INTEGER = 2**53 - 1

Document = dict[str, Any]

_SURROGATE_ESCAPE = re.compile(rb"\\u[dD][89a-fA-F]")


def load(raw: bytes) -> Document:
    """Takes a body, gives its root object. BadActivity, status 400, on whatever two parsers could read two ways."""
    try:
        document = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_int=_integer,
            parse_float=_float,
        )
        if _SURROGATE_ESCAPE.search(raw):
            json.dumps(document, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):  # UnicodeError is a ValueError
        raise BadActivity("bad-json") from None
    if not is_object(document):
        raise BadActivity("json-not-an-object")
    if not _is_surely_small(raw):
        _measure(document)
    return document


def is_object(value: object) -> TypeGuard[Document]:
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _object(pairs: list[tuple[str, Any]]) -> Document:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise BadActivity("json-duplicate-key")
    return members


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


def _is_surely_small(raw: bytes) -> bool:
    """Every value stands at the beginning, or behind a bracket or a comma: few of these need no closer look."""
    openings = raw.count(b"{") + raw.count(b"[")
    return openings <= MAX_DEPTH and openings + raw.count(b",") < MAX_NODES


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
