"""Every activity, setting and command stands in the document that people look it up in."""

from typing import get_args

import click
import msgspec

from fedivoisin import settings
from fedivoisin.activitypub.parse import activities
from fedivoisin.cli import main
from tests.shape.source import ROOT

KEYS = settings.keys()


def test_every_activity_that_is_read_is_documented() -> None:
    page = _page("FEDERATION.md")
    names = [kind.__name__ for kind in get_args(activities.Activity) if kind is not activities.Ignored]
    assert names
    assert [name for name in names if f"`{name}" not in page] == []


def test_every_setting_is_documented_with_its_default() -> None:
    page = _page("docs/settings.md")
    assert [key for key in KEYS if f"| `{key}` | {_default(key)} |" not in page] == []


def test_no_setting_is_documented_that_does_not_exist() -> None:
    rows = [line.split("`")[1] for line in _page("docs/settings.md").splitlines() if line.startswith("| `")]
    assert sorted(set(rows) - set(KEYS)) == []


def test_every_command_is_documented() -> None:
    page = _page("docs/commands.md")
    assert [name for name in _commands(main) if f"`fedivoisin {name}" not in page] == []


def test_every_make_target_says_what_it_does() -> None:
    silent = [
        line.partition(":")[0]
        for line in _page("Makefile").splitlines()
        if line[:1].isalpha()
        and ":" in line
        and "=" not in line
        and not line.startswith("ready-")
        and "## " not in line
    ]
    assert silent == []


def _page(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def _commands(group: click.Command) -> list[str]:
    return sorted(group.commands) if isinstance(group, click.Group) else []


def _default(key: str) -> str:
    value: object = settings.Settings()
    for part in key.split("."):
        value = getattr(value, part)
    match value:
        case "":
            return "empty"
        case ():
            return "none"
        case bool():
            return f"`{msgspec.json.encode(value).decode()}`"
    return f"`{value}`"
