"""One sentence for each reason to refuse: what is wrong, and what to do."""

from collections.abc import Callable, Mapping

from fedivoisin.errors import Reason, Refused

Translate = Callable[[str], str]


def mark(text: str) -> str:
    """Mark a sentence for the catalogues; it is translated when it is shown."""
    return text


SENTENCES: Mapping[Reason, str] = {
    Reason.NOT_FOUND: mark("Cette page n’existe pas, ou plus."),
    Reason.FORBIDDEN: mark("Cette page est réservée à d’autres personnes."),
    Reason.SIGN_IN_NEEDED: mark("Connectez-vous pour continuer."),
    Reason.NOT_YET_MEMBER: mark(
        "Deux membres doivent d’abord vous parrainer. Vous pouvez tout lire en attendant, et leur écrire un mot."
    ),
    Reason.TOO_MANY_ATTEMPTS: mark("Trop d’essais. Attendez quelques minutes, puis recommencez."),
    Reason.FORM_EXPIRED: mark("La page était ouverte depuis trop longtemps. Vérifiez, puis envoyez encore une fois."),
    Reason.TOO_LARGE: mark("C’est trop lourd. Choisissez une photo plus petite ou raccourcissez le texte."),
    Reason.TOO_SLOW: mark(
        "L’envoi a pris trop de temps. Rapprochez-vous du wifi (ou choisissez une photo plus légère), puis recommencez."
    ),
    Reason.FORM_UNREADABLE: mark("Nous n’avons pas pu lire ce qui a été envoyé. Recommencez."),
    Reason.FIELD_MISSING: mark("Remplissez ce champ."),
    Reason.FIELD_TOO_SHORT: mark("Trop court : {least} caractères au moins."),
    Reason.FIELD_TOO_LONG: mark("Trop long : {most} caractères au plus."),
    Reason.FIELD_NOT_A_CHOICE: mark("Choisissez dans la liste."),
    Reason.FIELD_NOT_AN_AMOUNT: mark("Écrivez un montant entre 0 et {most}, par exemple 12,50."),
    Reason.FIELD_NOT_A_NUMBER: mark("Écrivez un nombre entre {least} et {most}."),
    Reason.FIELD_NOT_A_DATE: mark("Écrivez une date, par exemple 19/12/2026."),
    Reason.TITLE_LENGTH: mark("Écrivez un titre de {minimum} à {maximum} caractères."),
    Reason.TEXT_TOO_LONG: mark("Raccourcissez le texte : {maximum} caractères au plus."),
    Reason.CATEGORY_UNKNOWN: mark("Choisissez une rubrique dans la liste."),
    Reason.NOTICE_UNREAD: mark("Lisez le rappel de la loi, puis cochez la case."),
    Reason.PRICE_NEEDED: mark("Écrivez un prix, par exemple 12,50."),
    Reason.PRICE_NOT_ALLOWED: mark("Une annonce de ce genre n’a pas de prix. Effacez-le, ou changez de genre."),
    Reason.PRICE_WRONG: mark("Écrivez un prix entre 0,01 et {maximum} euros, par exemple 12,50."),
    Reason.DEPOSIT_NOT_ALLOWED: mark("Une caution va avec un prêt ou une location. Effacez-la, ou changez de genre."),
    Reason.WANTED_NEEDED: mark("Dites ce que vous aimeriez en échange."),
    Reason.QUANTITY_WRONG: mark("Écrivez une quantité entre 0,01 et {maximum}."),
    Reason.GOAL_NEEDED: mark("Dites quelle quantité il faut réunir en tout."),
    Reason.MAX_DAYS_WRONG: mark("Écrivez un nombre de jours entre 1 et {maximum}."),
    Reason.PLACE_NEEDED: mark("Choisissez une commune dans la liste, ou touchez la carte."),
    Reason.REACH_UNKNOWN: mark("Choisissez qui peut voir l’annonce."),
    Reason.END_OUT_OF_RANGE: mark("Choisissez une fin entre demain et dans {days} jours."),
    Reason.DATES_REVERSED: mark("Le début vient après la fin. Corrigez l’une des deux dates."),
    Reason.TOO_MANY_PICTURES: mark("Quatre photos au plus. Retirez-en une d’abord."),
    Reason.PICTURE_UNREADABLE: mark("Nous ne pouvons pas lire cette photo. Choisissez un fichier JPEG, PNG ou WebP."),
    Reason.PICTURE_TOO_LARGE: mark(
        "Cette photo a plus de {megapixels} millions de points. Choisissez-en une plus petite."
    ),
    Reason.LISTING_GONE: mark("Cette annonce n’existe plus."),
    Reason.LISTING_NOT_OPEN: mark("Cette annonce n’est plus libre."),
    Reason.LISTING_NOT_RESERVED: mark("Cette annonce n’est pas réservée."),
    Reason.TOO_MANY_PINS: mark("Déjà {most} annonces sont à la une. Retirez-en une d’abord."),
    Reason.RENEWAL_SPENT: mark("Ce lien a déjà servi. Ouvrez votre annonce pour la prolonger."),
    Reason.LISTING_CLOSED: mark("Cette annonce est terminée. Prolongez-la d’abord."),
    Reason.NOT_ONESELF: mark("On ne se parraine pas soi-même."),
    Reason.NOT_A_CANDIDATE: mark("Cette personne n’attend pas de parrainage."),
    Reason.ALREADY_VOUCHED: mark("Vous parrainez déjà cette personne."),
    Reason.ALREADY_ADMITTED: mark("Cette personne est déjà membre. Pour un souci, parlez-en à la modération."),
    Reason.CHARTER_UNREAD: mark("Cochez la case : parrainer, c’est répondre de cette personne."),
    Reason.SPONSOR_TOO_NEW: mark("Vous pourrez parrainer après {days} jours parmi nous."),
    Reason.SPONSOR_STOCK_SPENT: mark(
        "Vous parrainez déjà {stock} personnes. Une place revient un an après chaque parrainage."
    ),
    Reason.SPONSOR_COOLING: mark("Vous venez de parrainer quelqu’un. Une semaine doit passer entre deux parrainages."),
    Reason.FOUNDERS_COMPLETE: mark("Les {founders} membres fondateurs sont déjà inscrits."),
    Reason.FOUNDING_OVER: mark(
        "Les fondateurs s’inscrivent pendant les {days} premiers jours seulement. Parrainez cette personne."
    ),
    Reason.SPONSORS_MISSING: mark(
        "Il vous manque un parrain ou une marraine. Demandez à deux membres qui vous connaissent."
    ),
    Reason.ACCOUNT_LIMITED: mark("La modération a limité votre compte. Vous pouvez lire, et lui écrire."),
    Reason.ACCOUNT_SUSPENDED: mark("La modération a suspendu ce compte. Écrivez-lui pour en parler."),
    Reason.ACCOUNT_CLOSED: mark("Ce compte est fermé."),
    Reason.CANDIDACY_REFUSED: mark("La modération a refusé cette demande. Écrivez-lui pour en parler."),
    Reason.SIGN_IN_WRONG: mark(
        "Cette adresse et ce mot de passe ne vont pas ensemble. Réessayez, ou demandez un lien par courriel."
    ),
    Reason.LINK_SPENT: mark("Ce lien a déjà servi, ou il a plus de trente minutes. Demandez-en un autre."),
    Reason.PASSWORD_WRONG: mark("Ce n’est pas votre mot de passe actuel."),
    Reason.PASSWORD_COMMON: mark("Ce mot de passe est trop connu. Prenez trois mots sans rapport entre eux."),
    Reason.PASSWORDS_DIFFER: mark("Les deux mots de passe ne sont pas les mêmes."),
    Reason.EMAIL_WRONG: mark("Écrivez une adresse électronique, par exemple lea@example.fr."),
    Reason.EMAIL_TAKEN: mark("Cette adresse a déjà un compte. Connectez-vous, ou demandez un lien par courriel."),
    Reason.NAME_WRONG: mark("De 2 à 30 lettres sans accent, chiffres, - ou _. Exemple : lea-martin"),
    Reason.NAME_TAKEN: mark("Ce nom est déjà pris. Ajoutez une initiale ou un chiffre."),
    Reason.CODE_DIGITS_MISSING: mark("Il manque un chiffre. Exemple : {example}"),
    Reason.CODE_UNKNOWN: mark("Nous ne connaissons pas ce code. Vérifiez-le sur l’affiche. Exemple : {example}"),
    Reason.INVITATION_OVER: mark("Cette invitation n’est plus valable. Vous pouvez demander à entrer sans elle."),
    Reason.TOO_MANY_INVITATIONS: mark("Vous avez déjà {most} invitations ouvertes. Fermez-en une d’abord."),
    Reason.LAST_ADMIN: mark(
        "Vous êtes la seule personne à administrer ce quartier. Donnez d’abord ce rôle à quelqu’un."
    ),
    Reason.RULES_UNREAD: mark("Cochez la case : les règles sont les mêmes pour tout le monde."),
    Reason.CONFIRMATION_WRONG: mark("Cochez la case pour confirmer : il n’y a pas de retour en arrière."),
    Reason.FOLLOW_ONESELF: mark("On ne se suit pas soi-même."),
    Reason.ALREADY_FOLLOWED: mark("Vous suivez déjà ce compte, ou votre demande attend sa réponse."),
    Reason.ADDRESS_UNREADABLE: mark("Écrivez une adresse comme @quartier@ville.example, ou collez celle de sa page."),
    Reason.TRIAL_MODE: mark("Ce quartier est à l’essai, sans adresse publique : il ne parle pas encore aux autres."),
    Reason.MESSAGE_EMPTY: mark("Écrivez quelques mots avant d’envoyer."),
    Reason.MESSAGE_TOO_LONG: mark("C’est trop long : {most} caractères au plus, il y en a {length}."),
    Reason.OWN_LISTING: mark("C’est votre propre annonce."),
    Reason.SETUP_WORD_WRONG: mark(
        "Ce lien n’est plus le bon. Regardez dans le terminal : le dernier lien affiché est le seul qui ouvre."
    ),
    Reason.ALREADY_FOUNDED: mark("Ce quartier est déjà créé. Pour changer une réponse, allez dans Réglages."),
    Reason.DEPARTMENT_WRONG: mark("Écrivez le numéro du département, par exemple 44, 2A ou 974."),
    Reason.POINT_NEEDED: mark("Touchez la carte, ou écrivez les deux nombres. Exemple : 47,23 et -1,51."),
    Reason.TELEPHONE_WRONG: mark("Écrivez un numéro de téléphone, par exemple 02 61 91 00 12."),
    Reason.ORIGIN_WRONG: mark(
        "Écrivez une adresse en https sans rien derrière, par exemple https://voisins.example.fr"
    ),
    Reason.ORIGIN_FIXED: mark("D’autres quartiers connaissent déjà cette adresse. Elle ne peut plus changer."),
    Reason.COLOUR_WRONG: mark("Choisissez une couleur, ou écrivez-la comme ceci : #1b4094"),
    Reason.COLOUR_TOO_PALE: mark(
        "Trop clair : le blanc ne s’y lit pas ({ratio} pour 1, il faut 4,5). Prenez plus foncé."
    ),
    Reason.TILES_WRONG: mark("Écrivez une adresse en https qui contient {{z}}, {{x}} et {{y}}."),
    Reason.PREFIX_WRONG: mark("Trois lettres majuscules sans accent, par exemple NTE."),
    Reason.MAIL_HOST_WRONG: mark("Écrivez le nom du serveur d’envoi, par exemple smtp.example.fr"),
    Reason.REPORT_EMPTY: mark("Dites en quelques mots ce qui ne va pas."),
    Reason.REPORT_DECIDED: mark("Quelqu’un a déjà décidé de ce signalement."),
    Reason.NOTHING_TO_FORWARD: mark("C’est déjà transmis, ou la personne vit ici."),
    Reason.NOTHING_TO_HIDE: mark("Il n’y a pas d’annonce à retirer dans ce dossier."),
    Reason.DOMAIN_WRONG: mark("Écrivez un nom de domaine seul, par exemple exemple.net"),
    Reason.DOMAIN_OURS: mark("C’est notre propre adresse : on ne se bloque pas soi-même."),
}

STATUS: Mapping[Reason, int] = {
    Reason.NOT_FOUND: 404,
    Reason.FORBIDDEN: 403,
    Reason.SIGN_IN_NEEDED: 401,
    Reason.NOT_YET_MEMBER: 403,
    Reason.TOO_MANY_ATTEMPTS: 429,
    Reason.FORM_EXPIRED: 403,
    Reason.TOO_LARGE: 413,
    Reason.TOO_SLOW: 408,
    Reason.LISTING_GONE: 410,
    Reason.RENEWAL_SPENT: 410,
    Reason.FORM_UNREADABLE: 400,
    Reason.LINK_SPENT: 410,
    Reason.SETUP_WORD_WRONG: 403,
    Reason.ALREADY_FOUNDED: 403,
}


def sentence(refused: Refused, translate: Translate) -> str:
    """The reason in the reader's language, its `{details}` filled in."""
    return translate(SENTENCES[refused.reason]).format(**refused.details)


def status(refused: Refused) -> int:
    """The HTTP status of a page that shows this reason; 422 for an answer that can be corrected."""
    return STATUS.get(refused.reason, 422)
