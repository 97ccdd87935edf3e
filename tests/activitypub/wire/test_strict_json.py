"""The strict loader: what two parsers could read two ways is refused, and nothing grows without bound (B26)."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedivoisin.activitypub.wire.strict_json import MAX_DEPTH, MAX_INTEGER, MAX_NODES, load
from fedivoisin.errors import BadActivity


def test_a_plain_object_is_loaded() -> None:
    raw = '{"type": "Note", "content": "é😀 \\ud83d\\ude00", "n": [1, -2.5, true, null, 1e3]}'.encode()
    assert load(raw) == {"type": "Note", "content": "é😀 😀", "n": [1, -2.5, True, None, 1000.0]}


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "bad-json"),
        (b"{", "bad-json"),
        (b"{} {}", "bad-json"),
        (b'{"a": 1,}', "bad-json"),
        (b"{'a': 1}", "bad-json"),
        (b"\xef\xbb\xbf{}", "bad-json"),
        (b'{"a": "\xff"}', "bad-json"),
        (b'{"a": "\xed\xa0\x80"}', "bad-json"),
        ('{"a": 1}'.encode("utf-16"), "bad-json"),
        (b'{"a": "\\ud800"}', "bad-json"),
        (b'{"a": "\\uDE00x"}', "bad-json"),
        (b'{"\\udfff": 1}', "bad-json"),
        (b'{"a": "tab\there"}', "bad-json"),
        (b'{"a": NaN}', "json-not-a-number"),
        (b'{"a": [Infinity]}', "json-not-a-number"),
        (b'{"a": -Infinity}', "json-not-a-number"),
        (b'{"a": 1e999}', "json-huge-number"),
        (b'{"a": -1e999}', "json-huge-number"),
        (b'{"a": 9007199254740992}', "json-huge-number"),
        (b'{"a": -9007199254740992}', "json-huge-number"),
        (b'{"a": ' + b"9" * 5000 + b"}", "json-huge-number"),
        (b'{"a": 1, "a": 2}', "json-duplicate-key"),
        (b'{"a": {"id": 1, "i\\u0064": 2}}', "json-duplicate-key"),
        (b"[]", "json-not-an-object"),
        (b'"text"', "json-not-an-object"),
        (b"null", "json-not-an-object"),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "bad-json"),
        (b'{"a":' * 100_000, "bad-json"),
    ],
)
def test_what_is_not_strict_json_is_refused_with_400(raw: bytes, code: str) -> None:
    with pytest.raises(BadActivity) as caught:
        load(raw)
    assert (caught.value.code, caught.value.status) == (code, 400)


def test_integers_are_taken_as_far_as_every_reader_can_count() -> None:
    assert load(f'{{"a": [{MAX_INTEGER}, -{MAX_INTEGER}]}}'.encode())["a"] == [MAX_INTEGER, -MAX_INTEGER]


def nested(depth: int) -> bytes:
    return b'{"a":' * (depth - 1) + b"{}" + b"}" * (depth - 1)


def test_an_object_may_be_as_deep_as_the_limit_and_no_deeper() -> None:
    assert load(nested(MAX_DEPTH))
    with pytest.raises(BadActivity, match="json-too-deep"):
        load(nested(MAX_DEPTH + 1))


def test_an_object_may_have_as_many_nodes_as_the_limit_and_no_more() -> None:
    def with_nodes(count: int) -> bytes:
        return json.dumps({"a": [0] * (count - 2)}).encode()

    assert load(with_nodes(MAX_NODES))
    with pytest.raises(BadActivity, match="json-too-many-nodes"):
        load(with_nodes(MAX_NODES + 1))


texts = st.text(st.characters(codec="utf-8"), max_size=8)
numbers = st.integers(-MAX_INTEGER, MAX_INTEGER) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-MAX_INTEGER, MAX_INTEGER)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(texts, values, max_size=5), st.booleans())
def test_what_json_writes_is_read_back(document: dict[str, Any], ascii_only: bool) -> None:
    assert load(json.dumps(document, ensure_ascii=ascii_only).encode()) == document


@given(st.binary(max_size=60))
def test_any_bytes_give_an_object_or_a_refusal(raw: bytes) -> None:
    with suppress(BadActivity):
        assert isinstance(load(raw), dict)


class _Pairs(list[tuple[str, Any]]):
    """An object as it is written, keys that are there twice and all."""


def _written(value: Any) -> str:
    if isinstance(value, _Pairs):
        return "{" + ",".join(f"{json.dumps(name)}: {_written(item)}" for name, item in value) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_written(item) for item in value) + "]"
    return json.dumps(value)


def _has_twice(value: Any) -> bool:
    if isinstance(value, _Pairs):
        return len(dict(value)) < len(value) or any(_has_twice(item) for _, item in value)
    return isinstance(value, list) and any(_has_twice(item) for item in value)


_WORDS = st.text(alphabet='ab"\\\n/é', max_size=4)
_OBJECTS = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | _WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.lists(st.tuples(_WORDS, inner), max_size=4).map(_Pairs),
    max_leaves=12,
)


@given(st.lists(st.tuples(_WORDS, _OBJECTS), max_size=4).map(_Pairs))
def test_a_key_that_is_there_twice_is_found_at_any_depth_whatever_is_quoted(document: _Pairs) -> None:
    raw = _written(document).encode()
    if _has_twice(document):
        with pytest.raises(BadActivity, match="json-duplicate-key"):
            load(raw)
    else:
        assert load(raw) == json.loads(raw)
