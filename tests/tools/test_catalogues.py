"""The catalogues follow the texts of the code and of the templates."""

from collections.abc import Callable
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from tools import catalogues


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A project of one template, whose text the test gives."""
    (tmp_path / "fedivoisin/web/templates").mkdir(parents=True)
    (tmp_path / "babel.cfg").write_text((catalogues.ROOT / "babel.cfg").read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(catalogues, "ROOT", tmp_path)
    monkeypatch.setattr(catalogues, "PACKAGE", tmp_path / "fedivoisin")
    return lambda text: _write(tmp_path / "fedivoisin/web/templates/home.html", text)


def test_a_text_without_a_translation_is_named(project: Callable[[str], None]) -> None:
    project("{% trans %}Bonjour{% endtrans %}")
    assert catalogues.faults("en") == ["en: missing: 'Bonjour'"]


def test_french_translates_itself_and_english_waits_for_a_person(project: Callable[[str], None]) -> None:
    project("{% trans n=2 %}une offre{% pluralize %}{{ n }} offres{% endtrans %}")
    catalogues.update_all()
    assert catalogues.faults("fr") == []
    assert catalogues.faults("en") == ["en: not translated: ('une offre', '%(n)s offres')"]


def test_a_text_that_is_gone_leaves_the_catalogue(project: Callable[[str], None], tmp_path: Path) -> None:
    project("{{ _('Bonjour') }} {{ _('Bonsoir') }}")
    catalogues.update_all()
    project("{{ _('Bonjour') }}")
    assert "fr: no longer used: 'Bonsoir'" in catalogues.faults("fr")
    catalogues.update_all()
    with (tmp_path / "fedivoisin/locale/fr/LC_MESSAGES/messages.po").open("rb") as file:
        assert [message.id for message in read_po(file) if message.id] == ["Bonjour"]


def test_compiling_writes_what_the_program_reads(project: Callable[[str], None], tmp_path: Path) -> None:
    project("{{ _('Bonjour') }}")
    catalogues.update_all()
    catalogues.compile_all()
    assert (tmp_path / "fedivoisin/locale/fr/LC_MESSAGES/messages.mo").read_bytes().find(b"Bonjour") > 0


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
