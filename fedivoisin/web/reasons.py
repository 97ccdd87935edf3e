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
    Reason.FORM_UNREADABLE: mark("Nous n’avons pas pu lire ce qui a été envoyé. Recommencez."),
    Reason.FIELD_MISSING: mark("Remplissez ce champ."),
    Reason.FIELD_TOO_SHORT: mark("Trop court : {least} caractères au moins."),
    Reason.FIELD_TOO_LONG: mark("Trop long : {most} caractères au plus."),
    Reason.FIELD_NOT_A_CHOICE: mark("Choisissez dans la liste."),
    Reason.FIELD_NOT_AN_AMOUNT: mark("Écrivez un montant entre 0 et {most}, par exemple 12,50."),
    Reason.FIELD_NOT_A_NUMBER: mark("Écrivez un nombre entre {least} et {most}."),
    Reason.FIELD_NOT_A_DATE: mark("Écrivez une date, par exemple 19/12/2026."),
}

STATUS: Mapping[Reason, int] = {
    Reason.NOT_FOUND: 404,
    Reason.FORBIDDEN: 403,
    Reason.SIGN_IN_NEEDED: 401,
    Reason.NOT_YET_MEMBER: 403,
    Reason.TOO_MANY_ATTEMPTS: 429,
    Reason.FORM_EXPIRED: 403,
    Reason.TOO_LARGE: 413,
    Reason.FORM_UNREADABLE: 400,
}


def sentence(refused: Refused, translate: Translate) -> str:
    """The reason in the reader's language, its `{details}` filled in."""
    return translate(SENTENCES[refused.reason]).format(**refused.details)


def status(refused: Refused) -> int:
    """The HTTP status of a page that shows this reason; 422 for an answer that can be corrected."""
    return STATUS.get(refused.reason, 422)
