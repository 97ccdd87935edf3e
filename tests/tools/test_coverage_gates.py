"""The gates let through what owes nothing, and name what is missing."""

import json
from pathlib import Path

from tools.coverage_gates import shortfalls


def _report(folder: Path, files: dict[str, tuple[int, int]]) -> Path:
    entries = {
        path: {
            "summary": {"covered_lines": covered, "num_statements": total, "covered_branches": 0, "num_branches": 0},
            "missing_lines": list(range(covered + 1, total + 1)),
            "missing_branches": [],
        }
        for path, (covered, total) in files.items()
    }
    path = folder / "report.json"
    path.write_text(json.dumps({"files": entries}), encoding="utf-8")
    return path


def test_nine_tenths_are_enough_outside_the_rules(tmp_path: Path) -> None:
    assert (
        shortfalls(_report(tmp_path, {"fedivoisin/web/views/home.py": (9, 10), "fedivoisin/trust/path.py": (10, 10)}))
        == []
    )


def test_a_rule_owes_every_line(tmp_path: Path) -> None:
    report = _report(tmp_path, {"fedivoisin/trust/path.py": (9, 10)})
    assert shortfalls(report) == ["fedivoisin/trust/path.py: lines 10"]


def test_a_package_is_judged_as_a_whole(tmp_path: Path) -> None:
    report = _report(tmp_path, {"fedivoisin/web/forms.py": (10, 10), "fedivoisin/web/views/home.py": (1, 10)})
    assert shortfalls(report) == ["web: 55.0 % of statements and branches, 90 % owed"]


def test_a_run_without_a_report_does_not_pass(tmp_path: Path) -> None:
    assert shortfalls(tmp_path / "report.json") == ["report.json: no coverage report was written"]
