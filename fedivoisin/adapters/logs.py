"""Logs: one JSON object a line on standard error, for people's eyes when that is a terminal."""

import json
import logging
import sys
from datetime import UTC, datetime

_USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
"""What every record has; the rest came with `extra`."""


def configure(level: str) -> None:
    """Send the program's and its libraries' logs through one formatter. `level` is a setting's word."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(ForPeople() if sys.stderr.isatty() else ForPrograms())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for noisy in ("aiohttp.access", "alembic", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


class ForPrograms(logging.Formatter):
    """One line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The record with all that was said beside it."""
        said: dict[str, object] = {
            "event": record.getMessage(),
            **_beside(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z"),
        }
        if record.exc_info:
            said["exception"] = self.formatException(record.exc_info)
        return json.dumps(said, ensure_ascii=False, default=str)


class ForPeople(logging.Formatter):
    """One line of text, and the trace below it."""

    def format(self, record: logging.LogRecord) -> str:
        """The hour, how serious it is, what happened."""
        hour = datetime.fromtimestamp(record.created, UTC).astimezone().strftime("%H:%M:%S")
        beside = "".join(f" {name}={value}" for name, value in _beside(record).items())
        line = f"{hour} {record.levelname.lower():8} {record.getMessage()}{beside} [{record.name}]"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def _beside(record: logging.LogRecord) -> dict[str, object]:
    return {name: value for name, value in vars(record).items() if name not in _USUAL}
