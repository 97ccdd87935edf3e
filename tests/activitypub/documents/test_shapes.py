"""The comparison with the examples sees what it must see."""

import pytest

from tests.activitypub.documents.shapes import differences


@pytest.mark.parametrize(
    ("ours", "theirs", "found"),
    [
        ({"a": 1}, {"a": 2}, []),
        ({"a": 1}, {"a": "1"}, ["$.a: number instead of str"]),
        ({"a": True}, {"a": 1}, ["$.a: boolean instead of number"]),
        ({}, {"a": 1}, ["$.a: missing"]),
        ({"a": 1}, {}, ["$.a: not in the example"]),
        ({"updated": 1}, {}, []),
        ({"a": [{"b": None}]}, {"a": [{"b": 1}]}, ["$.a[0].b: NoneType instead of number"]),
        ({"a": []}, {"a": [1]}, []),
    ],
)
def test_another_key_or_type_is_a_difference(ours: object, theirs: object, found: list[str]) -> None:
    assert list(differences(ours, theirs)) == found
