"""The wire examples, and whether a document has the shape of one: the same keys and JSON types, all the way down."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

WIRE = Path(__file__).parents[2] / "data" / "wire"

ALWAYS_OPTIONAL = frozenset({"updated", "proof"})


def example(name: str) -> Any:
    """The example whose file name begins so."""
    (found,) = WIRE.glob(f"{name}-*.json")
    return json.loads(found.read_text("utf-8"))


def differences(ours: Any, theirs: Any, optional: frozenset[str] = ALWAYS_OPTIONAL, at: str = "$") -> Iterator[str]:
    """Where `ours` has another shape than the example; nothing when it has the same."""
    if _type(ours) != _type(theirs):
        yield f"{at}: {_type(ours)} instead of {_type(theirs)}"
    elif isinstance(ours, dict):
        yield from _keys(ours, theirs, optional, at)
    elif isinstance(ours, list) and theirs:
        for index, one in enumerate(ours):
            # Lists of different things (contexts, attachments) are compared place by place while they last.
            yield from differences(one, theirs[min(index, len(theirs) - 1)], optional, f"{at}[{index}]")


def _keys(ours: dict[str, Any], theirs: dict[str, Any], optional: frozenset[str], at: str) -> Iterator[str]:
    for missing in theirs.keys() - ours.keys() - optional:
        yield f"{at}.{missing}: missing"
    for more in ours.keys() - theirs.keys() - optional:
        yield f"{at}.{more}: not in the example"
    for key in ours.keys() & theirs.keys():
        yield from differences(ours[key], theirs[key], optional, f"{at}.{key}")


def _type(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, int | float) else type(value).__name__
