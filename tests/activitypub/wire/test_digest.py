"""Digests: made, checked against the raw bytes, refused when they say anything else."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedivoisin.activitypub.wire.digest import content_digest, digest, verify_content_digest, verify_digest
from fedivoisin.errors import BadActivity

BODY = b'{"hello": "world"}'
SHA256 = "X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE="
SHA512 = "WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew=="


def test_the_digests_of_rfc_9530_and_rfc_9421_are_made() -> None:
    assert digest(BODY) == f"SHA-256={SHA256}"
    assert content_digest(BODY) == f"sha-256=:{SHA256}:"


@pytest.mark.parametrize(
    "value",
    [
        f"SHA-256={SHA256}",
        f"sha-256={SHA256}",
        f"Sha-512={SHA512}",
        f"SHA-256={SHA256},SHA-512={SHA512}",
        f"SHA-256={SHA256} , md5=AAAA",
    ],
)
def test_a_digest_that_matches_is_accepted_whatever_the_case_of_its_name(value: str) -> None:
    verify_digest(value, BODY)


@pytest.mark.parametrize(
    "value",
    [
        f"sha-256=:{SHA256}:",
        f"sha-512=:{SHA512}:",
        f"sha-256=:{SHA256}:, sha-512=:{SHA512}:",
        f"md5=:AAAA:,sha-256=:{SHA256}:",
    ],
)
def test_a_content_digest_that_matches_is_accepted(value: str) -> None:
    verify_content_digest(value, BODY)


OTHER = base64.b64encode(hashlib.sha256(b"other").digest()).decode()


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (f"SHA-256={OTHER}", "digest-mismatch"),
        (f"SHA-256={SHA256},SHA-512={SHA256}", "digest-mismatch"),
        (f"SHA-256={OTHER},SHA-512={SHA512}", "digest-mismatch"),
        (f"SHA-256={SHA256},sha-256={SHA256}", "bad-digest"),
        (f"SHA-256=:{SHA256}:", "bad-digest"),
        (f"SHA-256={SHA256[:-1]}", "bad-digest"),
        (f"SHA-256={SHA256};q=1", "bad-digest"),
        ("md5=AAAA", "bad-digest"),
        ("SHA-256=", "bad-digest"),
        ("SHA-256", "bad-digest"),
        ("", "bad-digest"),
        (f"SHA-256={SHA256},", "bad-digest"),
        ("SHA-256=****", "bad-digest"),
    ],
)
def test_a_digest_that_is_wrong_or_malformed_is_refused_with_401(value: str, code: str) -> None:
    with pytest.raises(BadActivity) as caught:
        verify_digest(value, BODY)
    assert (caught.value.code, caught.value.status) == (code, 401)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (f"sha-256=:{OTHER}:", "digest-mismatch"),
        (f"SHA-256=:{SHA256}:", "bad-digest"),
        (f"sha-256={SHA256}", "bad-digest"),
        (f"sha-256=:{SHA256}:,sha-256=:{OTHER}:", "bad-digest"),
        ("unixsum=:AAAA:", "bad-digest"),
    ],
)
def test_the_names_of_content_digest_are_lower_case_and_its_values_byte_sequences(value: str, code: str) -> None:
    with pytest.raises(BadActivity, match=code):
        verify_content_digest(value, BODY)


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_a_digest_holds_for_its_body_alone(body: bytes, other: bytes) -> None:
    verify_digest(digest(body), body)
    verify_content_digest(content_digest(body), body)
    if body != other:
        with pytest.raises(BadActivity, match="digest-mismatch"):
            verify_content_digest(content_digest(body), other)
