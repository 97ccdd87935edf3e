"""Logs as programs and people read them."""

import json
import logging
import sys

from fedivoisin.adapters.logs import ForPeople, ForPrograms


def _record(*, with_trace: bool = False) -> logging.LogRecord:
    trace = None
    if with_trace:
        try:
            raise LookupError("no such listing")
        except LookupError:
            trace = sys.exc_info()
    record = logging.makeLogRecord({"name": "fedivoisin.workers", "levelno": logging.WARNING, "levelname": "WARNING"})
    record.msg, record.args, record.exc_info = "%s failed", ("delivery",), trace
    record.host = "rennes.example"
    return record


def test_a_program_reads_one_object_a_line_with_what_was_said_beside() -> None:
    line = ForPrograms().format(_record())
    said = json.loads(line)
    assert "\n" not in line
    assert said["event"] == "delivery failed"
    assert (said["level"], said["logger"], said["host"]) == ("warning", "fedivoisin.workers", "rennes.example")
    assert said["timestamp"].endswith("Z")


def test_a_program_reads_the_trace_in_the_same_line() -> None:
    line = ForPrograms().format(_record(with_trace=True))
    assert "\n" not in line
    assert "no such listing" in json.loads(line)["exception"]


def test_people_read_a_line_and_the_trace_below() -> None:
    first, _, rest = ForPeople().format(_record(with_trace=True)).partition("\n")
    assert "warning" in first
    assert "delivery failed host=rennes.example [fedivoisin.workers]" in first
    assert "LookupError: no such listing" in rest
