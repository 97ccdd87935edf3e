"""The program as text and as trees, for the tests that hold its shape."""

import ast
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MIGRATIONS = "fedivoisin/store/migrations/versions/"


@dataclass(frozen=True, slots=True)
class Source:
    """One Python file: its path from the root, its text, its tree."""

    path: str
    text: str

    @property
    def tree(self) -> ast.Module:
        """Parsed anew at each call."""
        return ast.parse(self.text, self.path)

    @property
    def module(self) -> str:
        """`fedivoisin.trust.vouching`."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@cache
def files() -> tuple[str, ...]:
    """Every file of the project: tracked, or new and not ignored."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return tuple(sorted(path for path in listed.split("\0") if path and (ROOT / path).is_file()))


@cache
def sources(*folders: str) -> tuple[Source, ...]:
    """The Python files below these folders, migrations excepted."""
    return tuple(
        Source(path, (ROOT / path).read_text(encoding="utf-8"))
        for path in files()
        if path.endswith(".py")
        and path.startswith(tuple(f"{folder}/" for folder in folders))
        and MIGRATIONS not in path
    )


def calls(tree: ast.AST) -> list[ast.Call]:
    """Every call in the tree."""
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def called_name(call: ast.Call) -> str:
    """`write` for `store.write(…)` and for `write(…)`; empty for a call of a call."""
    match call.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""
