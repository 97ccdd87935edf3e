"""The inner loop runs what mirrors a change, and the rules always."""

from pathlib import Path

import pytest

from tools.quick import ALWAYS, ROOT, chosen

ONES = sorted(ALWAYS)


@pytest.mark.parametrize(
    ("changed", "more"),
    [
        ("fedivoisin/store/tasks.py", "tests/store/test_tasks.py"),
        ("fedivoisin/web/templates/frame.html", "tests/web"),
        ("fedivoisin/web/views/listing.py", "tests/web"),
        ("fedivoisin/store/migrations/versions/0001_initial.py", "tests/store"),
        ("tests/notify/test_post.py", "tests/notify/test_post.py"),
        ("tests/notify/letters.py", "tests/notify"),
        ("fedivoisin/activitypub/wire/cavage.py", "tests/activitypub/wire"),
    ],
)
def test_a_changed_file_brings_the_tests_that_mirror_it(changed: str, more: str) -> None:
    assert chosen([changed]) == sorted([*ALWAYS, more])
    assert (ROOT / more).exists()


@pytest.mark.parametrize(
    "changed", ["README.md", "fedivoisin/locale/fr/x.po", "tests/conftest.py", "tests/federation/towns.py"]
)
def test_what_has_no_quick_test_brings_none(changed: str) -> None:
    assert chosen([changed]) == ONES


def test_a_test_within_a_folder_that_runs_anyway_is_named_once() -> None:
    assert chosen(["tests/trust/test_vouching.py", "tests/notify/a.py", "tests/notify/test_post.py"]) == sorted(
        [*ALWAYS, "tests/notify"]
    )


def test_a_test_that_was_removed_brings_its_folder(tmp_path: Path) -> None:
    (tmp_path / "tests/notify").mkdir(parents=True)
    assert "tests/notify" in chosen(["tests/notify/test_gone.py"], tmp_path)
