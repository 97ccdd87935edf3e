"""The JSON-LD contexts that we have: there are no others, nothing is ever fetched."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

_FILES = {
    "ours": "ours",
    "https://www.w3.org/ns/activitystreams": "activitystreams",
    "http://www.w3.org/ns/activitystreams": "activitystreams",
    "https://w3id.org/security/v1": "security-v1",
    "https://w3id.org/security/v2": "security-v2",
    "https://w3id.org/identity/v1": "identity-v1",
    "https://w3id.org/security/data-integrity/v1": "data-integrity-v1",
    "https://w3id.org/security/data-integrity/v2": "data-integrity-v2",
    "https://w3id.org/did/v1": "did-v1",
    "https://www.w3.org/ns/did/v1": "did-v1",
    "https://w3id.org/security/multikey/v1": "multikey-v1",
    "https://www.w3.org/2018/credentials/v1": "credentials-v1",
    "https://www.w3.org/ns/credentials/v2": "credentials-v2",
    "https://gotosocial.org/ns": "gotosocial",
    "http://litepub.social/context.jsonld": "litepub",
    "https://litepub.social/context.jsonld": "litepub",
    "https://fires.fedimod.org/context/fires.jsonld": "fires",
    "https://fires.fedimod.org/ns": "fires",
}


def addresses() -> frozenset[str]:
    """Every context address that we bundle."""
    return frozenset(_FILES) - {"ours"}


def bundled(address: str) -> dict[str, Any] | None:
    """The context document at `address`, or None where we have none. "ours" is what documents are compacted to."""
    name = _FILES.get(address.removesuffix("#"))
    return None if name is None else _read(name)


@cache
def _read(name: str) -> dict[str, Any]:
    text = files(__name__).joinpath(f"{name}.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document
