"""Integrity proofs inside documents: `eddsa-jcs-2022` (FEP-8b32, W3C vc-di-eddsa §3.3), made and verified."""

import re
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import base58
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from fedivoisin.activitypub.wire.keys import PrivateKey, PublicKey, sign_bytes, signature_holds
from fedivoisin.activitypub.wire.origins import origin_of, same_origin
from fedivoisin.activitypub.wire.request import refused
from fedivoisin.activitypub.wire.strict_json import Document, is_object
from fedivoisin.proof import VerifiedCredential

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)")
_FIXED = {"type": "DataIntegrityProof", "cryptosuite": "eddsa-jcs-2022", "proofPurpose": "assertionMethod"}


def canonical(document: Document) -> bytes:
    """JCS (RFC 8785): the bytes that digests and proofs are made over."""
    try:
        return rfc8785.dumps(document)
    except (ValueError, RecursionError):  # CanonicalizationError is a ValueError
        raise refused("not-canonical") from None


def method_of(document: Document) -> str:
    """URL of the key that the document says it is proved with: nothing is proven yet."""
    method = _proof(document).get("verificationMethod")
    if not isinstance(method, str):
        raise refused("proof-method")
    return method


def make(document: Document, *, key: PrivateKey, created: datetime) -> Document:
    """The document with its proof. `key` is Ed25519; `created` is aware, written in whole seconds."""
    context = {"@context": document["@context"]} if "@context" in document else {}
    proof: Document = {
        **_FIXED,
        "created": created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "verificationMethod": key.id,
        **context,
    }
    signature = sign_bytes(key.key, _hashes(proof, _without_proof(document)))
    return {**document, "proof": {**proof, "proofValue": "z" + base58.b58encode(signature).decode()}}


def verify(document: Document, key: PublicKey, *, now: datetime) -> VerifiedCredential:
    """Takes a document and the key that `method_of` named; BadActivity, status 401, unless its proof holds.

    The document is given without a Linked Data signature. Who may speak for whom (issuer, actor, id) is not judged
    here: compare `origin` and `verification_method`.
    """
    if method_of(document) != key.id or not same_origin(key.id, key.owner):
        raise refused("wrong-key")
    if not isinstance(key.key, Ed25519PublicKey):
        raise refused("wrong-algorithm")
    proof, bare = _proof(document), _without_proof(document)
    _check(proof, bare, now)
    signature = _signature(proof.get("proofValue"))
    if not any(signature_holds(key.key, signature, _hashes(options, bare)) for options in _options(proof, bare)):
        raise refused("signature-invalid")
    return VerifiedCredential(key.id, origin_of(key.id), canonical(bare))


def _proof(document: Document) -> dict[str, Any]:
    proof = document.get("proof")
    if not is_object(proof):
        raise refused("no-proof")
    return proof


def _without_proof(document: Document) -> Document:
    return {name: value for name, value in document.items() if name != "proof"}


def without_signature(document: Document) -> Document:
    """The document as its proof covers it: a Linked Data signature is made after the proof, and taken off before it is
    verified (FEP-8b32). Nobody vouches for what stands in it, so nothing may be read from it either.
    """
    return {name: value for name, value in document.items() if name != "signature"}


def _options(proof: Document, bare: Document) -> list[Document]:
    """What may have been signed beside the document: the proof as written, and with the document's context where the
    proof leaves it out (vc-di-eddsa puts it there before hashing; Fedify hashes it so, and does not write it).
    """
    written = {name: value for name, value in proof.items() if name != "proofValue"}
    if "@context" in written or "@context" not in bare:
        return [written]
    return [written, {**written, "@context": bare["@context"]}]


def _check(proof: Document, bare: Document, now: datetime) -> None:
    if proof.get("type") != _FIXED["type"] or proof.get("cryptosuite") != _FIXED["cryptosuite"]:
        raise refused("proof-type")
    if proof.get("proofPurpose") != _FIXED["proofPurpose"]:
        raise refused("proof-purpose")
    # Older peers leave the context out of the proof; one that differs would give the keys another meaning.
    if "@context" in proof and proof["@context"] != bare.get("@context"):
        raise refused("context-mismatch")
    _moment(proof.get("created"))
    if "expires" in proof and _moment(proof["expires"]) < now:
        raise refused("proof-expired")


def _moment(value: object) -> datetime:
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise refused("proof-time")
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise refused("proof-time") from None


def _signature(value: object) -> bytes:
    # 64 bytes are 86 to 88 characters: base58 is quadratic, so the length comes first.
    if not isinstance(value, str) or not value.startswith("z") or len(value) > 100:
        raise refused("proof-value")
    try:
        signature = base58.b58decode(value[1:])
    except ValueError:
        raise refused("proof-value") from None
    if len(signature) != 64:
        raise refused("proof-value")
    return signature


def _hashes(options: Document, bare: Document) -> bytes:
    return sha256(canonical(options)).digest() + sha256(canonical(bare)).digest()
