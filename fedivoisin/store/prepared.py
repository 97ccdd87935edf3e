"""Statements that every activity of another server runs: compiled once, then said to SQLite's driver as they are.

SQLAlchemy takes longer to say such a statement (40 µs at best) than SQLite to answer it (5 to 15 µs).
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy import Connection, Dialect, Executable, Insert, Select
from sqlalchemy.exc import DBAPIError

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

    def run(self, connection: Connection, statement: Executable, values: Mapping[str, Any]) -> list[Sequence[Any]]:
        """Its rows. The values of a statement are given whole, each time under the same names. Raises DBAPIError."""
        prepared = self._known.get(id(statement)) or self._prepare(statement, values)
        if not connection.in_transaction():
            connection.begin()
        driver: Any = connection.connection.driver_connection
        try:
            return [prepared.read(row) for row in driver.execute(prepared.sql, prepared.said(values)).fetchall()]
        except sqlite3.Error as error:
            raise DBAPIError.instance(prepared.sql, None, error, sqlite3.Error, hide_parameters=True) from error

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
        process: Process | None = parameter.type.dialect_impl(self.dialect).bind_processor(self.dialect)
        return process

    def _hearing(self, column: Any) -> Process | None:
        process: Process | None = column.type.dialect_impl(self.dialect).result_processor(self.dialect, None)
        return process
