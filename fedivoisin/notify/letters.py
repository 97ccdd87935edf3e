"""The text of each mail: one plain template per event and language, its subject on the first line."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from fedivoisin import calendar_words
from fedivoisin.store.mails import NewMail
from fedivoisin.store.neighbourhoods import Neighbourhood

LANGUAGES = ("fr", "en")


@dataclass(frozen=True, slots=True)
class Letter:
    """What is to be said: the template's name and its words."""

    template: str
    context: Mapping[str, Any] = field(default_factory=dict[str, Any])
    may_stop: bool = False
    """Whether it comes without being asked for: then it says how to stop it."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom it goes to."""

    name: str
    email: str
    language: str


def write(letter: Letter, reader: Reader, here: Neighbourhood, *, address: str) -> NewMail:
    """The mail. `address` is where links of ours begin."""
    language = reader.language if reader.language in LANGUAGES else "fr"
    texts = environment(language)
    context = {"here": here, "address": address, "name": reader.name}
    text = texts.get_template(f"{letter.template}.txt").render(letter.context, **context)
    subject, _, body = text.partition("\n")
    full = texts.get_template("frame.txt").render(body=body.strip(), may_stop=letter.may_stop, **context)
    return NewMail(reader.email, subject.strip(), full, _headers(letter, here))


@cache
def environment(language: str) -> Environment:
    """Templates of one language. Plain text: nothing is escaped."""
    found = Environment(
        loader=PackageLoader("fedivoisin.notify", f"templates/{language}"),
        autoescape=False,  # noqa: S701  # no HTML
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.filters["day"] = partial(calendar_words.day, language=language)
    return found


def _headers(letter: Letter, here: Neighbourhood) -> dict[str, str]:
    if not letter.may_stop or not here.contact_email:
        return {}
    return {"List-Unsubscribe": f"<mailto:{here.contact_email}?subject=stop>"}
