"""The only doors outside: time, chance, network, mail, pictures and places. Made in `app.py`, faked in tests."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from fedivoisin.counters import Counters

Sign = Callable[[str, str, bytes | None], Mapping[str, str]]
"""(method, URL, body) -> the headers to send, signature included. Called anew for each hop of a redirection."""

MayGo = Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Response:
    """What a peer answered. `url` is the final address; header names are lower case."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    """One message to one person: always plain text."""

    to: str
    subject: str
    text: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in, as the association set it."""

    host: str
    port: int
    security: str
    """`tls` (from the first byte), `starttls`, or `none`."""
    sender: str
    """The address that mails come from."""
    user: str = ""
    password: str = ""


class SendMail(Protocol):
    """Raises Unreachable with a code of `adapters/mail.py`; `status` is what the server said, 5xx for good."""

    def __call__(self, mail: Mail, server: MailServer) -> Awaitable[None]: ...


@dataclass(frozen=True, slots=True)
class EncodedImage:
    """A picture decoded and drawn anew as WebP: nothing of the original file is left but its pixels."""

    body: bytes
    width: int
    height: int
    thumbnail: bytes
    blurhash: str


@dataclass(frozen=True, slots=True)
class Place:
    """A point with its name, in degrees (WGS 84)."""

    name: str
    latitude: float
    longitude: float


class Fetch(Protocol):
    """Raises Unreachable (network, time-out, too large) or BadActivity (forbidden address, redirect).

    `may_go` is asked before each redirection is followed, with the address it leads to, and raises to forbid it.
    """

    def __call__(
        self, url: str, *, accept: str, max_bytes: int, sign: Sign | None = None, may_go: MayGo | None = None
    ) -> Awaitable[Response]: ...


class Post(Protocol):
    """One POST, never redirected. Raises Unreachable or BadActivity (forbidden address)."""

    def __call__(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> Awaitable[Response]: ...


class EncodeImage(Protocol):
    """Raises Refused (not a picture, too large)."""

    def __call__(self, body: bytes, *, max_side: int, max_pixels: int) -> Awaitable[EncodedImage]: ...


class MediaFolder(Protocol):
    """Where pictures are kept, by path (`ab/cd/….webp`). A file is there whole or not at all."""

    async def save(self, path: str, body: bytes) -> None:
        """Write it."""
        ...

    async def load(self, path: str) -> bytes | None:
        """Read it; None when there is none of that name."""
        ...

    async def remove(self, path: str) -> None:
        """Take it away, if it is there."""
        ...


@dataclass(frozen=True, slots=True)
class NewKeys:
    """The two key pairs of a new actor: RSA-2048 for requests, Ed25519 for statements (FEP-521a)."""

    rsa_private: str
    """PEM, PKCS#8."""
    rsa_public: str
    """PEM, SubjectPublicKeyInfo."""
    ed25519_private: str
    """PEM, PKCS#8."""
    ed25519_public: str
    """Multikey: base58btc, `z6Mk…`."""


@dataclass(frozen=True, slots=True)
class World:
    """Every effect the program can have outside its database."""

    now: Callable[[], datetime]
    """Aware, in UTC."""
    new_id: Callable[[], str]
    """A random UUID, as text."""
    new_secret: Callable[[], str]
    """256 bits, URL-safe."""
    fetch: Fetch
    post: Post
    send_mail: SendMail
    encode_image: EncodeImage
    media: MediaFolder
    new_keys: Callable[[], Awaitable[NewKeys]]
    """Takes some tenths of a second, in a thread: never inside a transaction."""
    hash_password: Callable[[str], Awaitable[str]]
    """A new password to an Argon2id hash (PHC string), in a thread. Raises Refused (too short, long or common)."""
    check_password: Callable[[str, str | None], Awaitable[bool]]
    """Whether the password fits the hash; without a hash it takes as long, and is false."""
    counters: Counters = field(default_factory=Counters)
    """What this process has done so far."""
