"""The sentences that follow a successful POST, named in the address: nobody can write their own."""

from collections.abc import Mapping

from fedivoisin.web.reasons import mark

NOTICES: Mapping[str, str] = {
    "enregistre": mark("C’est enregistré."),
    "deconnecte": mark("Vous êtes déconnecté."),
}
