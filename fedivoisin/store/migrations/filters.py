"""What Alembic compares, and how it writes our column types."""

from typing import Any, Literal

from sqlalchemy import TypeDecorator


def is_ours(_object: object, name: str | None, _kind: str, _reflected: bool, _compared: object) -> bool:
    """Leave out the search index: migrations make it by hand, and SQLite keeps shadow tables beside it."""
    return not (name is not None and (name.startswith("listing_search") or name == "ix_listing_words_search"))


def render(kind: str, item: Any, _context: object) -> str | Literal[False]:
    """Write our column types as what the database sees: a migration must not change when they do."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl_instance!r}"
    return False
