"""The digest of who follows, byte for byte as FEP-8fcf computes it, and the header that carries it."""

import pytest

from fedivoisin.activitypub.wire import synchronisation
from fedivoisin.activitypub.wire.synchronisation import Synchronisation, digest_of

ONE, TWO = "https://testing.example.org/users/1", "https://testing.example.org/users/2"
DIGEST = "c33f48cd341ef046a206b8a72ec97af65079f9a3a9b90eef79c5920dce45c61f"
FOLLOWERS = "https://example.org/users/1/followers"
SAID = Synchronisation(FOLLOWERS, f"{FOLLOWERS}_synchronization", DIGEST)


def test_the_digest_is_that_of_the_proposal_in_any_order() -> None:
    assert digest_of([ONE, TWO]) == digest_of([TWO, ONE]) == DIGEST
    assert digest_of([TWO, ONE, TWO]) == DIGEST
    assert digest_of([]) == "0" * 64


def test_the_header_is_written_as_in_the_proposal_and_read_again() -> None:
    value = synchronisation.write(SAID)
    assert value == f'collectionId="{FOLLOWERS}", url="{FOLLOWERS}_synchronization", digest="{DIGEST}"'
    assert synchronisation.read(value) == SAID


def test_mastodon_writes_it_in_another_order() -> None:
    value = f'collectionId="{FOLLOWERS}",digest="{DIGEST.upper()}",url="{FOLLOWERS}_synchronization"'
    assert synchronisation.read(value) == SAID


@pytest.mark.parametrize(
    "value",
    [
        "",
        "nonsense",
        f'collectionId="{FOLLOWERS}", digest="{DIGEST}"',
        f'url="x", url="y", collectionId="{FOLLOWERS}", digest="{DIGEST}"',
        f'collectionId="{FOLLOWERS}", url="x", digest="{DIGEST[:-1]}"',
        f'collectionId="{FOLLOWERS}", url="{"x" * 9000}", digest="{DIGEST}"',
    ],
)
def test_what_is_spelt_otherwise_is_not_read(value: str) -> None:
    assert synchronisation.read(value) is None
