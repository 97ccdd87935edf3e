"""Why a mail was not taken, in words that help to mend the setting."""

from collections.abc import Callable, Mapping

from fedivoisin.errors import Unreachable
from fedivoisin.web.reasons import mark

FAULTS: Mapping[str, str] = {
    "mail-host": mark("Ce serveur n’existe pas. Vérifiez son nom, lettre par lettre."),
    "mail-connection": mark("Le serveur ne répond pas à ce port. Essayez 587, ou 465 avec « TLS dès le début »."),
    "mail-timeout": mark("Le serveur met trop de temps à répondre. Le port est peut-être fermé par votre hébergeur."),
    "mail-certificate": mark("Le certificat du serveur n’est pas valable pour ce nom. Vérifiez le nom du serveur."),
    "mail-tls": mark(
        "Le chiffrement a échoué. Sur le port 587, choisissez « STARTTLS » ; sur 465, « TLS dès le début »."
    ),
    "mail-no-starttls": mark("Ce serveur n’offre pas STARTTLS. Essayez le port 465 avec « TLS dès le début »."),
    "mail-login": mark(
        "Le serveur refuse ce nom ou ce mot de passe. Certains demandent un mot de passe d’application."
    ),
    "mail-no-login": mark(
        "Ce serveur n’accepte pas de nom ni de mot de passe ainsi. Essayez STARTTLS, ou laissez-les vides."
    ),
    "mail-sender": mark("Le serveur refuse l’adresse d’envoi. Elle doit souvent être celle du compte."),
    "mail-recipient": mark("Le serveur refuse l’adresse d’arrivée. Vérifiez-la."),
    "mail-refused": mark("Le serveur a refusé le message (réponse {status})."),
    "mail-cut": mark("Le serveur a coupé la conversation. Vérifiez le port et la sécurité."),
}


def fault(error: Unreachable, translate: Callable[[str], str]) -> str:
    """The sentence for what `World.send_mail` raised."""
    return translate(FAULTS.get(error.code, FAULTS["mail-connection"])).format(status=error.status or "")
