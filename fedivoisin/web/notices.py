"""The sentences that follow a successful POST, named in the address: nobody can write their own."""

from collections.abc import Mapping

from fedivoisin.web.reasons import mark

NOTICES: Mapping[str, tuple[str, str]] = {
    "enregistre": ("bon", mark("C’est enregistré.")),
    "deconnecte": ("bon", mark("Vous êtes déconnecté·e.")),
}
