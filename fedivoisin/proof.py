"""What has been proven, as types. Only `activitypub.wire` makes them (a shape test holds it to that)."""

from dataclasses import dataclass
from typing import NewType

from msgspec import Struct

Origin = NewType("Origin", tuple[str, str, int])
"""(scheme, host, port), lower case, port explicit: FEP-fe34."""


class Verified(Struct, frozen=True):
    """A request whose signature held: `body` is the very bytes that were covered."""

    key_id: str
    owner: str
    """URL of the actor whose key signed; the key's document lists it."""
    origin: Origin
    body: bytes
    scheme: str
    """`cavage` or `rfc9421`."""


@dataclass(frozen=True, slots=True)
class VerifiedCredential:
    """A document whose `eddsa-jcs-2022` proof held (FEP-8b32), with the key that proved it."""

    verification_method: str
    origin: Origin
    body: bytes
    """The document's JCS form without its proof."""
