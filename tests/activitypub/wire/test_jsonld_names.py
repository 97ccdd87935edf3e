"""Documents whose context only gives other names to our words: read without expansion, and to the same."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedivoisin.activitypub.wire import jsonld
from fedivoisin.activitypub.wire.jsonld import normalise
from fedivoisin.errors import BadActivity
from tests.activitypub.wire.test_jsonld import AS, without_lists_of_one

NAMES = {"acteur": "actor", "mots": "content", "cles": "tag", "date": "published", "sens": "inReplyTo", "nom": "name"}
IRIS = {name: f"https://www.w3.org/ns/activitystreams#{ours}" for name, ours in NAMES.items()}
words_said = st.text("abc é<>&", max_size=8)
# What has nothing but an id is left out by expansion, and read plainly for what it is: a reference.
leaves = st.fixed_dictionaries({"id": st.just("https://a.example/1"), "totalItems": st.integers(0, 99)}, optional={
    "type": st.sampled_from(["Note", "Billet", ["Billet", "Question"]]),
    **dict.fromkeys(("mots", "nom", "summary"), words_said),
    **{name: st.sampled_from(["https://a.example/a", "https://b.example/b"]) for name in ("acteur", "sens")},
})  # fmt: skip
objects = st.recursive(leaves, lambda inner: st.builds(
    lambda outer, members: {**outer, "cles": members}, leaves, st.lists(inner, min_size=1, max_size=3)
), max_leaves=5)  # fmt: skip


@given(objects, st.booleans())
@settings(max_examples=60)
def test_other_names_alone_are_read_as_expansion_reads_them(said: dict[str, Any], are_objects: bool) -> None:
    terms = {name: {"@id": iri} if are_objects else iri for name, iri in IRIS.items()}
    terms |= {"Billet": "as:Note", "genre": "@type"}
    harder = {**terms, "autre": {"@id": "as:url", "@container": "@list"}}
    assert _read({"@context": [AS, terms], **said}) == _read({"@context": [AS, harder], **said})


@pytest.mark.parametrize(
    "prefix",
    [
        "https://www.w3.org/ns/activitystreams#",
        "https://www.w3.org/ns/activitystreams#con",
        {"@id": "https://www.w3.org/ns/activitystreams#"},
        {"@id": "https://www.w3.org/ns/activitystreams#", "@prefix": True},
        {"@id": "https://www.w3.org/ns/activitystreams#con", "@prefix": True},
        None,
    ],
)
@pytest.mark.parametrize("suffix", ["tent", "content"])
def test_only_what_may_be_a_prefix_is_one(prefix: object, suffix: str) -> None:
    terms = {"p": prefix, "mots": f"p:{suffix}"}
    harder = {**terms, "autre": {"@id": "as:url", "@container": "@list"}}
    said = {"id": "https://a.example/1", "type": "Note", "mots": "Bonjour", "summary": "b"}
    read, expanded = (normalise({"@context": [AS, context], **said}) for context in (terms, harder))
    assert read.get("content") == expanded.get("content")


def _read(document: dict[str, Any]) -> str:
    try:
        return json.dumps(without_lists_of_one(normalise(document)), sort_keys=True)
    except BadActivity as refusal:
        return refusal.code


@pytest.mark.parametrize(
    "document",
    [
        {"@context": [{"x": "as:to"}, AS], "x": "https://a.example/a"},
        {"@context": [AS, {"x": "as:to"}], "as:cc": "https://a.example/a"},
        {"@context": [AS, {"x": "as:to"}], "type": "as:Note"},
        {"@context": [AS, {"x": "as:to"}], "type": [5]},
        {"@context": [AS, {"x": "as:to", "y": "x"}, {"x": "as:cc"}], "y": "https://a.example/a"},
    ],
)
def test_what_is_more_than_another_name_is_expanded(document: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonld, "_translate", lambda document: {"expanded": document["id"]})
    assert normalise({"id": "https://a.example/1", **document}) == {"expanded": "https://a.example/1"}


def test_the_same_thing_under_two_names_is_refused_rather_than_joined() -> None:
    document = {"@context": [AS, {"nom": "as:name"}], "id": "https://a.example/1", "nom": "a", "name": "b"}
    with pytest.raises(BadActivity, match="jsonld-ambiguous"):
        normalise(document)


def test_a_large_context_is_read_and_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonld, "_redefines", None)
    long = {f"autre{i}": f"https://a.example/{'x' * 1000}" for i in range(10)}
    document = {"@context": [AS, long], "id": "https://a.example/1", "name": "a"}
    assert normalise(document) is document
    with pytest.raises(BadActivity, match="context-too-large"):  # more than that must be kept while keys are replaced
        normalise({"@context": [AS, {"nom": "as:name", **long}], "id": "https://a.example/1", "nom": "a"})
