"""HTTP signatures: what honest peers send is accepted, and each strict rule of FEDERATION.md §4 is broken alone."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedivoisin.activitypub.wire import cavage
from fedivoisin.activitypub.wire.digest import content_digest
from fedivoisin.activitypub.wire.keys import PrivateKey, PublicKey
from fedivoisin.activitypub.wire.request import Scheme, SignedRequest, lines_of
from fedivoisin.activitypub.wire.signatures import key_id_of, sign, verify
from fedivoisin.errors import BadActivity
from fedivoisin.proof import Origin
from tests.activitypub.wire.requests import (
    BODY,
    KEY_ID,
    NOW,
    OURS,
    OWNER,
    Cavage,
    Rfc9421,
    ed25519_key,
    http_date,
    minutes,
    public,
    rsa_key,
)

GET: dict[str, Any] = {"method": "GET", "body": b""}
CAVAGE_GET: dict[str, Any] = {**GET, "covered": ("(request-target)", "host", "date")}
RFC_GET: dict[str, Any] = {**GET, "covered": ("@method", "@target-uri")}
CREATED = ("(request-target)", "host", "(created)", "digest")
SECONDS = str(int(NOW.timestamp()))


def seconds(count: int) -> str:
    return str(int(minutes(count).timestamp()))


@pytest.mark.parametrize(
    "made",
    [
        Cavage(),
        Cavage(algorithm=None),
        Cavage(algorithm="hs2019"),
        Cavage(algorithm="hs2019", key=ed25519_key()),
        Cavage(algorithm="ed25519", key=ed25519_key()),
        Cavage(**CAVAGE_GET),
        Cavage(**CAVAGE_GET, target="/users/amina?page=1&x=2"),
        Cavage(**CAVAGE_GET, target="/users/amina/outbox?page=true&min_id=3", signed_target="/users/amina/outbox"),
        Cavage(covered=("(request-target)", "host", "date", "digest", "content-type"), fields={"content-type": "a/b"}),
        Cavage(
            covered=("(request-target)", "host", "date", "content-digest"),
            fields={"content-digest": content_digest(BODY)},
        ),
        Cavage(covered=CREATED, algorithm="hs2019", times={"created": SECONDS}),
        Cavage(covered=(*CREATED, "(expires)"), algorithm="hs2019", times={"created": SECONDS, "expires": seconds(1)}),
        Cavage(date=http_date(minutes(-59))),
        Cavage(date=http_date(minutes(59))),
        Cavage(key_id="http://rennes.localhost:8102/users/bob#main-key", lab=True),
        Rfc9421(),
        Rfc9421(key=ed25519_key()),
        Rfc9421(parameters={"alg": "rsa-v1_5-sha256", "nonce": "x", "tag": "y", "expires": int(seconds(1))}),
        Rfc9421(parameters={"alg": "ed25519"}, key=ed25519_key()),
        Rfc9421(**RFC_GET),
        Rfc9421(**RFC_GET, target="/users/amina?q=1"),
        Rfc9421(covered=("@method", "@request-target", "@authority", "content-digest")),
        Rfc9421(covered=("@method", "@path", "host", "content-digest")),
        Rfc9421(covered=("@method", "@path", "@query", "host", "content-digest"), target="/inbox?a=b"),
        Rfc9421(covered=("@method", "@scheme", "@target-uri", "date", "content-digest"), parameters={"created": None}),
        Rfc9421(**GET, covered=("@method", "@path", "@authority"), target="/users/amina/outbox?page=2"),
    ],
)
def test_what_honest_peers_send_is_accepted(made: Cavage | Rfc9421) -> None:
    request = made.request()
    owner = OWNER if not request.lab else "http://rennes.localhost:8102/users/bob"
    key = replace(public(made.key, owner), id=key_id_of(request))
    verified = verify(request, key, now=NOW)
    assert (verified.key_id, verified.owner, verified.body) == (key.id, key.owner, made.body)
    assert verified.scheme == ("cavage" if isinstance(made, Cavage) else "rfc9421")
    assert verified.origin[1].startswith("rennes.")


BROKEN: list[tuple[str, Cavage | Rfc9421]] = [
    # Duplicates.
    ("duplicate-header", Cavage(extra_headers=[("signature", "x")])),
    ("duplicate-header", Cavage(extra_headers=[("HOST", "nantes.example")])),
    ("duplicate-header", Cavage(extra_headers=[("date", http_date())])),
    ("duplicate-header", Cavage(extra_headers=[("digest", "SHA-256=x")])),
    ("duplicate-header", Rfc9421(extra_headers=[("signature-input", "sig1=()")])),
    ("duplicate-header", Rfc9421(extra_headers=[("content-digest", "sha-256=:AAAA:")])),
    ("duplicate-header", Rfc9421(extra_headers=[("signature", "sig1=:AAAA:")])),
    ("duplicate-signature-parameter", Cavage(extra=f',keyId="{KEY_ID}"')),
    ("duplicate-signature-parameter", Cavage(extra=',signature="AAAA"')),
    ("duplicate-signature-parameter", Rfc9421(input='sig1=("@method");keyid="a";keyid="b"')),
    ("duplicate-signature-parameter", Rfc9421(input='sig1=("@method");keyid="a", sig1=("@method");keyid="b"')),
    # Coverage.
    ("not-covered", Cavage(covered=("host", "date", "digest"))),
    ("not-covered", Cavage(covered=("(request-target)", "date", "digest"))),
    ("time-not-covered", Cavage(covered=("(request-target)", "host", "digest"))),
    ("digest-not-covered", Cavage(covered=("(request-target)", "host", "date"))),
    ("digest-not-covered", Cavage(covered=("(request-target)", "host", "date"), body=b"")),
    ("digest-not-covered", Cavage(**{**CAVAGE_GET, "body": BODY})),
    ("not-covered", Rfc9421(covered=("@target-uri", "content-digest"))),
    ("not-covered", Rfc9421(covered=("@method", "@authority", "content-digest"))),
    ("not-covered", Rfc9421(covered=("@method", "@path", "content-digest"))),
    ("not-covered", Rfc9421(covered=())),
    ("time-not-covered", Rfc9421(parameters={"created": None})),
    ("digest-not-covered", Rfc9421(covered=("@method", "@target-uri"))),
    # The target.
    ("signature-invalid", Cavage(target="/users/carla/inbox", signed_target="/inbox")),
    ("signature-invalid", Cavage(target="/inbox?page=1", signed_target="/inbox")),
    ("signature-invalid", Cavage(**CAVAGE_GET, target="/users/amina?as=admin", signed_target="/users/amina")),
    ("signature-invalid", Cavage(**CAVAGE_GET, target="/a?page=1&as=admin", signed_target="/a")),
    ("not-covered", Rfc9421(covered=("@method", "@path", "host", "content-digest"), target="/inbox?page=1")),
    ("not-covered", Rfc9421(**GET, covered=("@method", "@path", "host"), target="/a?as=admin")),
    ("signature-invalid", Rfc9421(base_lines={"@target-uri": "https://rennes.example/inbox"})),
    ("bad-target", Cavage(target="https://nantes.example/inbox")),
    ("bad-target", Cavage(target="*")),
    # The host is ours as configured, whatever the Host header says.
    ("signature-invalid", Cavage(host="rennes.example")),
    ("signature-invalid", Cavage(origin=Origin(("https", "rennes.example.org", 443)))),
    ("signature-invalid", Rfc9421(origin=Origin(("https", "saint-malo.example", 443)))),
    # Time.
    ("clock-skew", Cavage(date=http_date(minutes(-61)))),
    ("clock-skew", Cavage(date=http_date(minutes(61)))),
    ("clock-skew", Cavage(covered=CREATED, algorithm="hs2019", times={"created": seconds(-61)})),
    ("clock-skew", Cavage(covered=("date", *CREATED), algorithm=None, times={"created": seconds(61)})),
    ("clock-skew", Rfc9421(parameters={"created": int(seconds(-61))})),
    ("clock-skew", Rfc9421(parameters={"created": int(seconds(61))})),
    (
        "clock-skew",
        Rfc9421(covered=("@method", "@target-uri", "content-digest", "date"), fields={"date": http_date(minutes(-61))}),
    ),
    (
        "signature-expired",
        Cavage(covered=(*CREATED, "(expires)"), algorithm=None, times={"created": SECONDS, "expires": seconds(-1)}),
    ),
    ("signature-expired", Cavage(times={"expires": seconds(-1)})),
    ("signature-expired", Rfc9421(parameters={"expires": int(seconds(-1))})),
    ("time-not-covered", Cavage(covered=("(request-target)", "host", "digest"), times={"created": SECONDS})),
    ("bad-date", Cavage(date="2026-08-20T09:12:00Z")),
    ("bad-date", Cavage(date="Thu, 20 Aug 2026 09:12:00 +0000")),
    ("bad-date", Cavage(date="Thu, 99 Aug 2026 09:12:00 GMT")),
    ("covered-header-missing", Cavage(covered=CREATED, algorithm=None)),
    ("covered-header-missing", Cavage(covered=("(request-target)", "host", "date", "digest", "x-absent"))),
    ("covered-header-missing", Rfc9421(covered=("@method", "@target-uri", "content-digest", "x-absent"))),
    ("created-with-old-algorithm", Cavage(covered=CREATED, times={"created": SECONDS})),
    (
        "created-with-old-algorithm",
        Cavage(covered=("(request-target)", "host", "date", "(expires)"), times={"expires": seconds(1)}),
    ),
    # The body.
    ("digest-mismatch", Cavage(fields={"digest": "SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE="})),
    ("digest-mismatch", Cavage(fields={"content-digest": "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"})),
    ("digest-mismatch", Rfc9421(fields={"content-digest": "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"})),
    ("bad-digest", Cavage(fields={"digest": "MD5=AAAA"})),
    # The algorithm is the key's.
    ("wrong-algorithm", Cavage(algorithm="rsa-sha512")),
    ("wrong-algorithm", Cavage(algorithm="hmac-sha256")),
    ("wrong-algorithm", Cavage(algorithm="ecdsa-sha256")),
    ("wrong-algorithm", Cavage(algorithm="ed25519")),
    ("wrong-algorithm", Cavage(algorithm="RSA-SHA256")),
    ("wrong-algorithm", Cavage(algorithm="rsa-sha256", key=ed25519_key())),
    ("wrong-algorithm", Rfc9421(parameters={"alg": "rsa-pss-sha512"})),
    ("wrong-algorithm", Rfc9421(parameters={"alg": "ecdsa-p256-sha256"})),
    ("wrong-algorithm", Rfc9421(parameters={"alg": "ecdsa-p384-sha384"})),
    ("wrong-algorithm", Rfc9421(parameters={"alg": "hmac-sha256"})),
    ("wrong-algorithm", Rfc9421(parameters={"alg": "hs2019"})),
    ("wrong-algorithm", Rfc9421(parameters={"alg": "ed25519"})),
    ("wrong-algorithm", Rfc9421(parameters={"alg": "rsa-v1_5-sha256"}, key=ed25519_key())),
    # The key id.
    ("bad-key-id", Cavage(key_id="http://rennes.example/users/bob#main-key")),
    ("bad-key-id", Cavage(key_id="acct:bob@rennes.example")),
    ("bad-key-id", Cavage(key_id="")),
    ("bad-key-id", Cavage(key_id="https://bob@rennes.example/")),
    ("bad-key-id", Cavage(key_id="https://rennes.example/" + "a" * 2048)),
    ("bad-key-id", Rfc9421(parameters={"keyid": "did:key:z6Mk"})),
    ("local-key-id", Cavage(key_id="https://nantes.example/users/amina#main-key")),
    ("local-key-id", Rfc9421(parameters={"keyid": "https://NANTES.example.:443/users/amina#main-key"})),
    ("wrong-key", Cavage(key_id="https://rennes.example/users/carla#main-key")),
    ("wrong-key", Rfc9421(parameters={"keyid": "https://rennes.example/users/carla#main-key"})),
    # The form of the headers.
    ("bad-signature-header", Cavage(extra=",")),
    ("bad-signature-header", Cavage(extra=" x")),
    ("bad-signature-header", Cavage(extra=',created="now"', times={})),
    ("bad-signature-header", Cavage(extra=",created=1e9")),
    ("bad-signature-header", Cavage(extra=",created=9999999999999")),
    ("bad-signature-header", Cavage(covered=("(request-target)", "host", "host", "date", "digest"))),
    ("bad-signature-header", Cavage(covered=("(request-target)", "", "host", "date", "digest"))),
    ("bad-signature-header", Cavage(covered=())),
    ("bad-signature-header", Rfc9421(input="")),
    ("bad-signature-header", Rfc9421(input="sig1")),
    ("bad-signature-header", Rfc9421(input="sig1=?1")),
    ("bad-signature-header", Rfc9421(input="é=()")),
    ("bad-signature-header", Rfc9421(signature="")),
    ("bad-signature-header", Rfc9421(signature="sig1=AAAA")),
    ("bad-signature-header", Rfc9421(signature="sig2=:AAAA:")),
    ("bad-signature-header", Rfc9421(signature="sig1=:AAAA:, sig2=:AAAA:")),
    ("bad-signature-header", Rfc9421(input='sig1=("@method");keyid="a", sig2=("@method");keyid="a"')),
    ("bad-signature-header", Rfc9421(parameters={"keyid": None})),
    ("bad-signature-header", Rfc9421(parameters={"created": "1"})),
    ("bad-signature-header", Rfc9421(parameters={"created": True})),
    ("bad-signature-header", Rfc9421(parameters={"expires": 1.5})),
    ("bad-signature-header", Rfc9421(parameters={"alg": 1})),
    ("bad-signature-header", Rfc9421(parameters={"surprise": "x"})),
    ("bad-signature-header", Rfc9421(covered=("@method", "@method", "@target-uri", "content-digest"))),
    (
        "bad-signature-header",
        Rfc9421(covered=("@method", "@target-uri", "content-digest", "x-name"), fields={"x-name": "é"}),
    ),
    ("unknown-component", Rfc9421(covered=("@method", "@target-uri", "content-digest", "@status"))),
    ("unknown-component", Rfc9421(covered=("@Method", "@target-uri", "content-digest"))),
    ("unknown-component", Rfc9421(covered=(1, "@method", "@target-uri", "content-digest"))),
    ("unknown-component", Rfc9421(covered=("@method", "@target-uri", ("content-digest", {"sf": True})))),
    ("unknown-component", Rfc9421(covered=("@method", "@target-uri", ("content-digest", {"bs": True})))),
    ("unknown-component", Rfc9421(covered=("@method", "@target-uri", ("content-digest", {"key": "sha-256"})))),
    ("unknown-component", Rfc9421(covered=("@method", ("@target-uri", {"req": True}), "content-digest"))),
    (
        "unknown-component",
        Rfc9421(covered=("@method", "@target-uri", ("@query-param", {"name": "x"}), "content-digest")),
    ),
    ("unknown-component", Rfc9421(covered=("@method", "@target-uri", "@query-param", "content-digest"))),
]


@pytest.mark.parametrize(("code", "made"), BROKEN)
def test_each_broken_rule_is_refused_with_401(code: str, made: Cavage | Rfc9421) -> None:
    with pytest.raises(BadActivity) as caught:
        verify(made.request(), public(made.key), now=NOW)
    assert (caught.value.code, caught.value.status) == (code, 401)


def test_a_request_shows_neither_what_it_says_nor_how_it_is_signed() -> None:
    assert repr(Cavage().request()) == "SignedRequest(POST /inbox)"


def test_a_request_without_signature_is_refused() -> None:
    with pytest.raises(BadActivity, match="unsigned"):
        key_id_of(SignedRequest("GET", "/users/amina", lines_of([("Host", "nantes.example")]), b"", OURS))


@pytest.mark.parametrize(
    "value",
    [
        "",
        "x",
        'keyId="a"',
        'Signature keyId="a"',
        'keyId="a",signature="*",headers="date"',
        'signature="YQ=="',
        'keyId="a",signature="YQ=="',
        'headers="date",signature="YQ=="',
        'keyId="a",headers="date",xsignature="YQ=="',
        'keyId="a",headers="date",xsignature="YQ==",signature="YQ=="',
        'keyId="a",headers="date" signature="YQ=="',
    ],
)
def test_a_signature_header_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(BadActivity, match=r"bad-signature-header|covered-header-missing"):
        key_id_of(SignedRequest("GET", "/", lines_of([("Signature", value), ("Date", http_date())]), b"", OURS))


def test_a_key_whose_owner_lives_elsewhere_is_refused() -> None:
    foreign = public(rsa_key(), "https://saint-malo.example/users/zoe")
    with pytest.raises(BadActivity, match="wrong-key"):
        verify(Cavage().request(), foreign, now=NOW)


@pytest.mark.parametrize("made", [Cavage(), Rfc9421()])
def test_the_key_of_somebody_else_does_not_verify(made: Cavage | Rfc9421) -> None:
    other = public(PrivateKey(KEY_ID, ed25519_key().key))
    other = replace(other, algorithm=public(rsa_key()).algorithm)
    with pytest.raises(BadActivity, match=r"signature-invalid"):
        verify(made.request(), other, now=NOW)


def sent(method: str, target: str, body: bytes | None, key: PrivateKey, scheme: Scheme) -> SignedRequest:
    """A request of ours as the peer, nantes.example, receives it."""
    headers = sign(method, f"https://nantes.example{target}", body, key=key, now=NOW, scheme=scheme)
    lines = (("Host", "nantes.example"), *headers.items())
    return SignedRequest(method, target, lines_of(lines), body or b"", OURS)


keys_used: st.SearchStrategy[PrivateKey] = st.sampled_from([rsa_key(), ed25519_key()])
schemes: st.SearchStrategy[Scheme] = st.sampled_from(["cavage", "rfc9421"])
targets = st.from_regex(r"(/[A-Za-z0-9._~%@:-]{0,8}){1,4}(\?[a-z=&]{0,12})?", fullmatch=True).filter(
    lambda text: "%" not in text
)


@settings(deadline=None, max_examples=60)
@given(keys_used, schemes, targets, st.binary(max_size=64) | st.none())
def test_what_we_sign_is_verified(key: PrivateKey, scheme: Scheme, target: str, body: bytes | None) -> None:
    request = sent("GET" if body is None else "POST", target, body, key, scheme)
    verified = verify(request, public(key), now=NOW)
    assert (verified.scheme, verified.body) == (scheme, body or b"")


@settings(deadline=None, max_examples=60)
@given(keys_used, schemes, st.data())
def test_one_changed_byte_anywhere_is_noticed(key: PrivateKey, scheme: Scheme, data: st.DataObject) -> None:
    request = sent("POST", "/inbox", BODY, key, scheme)
    name = data.draw(st.sampled_from([header for header in request.lines if header != "host"] + ["body"]))

    def changed(text: str) -> str:
        at = data.draw(st.integers(0, len(text) - 1))
        return text[:at] + chr(ord(text[at]) ^ 1) + text[at + 1 :]

    body = changed(BODY.decode()).encode() if name == "body" else BODY
    lines = {header: [changed(values[0])] if header == name else values for header, values in request.lines.items()}
    if _same_meaning(request.lines, lines) and body == BODY:
        return
    with pytest.raises(BadActivity) as caught:
        verify(msgspec.structs.replace(request, lines=lines, body=body), public(key), now=NOW)
    assert caught.value.status == 401


def _same_meaning(before: Mapping[str, Sequence[str]], after: Mapping[str, Sequence[str]]) -> bool:
    """A space between two members of a header may come and go; the last bits of base64 padding say nothing."""
    return [(name, value.replace(" ", "")) for name, (value,) in before.items()] == [
        (name, value.replace(" ", "")) for name, (value,) in after.items()
    ]


def test_the_scheme_is_told_from_the_headers() -> None:
    assert key_id_of(Cavage().request()) == KEY_ID
    assert key_id_of(Rfc9421().request()) == KEY_ID


def test_ours_are_signed_as_most_peers_want_it() -> None:
    headers = sign("POST", "https://nantes.example/inbox", BODY, key=rsa_key(), now=NOW, scheme="cavage")
    assert list(headers) == ["Date", "Digest", "Signature"]
    assert headers["Date"] == "Thu, 20 Aug 2026 09:12:00 GMT"
    assert (
        f'keyId="{KEY_ID}",algorithm="rsa-sha256",headers="(request-target) host date digest"' in headers["Signature"]
    )
    headers = sign("GET", "https://nantes.example/a?b", None, key=rsa_key(), now=NOW, scheme="rfc9421")
    assert list(headers) == ["Signature-Input", "Signature"]
    assert headers["Signature-Input"] == (
        f'sig1=("@method" "@target-uri");created={SECONDS};keyid="{KEY_ID}";alg="rsa-v1_5-sha256"'
    )


def test_a_verified_request_says_who_signed() -> None:
    key: PublicKey = public(rsa_key())
    verified = verify(Cavage().request(), key, now=NOW)
    assert verified.origin == ("https", "rennes.example", 443)


_PIECES = st.lists(
    st.sampled_from(
        [
            "signature=",
            "keyId=",
            "headers=",
            "algorithm=",
            '"',
            '"',
            '"',
            ",",
            ", ",
            "YQ==",
            "date",
            "1",
            "x",
            "\\",
            " ",
        ]
    ),
    max_size=16,
)
_SENSIBLE = st.permutations(
    [f'keyId="{KEY_ID}"', 'headers="date"', 'signature="YQ=="', 'algorithm="hs2019"', 'x=",signature="']
).map(",".join)


@given(
    _PIECES.map("".join) | _SENSIBLE | _PIECES.map(lambda pieces: f'keyId="{KEY_ID}",headers="date",{"".join(pieces)}')
)
def test_a_header_read_without_its_signature_is_read_as_the_whole(header: str) -> None:
    request = SignedRequest("GET", "/", lines_of([("Signature", header), ("Date", http_date())]), b"", OURS)
    try:
        whole = cavage._parameters(header)
        encoded = base64.b64decode(whole["signature"], validate=True)
    except (BadActivity, ValueError):
        with pytest.raises(BadActivity):
            cavage.claim(request)
        return
    try:
        claim = cavage.claim(request)
    except BadActivity:
        return  # well spelt, and covers what is not there
    assert (claim.key_id, claim.signature) == (whole["keyId"], encoded)
