"""Imports one module of a package without all that the package brings along: memory that an old machine keeps."""

import sys
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from types import ModuleType


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
