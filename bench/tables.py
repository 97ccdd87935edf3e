"""Tables for the terminal and for docs/benchmarks.md: the same text in both."""

import platform
from collections.abc import Sequence
from os import cpu_count
from pathlib import Path


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """In Markdown, aligned so that it also reads in a terminal; the first column is words, the others figures."""
    widths = [max(len(row[number]) for row in (head, *rows)) for number in range(len(head))]
    lines = [_line(head, widths), "|" + "|".join(_rule(number, width) for number, width in enumerate(widths)) + "|"]
    return "\n".join([*lines, *(_line(row, widths) for row in rows)])


def machine() -> str:
    """What it was measured on, in a line."""
    return f"{cpu_count()} cores ({_model()}), Linux {platform.release()}, Python {platform.python_version()}"


def verdict(value: float, *, most: float | None = None, least: float | None = None) -> str:
    """Whether a target is reached."""
    is_reached = (most is None or value <= most) and (least is None or value >= least)
    return "reached" if is_reached else "**missed**"


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of them lie."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [
        cell.ljust(width) if not number else cell.rjust(width)
        for number, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "| " + " | ".join(padded) + " |"


def _rule(number: int, width: int) -> str:
    return ":" + "-" * (width + 1) if not number else "-" * (width + 1) + ":"


def _model() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
