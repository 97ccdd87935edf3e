"""Keys: RSA for HTTP signatures, Ed25519 for proofs and RFC 9421; as PEM and as Multikey (FEP-521a)."""

from dataclasses import dataclass, field
from enum import StrEnum

import base58
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
    load_pem_private_key,
    load_pem_public_key,
)

from fedivoisin.errors import BadActivity

AnyPublic = RSAPublicKey | Ed25519PublicKey
AnyPrivate = RSAPrivateKey | Ed25519PrivateKey

MAX_PEM = 4096
MAX_MULTIKEY = 1600
_PADDING, _HASH = PKCS1v15(), SHA256()
_TRIAL = b"does it sign?"
# Multicodec `ed25519-pub`, 0xed as a varint; in base58btc it always begins `z6Mk`.
_ED25519_PREFIX = b"\xed\x01"
# Multicodec `rsa-pub`, 0x1205 as a varint, before the key as PKCS #1 in DER.
_RSA_PREFIX = b"\x85\x24"


class Algorithm(StrEnum):
    """What a key can do, and so what a signature by it must be: the key decides, never the message."""

    RSA = "rsa-v1_5-sha256"
    ED25519 = "ed25519"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key as its owner publishes it: `id` and `owner` are URLs."""

    id: str
    owner: str
    algorithm: Algorithm
    key: AnyPublic


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A key of ours with the URL under which its public half is found."""

    id: str
    key: AnyPrivate = field(repr=False)


def new_rsa() -> RSAPrivateKey:
    """RSA-2048: the size that every peer takes."""
    return generate_private_key(public_exponent=65537, key_size=2048)


def new_ed25519() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


def algorithm_of(key: AnyPublic | AnyPrivate) -> Algorithm:
    return Algorithm.RSA if isinstance(key, RSAPublicKey | RSAPrivateKey) else Algorithm.ED25519


def public_key(key_id: str, owner: str, key: AnyPublic) -> PublicKey:
    return PublicKey(key_id, owner, algorithm_of(key), key)


def private_pem(key: AnyPrivate) -> str:
    """PKCS #8, not encrypted: for our own database only."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public_pem(key: AnyPublic) -> str:
    """SubjectPublicKeyInfo, the form of `publicKeyPem`."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def load_private_pem(text: str) -> AnyPrivate:
    """A key of ours, as `private_pem` wrote it."""
    key = load_pem_private_key(text.encode(), password=None)
    if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        raise BadActivity("bad-key", status=401)
    return key


def load_signing_pem(text: str) -> AnyPrivate:
    """The same in a fiftieth of the time, to sign with: that both halves of it fit is seen by one signature."""
    # Whether the factors are primes is not asked again (40 ms): we made them, and `doctor` looks. OpenSSL gives no
    # signature away that a damaged half would let others compute the key from: it checks each before.
    key = load_pem_private_key(text.encode(), password=None, unsafe_skip_rsa_key_validation=True)
    if isinstance(key, RSAPrivateKey | Ed25519PrivateKey) and _fits(key):
        return key
    raise BadActivity("bad-key", status=401)


def _fits(key: AnyPrivate) -> bool:
    return signature_holds(key.public_key(), sign_bytes(key, _TRIAL), _TRIAL)


def load_public_pem(text: str) -> AnyPublic:
    """A peer's `publicKeyPem`: RSA of 2048 to 8192 bits or Ed25519, else BadActivity("bad-key")."""
    try:
        if len(text) > MAX_PEM:
            raise BadActivity("bad-key", status=401)
        key = load_pem_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise BadActivity("bad-key", status=401) from None
    if isinstance(key, RSAPublicKey):
        return _sound(key)
    if isinstance(key, Ed25519PublicKey):
        return key
    raise BadActivity("bad-key", status=401)


def _sound(key: RSAPublicKey) -> RSAPublicKey:
    # A huge exponent makes one verification as slow as a signature: a cheap way to keep us busy.
    if not (2048 <= key.key_size <= 8192 and key.public_numbers().e < 2**32):
        raise BadActivity("bad-key", status=401)
    return key


def multikey(key: AnyPublic) -> str:
    """`publicKeyMultibase` (FEP-521a): `z6Mk…` of an Ed25519 key, `z4MX…` of an RSA one."""
    if isinstance(key, RSAPublicKey):
        raw = _RSA_PREFIX + key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    else:
        raw = _ED25519_PREFIX + key.public_bytes_raw()
    return "z" + base58.b58encode(raw).decode()


def load_multikey(text: str) -> AnyPublic:
    """A peer's `publicKeyMultibase`: what `load_public_pem` takes, else BadActivity("bad-key")."""
    try:
        # base58 is quadratic: the length comes first.
        raw = base58.b58decode(text[1:]) if text.startswith("z") and len(text) <= MAX_MULTIKEY else b""
        if len(raw) == 34 and raw.startswith(_ED25519_PREFIX):
            return Ed25519PublicKey.from_public_bytes(raw[2:])
        key = load_der_public_key(raw[2:]) if raw.startswith(_RSA_PREFIX) else None
    except (ValueError, UnsupportedAlgorithm):
        raise BadActivity("bad-key", status=401) from None
    # The form decides the kind: a Multikey of RSA that holds something else is none.
    if not isinstance(key, RSAPublicKey) or multikey(key) != text:
        raise BadActivity("bad-key", status=401)
    return _sound(key)


def sign_bytes(key: AnyPrivate, message: bytes) -> bytes:
    """RSASSA-PKCS1-v1_5 with SHA-256, or Ed25519."""
    if isinstance(key, RSAPrivateKey):
        return key.sign(message, _PADDING, _HASH)
    return key.sign(message)


def signature_holds(key: AnyPublic, signature: bytes, message: bytes) -> bool:
    """Whether `signature` over `message` was made with the private half of `key`."""
    try:
        if isinstance(key, RSAPublicKey):
            key.verify(signature, message, _PADDING, _HASH)
        else:
            key.verify(signature, message)
    except InvalidSignature:
        return False
    return True
