"""A commune is found by its name, as people write it."""

import pytest

from fedivoisin.market import communes


@pytest.mark.parametrize("typed", ["Saint-Malo", "saint malo", "St Malo", "SAINT-MALO (35)", " st-malo "])
def test_a_commune_is_found_however_its_name_is_written(typed: str) -> None:
    found = communes.find(typed)
    assert found is not None
    assert (found.label, found.latitude, found.longitude) == ("Saint-Malo (35)", 48.65, -2.01)


def test_of_two_communes_of_one_name_the_nearest_is_meant() -> None:
    paris, reunion = communes.find("Saint-Denis", near=(48.9, 2.3)), communes.find("Saint-Denis", near=(-21, 55))
    assert paris is not None
    assert reunion is not None
    assert (paris.department, reunion.department) == ("93", "974")


def test_the_department_in_brackets_decides() -> None:
    found = communes.find("Saint-Denis (974)", near=(48.9, 2.3))
    assert found is not None
    assert found.department == "974"


@pytest.mark.parametrize("typed", ["", "Trifouillis-les-Oies", "44109"])
def test_what_is_no_commune_is_not_found(typed: str) -> None:
    assert communes.find(typed) is None


def test_a_form_proposes_the_neighbours_by_name() -> None:
    names = [one.name for one in communes.around(47.22, -1.55, limit=8)]
    assert "Nantes" in names
    assert names == sorted(names)
