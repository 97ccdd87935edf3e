"""RFC 9421: the signature bases of appendix B.2, and an independent implementation on the other side of the wire."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import http_message_signatures as peer
import http_sf
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from fedivoisin.activitypub.wire import keys
from fedivoisin.activitypub.wire.request import SignedRequest, lines_of
from fedivoisin.activitypub.wire.rfc9421 import Component, claim, component_value, sign, signature_base
from fedivoisin.activitypub.wire.signatures import verify
from fedivoisin.errors import BadActivity
from fedivoisin.proof import Origin
from tests.activitypub.wire.requests import BODY, KEY_ID, NOW, OURS, ed25519_key, public, rsa_key

# RFC 9421, appendix B.1.4 and the messages of B.2.
ED25519_PRIVATE = b"""-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF
-----END PRIVATE KEY-----
"""
ED25519_PUBLIC = b"""-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=
-----END PUBLIC KEY-----
"""
REQUEST_DIGEST = "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:"
RESPONSE_DIGEST = "sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:"
REQUEST = SignedRequest(
    "POST",
    "/foo?param=Value&Pet=dog",
    {
        "host": ["example.com"],
        "date": ["Tue, 20 Apr 2021 02:07:55 GMT"],
        "content-type": ["application/json"],
        "content-digest": [REQUEST_DIGEST],
        "content-length": ["18"],
    },
    b'{"hello": "world"}',
    Origin(("https", "example.com", 443)),
)
RESPONSE = {
    "@status": "200",
    "content-type": "application/json",
    "content-digest": RESPONSE_DIGEST,
    "content-length": "23",
}
B26_INPUT = (
    'sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473'
    ';keyid="test-key-ed25519"'
)
B26_SIGNATURE = "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:"


def of_request(component: Component) -> str:
    return component_value(REQUEST, component)


def of_response(component: Component) -> str:
    return RESPONSE[component[0]]


def parsed(signature_input: str) -> tuple[list[Component], dict[str, Any]]:
    members: Any = http_sf.parse(signature_input.encode(), tltype="dictionary")
    components, parameters = next(iter(members.values()))
    return components, parameters


B21 = 'sig-b21=();created=1618884473;keyid="test-key-rsa-pss";nonce="b3k2pp5k7z-50gnwp.yemd"'
B22 = (
    'sig-b22=("@authority" "content-digest" "@query-param";name="Pet");created=1618884473'
    ';keyid="test-key-rsa-pss";tag="header-example"'
)
B23 = (
    'sig-b23=("date" "@method" "@path" "@query" "@authority" "content-type" "content-digest" "content-length")'
    ';created=1618884473;keyid="test-key-rsa-pss"'
)
B24 = (
    'sig-b24=("@status" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-ecc-p256"'
)
B25 = 'sig-b25=("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"'


DATE = '"date": Tue, 20 Apr 2021 02:07:55 GMT\n'
AUTHORITY = '"@authority": example.com\n'
JSON = '"content-type": application/json\n'
B22_LINES = f'{AUTHORITY}"content-digest": {REQUEST_DIGEST}\n"@query-param";name="Pet": dog\n'
B23_LINES = f"""{DATE}"@method": POST
"@path": /foo
"@query": ?param=Value&Pet=dog
{AUTHORITY}{JSON}"content-digest": {REQUEST_DIGEST}
"content-length": 18
"""
B24_LINES = f'"@status": 200\n{JSON}"content-digest": {RESPONSE_DIGEST}\n"content-length": 23\n'
B26_LINES = f'{DATE}"@method": POST\n"@path": /foo\n{AUTHORITY}{JSON}"content-length": 18\n'


@pytest.mark.parametrize(
    ("signature_input", "value_of", "lines"),
    [
        (B21, of_request, ""),
        (B22, of_request, B22_LINES),
        (B23, of_request, B23_LINES),
        (B24, of_response, B24_LINES),
        (B25, of_request, DATE + AUTHORITY + JSON),
        (B26_INPUT, of_request, B26_LINES),
    ],
    ids=["B.2.1", "B.2.2", "B.2.3", "B.2.4", "B.2.5", "B.2.6"],
)
def test_the_signature_bases_of_appendix_b_come_out_byte_for_byte(
    signature_input: str, value_of: Any, lines: str
) -> None:
    components, parameters = parsed(signature_input)
    expected = f'{lines}"@signature-params": {signature_input.partition("=")[2]}'
    assert signature_base(components, parameters, value_of).decode() == expected


def test_the_signature_of_b_2_6_holds_and_is_made_anew() -> None:
    request = SignedRequest(
        REQUEST.method,
        REQUEST.target,
        {**REQUEST.lines, "signature-input": [B26_INPUT], "signature": [B26_SIGNATURE]},
        REQUEST.body,
        REQUEST.origin,
    )
    read = claim(request)
    public_key, private_key = load_pem_public_key(ED25519_PUBLIC), load_pem_private_key(ED25519_PRIVATE, None)
    assert isinstance(public_key, Ed25519PublicKey)
    assert isinstance(private_key, Ed25519PrivateKey)
    assert read.key_id == "test-key-ed25519"
    assert keys.signature_holds(public_key, read.signature, read.bases[0])
    assert keys.sign_bytes(private_key, read.bases[0]) == read.signature


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("@target-uri", "https://example.com/foo?param=Value&Pet=dog"),
        ("@scheme", "https"),
        ("@request-target", "/foo?param=Value&Pet=dog"),
        ("host", "example.com"),
    ],
)
def test_the_other_components_of_section_2_2_are_known(name: str, value: str) -> None:
    assert component_value(REQUEST, (name, {})) == value


@pytest.mark.parametrize(
    ("query", "name", "value"),
    [("a=x%20y+z", "a", "x%20y%20z"), ("a=", "a", ""), ("a=%C3%A9~", "a", "%C3%A9~")],
)
def test_a_query_parameter_is_encoded_anew(query: str, name: str, value: str) -> None:
    request = SignedRequest("GET", f"/?{query}", {}, b"", OURS)
    assert component_value(request, ("@query-param", {"name": name})) == value


@pytest.mark.parametrize(("query", "name"), [("a=1&a=2", "a"), ("a=1", "b"), ("a=1", None)])
def test_a_query_parameter_that_is_absent_or_repeated_is_refused(query: str, name: str | None) -> None:
    request = SignedRequest("GET", f"/?{query}", {}, b"", OURS)
    with pytest.raises(BadActivity, match="unknown-component"):
        component_value(request, ("@query-param", {"name": name}))


@dataclass
class Message:
    """A request as the other implementation wants it."""

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict[str, str])


ALGORITHMS = {
    keys.Algorithm.RSA: peer.algorithms.RSA_V1_5_SHA256,
    keys.Algorithm.ED25519: peer.algorithms.ED25519,
}


class Patient(peer.HTTPMessageVerifier):
    """The other implementation at the time of the tests."""

    max_clock_skew = timedelta(days=36500)


@pytest.mark.parametrize("key", [rsa_key(), ed25519_key()], ids=["rsa", "ed25519"])
def test_another_implementation_verifies_what_we_sign(key: keys.PrivateKey) -> None:
    url = "https://nantes.example/inbox?a=%C3%A9"
    message = Message("POST", url, sign("POST", url, BODY, key, NOW))
    resolver = peer.MappingKeyResolver(public_keys={KEY_ID: key.key.public_key()}, private_keys={})
    verifier = Patient(signature_algorithm=ALGORITHMS[keys.algorithm_of(key.key)], key_resolver=resolver)
    [result] = verifier.verify(message, max_age=None, body=BODY, require_components=("@method", "@target-uri"))
    assert result.body == BODY


@pytest.mark.parametrize("key", [rsa_key(), ed25519_key()], ids=["rsa", "ed25519"])
def test_we_verify_what_another_implementation_signs(key: keys.PrivateKey) -> None:
    message = Message("POST", "https://nantes.example/inbox?a=b", {"Date": "Thu, 20 Aug 2026 09:12:00 GMT"})
    resolver = peer.MappingKeyResolver(public_keys={}, private_keys={KEY_ID: key.key})
    signer = peer.HTTPMessageSigner(signature_algorithm=ALGORITHMS[keys.algorithm_of(key.key)], key_resolver=resolver)
    covered = ("@method", "@target-uri", "date")
    signer.sign(message, key_id=KEY_ID, created=NOW, covered_component_ids=covered, body=BODY)
    request = SignedRequest("POST", "/inbox?a=b", lines_of(message.headers.items()), BODY, OURS)
    assert verify(request, public(key), now=NOW).body == BODY
