"""Why another server did not take something, in words."""

import pytest

from fedivoisin.web.peer_words import FAULTS, fault


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("status-401", "Il refuse notre signature (401)."),
        ("status-403", "Il nous refuse (403)."),
        ("status-410", "n’existe pas, ou plus (410)."),
        ("status-429", "Il demande d’attendre (429)."),
        ("status-502", "Il est en panne (502)."),
        ("status-302", "Il a répondu 302"),
        ("timeout", "Pas de réponse à temps."),
        ("odd-code", "odd-code"),
        ("status-", "status-"),
    ],
)
def test_each_code_becomes_a_sentence(code: str, words: str) -> None:
    assert words in fault(code, str)


def test_every_sentence_ends() -> None:
    assert [words for words in FAULTS.values() if not words.endswith((".", ")."))] == []
