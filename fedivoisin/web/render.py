"""Templates, one environment per language, and the frame that every page shows."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from importlib import resources
from typing import Any

from babel.support import NullTranslations, Translations
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from fedivoisin import calendar_words
from fedivoisin.web import assets
from fedivoisin.web.compiled import Compiled
from fedivoisin.web.figures import amount, distance_words

LANGUAGES = ("fr", "en")


def environments() -> Mapping[str, Environment]:
    """One Jinja environment per language, its catalogue installed."""
    return {language: _environment(language) for language in LANGUAGES}


def catalogue(language: str) -> NullTranslations:
    """The compiled catalogue; French without one still reads, since its msgids are the text."""
    folder = resources.files("fedivoisin") / "locale"
    with resources.as_file(folder) as path:
        return Translations.load(str(path), [language])


def _environment(language: str) -> Environment:
    found = Environment(
        loader=PackageLoader("fedivoisin.web"),
        bytecode_cache=Compiled(language),
        autoescape=select_autoescape(disabled_extensions=("txt",), default_for_string=True, default=True),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    translations = catalogue(language)
    found.policies["ext.i18n.trimmed"] = True
    gettext, ngettext = _spoken(translations, language)
    found.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]  # from the extension
    found.filters.update(_filters(language, gettext))
    marks: dict[str, Any] = {"static": assets.url, "translate": gettext, "language": language}
    found.globals.update(marks)
    return found


def _filters(language: str, gettext: Callable[[str], str]) -> dict[str, Callable[..., Any]]:
    return {
        "day": partial(calendar_words.weekday, language=language),
        "short_day": partial(calendar_words.short_day, language=language),
        "moment": partial(calendar_words.hour, language=language),
        "iso": datetime.isoformat,
        "amount": partial(amount, language=language),
        "distance": partial(distance_words, translate=gettext),
        "spaced": french_spaces if language == "fr" else str,
        "attributes": attributes,
    }


def _spoken(
    translations: NullTranslations, language: str
) -> tuple[Callable[[str], str], Callable[[str, str, int], str]]:
    if language != "fr":
        return translations.gettext, translations.ngettext
    return (
        lambda text: french_spaces(translations.gettext(text)),
        lambda one, many, number: french_spaces(translations.ngettext(one, many, number)),
    )


def attributes(given: Mapping[str, object]) -> dict[str, object]:
    """Attributes of HTML: what is merely true bears its own name, what is false is not written."""
    return {name: name if value is True else value for name, value in given.items() if value is not False}


def french_spaces(text: str) -> str:
    """Spaces that do not break before ? ! : ; » and after « (LOOK.md §6): msgids are typed with plain ones."""
    return _BREAKS.sub("\u00a0", text)


_BREAKS = re.compile(r" (?=[?!:;»])|(?<=«) ")
