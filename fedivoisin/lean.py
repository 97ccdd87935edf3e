"""Imports what is needed of a package without all that it brings along: memory that an old machine keeps."""

import re
import sys
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from types import ModuleType
from typing import Any

_VERSION = re.compile(r"^__version__ = [\"']([^\"']+)[\"']", re.MULTILINE)


def submodule(name: str) -> ModuleType:
    """The module `package.name`; the package's own `__init__` is not run now, and still is for whoever imports it."""
    package = name.rpartition(".")[0]
    if package in sys.modules:
        return import_module(name)
    spec = find_spec(package)
    if spec is None:
        raise ModuleNotFoundError(package)
    sys.modules[package] = module_from_spec(spec)
    try:
        return import_module(name)
    finally:
        del sys.modules[package]


class _Later(ModuleType):
    """A package whose own `__init__` has not run yet; its modules can be imported all the same."""

    def __getattr__(self, name: str) -> Any:
        is_module = find_spec(f"{self.__name__}.{name}") is not None
        if is_module or self.__spec__ is None or self.__spec__.loader is None:
            raise AttributeError(name)  # then the import statement looks for the module
        self.__class__ = ModuleType  # type: ignore[assignment]  # loaded, it is one like any other
        self.__spec__.loader.exec_module(self)
        return getattr(self, name)


def later(package: str) -> None:
    """Let modules of `package` be imported without its `__init__`, which runs when somebody wants a name of it.

    Does nothing once it has been imported. `__version__`, which modules ask of their package, is read from its text.
    """
    spec = find_spec(package) if package not in sys.modules else None
    if spec is None or spec.origin is None:
        return
    waiting = module_from_spec(spec)
    version = _VERSION.search(Path(spec.origin).read_text(encoding="utf-8"))
    if version is not None:
        vars(waiting)["__version__"] = version[1]
        waiting.__class__ = _Later
        sys.modules[package] = waiting
