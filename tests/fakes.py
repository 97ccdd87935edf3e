"""A world without an outside: its clock is set by hand, its ids count up, its mail and its requests are kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from uuid import UUID

import base58
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from fedivoisin.counters import Counters
from fedivoisin.errors import Unreachable
from fedivoisin.world import EncodedImage, Mail, MailServer, MayGo, NewKeys, Response, Sign, World

START = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
ED25519_MULTICODEC = b"\xed\x01"
KEY_PAIRS = 6

Answer = Response | Exception | Callable[["Request"], Response]
"""What a faked address answers: the same each time, a failure, or something made from the request."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request that the program made."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(slots=True)
class FakeMedia:
    """A media folder in memory."""

    files: dict[str, bytes] = field(default_factory=dict[str, bytes])

    async def save(self, path: str, body: bytes) -> None:
        """Keep it in `files`."""
        self.files[path] = body

    async def load(self, path: str) -> bytes | None:
        """From `files`."""
        return self.files.get(path)

    async def remove(self, path: str) -> None:
        """Out of `files`."""
        self.files.pop(path, None)


@dataclass(slots=True)
class FakeWorld:
    """Give `world.doors` where a `World` is wanted; set answers and look at what happened here."""

    time: datetime = START
    mails: list[Mail] = field(default_factory=list[Mail])
    requests: list[Request] = field(default_factory=list[Request])
    pages: dict[str, Answer] = field(default_factory=dict[str, Answer])
    """URL -> the answer to a GET. Other addresses cannot be reached."""
    redirections: dict[str, str] = field(default_factory=dict[str, str])
    inboxes: dict[str, Answer] = field(default_factory=dict[str, Answer])
    """URL -> the answer to a POST. Other addresses answer 202."""
    mail_servers: list[MailServer] = field(default_factory=list[MailServer])
    """The server that each mail was handed to, refused ones included."""
    mail_answer: Exception | None = None
    """What refuses the next mails, if anything does."""
    media: FakeMedia = field(default_factory=FakeMedia)
    picture_answer: Exception | None = None
    """What refuses the next pictures, if anything does."""
    counters: Counters = field(default_factory=Counters)
    ids_given: int = 0
    secrets_given: int = 0
    keys_given: int = 0

    @property
    def doors(self) -> World:
        """This world as the program knows it."""
        return World(
            now=self.now,
            new_id=self.new_id,
            new_secret=self.new_secret,
            fetch=self.fetch,
            post=self.post,
            send_mail=self.send_mail,
            encode_image=self.encode_image,
            media=self.media,
            new_keys=self.new_keys,
            hash_password=self.hash_password,
            check_password=self.check_password,
            counters=self.counters,
        )

    def now(self) -> datetime:
        """The hand-set moment."""
        return self.time

    def pass_time(self, **amount: float) -> None:
        """Move the clock on: `world.pass_time(days=61)`."""
        self.time += timedelta(**amount)

    def new_id(self) -> str:
        """…0001, …0002: UUIDs that sort in the order they were given."""
        self.ids_given += 1
        return str(UUID(int=(4 << 76) | (8 << 60) | self.ids_given))

    def new_secret(self) -> str:
        """`secret-1`, `secret-2`…, 43 letters long as real ones are."""
        self.secrets_given += 1
        return f"secret-{self.secrets_given}".ljust(43, "_")

    async def send_mail(self, mail: Mail, server: MailServer) -> None:
        """Keep it in `mails`, unless the mail server is out of order."""
        self.mail_servers.append(server)
        if self.mail_answer is not None:
            raise self.mail_answer
        self.mails.append(mail)

    async def fetch(
        self, url: str, *, accept: str, max_bytes: int, sign: Sign | None = None, may_go: MayGo | None = None
    ) -> Response:
        """Answer from `pages`."""
        headers = {"accept": accept, **(sign("GET", url, None) if sign else {})}
        if (target := self.redirections.get(url)) is not None:
            self.requests.append(Request("GET", url, headers))
            if may_go is not None:
                await may_go(target)
            return await self.fetch(target, accept=accept, max_bytes=max_bytes, sign=sign, may_go=may_go)
        response = self._answer(Request("GET", url, headers), self.pages.get(url, Unreachable("no-such-page")))
        if may_go is not None and response.url != url:
            await may_go(response.url)
        if len(response.body) > max_bytes:
            raise Unreachable("too-large", status=response.status)
        return response

    async def post(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> Response:
        """Answer from `inboxes`."""
        return self._answer(Request("POST", url, headers, body), self.inboxes.get(url, Response(url, 202, {}, b"")))

    def _answer(self, request: Request, answer: Answer) -> Response:
        self.requests.append(request)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Response) else answer(request)

    def publish(self, url: str, body: bytes, *, content_type: str = "application/activity+json") -> None:
        """Let a GET of `url` answer this document."""
        self.pages[url] = Response(url, 200, {"content-type": content_type}, body)

    def sent_to(self, url: str) -> list[Request]:
        """The POSTs that this inbox received, in order."""
        return [request for request in self.requests if request.method == "POST" and request.url == url]

    async def encode_image(self, body: bytes, *, max_side: int, max_pixels: int) -> EncodedImage:
        """A picture that names its source, so that a test may tell two of them apart."""
        if self.picture_answer is not None:
            raise self.picture_answer
        side = min(max_side, 640)
        return EncodedImage(b"webp:" + body, side, side * 3 // 4, b"thumbnail:" + body, "LEHV6nWB2yk8pyo0adR*.7kCMdnj")

    async def new_keys(self) -> NewKeys:
        """Real keys, out of a few pairs made once for all tests (RSA is slow)."""
        self.keys_given += 1
        return key_pair(self.keys_given % KEY_PAIRS)

    async def hash_password(self, password: str) -> str:
        """Readable, and at once."""
        return f"hashed:{password}"

    async def check_password(self, password: str, hashed: str | None) -> bool:
        """Whether `hash_password` gave this."""
        return hashed == f"hashed:{password}"


@cache
def key_pair(number: int) -> NewKeys:
    """The pair of that number, the same during one run."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    edwards = ed25519.Ed25519PrivateKey.generate()
    raw = edwards.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return NewKeys(
        rsa_private=private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        rsa_public=private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
        ed25519_private=edwards.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        ed25519_public="z" + base58.b58encode(ED25519_MULTICODEC + raw).decode(),
    )
