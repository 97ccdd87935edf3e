"""Hands one message to the association's mail server, and says in one word what went wrong."""

import socket
import ssl
from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

import aiosmtplib
from aiosmtplib import errors

from fedivoisin.errors import Unreachable
from fedivoisin.world import Mail, MailServer, SendMail

TIMEOUT = 20.0
LOCAL_NAME = "localhost"
"""Said in EHLO. The machine's own name would need a look-up that may take half a minute, and is nobody's business."""


def sender(now: Callable[[], datetime], new_id: Callable[[], str]) -> SendMail:
    """The door `World.send_mail`."""

    async def send(mail: Mail, server: MailServer) -> None:
        message = compose(mail, server.sender, at=now(), message_id=new_id())
        try:
            await aiosmtplib.send(
                message,
                sender=server.sender,
                recipients=[mail.to],
                hostname=server.host,
                port=server.port,
                username=server.user or None,
                password=server.password or None,
                use_tls=server.security == "tls",
                start_tls=server.security == "starttls",
                local_hostname=LOCAL_NAME,
                timeout=TIMEOUT,
            )
        except (errors.SMTPException, OSError, ValueError) as error:
            raise _judge(error) from error

    return send


async def knock(server: MailServer) -> None:
    """Speak with the server up to the login, and send nothing. Raises Unreachable as `SendMail` does."""
    smtp = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        username=server.user or None,
        password=server.password or None,
        use_tls=server.security == "tls",
        start_tls=server.security == "starttls",
        local_hostname=LOCAL_NAME,
        timeout=TIMEOUT,
    )
    try:
        async with smtp:
            await smtp.noop()
    except (errors.SMTPException, OSError, ValueError) as error:
        raise _judge(error) from error


def compose(mail: Mail, sender: str, *, at: datetime, message_id: str) -> EmailMessage:
    """The message as it travels: plain text, UTF-8, no trace of the machine."""
    message = EmailMessage(policy=SMTP.clone(max_line_length=78))
    message["From"] = sender
    message["To"] = mail.to
    message["Subject"] = " ".join(mail.subject.split())
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{message_id}@{sender.rpartition('@')[2] or LOCAL_NAME}>"
    # Out-of-office replies to a program help nobody (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    for name, value in mail.headers.items():
        message[name] = value
    message.set_content(mail.text)
    return message


_CODES: tuple[tuple[type[errors.SMTPException], str], ...] = (
    (errors.SMTPAuthenticationError, "mail-login"),
    (errors.SMTPSenderRefused, "mail-sender"),
    (errors.SMTPRecipientRefused, "mail-recipient"),
    (errors.SMTPResponseException, "mail-refused"),
    (errors.SMTPTimeoutError, "mail-timeout"),
    (errors.SMTPServerDisconnected, "mail-cut"),
)


def _judge(error: Exception) -> Unreachable:
    if isinstance(error, errors.SMTPRecipientsRefused):
        error = max(error.recipients, key=lambda refusal: refusal.code)
    status = error.code if isinstance(error, errors.SMTPResponseException) else None
    for kind, code in _CODES:
        if isinstance(error, kind):
            return Unreachable(code, status=status)
    return Unreachable(_lack(str(error)) or _connection_code(error.__cause__ or error))


def _lack(words: str) -> str:
    # The library has one class for what a server does not offer: only its words tell which.
    if "AUTH" in words:
        return "mail-no-login"
    return "mail-no-starttls" if "STARTTLS" in words else ""


def _connection_code(cause: BaseException) -> str:
    match cause:
        case ssl.SSLCertVerificationError():
            return "mail-certificate"
        case ssl.SSLError():
            return "mail-tls"
        case socket.gaierror() | UnicodeError():
            return "mail-host"
        case _:
            return "mail-connection"
