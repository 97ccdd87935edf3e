"""« Essayer »: one mail through the server that was just typed, and the answer in plain words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fedivoisin.errors import Unreachable
from fedivoisin.web.mail_words import fault
from fedivoisin.web.visit import Visit
from fedivoisin.world import Mail, MailServer


@dataclass(frozen=True, slots=True)
class Trial:
    """How it went."""

    is_sent: bool
    words: str


async def try_mail(visit: Visit, server: Mapping[str, Any], to: str) -> Trial:
    """Send one mail to `to`. `server` is what `answers.mail` read; empty when nothing was typed."""
    _ = visit._
    if not server:
        return Trial(False, _("Écrivez d’abord le nom du serveur d’envoi."))
    subject = _("Essai : le courriel de votre quartier fonctionne")
    text = _("Bonjour,\n\nSi vous lisez ceci, les messages de votre quartier partent bien.\n")
    try:
        await visit.world.send_mail(Mail(to, subject, text), MailServer(**server))
    except Unreachable as error:
        return Trial(False, fault(error, _))
    return Trial(
        True, _("Le message est parti vers {to}. Regardez s’il arrive, aussi dans les indésirables.").format(to=to)
    )
