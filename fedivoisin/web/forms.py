"""What was typed, what is wrong with it, and both kept until it is right."""

import asyncio
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from aiohttp import web
from aiohttp.http import HttpProcessingError
from aiohttp.web_request import FileField

from fedivoisin.errors import Reason, Refused
from fedivoisin.web.keys import SETTINGS
from fedivoisin.web.reasons import sentence

MAX_FORM = 256 * 1024
MAX_FILES = 4


@dataclass(slots=True)
class Form:
    """The fields of one POST. A field is read with its rule; what breaks it lands in `errors` by name."""

    values: Mapping[str, list[str]]
    files: Mapping[str, list[bytes]]
    translate: Callable[[str], str]
    errors: dict[str, str] = field(default_factory=dict[str, str])

    def get(self, name: str) -> str:
        """The first value, without outer spaces; empty when missing. Templates show it again."""
        found = self.values.get(name)
        return found[0].strip() if found else ""

    def all(self, name: str) -> list[str]:
        """Every value of a repeated field, without the empty ones."""
        return [value.strip() for value in self.values.get(name, []) if value.strip()]

    def refuse(self, name: str, reason: Reason, **details: object) -> None:
        """Say what is wrong with a field; the first reason stays."""
        self.errors.setdefault(name, sentence(Refused(reason, **details), self.translate))

    def take(self, refused: Refused, name: str = "") -> None:
        """Show what a rule refused; beside the field when it names one, above the form otherwise."""
        self.errors.setdefault(str(refused.details.get("field", name)), sentence(refused, self.translate))

    def text(self, name: str, *, most: int, least: int = 0) -> str:
        """Line ends as `\\n`, control characters gone."""
        value = _plain(self.get(name))
        if not value and least:
            self.refuse(name, Reason.FIELD_MISSING)
        elif len(value) < least:
            self.refuse(name, Reason.FIELD_TOO_SHORT, least=least)
        elif len(value) > most:
            self.refuse(name, Reason.FIELD_TOO_LONG, most=most)
        return value

    def choice(self, name: str, allowed: Collection[str], *, default: str | None = None) -> str:
        """One of `allowed`; `default` when nothing was chosen."""
        value = self.get(name)
        if not value and default is not None:
            return default
        if value not in allowed:
            self.refuse(name, Reason.FIELD_NOT_A_CHOICE)
        return value

    def checked(self, name: str) -> bool:
        """Whether a box is ticked."""
        return bool(self.get(name))

    def decimal(self, name: str, *, most: Decimal, least: Decimal = Decimal(0)) -> Decimal | None:
        """An amount with a comma or a point and at most two decimals; None when empty."""
        typed = self.get(name).replace("\u202f", "").replace("\xa0", "").replace(" ", "").replace(",", ".")
        if not typed:
            return None
        try:
            value = Decimal(typed.removesuffix("€"))
            fits = value.is_finite() and least <= value <= most and value == round(value, 2)
        except InvalidOperation:
            fits, value = False, Decimal(0)
        if not fits:
            self.refuse(name, Reason.FIELD_NOT_AN_AMOUNT, most=most)
            return None
        return value

    def integer(self, name: str, *, least: int, most: int) -> int | None:
        """A whole number; None when empty."""
        typed = self.get(name)
        if not typed:
            return None
        if not (re.fullmatch(r"-?[0-9]{1,11}", typed) and least <= int(typed) <= most):
            self.refuse(name, Reason.FIELD_NOT_A_NUMBER, least=least, most=most)
            return None
        return int(typed)

    def number(self, name: str, *, least: float, most: float) -> float | None:
        """A coordinate in degrees; None when empty."""
        typed = self.get(name).replace(",", ".")
        if not typed:
            return None
        try:
            value = float(typed)
        except ValueError:
            value = float("nan")
        if not least <= value <= most:
            self.refuse(name, Reason.FIELD_NOT_A_NUMBER, least=least, most=most)
            return None
        return value

    def day(self, name: str) -> date | None:
        """A date as browsers send it, `2026-12-19`, or as people write it, `19/12/2026`."""
        typed = self.get(name)
        if not typed:
            return None
        try:
            if typed.count("/") == 2:
                typed = "-".join(reversed([part.zfill(2) for part in typed.split("/")]))
            return datetime.strptime(typed, "%Y-%m-%d").date()  # noqa: DTZ007 - a day of the calendar has no zone
        except ValueError:
            self.refuse(name, Reason.FIELD_NOT_A_DATE)
            return None


async def read_form(request: web.Request, *, translate: Callable[[str], str], max_file: int) -> Form:
    """Read a POST within its limits. Raises Refused(TOO_LARGE, TOO_SLOW or FORM_UNREADABLE)."""
    limits = request.app[SETTINGS].limits
    is_multipart = request.content_type.startswith("multipart/")
    most = MAX_FORM + MAX_FILES * max_file if is_multipart else MAX_FORM
    if (request.content_length or 0) > most:
        raise Refused(Reason.TOO_LARGE)
    try:
        async with asyncio.timeout(limits.form_time if is_multipart and max_file else limits.body_time):
            posted = await request.clone(client_max_size=most).post()
    except TimeoutError as error:
        raise Refused(Reason.TOO_SLOW) from error
    except web.HTTPRequestEntityTooLarge as error:
        raise Refused(Reason.TOO_LARGE) from error
    except (ValueError, LookupError, web.HTTPBadRequest, web.RequestPayloadError, HttpProcessingError) as error:
        raise Refused(Reason.FORM_UNREADABLE) from error
    try:
        return _form(posted, translate, max_file)
    finally:
        # The clone's files are nobody else's to close.
        for value in posted.values():
            if isinstance(value, FileField):
                value.file.close()


def _form(
    posted: Mapping[str, str | bytes | bytearray | FileField], translate: Callable[[str], str], max_file: int
) -> Form:
    values: dict[str, list[str]] = {}
    files: dict[str, list[bytes]] = {}
    for name, value in posted.items():
        if isinstance(value, str):
            values.setdefault(name, []).append(value)
        elif isinstance(value, FileField):
            _keep(files, name, value, max_file)
    return Form(values, files, translate)


def _keep(files: dict[str, list[bytes]], name: str, value: FileField, max_file: int) -> None:
    # A file field that was left alone still arrives, empty.
    body = value.file.read(max_file + 1)
    if len(body) > max_file:
        raise Refused(Reason.TOO_LARGE)
    if body:
        files.setdefault(name, []).append(body)


def _plain(value: str) -> str:
    lines = value.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(letter for letter in lines if letter == "\n" or letter.isprintable() or letter == "\u202f")
