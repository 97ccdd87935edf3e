"""Words as the search keeps them: « Vélos d’enfants » and « vélo enfant » become the same tokens."""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Protocol

from fedivoisin.lean import submodule

STOP_WORDS = frozenset(
    """
    au aux avec ce ces cet cette dans de des du elle elles en et est être eux il ils je la le les leur leurs lui ma mais
    me mes moi mon même ne nos notre nous on ou où par pas pour qu que qui sa se ses son sur ta te tes toi ton tu un une
    vos votre vous à ai as avez avons ont sont suis si très
    """.split()
)
"""Words that say nothing of a thing: left out of texts and of questions alike."""

IRREGULAR = {
    "travaux": "travail",
    "vitraux": "vitrail",
    "yeux": "œil",
    "tuyaux": "tuyau",
    "noyaux": "noyau",
    "joyaux": "joyau",
    "étaux": "étau",
    "landaus": "landau",
}
"""Plurals that neither Snowball nor the rule below brings home."""

LONGEST = 40
"""Letters of a token: nothing anybody would look for is longer."""
_WORD = re.compile(r"[^\W_]+")
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l"})


class _Stemmer(Protocol):
    def stemWord(self, word: str) -> str: ...  # noqa: N802  # the library's name


def tokens(text: str) -> list[str]:
    """The words of a text, in order, each in its one form; stop words and single letters left out."""
    words = _WORD.findall(unicodedata.normalize("NFC", text).lower())
    return [token for word in words if _says_something(word) and (token := _token(word))]


def distinct(found: Iterable[str]) -> list[str]:
    """Each token once, in order."""
    return list(dict.fromkeys(found))


def _says_something(word: str) -> bool:
    return word not in STOP_WORDS and (len(word) > 1 or word.isdigit())


@lru_cache(maxsize=4096)
def _token(word: str) -> str:
    return _folded(_stemmer().stemWord(IRREGULAR.get(word) or _singular(word)))[:LONGEST]


def _singular(word: str) -> str:
    # Snowball alone leaves vélo and vélos apart, chou and choux too; chevaux and journaux it knows.
    is_plural = len(word) >= 4 and word[-1] in "sx" and not word.endswith("aux")
    return word[:-1] if is_plural else word


def _folded(word: str) -> str:
    letters = unicodedata.normalize("NFKD", word.translate(_LIGATURES))
    return "".join(letter for letter in letters if letter.isalnum())


@cache
def _stemmer() -> _Stemmer:
    # At the first search, and without the other languages: 4 MB.
    stemmer: _Stemmer = submodule("snowballstemmer.french_stemmer").FrenchStemmer()
    return stemmer
