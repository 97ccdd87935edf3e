"""Why another server did not take or give something, in words that say what to do."""

import re
from collections.abc import Callable, Mapping

from fedivoisin.web.reasons import mark

FAULTS: Mapping[str, str] = {
    "unknown-name": mark("Son nom n’existe pas, ou plus. Vérifiez-le lettre par lettre."),
    "forbidden-address": mark("Son nom mène à une adresse privée ou réservée, où nous n’allons jamais."),
    "forbidden-port": mark("Nous ne parlons qu’en https, sur le port 443."),
    "connection-refused": mark("Rien n’écoute à cette adresse. Son serveur est arrêté, ou un pare-feu refuse."),
    "no-connection": mark("La connexion ne s’ouvre pas : machine éteinte, réseau coupé, ou certificat refusé."),
    "timeout": mark("Pas de réponse à temps. Il est surchargé, ou un pare-feu avale nos demandes."),
    "network": mark("La conversation a été coupée au milieu."),
    "our-fault": mark("Une erreur de notre côté, notée dans le journal. Nous réessaierons."),
    "no-tls": mark("Il ne répond pas en https à cet endroit."),
    "certificate-expired": mark("Son certificat est périmé. Ses administrateurs doivent le renouveler."),
    "certificate-not-yet": mark("Son certificat n’est pas encore valable. Une des deux horloges se trompe."),
    "certificate-other-name": mark("Son certificat est fait pour un autre nom."),
    "certificate-unknown-issuer": mark(
        "Son certificat n’est signé par aucune autorité connue, ou il en manque un maillon."
    ),
    "certificate-wrong": mark("Son certificat ne tient pas."),
    "too-many-redirects": mark("Il nous renvoie sans fin d’une adresse à l’autre."),
    "redirect-to-other-scheme": mark("Il nous renvoie de https vers http : nous n’y allons pas."),
    "too-large": mark("Sa réponse est trop grosse."),
    "bad-encoding": mark("Sa réponse est mal compressée."),
    "unknown-encoding": mark("Sa réponse est compressée d’une façon que nous ne lisons pas."),
    "blocked": mark("Il est bloqué ici, ou renvoie vers un domaine bloqué."),
    "our-own": mark("Il renvoie vers nous-mêmes."),
    "gone": mark("Il dit que cela n’existe pas, ou plus."),
    "not-an-activity-type": mark("Il répond, mais pas en ActivityPub."),
    "not-json": mark("Il répond, mais pas en JSON."),
    "foreign-id": mark("Le document qu’il montre dit venir d’ailleurs."),
    "foreign-inbox": mark("La boîte qu’il annonce est sur un autre serveur."),
    "not-an-actor": mark("Ce n’est ni une personne, ni un groupe, ni un serveur."),
    "not-a-key": mark("À l’adresse de sa clé, il n’y a pas de clé."),
    "bad-key": mark("Sa clé n’est pas d’une sorte que nous acceptons (RSA de 2048 bits ou plus, Ed25519)."),
    "bad-webfinger": mark("Sa réponse WebFinger ne mène à aucun compte."),
    "bad-nodeinfo": mark("Sa réponse NodeInfo ne dit pas quel est le logiciel."),
    "no-key": mark("Notre clé manque : voyez « fedivoisin doctor »."),
}
ACTIVITIES: Mapping[str, str] = {
    "Create": mark("Du nouveau"),
    "Update": mark("Un changement"),
    "Delete": mark("Un retrait"),
    "Announce": mark("Un relais du groupe"),
    "Undo": mark("Une annulation"),
    "Follow": mark("Une demande d’abonnement"),
    "Accept": mark("Un accord à un abonnement"),
    "Reject": mark("Un refus d’abonnement"),
    "Like": mark("Un « j’aime »"),
    "Flag": mark("Un signalement"),
}
"""What waits, by the type of the activity; others keep their own name."""
_STATUSES: tuple[tuple[str, str], ...] = (
    ("401", mark("Il refuse notre signature (401). Notre clé lui est illisible, ou une horloge se trompe.")),
    ("403", mark("Il nous refuse (403). Nous y sommes peut-être bloqués : demandez à ses administrateurs.")),
    ("404|410", mark("Il dit que cette adresse n’existe pas, ou plus ({status}).")),
    ("408|429", mark("Il demande d’attendre ({status}).")),
    ("5..", mark("Il est en panne ({status}).")),
    ("...", mark("Il a répondu {status}, ce que nous n’attendions pas.")),
)


def fault(code: str, translate: Callable[[str], str]) -> str:
    """The sentence for a code of `Unreachable`, `BadActivity` or a kept delivery; an unknown one speaks for itself."""
    found = re.fullmatch(r"status-([0-9]{3})", code)
    if found is None:
        return translate(FAULTS[code]) if code in FAULTS else code
    words = next(words for pattern, words in _STATUSES if re.fullmatch(pattern, found[1]))
    return translate(words).format(status=found[1])
