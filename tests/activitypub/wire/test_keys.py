"""Keys: read strictly, written as peers read them."""

import json
from pathlib import Path

import base58
import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from fedivoisin.activitypub.wire import keys
from fedivoisin.activitypub.wire.keys import Algorithm
from fedivoisin.errors import BadActivity

VECTORS = json.loads((Path(__file__).parents[2] / "data/trust-vectors.json").read_text())


def test_the_multikeys_of_the_trust_vectors_come_from_their_seeds() -> None:
    for vector in VECTORS["keys"].values():
        public = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(vector["seed_hex"])).public_key()
        assert keys.multikey(public) == vector["publicKeyMultibase"]
        assert keys.load_multikey(vector["publicKeyMultibase"]) == public


def test_the_multikey_of_fep_8b32_is_read() -> None:
    text = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
    assert keys.multikey(keys.load_multikey(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "z",
        "6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
        "u6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
        "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ",
        "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ0",
        "z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc",
        "z" + "1" * 100_000,
        "zé",
    ],
)
def test_what_is_no_multikey_is_refused(text: str) -> None:
    with pytest.raises(BadActivity, match="bad-key"):
        keys.load_multikey(text)


@given(st.binary(min_size=32, max_size=32))
def test_any_ed25519_key_goes_through_multikey_and_pem(seed: bytes) -> None:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    assert keys.load_multikey(keys.multikey(private.public_key())) == private.public_key()
    assert keys.load_public_pem(keys.public_pem(private.public_key())) == private.public_key()
    loaded = keys.load_private_pem(keys.private_pem(private))
    assert loaded.public_key() == private.public_key()


def test_our_rsa_keys_have_2048_bits_and_go_through_pem() -> None:
    private = keys.new_rsa()
    public = private.public_key()
    assert private.key_size == 2048
    assert keys.load_public_pem(keys.public_pem(public)) == public
    assert keys.load_private_pem(keys.private_pem(private)).public_key() == public
    assert keys.public_key("https://a.example/#k", "https://a.example/", public).algorithm is Algorithm.RSA
    # Older peers write PKCS #1, "BEGIN RSA PUBLIC KEY".
    assert keys.load_public_pem(public.public_bytes(Encoding.PEM, PublicFormat.PKCS1).decode()) == public


def test_our_ed25519_keys_are_new_each_time() -> None:
    first, second = keys.new_ed25519(), keys.new_ed25519()
    assert first.public_key() != second.public_key()
    assert keys.algorithm_of(first) is Algorithm.ED25519


def pem(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey | dsa.DSAPublicKey) -> str:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def test_keys_that_are_too_small_slow_or_of_another_kind_are_refused() -> None:
    modulus = keys.new_rsa().public_key().public_numbers().n
    slow = rsa.RSAPublicNumbers(e=2**64 + 13, n=modulus).public_key()
    huge = rsa.RSAPublicNumbers(e=65537, n=modulus**5 | 1).public_key()
    small = rsa.RSAPublicNumbers(e=65537, n=modulus >> 1024 | 1).public_key()
    curve = ec.generate_private_key(ec.SECP256R1()).public_key()
    for text in (pem(slow), pem(huge), pem(small), pem(curve), "", "nonsense", "-----BEGIN", "x" * 5000, "\ud800"):
        with pytest.raises(BadActivity, match="bad-key") as caught:
            keys.load_public_pem(text)
        assert caught.value.status == 401


def test_a_private_key_of_another_kind_is_no_key_of_ours() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    with pytest.raises(BadActivity, match="bad-key"):
        keys.load_private_pem(text)
    with pytest.raises(BadActivity, match="bad-key"):
        keys.load_signing_pem(text)


def test_a_key_to_sign_with_signs_as_the_one_that_was_kept() -> None:
    for private in (keys.new_rsa(), keys.new_ed25519()):
        loaded = keys.load_signing_pem(keys.private_pem(private))
        assert keys.signature_holds(private.public_key(), keys.sign_bytes(loaded, b"words"), b"words")


def test_a_damaged_key_signs_nothing() -> None:
    numbers = keys.new_rsa().private_numbers()
    damaged = rsa.RSAPrivateNumbers(
        p=numbers.p,
        q=numbers.q,
        d=numbers.d + 2,
        dmp1=numbers.dmp1 + 2,
        dmq1=numbers.dmq1,
        iqmp=numbers.iqmp,
        public_numbers=numbers.public_numbers,
    ).private_key(unsafe_skip_rsa_key_validation=True)
    with pytest.raises(BadActivity, match="bad-key"):
        keys.load_signing_pem(keys.private_pem(damaged))
    with pytest.raises(ValueError, match="Invalid private key"):
        keys.load_private_pem(keys.private_pem(damaged))


def test_a_private_key_is_not_shown_when_printed() -> None:
    assert "PrivateKey object" not in repr(keys.PrivateKey("https://a.example/#k", keys.new_ed25519()))


def test_an_rsa_key_goes_through_multikey() -> None:
    public = keys.new_rsa().public_key()
    text = keys.multikey(public)
    assert text.startswith("z4MX")
    assert keys.load_multikey(text) == public


def test_a_multikey_that_says_rsa_holds_nothing_else() -> None:
    modulus = keys.new_rsa().public_key().public_numbers().n
    small = rsa.RSAPublicNumbers(e=65537, n=modulus >> 1024 | 1).public_key()
    pkcs1 = keys.new_rsa().public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
    whole = keys.new_rsa().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    edwards = keys.new_ed25519().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    named = [b"\x85\x24" + der for der in (whole, edwards, pkcs1[:-1], b"")]
    for text in (keys.multikey(small), *("z" + base58.b58encode(raw).decode() for raw in named)):
        with pytest.raises(BadActivity, match="bad-key"):
            keys.load_multikey(text)


@pytest.mark.parametrize("make", [keys.new_rsa, keys.new_ed25519])
def test_a_signature_holds_for_its_message_and_its_key_alone(make: type) -> None:
    private, other = make(), make()
    signature = keys.sign_bytes(private, b"message")
    assert keys.signature_holds(private.public_key(), signature, b"message")
    assert not keys.signature_holds(private.public_key(), signature, b"massage")
    assert not keys.signature_holds(other.public_key(), signature, b"message")
    assert not keys.signature_holds(private.public_key(), b"", b"message")
