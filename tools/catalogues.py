"""Checks that every text of the pages stands in both catalogues, translated, and compiles them."""

import io
import sys
from pathlib import Path
from typing import Any, TextIO, TypeAlias

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg  # pyright: ignore[reportUnknownVariableType]  # untyped
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "fedivoisin"
LANGUAGES = ("fr", "en")
DOMAIN = "messages"
KEYWORDS = {
    "_": None,
    "mark": None,
    "translate": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "N_": None,
}
MAX_SHOWN = 20

Mapping: TypeAlias = tuple[list[tuple[str, str]], dict[str, dict[str, Any]]]
"""(pattern, method) pairs, and the options of each pattern."""


def main(arguments: list[str]) -> int:
    """`check` says what is missing, `update` brings the .po files up to the code, `compile` writes the .mo files."""
    match arguments:
        case ["compile"]:
            compile_all()
            return 0
        case ["update"]:
            update_all()
            return 0
        case ["check"]:
            problems = [problem for language in LANGUAGES for problem in faults(language)]
            print("\n".join(problems[:MAX_SHOWN]))
            print(f"{len(problems)} texts to see to; `make locales` adds the missing ones" if problems else "complete")
            return int(bool(problems))
        case _:
            print("usage: catalogues.py check|update|compile")
            return 2


def extracted() -> Catalog:
    """Every text of the code and of the templates."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as mapping:
        methods, options = _mapping(mapping)
    catalog = Catalog(project="fedivoisin", charset="utf-8")
    found = extract_from_dir(ROOT, methods, options, keywords=KEYWORDS, directory_filter=_is_ours)
    for path, line, text, _comments, context in found:
        catalog.add(text, None, [(path, line)], context=context)
    return catalog


def _mapping(file: TextIO) -> Mapping:
    # Babel leaves this function untyped.
    found: Mapping = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]  # pyright: ignore[reportUnknownVariableType]
    return found


def faults(language: str) -> list[str]:
    """What is missing, untranslated, doubtful or no longer used in the catalogue of that language."""
    catalog = _read(language)
    wanted = {_key(message) for message in extracted() if message.id}
    have = {_key(message): message for message in catalog if message.id}
    problems = [f"{language}: missing: {key[1]!r}" for key in sorted(wanted - have.keys(), key=str)]
    problems += [f"{language}: no longer used: {key[1]!r}" for key in sorted(have.keys() - wanted, key=str)]
    for message in have.values():
        if not _is_translated(message):
            problems.append(f"{language}: not translated: {message.id!r}")
        problems += [f"{language}: {message.id!r}: {error}" for error in message.check(catalog)]
    return problems


def update_all() -> None:
    """Add new texts, drop unused ones; in French a text translates itself."""
    for language in LANGUAGES:
        catalog = _read(language)
        # A catalogue takes the very messages of its template: each language needs a template of its own.
        catalog.update(extracted(), no_fuzzy_matching=True)
        catalog.obsolete.clear()
        if language == "fr":
            for message in catalog:
                if message.id and not _is_translated(message):
                    message.string = message.id
        path = _po(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(file, catalog, width=120, sort_output=True, omit_header=False, no_location=True)


def compile_all() -> None:
    """Write the .mo files that are older than their .po file."""
    for language in LANGUAGES:
        target = _po(language).with_suffix(".mo")
        if _po(language).exists() and (not target.exists() or target.stat().st_mtime < _po(language).stat().st_mtime):
            buffer = io.BytesIO()
            write_mo(buffer, _read(language))
            target.write_bytes(buffer.getvalue())


def _read(language: str) -> Catalog:
    if not _po(language).exists():
        return Catalog(locale=language, project="fedivoisin", charset="utf-8")
    with _po(language).open("rb") as file:
        return read_po(file, locale=language)


def _po(language: str) -> Path:
    return PACKAGE / "locale" / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def _key(message: Message) -> tuple[str | None, object]:
    return message.context, message.id


def _is_translated(message: Message) -> bool:
    forms = message.string if isinstance(message.string, list | tuple) else [message.string]
    return bool(forms) and all(forms) and not message.fuzzy


def _is_ours(folder: object) -> bool:
    path = Path(str(folder))
    return path.is_relative_to(PACKAGE) and path.name != "__pycache__"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
