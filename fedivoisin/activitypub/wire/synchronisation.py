"""FEP-8fcf: the digest of who follows, and the `Collection-Synchronization` header that carries it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from hashlib import sha256

HEADER = "Collection-Synchronization"
LONGEST = 8192
_PARAMETER = r'([A-Za-z]+)="([^"\\]*)"'
_PARAMETERS = re.compile(_PARAMETER)
_VALUE = re.compile(rf"{_PARAMETER}(?:[ \t]*,[ \t]*{_PARAMETER})*")
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Synchronisation:
    """What a sender says of its followers on the receiver's server."""

    collection: str
    """Its `followers`."""
    url: str
    """The part of it that concerns the receiver."""
    digest: str


def digest_of(followers: Iterable[str]) -> str:
    """The SHA-256 of each address, all XORed: in whatever order, 64 hexadecimal figures."""
    hashes = (int.from_bytes(sha256(one.encode()).digest()) for one in set(followers))
    return f"{reduce(int.__xor__, hashes, 0):064x}"


def write(said: Synchronisation) -> str:
    """The header's value."""
    return f'collectionId="{said.collection}", url="{said.url}", digest="{said.digest}"'


def read(value: str) -> Synchronisation | None:
    """The header's value taken apart; none when it is not spelt as the FEP says, for it is a help and no more."""
    if len(value) > LONGEST or not _VALUE.fullmatch(value):
        return None
    pairs = _PARAMETERS.findall(value)
    said = dict(pairs)
    if len(said) != len(pairs) or not {"collectionId", "url", "digest"} <= said.keys():
        return None
    digest = said["digest"].lower()
    return Synchronisation(said["collectionId"], said["url"], digest) if _DIGEST.fullmatch(digest) else None
