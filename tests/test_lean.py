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
