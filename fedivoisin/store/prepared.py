"""Statements that every activity of another server runs: compiled once, then said to SQLite's driver as they are.

SQLAlchemy takes longer to say such a statement (40 µs at best) than SQLite to answer it (5 to 15 µs).
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Dialect, Executable, Insert, Select
from sqlalchemy.exc import DBAPIError

from fedivoisin.store.schema.columns import Instant

Process = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Prepared:
    """SQL with a `?` for each of `parameters`."""

    statement: Executable
    """Kept, so that nothing else is ever found under its id."""
    sql: str
    parameters: tuple[tuple[str, Any, Process | None], ...]
    """Name, value where none is given, and how it is said to the driver."""
    columns: tuple[tuple[int, Process], ...]
    """Those that come back otherwise than they are read."""

    def said(self, values: Mapping[str, Any]) -> list[Any]:
        """The values in the order of the statement."""
        said: list[Any] = []
        for name, default, process in self.parameters:
            value = values.get(name, default)
            said.append(value if process is None or value is None else process(value))
        return said

    def read(self, found: Sequence[Any]) -> Sequence[Any]:
        """A row as SQLAlchemy would give it."""
        row = list(found)
        for index, process in self.columns:
            if row[index] is not None:
                row[index] = process(row[index])
        return row


@dataclass(frozen=True, slots=True)
class Repertoire:
    """The statements that one database has been asked so far."""

    dialect: Dialect
    _known: dict[int, Prepared] = field(default_factory=dict[int, Prepared])

    def run(self, driver: sqlite3.Connection, statement: Executable, values: Mapping[str, Any]) -> list[Sequence[Any]]:
        """Its rows. The values of a statement are given whole, each time under the same names. Raises DBAPIError."""
        prepared = self._known.get(id(statement)) or self._prepare(statement, values)
        rows = say(driver, prepared.sql, prepared.said(values))
        return [prepared.read(row) for row in rows] if prepared.columns else rows

    def run_many(self, driver: sqlite3.Connection, statement: Executable, several: Sequence[Mapping[str, Any]]) -> None:
        """Once for each of these values, all under the same names. Raises DBAPIError."""
        prepared = self._known.get(id(statement)) or self._prepare(statement, several[0])
        try:
            driver.executemany(prepared.sql, [prepared.said(values) for values in several])
        except sqlite3.Error as error:
            raise _as_sqlalchemy_says(prepared.sql, error) from error

    def _prepare(self, statement: Executable, values: Mapping[str, Any]) -> Prepared:
        kind = type(statement)
        names = list(values) if issubclass(kind, Insert) else None
        compiled = cast("Any", statement).compile(dialect=self.dialect, column_keys=names)
        order: list[str] = compiled.positiontup
        values_of: dict[str, Any] = compiled.params
        columns: list[Any] = list(cast("Any", statement).selected_columns) if issubclass(kind, Select) else []
        prepared = Prepared(
            statement,
            str(compiled),
            tuple((name, values_of[name], self._saying(compiled.binds[name])) for name in order),
            tuple((index, hear) for index, one in enumerate(columns) if (hear := self._hearing(one)) is not None),
        )
        self._known[id(statement)] = prepared
        return prepared

    def _saying(self, parameter: Any) -> Process | None:
        return _remembering(parameter.type, parameter.type.dialect_impl(self.dialect).bind_processor(self.dialect))

    def _hearing(self, column: Any) -> Process | None:
        return _remembering(column.type, column.type.dialect_impl(self.dialect).result_processor(self.dialect, None))


def _remembering(kind: Any, process: Process | None) -> Process | None:
    # A batch says its one moment with each row, and reads the same few people and listings again.
    return lru_cache(maxsize=256)(process) if isinstance(kind, Instant) and process is not None else process


def say(driver: sqlite3.Connection, sql: str, values: Sequence[Any] = ()) -> list[Sequence[Any]]:
    """One statement, said to the driver itself, and all its rows. Raises DBAPIError, as SQLAlchemy does."""
    try:
        return driver.execute(sql, values).fetchall()
    except sqlite3.Error as error:
        raise _as_sqlalchemy_says(sql, error) from error


def _as_sqlalchemy_says(sql: str, error: sqlite3.Error) -> Exception:
    return cast("Exception", DBAPIError.instance(sql, None, error, sqlite3.Error, hide_parameters=True))
