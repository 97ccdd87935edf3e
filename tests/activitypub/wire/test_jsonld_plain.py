"""The short way past `normalise`: for what nearly all servers send, and never for what it would change or refuse."""

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fedivoisin.activitypub.wire import jsonld, strict_json
from fedivoisin.errors import BadActivity
from tests.activitypub.wire.test_jsonld import AS

SECURITY = "https://w3id.org/security/v1"
words = st.sampled_from(["@context", "@id", "@type", "@graph", "@x", "id", "type", "content", "@", "a@b"])
contexts: st.SearchStrategy[Any] = st.sampled_from(
    [AS, [AS, SECURITY], [AS, {"as": "x:"}], {}, [], None, "@id", ["@id"]]
)
trees: st.SearchStrategy[Any] = st.recursive(
    st.none() | words | contexts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)


def _said(document: dict[str, Any], *, is_escaped: bool) -> bytes:
    text = json.dumps(document)
    return (text.replace("@", "\\u0040") if is_escaped else text).encode()


@given(st.dictionaries(words, trees, max_size=4), contexts, st.booleans(), st.booleans())
@example({"@id": "https://x.example/1"}, AS, False, False)
@example({"object": {"@id": "https://x.example/1"}}, AS, True, True)
@settings(max_examples=400)
def test_what_takes_the_short_way_is_left_as_it_is(
    document: dict[str, Any], context: Any, has_context: bool, is_escaped: bool
) -> None:
    if has_context:
        document = {**document, "@context": context}
    body = _said(document, is_escaped=is_escaped)
    loaded = strict_json.load(body)
    if jsonld.is_surely_plain(loaded, body):
        assert jsonld.normalise(loaded) is loaded


@pytest.mark.parametrize(
    ("document", "is_plain"),
    [
        ({"type": "Note"}, True),
        ({"@context": AS, "type": "Note"}, True),
        ({"@context": [AS, SECURITY], "content": "à @zoe@rennes.example"}, True),
        ({"@context": [AS, {"Hashtag": "as:Hashtag"}]}, False),
        ({"@context": AS, "name": "@zoe"}, False),  # begins like a keyword: the closer look finds that it is none
        ({"@context": AS, "object": {"@context": AS}}, False),
    ],
)
def test_which_documents_take_it(document: dict[str, Any], is_plain: bool) -> None:
    body = _said(document, is_escaped=False)
    assert jsonld.is_surely_plain(strict_json.load(body), body) is is_plain


@pytest.mark.parametrize("word", ["@graph", "@reverse", "@included"])
@pytest.mark.parametrize("is_escaped", [False, True], ids=["spelt", "escaped"])
def test_no_spelling_of_a_keyword_takes_it(word: str, is_escaped: bool) -> None:
    body = _said({"type": "Note", word: []}, is_escaped=is_escaped)
    loaded = strict_json.load(body)
    assert not jsonld.is_surely_plain(loaded, body)
    with pytest.raises(BadActivity, match="jsonld-restructuring"):
        jsonld.normalise(loaded)
