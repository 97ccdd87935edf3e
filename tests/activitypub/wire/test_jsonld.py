"""The reading rule of FEDERATION.md §2: plain keys, translated only where a peer's own words differ from ours."""

import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedivoisin.activitypub.wire.contexts import addresses, bundled
from fedivoisin.activitypub.wire.jsonld import normalise
from fedivoisin.activitypub.wire.strict_json import load
from fedivoisin.errors import BadActivity

DATA = Path(__file__).parents[2] / "data"
WIRE = {path.name: load(path.read_bytes()) for path in sorted((DATA / "wire").glob("*.json"))}
TRUST = {name: value for name, value in load((DATA / "trust-vectors.json").read_bytes()).items() if name[0].isdigit()}
AS = "https://www.w3.org/ns/activitystreams"
VF = "https://w3id.org/valueflows/ont/vf#"

# Inline contexts as other servers send them: words of their own, none of ours under another meaning.
HARMLESS: list[Any] = [
    {"toot": "http://joinmastodon.org/ns#", "votersCount": "toot:votersCount", "value": "schema:value",
     "schema": "http://schema.org#", "focalPoint": {"@container": "@list", "@id": "toot:focalPoint"}},
    {"schema": "http://schema.org/", "PropertyValue": "schema:PropertyValue"},
    {"toot": "https://joinmastodon.org/ns#", "discoverable": "toot:discoverable"},
    {"as": "https://www.w3.org/ns/activitystreams#", "Hashtag": "https://www.w3.org/ns/activitystreams#Hashtag"},
    {"ValueFlows": "https://w3id.org/valueflows#", "vf": "https://w3id.org/valueflows/"},
    {"Agreement": f"{VF}Agreement", "movedTo": {"@id": "as:movedTo"}},
    {"@language": "und", "@version": 1.1, "@protected": True},
    {"@vocab": "_:"},
    {"@vocab": "https://www.w3.org/ns/activitystreams#"},
    {"proof": {"@id": "sec:proof", "@type": "@id", "@container": "@graph"}},
    {"proof": {"@id": "https://w3id.org/security#proof", "@type": "@id", "@container": ["@graph"]}},
    {"contentMap": {"@id": "as:content", "@container": "@language"}},
    {"id": "@id", "type": "@type"},
    {"loop": "loop2:a", "loop2": "loop:a"},
    "https://peer.example/context-that-we-do-not-have",
    "https://w3id.org/security/v1",
    "not an address",
    17,
]  # fmt: skip


@pytest.mark.parametrize("name", WIRE)
def test_every_document_of_the_wire_examples_is_read_by_its_plain_keys(name: str) -> None:
    assert normalise(WIRE[name]) is WIRE[name]


@pytest.mark.parametrize("name", TRUST)
def test_every_trust_document_is_read_by_its_plain_keys(name: str) -> None:
    assert normalise(TRUST[name]) is TRUST[name]


@pytest.mark.parametrize("entry", HARMLESS, ids=json.dumps)
def test_words_that_redefine_nothing_of_ours_leave_the_plain_keys(entry: Any) -> None:
    document = {"@context": [AS, entry], "id": "https://a.example/1", "type": "Note", "content": "x"}
    assert normalise(document) is document
    alone = {"@context": entry, "id": "https://a.example/1", "object": {"@context": [entry], "type": "Note"}}
    assert normalise(alone) is alone


def test_a_document_without_context_is_read_by_its_plain_keys() -> None:
    document = {"id": "https://a.example/1", "type": "Like"}
    assert normalise(document) is document


def test_plain_reading_does_not_load_the_expander() -> None:
    program = (
        "import sys, json\n"
        "from fedivoisin.activitypub.wire.jsonld import normalise\n"
        f"normalise(json.load(open({str(DATA / 'wire/01-listing-sell-create.json')!r})))\n"
        "sys.exit('pyld' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def without_lists_of_one(value: Any) -> Any:
    """Lists of one as their member: JSON-LD makes no difference, and readers take both."""
    if isinstance(value, dict):
        return {name: without_lists_of_one(item) for name, item in value.items() if name != "@context"}
    if isinstance(value, list):
        return without_lists_of_one(value[0]) if len(value) == 1 else [without_lists_of_one(item) for item in value]
    return value


# x7 has keys that no context defines; the others are complete.
COMPLETE = [name for name, document in WIRE.items() if "@context" in document and not name.startswith("x7")]


@pytest.mark.parametrize("name", COMPLETE)
def test_a_document_is_the_same_through_expansion(name: str) -> None:
    document = copy.deepcopy(WIRE[name])
    context = document["@context"]
    document["@context"] = [*(context if isinstance(context, list) else [context]), {"identifiant": "@id"}]
    translated = normalise(document)
    assert "@context" not in translated
    assert without_lists_of_one(translated) == without_lists_of_one(WIRE[name])


def test_keys_that_no_context_defines_survive_expansion() -> None:
    document = copy.deepcopy(WIRE["x7-variant-valueflows-prefix-bonfire.json"])
    document["@context"][1]["identifiant"] = "@id"
    proposal = normalise(document)["object"]
    assert proposal["type"] == "Proposal"
    assert proposal["publishes"][0]["publishes"]["action"] == "https://w3id.org/valueflows#transfer"
    assert proposal["name"] == "Perceuse à percussion Bosch"


def test_renamed_words_are_read_as_ours() -> None:
    document = {
        "@context": [
            AS,
            {
                "acteur": {"@id": "as:actor", "@type": "@id"},
                "genre": "@type",
                "objet": "as:object",
                "Billet": "as:Note",
                "propose": f"{VF}publishes",
                "vfx": "https://w3id.org/valueflows#",
                "fvx": "https://w3id.org/fedivoisin/ns#",
                "date": "as:published",
                "texte": {"@id": "as:content", "@language": "fr"},
                "cles": {"@id": "as:tag", "@container": "@list"},
            },
        ],
        "id": "https://a.example/1",
        "genre": "Create",
        "acteur": "https://a.example/users/a",
        "date": "2026-08-20T09:12:00Z",
        "objet": {
            "genre": ["Billet", "vfx:Proposal"],
            "texte": "bonjour",
            "propose": {"vfx:action": "transfer"},
            "vfx:purpose": "offer",
            "fvx:kind": "sell",
            "cles": ["https://a.example/tags/1", "https://a.example/tags/2"],
        },
    }
    assert normalise(document) == {
        "id": "https://a.example/1",
        "type": "Create",
        "actor": "https://a.example/users/a",
        "published": "2026-08-20T09:12:00Z",
        "object": {
            "type": ["Note", "Proposal"],
            "content": "bonjour",
            "contentMap": {"fr": "bonjour"},
            "publishes": {"action": "transfer"},
            "purpose": "offer",
            "fv:kind": "sell",
            "tag": ["https://a.example/tags/1", "https://a.example/tags/2"],
        },
    }


def test_a_document_said_with_keywords_is_read() -> None:
    document = {
        "@context": AS,
        "@id": "https://a.example/1",
        "@type": "Note",
        "content": {"@value": "bonjour"},
        "https://w3id.org/valueflows/ont/vf#purpose": "offer",
        "tag": {"@set": ["https://a.example/t"]},
    }
    assert normalise(document) == {
        "id": "https://a.example/1",
        "type": "Note",
        "content": "bonjour",
        "purpose": "offer",
        "tag": "https://a.example/t",
    }


REDEFINING: list[dict[str, Any]] = [
    {"actor": "https://evil.example/ns#actor"},
    {"actor": None},
    {"actor": {"@type": "@id"}},
    {"actor": {"@id": None}},
    {"as": "https://evil.example/ns#"},
    {"fv": "https://evil.example/ns#"},
    {"Note": "as:Article"},
    {"type": "@id"},
    {"id": "as:name"},
    {"author": "actor"},
    {"author": "as:actor"},
    {"a": "b", "b": "as:actor"},
    {"x": "https://www.w3.org/ns/", "author": "x:activitystreams#actor"},
    {"author": "http://www.w3.org/ns/activitystreams#actor"},
    {"activitystreams": "https://www.w3.org/ns/activitystreams#"},
    {"nested": "@nest"},
    {"own": {"@id": "https://evil.example/own", "@nest": "nested"}},
    {"tag": {"@id": "as:tag", "@container": "@index"}},
    {"tag": {"@id": "as:tag", "@container": ["@graph", "@id"]}},
    {"tag": {"@id": "as:tag", "@context": {}}},
    {"@vocab": "https://evil.example/ns#"},
    {"@base": "https://evil.example/"},
]


@pytest.mark.parametrize("entry", REDEFINING, ids=json.dumps)
def test_words_that_rename_or_redefine_ours_are_never_read_plainly(entry: dict[str, Any]) -> None:
    document = {"@context": [AS, entry], "id": "https://a.example/1", "type": "Note", "actor": "https://a.example/a"}
    read = _read(document)
    assert read is not document
    assert not isinstance(read, BadActivity) or read.code in {"bad-jsonld", "jsonld-ambiguous", "jsonld-restructuring"}
    inner = {"id": "https://a.example/2", "type": "Create", "object": document}
    read = _read(inner)
    assert read is not inner
    assert not isinstance(read, BadActivity) or read.status == 400


def _read(document: dict[str, Any]) -> dict[str, Any] | BadActivity:
    """As it is read, or why it is not: either is right for what must not be read plainly."""
    try:
        return normalise(document)
    except BadActivity as refusal:
        return refusal


def test_a_word_that_is_taken_from_us_is_not_read_as_ours() -> None:
    document = {
        "@context": [AS, {"actor": "https://evil.example/ns#actor"}],
        "id": "https://a.example/1",
        "type": "Like",
        "actor": "https://a.example/users/victim",
    }
    assert "actor" not in normalise(document)


@pytest.mark.parametrize("more", [{}, {"@language": "fr"}])
def test_the_same_word_said_twice_is_refused(more: dict[str, str]) -> None:
    document = {
        "@context": [AS, {"a": {"@id": "as:published"}, **more}],
        "id": "https://a.example/1",
        "a": "2026-01-01T00:00:00Z",
        "published": "2026-01-02T00:00:00Z",
    }
    with pytest.raises(BadActivity, match="jsonld-ambiguous"):
        normalise(document)


RESTRUCTURING: list[dict[str, Any]] = [
    {"@graph": []},
    {"@context": AS, "object": {"@reverse": {"object": {}}}},
    {"tag": [[{"@included": {}}]]},
    {"@context": [AS, {"g": "@graph"}], "g": []},
    {"@context": [AS, {"r": {"@id": "@reverse"}}], "r": {}},
    {"@context": [AS, {"i": "@included"}], "i": {}},
    {"@context": [AS, {"objectOf": {"@reverse": "as:object"}}], "objectOf": {}},
    {"@context": {"@graph": []}},
    {"object": {"@context": {"r": "@reverse"}}},
    {"flohmarkt:data": {"@graph": []}},
]


@pytest.mark.parametrize("document", RESTRUCTURING, ids=json.dumps)
def test_what_restructures_a_document_is_refused_anywhere(document: dict[str, Any]) -> None:
    """B9 (CVE-2026-46349, CVE-2026-42462, CVE-2026-46713)."""
    with pytest.raises(BadActivity, match="jsonld-restructuring") as caught:
        normalise(document)
    assert caught.value.status == 400


@pytest.mark.parametrize(
    "context",
    [
        {"x": "as:actor", "tag": {"@id": "as:tag", "@container": "@graph"}},
        {"x": "as:actor", "y": {"@id": "https://a.example/y", "@container": "@graph"}},
    ],
)
def test_a_container_that_makes_graphs_is_refused(context: dict[str, Any]) -> None:
    document = {"@context": [AS, context], "id": "https://a.example/1", "tag": {"name": "a"}, "y": {"name": "b"}}
    with pytest.raises(BadActivity, match="jsonld-restructuring"):
        normalise(document)


@pytest.mark.parametrize(
    "document",
    [
        {"@context": [AS, {"x": "as:actor", "y": "y:z", "z": {"@id": 5}}], "id": "https://a.example/1"},
        {"@context": [AS, {"x": "as:actor", "": "as:b"}], "id": "https://a.example/1", "type": 5},
        {"@context": [AS, {"x": "as:actor", "@language": "fr"}], "id": ["https://a.example/1"]},
        {
            "@context": [AS, {f"{i:x}": f"{i + 1:x}:x" for i in range(600)} | {"x": "as:to", "@language": "fr"}],
            "id": "https://a.example/1",
        },
        {
            "@context": ["https://www.w3.org/ns/did/v1", {"x": "as:to", "controller": "as:b"}],
            "id": "https://a.example/1",
        },
    ],
)
def test_a_context_that_cannot_be_read_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(BadActivity, match="bad-jsonld"):
        normalise(document)


def test_a_document_that_says_nothing_once_expanded_is_empty() -> None:
    assert normalise({"@context": [None, {"x": "as:to"}], "content": "x"}) == {}


@pytest.mark.parametrize("address", [AS, "https://w3id.org/security/v1", "https://unheard-of.example/context"])
@pytest.mark.parametrize("depth", ["above", "inside"])
def test_no_document_can_write_into_a_context_that_others_share(address: str, depth: str) -> None:
    laid_over = {"@import": address, "content": "https://www.w3.org/ns/activitystreams#summary"}
    context = laid_over if depth == "above" else [AS, {"object": {"@id": "as:object", "@context": laid_over}}]
    hostile = {"@context": context, "id": "https://a.example/1", "type": "Like", "object": {"content": "x"}}
    with pytest.raises(BadActivity, match="jsonld-restructuring"):
        normalise(hostile)
    honest = {"@context": [AS, address, {"x": "as:to"}], "id": "https://a.example/2", "type": "Note", "content": "x"}
    assert normalise(honest) == {"id": "https://a.example/2", "type": "Note", "content": "x"}


def test_relative_references_stay_relative() -> None:
    document = {"id": "https://a.example/1", "type": "Like", "object": "/notes/1"}
    assert normalise({"@context": [AS, {"x": "as:actor"}], **document})["object"] == "/notes/1"
    assert normalise({"@context": [AS, {"x": "as:actor", "@language": "fr"}], **document})["object"] == "notes/1"


@pytest.mark.parametrize("address", sorted(addresses()))
def test_every_bundled_context_is_one_that_can_be_expanded_with(address: str) -> None:
    assert bundled(address)
    document = {
        "@context": [AS, address, {"identifiant": "@id"}],
        "id": "https://a.example/1",
        "type": "DataIntegrityProof",
        "https://w3id.org/valueflows/ont/vf#purpose": "offer",
    }
    assert normalise(document)["purpose"] == "offer"


def test_what_federation_md_promises_to_bundle_is_there() -> None:
    assert {
        AS,
        "https://w3id.org/security/v1",
        "https://w3id.org/security/v2",
        "https://w3id.org/identity/v1",
        "https://w3id.org/security/data-integrity/v1",
        "https://w3id.org/security/data-integrity/v2",
        "https://w3id.org/did/v1",
        "https://www.w3.org/ns/did/v1",
        "https://w3id.org/security/multikey/v1",
        "https://www.w3.org/2018/credentials/v1",
        "https://www.w3.org/ns/credentials/v2",
        "https://gotosocial.org/ns",
        "http://litepub.social/context.jsonld",
        "https://fires.fedimod.org/context/fires.jsonld",
    } <= addresses()
    assert bundled("https://peer.example/context") is None


KEYWORDS = "@context @id @type @value @list @set @language @container @vocab @base @nest @json @index @none @prefix"
words = st.sampled_from([*KEYWORDS.split(), "@import", "@protected", "@version", "id", "type", "actor", "tag", "as:y"])
leaves = st.one_of(words, st.none(), st.booleans(), st.integers(-5, 5), st.just("https://a.example/1"), st.just(AS))
trees = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=4), max_leaves=15
)


@settings(deadline=None, max_examples=300)
@given(trees, st.dictionaries(words, trees, max_size=4))
def test_any_document_is_read_or_refused(context: Any, document: dict[str, Any]) -> None:
    try:
        result = normalise({**document, "@context": [AS, {"auteur": "as:actor"}, context]})
    except BadActivity as refusal:
        assert refusal.status == 400  # noqa: PT017 - nothing else may come out
    else:
        assert isinstance(result, dict)


def test_a_page_whose_every_item_says_the_same_long_context_is_read() -> None:
    long = [AS, {f"their{number}": f"https://peer.example/{number}" for number in range(40)}]
    page = {"@context": AS, "type": "OrderedCollectionPage", "orderedItems": [{"@context": long} for _ in range(60)]}
    assert normalise(page) is page
