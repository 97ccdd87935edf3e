"""The ten roots and their sub-categories, read once from `categories.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType
from typing import Any

URL_PREFIX = "https://w3id.org/fedivoisin/categories#"


@dataclass(frozen=True, slots=True)
class Notice:
    """What the law asks of who publishes here."""

    id: str
    fr: str
    en: str
    url: str

    def text(self, language: str) -> str:
        """In French or, for any other language, English."""
        return self.fr if language == "fr" else self.en


@dataclass(frozen=True, slots=True)
class Category:
    """A root, or a sub-category whose id is `root/sub`."""

    id: str
    fr: str
    en: str
    notice: Notice | None

    def name(self, language: str) -> str:
        """In French or, for any other language, English."""
        return self.fr if language == "fr" else self.en


def _read() -> tuple[Mapping[str, Category], Mapping[str, tuple[Category, ...]]]:
    document = tomllib.loads(files("fedivoisin.market").joinpath("categories.toml").read_text("utf-8"))
    notices = {key: Notice(key, **fields) for key, fields in document["notices"].items()}
    by_id: dict[str, Category] = {}
    subs_of: dict[str, tuple[Category, ...]] = {}
    for entry in document["category"]:
        root = _category(entry, "", None, notices)
        subs = tuple(_category(sub, f"{root.id}/", root.notice, notices) for sub in entry["sub"])
        by_id[root.id] = root
        by_id.update((sub.id, sub) for sub in subs)
        subs_of[root.id] = subs
    return MappingProxyType(by_id), MappingProxyType(subs_of)


def _category(
    entry: Mapping[str, Any], prefix: str, inherited: Notice | None, notices: Mapping[str, Notice]
) -> Category:
    notice = notices[entry["notice"]] if "notice" in entry else inherited
    return Category(prefix + entry["id"], entry["fr"], entry["en"], notice)


_BY_ID, _SUBS_OF = _read()


def roots() -> tuple[Category, ...]:
    """In display order."""
    return tuple(_BY_ID[key] for key in _SUBS_OF)


def subs(root_id: str) -> tuple[Category, ...]:
    """Of a root, in display order; none for what is not a root."""
    return _SUBS_OF.get(root_id, ())


def find(category_id: str) -> Category | None:
    """A root or a sub-category, by its id."""
    return _BY_ID.get(category_id)


def is_leaf(category_id: str) -> bool:
    """Whether a listing may stand there: in a sub-category."""
    return "/" in category_id and category_id in _BY_ID


def url_of(category_id: str) -> str:
    """As listings name it on the wire (`resourceConformsTo`)."""
    return URL_PREFIX + category_id


def from_url(url: str) -> str | None:
    """The id in such a URL, when it is one of ours."""
    category_id = url.removeprefix(URL_PREFIX)
    return category_id if category_id != url and category_id in _BY_ID else None
