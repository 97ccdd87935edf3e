"""The `@context` of each document, always inline: no peer ever needs to fetch ours (FEDERATION.md §2, §4)."""

from collections.abc import Mapping
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]

AS = "https://www.w3.org/ns/activitystreams"
PUBLIC = f"{AS}#Public"
EURO = "https://www.wikidata.org/wiki/Q4916"
FV = "https://w3id.org/fedivoisin/ns#"

PLAIN = AS
"""Of activities that carry nothing but ActivityStreams."""

_MASTODON: Mapping[str, Any] = {
    "toot": "http://joinmastodon.org/ns#",
    "Hashtag": "as:Hashtag",
    "sensitive": "as:sensitive",
    "blurhash": "toot:blurhash",
    "focalPoint": {"@id": "toot:focalPoint", "@container": "@list"},
}

_VALUEFLOWS: Mapping[str, Any] = {
    "vf": "https://w3id.org/valueflows/ont/vf#",
    "om2": "http://www.ontology-of-units-of-measure.org/resource/om-2/",
    "Proposal": "vf:Proposal",
    "Intent": "vf:Intent",
    "Agreement": "vf:Agreement",
    "Commitment": "vf:Commitment",
    "purpose": "vf:purpose",
    "publishes": "vf:publishes",
    "reciprocal": "vf:reciprocal",
    "unitBased": "vf:unitBased",
    "action": "vf:action",
    "resourceConformsTo": {"@id": "vf:resourceConformsTo", "@type": "@id"},
    "resourceClassifiedAs": {"@id": "vf:resourceClassifiedAs", "@type": "@id"},
    "resourceQuantity": "vf:resourceQuantity",
    "availableQuantity": "vf:availableQuantity",
    "minimumQuantity": "vf:minimumQuantity",
    "hasUnit": "om2:hasUnit",
    "hasNumericalValue": "om2:hasNumericalValue",
    "stipulates": "vf:stipulates",
    "stipulatesReciprocal": "vf:stipulatesReciprocal",
    "satisfies": {"@id": "vf:satisfies", "@type": "@id"},
    "hasBeginning": "vf:hasBeginning",
    "hasEnd": "vf:hasEnd",
}

LISTING: list[Any] = [
    AS,
    {
        **_MASTODON,
        **_VALUEFLOWS,
        "fv": FV,
        "flohmarkt": "https://codeberg.org/flohmarkt/flohmarkt/ns#",
        "flohmarkt:data": {"@id": "flohmarkt:data", "@type": "@json"},
    },
]
"""Of a listing, and of every activity that carries one."""

MESSAGE: list[Any] = [AS, {"sensitive": "as:sensitive"}]
"""Of a private message or a question, and of its `Create`."""

ACTOR: list[Any] = [
    AS,
    "https://w3id.org/security/v1",
    {
        "toot": "http://joinmastodon.org/ns#",
        "discoverable": "toot:discoverable",
        "indexable": "toot:indexable",
        "featured": {"@id": "toot:featured", "@type": "@id"},
        "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
        "schema": "http://schema.org#",
        "PropertyValue": "schema:PropertyValue",
        "value": "schema:value",
        "Hashtag": "as:Hashtag",
        "Multikey": "sec:Multikey",
        "assertionMethod": {"@id": "sec:assertionMethod", "@type": "@id", "@container": "@set"},
        "authentication": {"@id": "sec:authenticationMethod", "@type": "@id", "@container": "@set"},
        "controller": {"@id": "sec:controller", "@type": "@id"},
        "publicKeyMultibase": {"@id": "sec:publicKeyMultibase", "@type": "sec:multibase"},
        "webfinger": {"@id": "https://purl.archive.org/socialweb/webfinger#webfinger", "@type": "xsd:string"},
        "implements": {"@id": "https://w3id.org/fep/844e/implements", "@type": "@id", "@container": "@set"},
        "fv": FV,
    },
]
"""Of a person, a group or the instance, and of an `Update` that carries one."""


_PROOFS: Mapping[str, Any] = {
    "proof": {"@id": "https://w3id.org/security#proof", "@type": "@id", "@container": "@graph"},
    "DataIntegrityProof": "https://w3id.org/security#DataIntegrityProof",
    "cryptosuite": "https://w3id.org/security#cryptosuite",
    "created": {"@id": "http://purl.org/dc/terms/created", "@type": "xsd:dateTime"},
    "proofPurpose": {"@id": "https://w3id.org/security#proofPurpose", "@type": "@vocab"},
    "assertionMethod": {"@id": "https://w3id.org/security#assertionMethod", "@type": "@id", "@container": "@set"},
    "proofValue": {"@id": "https://w3id.org/security#proofValue", "@type": "https://w3id.org/security#multibase"},
    "verificationMethod": {"@id": "https://w3id.org/security#verificationMethod", "@type": "@id"},
}


def with_proofs(context: Any) -> list[Any]:
    """The same with the words of an integrity proof: readers of JSON-LD (Fedify) see no proof without them."""
    if isinstance(context, str):
        return [context, {**_PROOFS}]
    *addresses, inline = context  # ours end with the terms that they define themselves
    return [*addresses, {**inline, **_PROOFS}]


def in_context(document: Mapping[str, Any], context: object) -> Json:
    """The document as it goes out alone: `@context` first. Embedded documents have none."""
    return {"@context": context, **{key: value for key, value in document.items() if key != "@context"}}


def without_nothing(document: Mapping[str, Any]) -> Json:
    """The same without the keys that hold None."""
    return {key: value for key, value in document.items() if value is not None}
