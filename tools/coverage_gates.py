"""Holds a coverage report to what each package owes: everything where a rule lives, nine tenths elsewhere."""

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WHOLE = frozenset({"trust", "market", "community", "actions", "activitypub"})
ELSEWHERE = 90.0


@dataclass(slots=True)
class Tally:
    """Statements and branches of one package."""

    covered: int = 0
    total: int = 0

    @property
    def percent(self) -> float:
        """100 when there is nothing to cover."""
        return 100 * self.covered / self.total if self.total else 100.0


def shortfalls(report: Path) -> list[str]:
    """One sentence for each package below its gate, with the lines that no test reached where all are owed."""
    if not report.exists():
        return [f"{report.name}: no coverage report was written"]
    files: dict[str, dict[str, Any]] = json.loads(report.read_text(encoding="utf-8"))["files"]
    tallies: dict[str, Tally] = defaultdict(Tally)
    sentences: list[str] = []
    for path, entry in sorted(files.items()):
        package = _package(path)
        summary = entry["summary"]
        tallies[package].covered += summary["covered_lines"] + summary.get("covered_branches", 0)
        tallies[package].total += summary["num_statements"] + summary.get("num_branches", 0)
        if package in WHOLE and (gaps := _gaps(entry)):
            sentences.append(f"{path}: {gaps}")
    return sentences + [
        f"{package}: {tally.percent:.1f} % of statements and branches, {ELSEWHERE:.0f} % owed"
        for package, tally in sorted(tallies.items())
        if package not in WHOLE and tally.percent < ELSEWHERE
    ]


def _package(path: str) -> str:
    parts = Path(path).parts
    start = parts.index("fedivoisin") + 1
    return parts[start] if len(parts) > start + 1 else "fedivoisin (top level)"


def _gaps(entry: dict[str, Any]) -> str:
    lines = [str(line) for line in entry["missing_lines"]]
    branches = [f"{start} → {end if end > 0 else 'exit'}" for start, end in entry.get("missing_branches", [])]
    said = [f"lines {', '.join(lines)}"] if lines else []
    return "; ".join([*said, f"branches {', '.join(branches)}"] if branches else said)
