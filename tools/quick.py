"""Which tests the inner loop runs: the rules and the shape of the code always, and what mirrors the files that changed.

`python -m tools.quick` prints their paths; what changed is what is not committed yet, or else the last commit.
"""

import subprocess
from collections.abc import Iterable
from pathlib import Path, PurePath

ROOT = Path(__file__).resolve().parent.parent
ALWAYS = ("tests/trust", "tests/market", "tests/shape")
WIDEST = frozenset({"tests", "tests/activitypub", "tests/browser", "tests/peers", "tests/federation", "tests/attacks"})
"""Folders that take longer than an inner loop lasts: `make test` runs them."""


def chosen(changed: Iterable[str], root: Path = ROOT) -> list[str]:
    """Paths for pytest, relative to `root`."""
    found = set(ALWAYS)
    for path in map(PurePath, changed):
        found |= {str(one.relative_to(root)) for one in _mirror(path, root)}
    covered = {one for one in found for folder in found if one.startswith(f"{folder}/")}
    return sorted(found - covered)


def _mirror(path: PurePath, root: Path) -> list[Path]:
    if path.parts[0] == "tests":
        is_test = path.name.startswith("test_") and path.suffix == ".py"
        return [root / path] if is_test and (root / path).exists() else _nearest(root / path.parent, root)
    if path.parts[0] != "fedivoisin":
        return []
    folder = root / "tests" / Path(*path.parts[1:-1])
    files = sorted({*folder.glob(f"test_{path.stem}.py"), *folder.glob(f"test_{path.stem}_*.py")})
    return files or _nearest(folder, root)


def _nearest(folder: Path, root: Path) -> list[Path]:
    while not folder.is_dir():
        folder = folder.parent
    return [] if str(folder.relative_to(root)) in WIDEST else [folder]


def _changed() -> list[str]:
    listings = (["diff", "--name-only", "HEAD"], ["ls-files", "--others", "--exclude-standard"])
    names = [name for arguments in listings for name in _git(*arguments)]
    return names or _git("diff", "--name-only", "HEAD~1", "HEAD")


def _git(*arguments: str) -> list[str]:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.split("\n")[:-1] if done.returncode == 0 else []


if __name__ == "__main__":
    print(*chosen(_changed()), sep="\n")
