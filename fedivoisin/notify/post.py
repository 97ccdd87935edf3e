"""Sends the mails that wait, one try after the other, until the server takes them or says never."""

import logging
from datetime import timedelta
from typing import Any

from fedivoisin.errors import Unreachable
from fedivoisin.store import mails, neighbourhoods
from fedivoisin.store.db import Store
from fedivoisin.store.mails import WaitingMail
from fedivoisin.world import Mail, MailServer, World

log = logging.getLogger(__name__)

BATCH = 20
MAX_TRIES = 12
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=6)
OF_ONE_MAIL = frozenset({"mail-recipient", "mail-refused"})
"""What concerns one message; any other failure is the server's, and keeps every message waiting."""


def server_of(settings: dict[str, Any]) -> MailServer | None:
    """The mail server that the association set; None where it has none."""
    if not settings.get("host"):
        return None
    return MailServer(
        host=settings["host"],
        port=int(settings["port"]),
        security=settings["security"],
        sender=settings["sender"],
        user=settings.get("user", ""),
        password=settings.get("password", ""),
    )


async def send_due(store: Store, world: World) -> int:
    """Send what is due; gives how many mails were tried, so that the caller asks again while there are some."""
    async with store.read() as tx:
        server = server_of((await neighbourhoods.current(tx)).mail)
    if server is None:
        return 0
    claimed = await store.take(mails.claim, limit=BATCH)
    for one in claimed:
        await _send(store, world, server, one)
    return len(claimed)


def wait_after(attempts: int) -> timedelta:
    """One minute, then twice as long each time, six hours at most."""
    return min(FIRST_WAIT * float(2 ** (attempts - 1)), LONGEST_WAIT)


async def _send(store: Store, world: World, server: MailServer, one: WaitingMail) -> None:
    message = Mail(to=one.recipient, subject=one.subject, text=one.text, headers=one.headers)
    try:
        await world.send_mail(message, server)
    except Unreachable as error:
        log.warning("mail not sent", extra={"code": error.code, "status": error.status, "attempts": one.attempts})
        if _is_final(error) or one.attempts >= MAX_TRIES:
            await store.append(mails.dropped, one.id, error=error.code)
        else:
            await store.append(mails.again, one.id, wait=wait_after(one.attempts), error=error.code)
    else:
        await store.append(mails.sent, one.id)


def _is_final(error: Unreachable) -> bool:
    return error.code in OF_ONE_MAIL and error.status is not None and error.status >= 500
