"""The sentences that follow a successful POST, named in the address: nobody can write their own."""

from collections.abc import Mapping

from fedivoisin.web.reasons import mark

NOTICES: Mapping[str, str] = {
    "enregistre": mark("C’est enregistré."),
    "deconnecte": mark("Vous êtes déconnecté."),
    "mot-de-passe": mark("Votre mot de passe est changé. Vos autres appareils sont déconnectés."),
    "adresse-a-confirmer": mark("Un lien vient de partir à la nouvelle adresse. Ouvrez-le pour la confirmer."),
    "adresse-confirmee": mark("Merci, votre adresse est confirmée."),
    "appareil-deconnecte": mark("C’est fait : l’appareil est déconnecté."),
    "compte-ferme": mark("Votre compte est fermé. Vos annonces et vos informations sont effacées."),
    "demande-recue": mark("Votre demande est reçue. Bienvenue : vous pouvez déjà tout lire."),
    "parrainage-note": mark("Merci. Il manque encore un parrain ou une marraine."),
    "parrainage-retire": mark("Votre parrainage est retiré."),
    "porte-ouverte": mark("Merci. La porte est ouverte : cette personne est membre."),
    "demande-refusee": mark("La demande est refusée, et la personne lira pourquoi."),
    "lien-pret": mark("Le lien est prêt. Envoyez-le à une seule personne."),
    "invitation-fermee": mark("Cette invitation n’ouvre plus la porte."),
    "fondateur-inscrit": mark("C’est inscrit. Donnez maintenant le lien pour choisir un mot de passe."),
    "fonde": mark("Votre quartier est ouvert. Inscrivez les premiers membres."),
    "adresse": mark("L’adresse publique est enregistrée."),
    "signale": mark("C’est signalé. Une personne va le lire."),
    "decide": mark("C’est décidé, et la personne est prévenue."),
    "remise": mark("L’annonce est de nouveau visible."),
    "bloque": mark("Ce domaine est bloqué."),
    "debloque": mark("Ce domaine est de nouveau admis."),
    "relance": mark("Nous réessayons tout de suite."),
    "abandonne": mark("Ce qui attendait est abandonné."),
    "role": mark("Le rôle est enregistré."),
}
