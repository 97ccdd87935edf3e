"""Handing mail to a real SMTP server on loopback."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword

from fedivoisin.adapters import mail
from fedivoisin.errors import Unreachable
from fedivoisin.world import Mail, MailServer

LETTER = Mail(
    "lea@example.fr",
    "Deux membres vous parrainent, et la porte s’ouvre",
    "Bonjour Léa,\n\nVous êtes des nôtres.\n",
    {"List-Unsubscribe": "<https://voisins.example/moi>"},
)


@dataclass
class Postbox:
    """An SMTP handler that keeps what it takes and refuses what it is told to."""

    taken: list[Envelope] = field(default_factory=list[Envelope])
    refuses_sender: bool = False
    refuses_recipient: bool = False
    refuses_text: str = ""

    async def handle_MAIL(self, _s: Any, _x: Any, envelope: Envelope, address: str, _o: Any) -> str:  # noqa: N802  # aiosmtpd's name
        if self.refuses_sender:
            return "553 not your address"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, _s: Any, _x: Any, envelope: Envelope, address: str, _o: Any) -> str:  # noqa: N802  # aiosmtpd's name
        if self.refuses_recipient:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _s: Any, _x: Any, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        if self.refuses_text:
            return self.refuses_text
        self.taken.append(envelope)
        return "250 OK"

    def first(self) -> EmailMessage:
        """The first message taken, read as a mail program does."""
        content = self.taken[0].content
        assert isinstance(content, bytes)
        message = message_from_bytes(content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        return message


@asynccontextmanager
async def smtp(box: Postbox, **options: Any) -> AsyncIterator[MailServer]:
    """A server on a free port."""
    made = _factory(box, **options)
    server = await asyncio.get_running_loop().create_server(made, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield MailServer("127.0.0.1", port, "none", "quartier@voisins.example")
    finally:
        server.close()
        await server.wait_closed()


def _factory(box: Postbox, **options: Any) -> Callable[[], SMTP]:
    return lambda: SMTP(box, hostname="mail.test", enable_SMTPUTF8=True, **options)


def _login(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
    good = isinstance(given, LoginPassword) and given == LoginPassword(b"quartier", b"tres-secret")
    return AuthResult(success=good, handled=False)


@pytest.fixture
def send() -> Any:
    """The door, at a fixed moment."""
    return mail.sender(lambda: datetime(2026, 11, 22, 9, 30, tzinfo=UTC), lambda: "0001")


async def test_a_message_arrives_as_plain_text_with_its_accents(send: Any) -> None:
    box = Postbox()
    async with smtp(box) as server:
        await send(LETTER, server)
    message = box.first()
    assert message["Subject"] == LETTER.subject
    assert message["To"] == "lea@example.fr"
    assert message["From"] == "quartier@voisins.example"
    assert message["Message-ID"] == "<0001@voisins.example>"
    assert message["Date"] == "Sun, 22 Nov 2026 09:30:00 +0000"
    assert message["List-Unsubscribe"] == "<https://voisins.example/moi>"
    assert message.get_content_type() == "text/plain"
    assert message.get_content().replace("\r\n", "\n") == LETTER.text
    assert box.taken[0].mail_from == "quartier@voisins.example"
    assert box.taken[0].rcpt_tos == ["lea@example.fr"]


async def test_a_login_is_used_where_the_server_wants_one(send: Any) -> None:
    box = Postbox()
    async with smtp(box, authenticator=_login, auth_require_tls=False) as server:
        await send(LETTER, _with(server, user="quartier", password="tres-secret"))
    assert len(box.taken) == 1


async def test_a_wrong_password_is_named(send: Any) -> None:
    async with smtp(Postbox(), authenticator=_login, auth_require_tls=False) as server:
        assert await _code(send, _with(server, user="quartier", password="faux")) == "mail-login"


async def test_a_server_without_login_is_named(send: Any) -> None:
    async with smtp(Postbox()) as server:
        assert await _code(send, _with(server, user="quartier", password="x")) == "mail-no-login"


async def test_a_server_without_starttls_is_named(send: Any) -> None:
    async with smtp(Postbox()) as server:
        assert await _code(send, _with(server, security="starttls")) == "mail-no-starttls"


async def test_a_plain_server_taken_for_a_tls_one_is_named(send: Any) -> None:
    async with smtp(Postbox()) as server:
        assert await _code(send, _with(server, security="tls")) == "mail-tls"


async def test_a_refused_sender_is_named(send: Any) -> None:
    async with smtp(Postbox(refuses_sender=True)) as server:
        assert await _code(send, server) == "mail-sender"


async def test_a_refused_recipient_keeps_the_status_of_the_server(send: Any) -> None:
    async with smtp(Postbox(refuses_recipient=True)) as server:
        with pytest.raises(Unreachable) as caught:
            await send(LETTER, server)
    assert (caught.value.code, caught.value.status) == ("mail-recipient", 550)


async def test_a_refused_text_keeps_the_status_of_the_server(send: Any) -> None:
    async with smtp(Postbox(refuses_text="554 looks like spam")) as server:
        with pytest.raises(Unreachable) as caught:
            await send(LETTER, server)
    assert (caught.value.code, caught.value.status) == ("mail-refused", 554)


async def test_a_closed_port_is_named(send: Any) -> None:
    async with smtp(Postbox()) as server:
        closed = server
    assert await _code(send, closed) == "mail-connection"


async def test_an_unknown_host_is_named(send: Any) -> None:
    assert await _code(send, MailServer("no-such-host.invalid", 25, "none", "a@b.example")) == "mail-host"


async def test_a_server_that_hangs_up_is_named(send: Any) -> None:
    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.test\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        assert await _code(send, MailServer("127.0.0.1", port, "none", "a@b.example")) == "mail-cut"


def test_a_certificate_that_nobody_vouches_for_is_named() -> None:
    error = mail._judge(ssl.SSLCertVerificationError("self-signed"))
    assert error.code == "mail-certificate"


def test_a_subject_on_two_lines_cannot_add_a_header() -> None:
    message = mail.compose(
        Mail("a@b.example", "Bonjour\r\nBcc: all@b.example", ""),
        "q@b.example",
        at=datetime(2026, 1, 1, tzinfo=UTC),
        message_id="1",
    )
    assert message["Bcc"] is None


async def test_knocking_speaks_up_to_the_login_and_sends_nothing() -> None:
    box = Postbox()
    async with smtp(box, authenticator=_login, auth_require_tls=False) as server:
        await mail.knock(_with(server, user="quartier", password="tres-secret"))
        with pytest.raises(Unreachable) as caught:
            await mail.knock(_with(server, user="quartier", password="faux"))
    assert caught.value.code == "mail-login"
    assert box.taken == []


async def _code(send: Any, server: MailServer) -> str:
    with pytest.raises(Unreachable) as caught:
        await send(LETTER, server)
    return caught.value.code


def _with(server: MailServer, **changes: str) -> MailServer:
    values = {name: getattr(server, name) for name in MailServer.__dataclass_fields__}
    return MailServer(**values | changes)
