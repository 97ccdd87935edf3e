"""The `@context` that documents go out with."""

from typing import Any

import pytest

from fedivoisin.activitypub.documents import contexts
from fedivoisin.activitypub.wire import jsonld

PROOF = "https://w3id.org/security#proof"
WITH_PROOF: list[Any] = [contexts.PLAIN, contexts.LISTING, contexts.MESSAGE, contexts.ACTOR]


@pytest.mark.parametrize("context", WITH_PROOF, ids=["plain", "listing", "message", "actor"])
def test_with_proofs_readers_of_json_ld_see_the_proof_and_all_that_was_said_before(context: Any) -> None:
    *addresses, inline = contexts.with_proofs(context)
    terms: dict[str, Any] = {} if context == contexts.PLAIN else context[-1]
    assert addresses == ([context] if context == contexts.PLAIN else context[:-1])
    assert inline["proof"]["@id"] == PROOF
    # What an actor says of its keys is the same in other words.
    assert {name for name, meaning in terms.items() if inline[name] != meaning} <= {"assertionMethod"}


@pytest.mark.parametrize("context", WITH_PROOF, ids=["plain", "listing", "message", "actor"])
def test_what_is_proved_is_still_read_by_its_plain_keys(context: Any) -> None:
    proof = {"type": "DataIntegrityProof", "@context": contexts.with_proofs(context)}
    said = {"@context": contexts.with_proofs(context), "type": "Create", "proof": proof}
    assert jsonld.normalise(said) is said
