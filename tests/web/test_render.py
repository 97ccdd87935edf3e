"""French typography is made where words are spoken, not typed into every sentence."""

import pytest

from fedivoisin.web.render import environments, french_spaces


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Toujours libre ?", "Toujours libre\u00a0?"),
        ("« C’est fini » : voilà", "«\u00a0C’est fini\u00a0»\u00a0: voilà"),
        ("Sans rien", "Sans rien"),
    ],
)
def test_french_punctuation_never_begins_a_line(typed: str, shown: str) -> None:
    assert french_spaces(typed) == shown


def test_templates_speak_with_french_spaces_and_english_ones() -> None:
    source = "{% trans %}Toujours libre ?{% endtrans %}"
    assert environments()["fr"].from_string(source).render() == "Toujours libre\u00a0?"
    assert "\u00a0" not in environments()["en"].from_string("{{ _('Really ?') }}").render()
