"""A module alone, without what its package brings along."""

import subprocess
import sys

import pytest

from fedivoisin import lean


def _alone(code: str) -> str:
    # What is imported can only be seen in a process that has imported nothing yet.
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def test_the_program_does_without_the_orm_and_its_other_languages() -> None:
    code = (
        "import sys; from fedivoisin import app; from fedivoisin.market.analyser import tokens; print(tokens('Vélos'));"
        "print([name for name in sys.modules if name in {'sqlalchemy.orm', 'snowballstemmer.turkish_stemmer'}])"
    )
    assert _alone(code).splitlines() == ["['velo']", "[]"]


def test_who_imports_the_package_later_gets_all_of_it() -> None:
    code = (
        "from fedivoisin import lean; lean.submodule('snowballstemmer.french_stemmer');"
        "import snowballstemmer; print(snowballstemmer.stemmer('english').stemWord('cars'))"
    )
    assert _alone(code) == "car"


def test_a_package_that_is_there_is_used_as_it_is() -> None:
    assert lean.submodule("email.message") is sys.modules["email.message"]


def test_a_package_that_is_missing_is_said() -> None:
    with pytest.raises(ModuleNotFoundError):
        lean.submodule("no_such_package.module")


def test_the_server_half_of_a_package_does_without_the_client_until_it_is_asked_for() -> None:
    code = (
        "import sys; from fedivoisin import lean; lean.later('aiohttp'); from fedivoisin import app;"
        "print('aiohttp.connector' in sys.modules);"
        "from aiohttp import ClientSession; import aiohttp; print(ClientSession is aiohttp.client.ClientSession);"
        "print(aiohttp.web is sys.modules['aiohttp.web'], type(aiohttp).__name__)"
    )
    assert _alone(code).splitlines() == ["False", "True", "True module"]


def test_what_is_imported_already_or_has_no_version_is_left_alone() -> None:
    before = dict(sys.modules)
    for package in ("email", "no_such_package", "tests.shape"):
        lean.later(package)
    assert {name: sys.modules[name] for name in before} == before
    code = "from fedivoisin import lean; lean.later('email'); import email; print(type(email).__name__)"
    assert _alone(code) == "module"


def test_a_name_that_nobody_knows_is_an_error_as_ever() -> None:
    code = "from fedivoisin import lean; lean.later('aiohttp'); from aiohttp import no_such_name"
    with pytest.raises(subprocess.CalledProcessError) as failure:
        _alone(code)
    assert "cannot import name 'no_such_name'" in str(failure.value.stderr)
