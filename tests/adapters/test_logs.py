"""Logs are one JSON object a line, readable where somebody watches."""

import io
import json
import logging
import sys
from collections.abc import Iterator

import pytest

from fedivoisin.adapters import logs


class Terminal(io.StringIO):
    """A standard error that somebody watches."""

    def isatty(self) -> bool:
        """Yes."""
        return True


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)


def _written(monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, level: str = "info") -> io.StringIO:
    monkeypatch.setattr(sys, "stderr", stream)
    logs.configure(level)
    return stream


def test_a_line_is_one_json_object_with_its_extras(monkeypatch: pytest.MonkeyPatch) -> None:
    written = _written(monkeypatch, io.StringIO())
    logging.getLogger("fedivoisin.web").warning("vélo %s", "perdu", extra={"path": "/annonces"})
    line = json.loads(written.getvalue())
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "vélo perdu", "level": "warning", "logger": "fedivoisin.web", "path": "/annonces"}


def test_a_traceback_stays_on_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    written = _written(monkeypatch, io.StringIO())
    try:
        raise LookupError("boum")
    except LookupError:
        logging.getLogger("fedivoisin").exception("request failed")
    [line] = written.getvalue().splitlines()
    assert "LookupError: boum" in json.loads(line)["exception"]


def test_what_is_below_the_level_is_left_out_and_libraries_say_less(monkeypatch: pytest.MonkeyPatch) -> None:
    written = _written(monkeypatch, io.StringIO(), "debug")
    for name in ("alembic.runtime", "asyncio", "aiohttp.access"):
        logging.getLogger(name).info("noise")
    assert written.getvalue() == ""
    logging.getLogger("fedivoisin").debug("heard")
    assert "heard" in written.getvalue()
    logs.configure("error")
    logging.getLogger("fedivoisin").warning("too low")
    assert "too low" not in written.getvalue()


def test_on_a_terminal_a_line_is_for_people(monkeypatch: pytest.MonkeyPatch) -> None:
    written = _written(monkeypatch, Terminal())
    logging.getLogger("fedivoisin").info("bonjour")
    assert "bonjour" in written.getvalue()
    assert not written.getvalue().startswith("{")
