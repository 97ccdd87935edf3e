"""Integrity proofs: the vectors of FEP-8b32 and of the trust documents, and what must not pass."""

import copy
import json
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import base58
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from fedivoisin.activitypub.wire import keys, proofs
from fedivoisin.activitypub.wire.keys import PrivateKey, PublicKey
from fedivoisin.activitypub.wire.origins import same_origin
from fedivoisin.errors import BadActivity
from tests.activitypub.wire.requests import public, rsa_key

NOW = datetime(2026, 6, 1, tzinfo=UTC)
TRUST: dict[str, Any] = json.loads((Path(__file__).parents[2] / "data/trust-vectors.json").read_text())
KEYS = {
    vector["verificationMethod"]: keys.public_key(
        vector["verificationMethod"], owner, keys.load_multikey(vector["publicKeyMultibase"])
    )
    for owner, vector in TRUST["keys"].items()
}
DOCUMENTS = {name: value for name, value in TRUST.items() if name[0].isdigit()}
# The checks of this module; the others (who may say what) are the business of those who read the documents.
HERE = {"origin-mismatch", "signature-invalid", "proof-purpose", "proof-type", "context-mismatch", "unknown-key"}

# FEP-8b32, fep-8b32.feature: the test vector that comes with the proposal.
ALICE = "https://server.example/users/alice"
CONTEXT = ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/data-integrity/v2"]
FEP_8B32: dict[str, Any] = {
    "@context": CONTEXT,
    "id": "https://server.example/activities/1",
    "type": "Create",
    "actor": ALICE,
    "object": {
        "id": "https://server.example/objects/1",
        "type": "Note",
        "attributedTo": ALICE,
        "content": "Hello world",
        "location": {"type": "Place", "longitude": -71.184902, "latitude": 25.273962},
    },
}
FEP_8B32_PROOF = {
    "@context": CONTEXT,
    "type": "DataIntegrityProof",
    "cryptosuite": "eddsa-jcs-2022",
    "verificationMethod": f"{ALICE}#ed25519-key",
    "proofPurpose": "assertionMethod",
    "proofValue": "z42ffGu6AUKPCFcFPiabmUvnGLPJzC7e4DGWC52NUasSSH37UMa9c58tdgVszUcZfytxa4fQ5TYHaJENCxUDe9SdL",
    "created": "2023-02-24T23:36:38Z",
}
# The secret of the vector is a Multikey too: 0x80 0x26, then the seed.
ALICE_SECRET = base58.b58decode("3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq")[2:]


def alice() -> PrivateKey:
    return PrivateKey(f"{ALICE}#ed25519-key", Ed25519PrivateKey.from_private_bytes(ALICE_SECRET))


def alice_public() -> PublicKey:
    return public(alice(), ALICE)


def test_the_vector_of_fep_8b32_verifies_and_is_made_anew() -> None:
    verified = proofs.verify({**FEP_8B32, "proof": FEP_8B32_PROOF}, alice_public(), now=NOW)
    assert (verified.verification_method, verified.origin) == (f"{ALICE}#ed25519-key", ("https", "server.example", 443))
    assert json.loads(verified.body) == FEP_8B32
    made = proofs.make(FEP_8B32, key=alice(), created=datetime(2023, 2, 24, 23, 36, 38, tzinfo=UTC))
    assert made == {**FEP_8B32, "proof": FEP_8B32_PROOF}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_each_trust_document_verifies_and_is_made_anew(name: str) -> None:
    document = DOCUMENTS[name]
    key = KEYS[proofs.method_of(document)]
    assert proofs.verify(document, key, now=NOW).verification_method == key.id
    seed = bytes.fromhex(TRUST["keys"][key.owner]["seed_hex"])
    created = datetime.fromisoformat(document["proof"]["created"])
    private = PrivateKey(key.id, Ed25519PrivateKey.from_private_bytes(seed))
    assert proofs.make(document, key=private, created=created) == document


def test_a_credential_inside_a_trust_document_verifies_by_itself() -> None:
    for name in ("2-offer", "9-twinning-offer", "11-disclosed-edge"):
        credential = DOCUMENTS[name]["object"]["credential"]
        assert proofs.verify(credential, KEYS[proofs.method_of(credential)], now=NOW).body == proofs.canonical(
            {name: value for name, value in credential.items() if name != "proof"}
        )


def verdict(document: dict[str, Any]) -> str:
    """The check that a document fails, or nothing; who speaks is compared before any key is looked up."""
    method = proofs.method_of(document)
    speaker = document.get("issuer") or document.get("actor") or document.get("attributedTo", "")
    if not same_origin(method, speaker, document["id"]):
        return "origin-mismatch"
    key = KEYS.get(method)
    if key is None:
        return "unknown-key"
    try:
        proofs.verify(document, key, now=NOW)
    except BadActivity as refusal:
        return refusal.code
    return ""


@pytest.mark.parametrize("name", TRUST["tampered"])
def test_each_tampered_trust_document_fails_the_check_that_is_named(name: str) -> None:
    tampered = TRUST["tampered"][name]
    assert verdict(tampered["document"]) == (tampered["reason"] if tampered["reason"] in HERE else "")


def changed(**proof: object) -> dict[str, Any]:
    """The vector with another proof; None takes the property away."""
    whole = {**FEP_8B32_PROOF, **{name.replace("context", "@context"): value for name, value in proof.items()}}
    return {**FEP_8B32, "proof": {name: value for name, value in whole.items() if value is not None}}


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({**FEP_8B32}, "no-proof"),
        ({**FEP_8B32, "proof": [FEP_8B32_PROOF]}, "no-proof"),
        ({**FEP_8B32, "proof": "x"}, "no-proof"),
        (changed(verificationMethod=None), "proof-method"),
        (changed(verificationMethod=[f"{ALICE}#ed25519-key"]), "proof-method"),
        (changed(verificationMethod=f"{ALICE}#other"), "wrong-key"),
        (changed(type="Ed25519Signature2020"), "proof-type"),
        (changed(cryptosuite="eddsa-rdfc-2022"), "proof-type"),
        (changed(proofPurpose="authentication"), "proof-purpose"),
        (changed(context=["https://www.w3.org/ns/activitystreams"]), "context-mismatch"),
        (changed(created=None), "proof-time"),
        (changed(created=1677281798), "proof-time"),
        (changed(created="2023-02-24"), "proof-time"),
        (changed(created="2023-02-24T23:36:38"), "proof-time"),
        (changed(created="2023-02-30T23:36:38Z"), "proof-time"),
        (changed(expires="2026-05-31T23:59:59Z"), "proof-expired"),
        (changed(expires="soon"), "proof-time"),
        (changed(expires="2030-01-01T00:00:00Z"), "signature-invalid"),
        (changed(created="2023-02-24T23:36:39Z"), "signature-invalid"),
        (changed(nonce="x"), "signature-invalid"),
        (changed(proofValue=None), "proof-value"),
        (changed(proofValue=5), "proof-value"),
        (changed(proofValue=FEP_8B32_PROOF["proofValue"][1:]), "proof-value"),
        (changed(proofValue="z0"), "proof-value"),
        (changed(proofValue="z11"), "proof-value"),
        (changed(proofValue="z" + "2" * 1_000_000), "proof-value"),
        ({**changed(), "actor": "https://server.example/users/eve"}, "signature-invalid"),
        ({**changed(), "extra": 1}, "signature-invalid"),
        ({**changed(), "huge": 2**60}, "not-canonical"),
        ({**changed(), "lone": "\ud800"}, "not-canonical"),
    ],
)
def test_a_proof_that_is_not_exactly_right_is_refused_with_401(document: dict[str, Any], code: str) -> None:
    with pytest.raises(BadActivity) as caught:
        proofs.verify(document, alice_public(), now=NOW)
    assert (caught.value.code, caught.value.status) == (code, 401)


def test_a_proof_is_made_with_ed25519_and_by_a_key_of_its_owners_origin() -> None:
    document = changed()
    with pytest.raises(BadActivity, match="wrong-key"):
        proofs.verify(document, public(alice(), "https://elsewhere.example/users/alice"), now=NOW)
    rsa = public(PrivateKey(f"{ALICE}#ed25519-key", rsa_key().key), ALICE)
    with pytest.raises(BadActivity, match="wrong-algorithm"):
        proofs.verify(document, rsa, now=NOW)


def test_a_document_without_context_is_proved_too() -> None:
    document = proofs.make({"id": "https://server.example/1"}, key=alice(), created=NOW)
    assert "@context" not in document["proof"]
    assert proofs.verify(document, alice_public(), now=NOW).body == b'{"id":"https://server.example/1"}'


def test_a_proof_that_leaves_the_context_out_is_accepted_as_older_peers_make_it() -> None:
    options = {name: value for name, value in FEP_8B32_PROOF.items() if name not in {"@context", "proofValue"}}
    message = sha256(proofs.canonical(options)).digest() + sha256(proofs.canonical(FEP_8B32)).digest()
    value = "z" + base58.b58encode(keys.sign_bytes(alice().key, message)).decode()
    document = {**FEP_8B32, "proof": {**options, "proofValue": value}}
    assert proofs.verify(document, alice_public(), now=NOW).origin[1] == "server.example"


def test_a_proof_may_cover_the_context_without_repeating_it_as_fedify_makes_it() -> None:
    assert json.loads(proofs.verify(changed(context=None), alice_public(), now=NOW).body) == FEP_8B32


def test_a_context_that_was_not_proved_is_refused_though_the_proof_repeats_none() -> None:
    document = {**changed(context=None), "@context": "https://www.w3.org/ns/activitystreams"}
    with pytest.raises(BadActivity, match="signature-invalid"):
        proofs.verify(document, alice_public(), now=NOW)


def test_keys_may_come_in_any_order() -> None:
    document = changed()
    shuffled = json.loads(json.dumps(document), object_pairs_hook=lambda pairs: dict(reversed(pairs)))
    assert json.loads(proofs.verify(shuffled, alice_public(), now=NOW).body) == FEP_8B32


texts = st.text(st.characters(codec="utf-8"), max_size=6)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**53) + 1, 2**53 - 1), st.floats(-1e9, 1e9), texts),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(texts.filter(lambda name: name not in {"proof", "@context"}), values, min_size=1, max_size=4))
def test_any_document_goes_through_and_none_other_does(document: dict[str, Any]) -> None:
    signed = proofs.make(document, key=alice(), created=NOW)
    assert json.loads(proofs.verify(signed, alice_public(), now=NOW).body) == document
    other = copy.deepcopy(signed)
    other.pop(next(iter(document)))
    with pytest.raises(BadActivity, match="signature-invalid"):
        proofs.verify(other, alice_public(), now=NOW)
