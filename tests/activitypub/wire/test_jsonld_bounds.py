"""What a peer's contexts may cost: within the bounds they are expanded, beyond them refused unread."""

from typing import Any

import pytest

from fedivoisin.activitypub.wire.jsonld import normalise
from fedivoisin.errors import BadActivity

AS = "https://www.w3.org/ns/activitystreams"
SCOPED = "https://www.w3.org/2018/credentials/v1"


def in_contexts(*entries: Any, **values: Any) -> dict[str, Any]:
    return {"@context": [*entries, {"x": "as:to", "@language": "fr"}], "id": "https://a.example/1", **values}


@pytest.mark.parametrize(
    "document",
    [
        in_contexts(*[AS] * 31, tag=[f"https://a.example/{i}" for i in range(460)]),
        in_contexts(AS, SCOPED, type=["VerifiableCredential"] * 180),
        in_contexts(AS, {"@vocab": f"https://a.example/{'x' * 8000}"}, type="Note"),
    ],
)
def test_what_is_within_the_bounds_of_expansion_is_expanded(document: dict[str, Any]) -> None:
    assert normalise(document)["id"] == "https://a.example/1"


def renaming(**values: Any) -> dict[str, Any]:
    return {"@context": [AS, {"x": "as:to"}], "id": "https://a.example/1", "type": "Note", **values}


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (renaming(tag=[f"https://a.example/{i}" for i in range(500)]), "jsonld-too-large"),
        (renaming(**{f"as:k{i}": 1 for i in range(500)}), "jsonld-too-large"),
        (in_contexts(*[AS] * 32), "context-too-large"),
        (renaming(tag=[{"@context": AS} for _ in range(31)]), "context-too-large"),
        (renaming(tag=[{"@context": [AS] * 6} for _ in range(6)]), "context-too-large"),
        (in_contexts({"@vocab": f"https://a.example/{'x' * 8192}"}), "context-too-large"),
        (in_contexts({"@base": "https://a.example/"}), "jsonld-restructuring"),
        (in_contexts({"own": {"@id": "https://a.example/own", "@context": AS}}), "jsonld-restructuring"),
        (in_contexts(SCOPED, type=["VerifiableCredential"] * 200), "jsonld-too-large"),
        (in_contexts(SCOPED.replace("/2018/", "/x/../2018/"), tag=["x"] * 200), "jsonld-too-large"),
        ({"@context": [AS] * 33, "@id": "https://a.example/1"}, "context-too-large"),
        ({"@context": [AS, {f"t{i}": "as:t" for i in range(1001)}]}, "context-too-large"),
        ({"tag": [{"@context": {f"t{n}-{i}": "as:t" for i in range(11)}} for n in range(100)]}, "context-too-large"),
    ],
)
def test_what_would_cost_too_much_to_expand_is_refused(document: dict[str, Any], code: str) -> None:
    """B30."""
    with pytest.raises(BadActivity, match=code):
        normalise(document)
