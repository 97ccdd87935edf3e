"""Templates are compiled once, and anew when they change."""

from pathlib import Path

from jinja2 import DictLoader, Environment

from fedivoisin.web.compiled import Compiled


def _words(text: str, language: str, folder: Path) -> str:
    loader = DictLoader({"page.html": text})
    return (
        Environment(loader=loader, bytecode_cache=Compiled(language, folder), autoescape=True)
        .get_template("page.html")
        .render()
    )


def test_a_template_is_kept_for_each_language(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    assert [_words("bonjour", language, folder) for language in ("fr", "en", "fr")] == ["bonjour"] * 3
    assert len(list(folder.iterdir())) == 2


def test_a_template_that_changed_is_compiled_anew(tmp_path: Path) -> None:
    assert _words("bonjour", "fr", tmp_path) == "bonjour"
    assert _words("bonsoir", "fr", tmp_path) == "bonsoir"


def test_a_folder_that_cannot_be_written_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    assert _words("bonjour", "fr", tmp_path / "file") == "bonjour"
