"""Files stay short, say what they are, and bear the name of their subject."""

import ast
import re
import statistics
from pathlib import Path

from tests.shape.source import MIGRATIONS, ROOT, files, sources

MAX_LINES = 400
MAX_FUNCTION_LINES = 50
MEDIAN_FUNCTION_LINES = 8
LONG_FUNCTIONS = 0.01
NO_NAMES = {
    "utils",
    "util",
    "helpers",
    "helper",
    "manager",
    "managers",
    "service",
    "services",
    "base",
    "common",
    "misc",
}
OURS = ("fedivoisin", "tests", "tools", "bench")


def test_no_python_file_is_longer_than_four_hundred_lines() -> None:
    long = {source.path: n for source in sources(*OURS) if (n := len(source.text.splitlines())) > MAX_LINES}
    assert long == {}


def test_every_module_opens_with_one_sentence() -> None:
    silent = [
        source.path
        for source in sources(*OURS)
        if source.text.strip() and not _opens_with_a_sentence(ast.get_docstring(source.tree))
    ]
    assert silent == []


def test_no_module_hides_behind_an_empty_word() -> None:
    found = [path for path in files() if path.endswith(".py") and set(Path(path).with_suffix("").parts) & NO_NAMES]
    assert found == []


def test_functions_are_short() -> None:
    lengths = [
        (node.end_lineno or node.lineno) - node.body[0].lineno + 1
        for source in sources("fedivoisin")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert statistics.median(lengths) <= MEDIAN_FUNCTION_LINES
    assert sum(length > MAX_FUNCTION_LINES for length in lengths) <= LONG_FUNCTIONS * len(lengths)


def test_nothing_is_left_for_later() -> None:
    later = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|NotImplementedError")
    found = [source.path for source in sources("fedivoisin", "tools", "bench") if later.search(source.text)]
    assert found == []


def test_no_test_is_skipped() -> None:
    skips = {"skip", "skipif", "xfail", "importorskip"}
    found = [
        f"{source.path}:{node.lineno}"
        for source in sources("tests")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute) and node.attr in skips
    ]
    assert found == []


def test_the_project_speaks_of_itself_alone() -> None:
    # Registries and folders of whoever builds it stay out: a lock names versions and hashes, not where they came from.
    elsewhere = re.compile(
        r"(?<![\w.])/(?:work|home/\w+|Users/\w+)/|files\.pythonhosted\.org|pypi\.org/simple|registry\.npmjs\.org|--(?:extra-)?index-url\s+http"
    )
    found = [path for path in files() if path != "tests/shape/test_files.py" and elsewhere.search(_text(path))]
    assert found == []


def test_the_migrations_are_where_the_other_tests_leave_them_out() -> None:
    strays = [
        path for path in files() if "/versions/" in path and path.endswith(".py") and not path.startswith(MIGRATIONS)
    ]
    assert strays == []


def _opens_with_a_sentence(docstring: str | None) -> bool:
    if not docstring:
        return False
    first = docstring.split("\n\n")[0].strip()
    return first.endswith((".", "!", "?", "…", ":", "…»"))


def _text(path: str) -> str:
    try:
        return (ROOT / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""
