"""Alembic's way in: always over a connection that the caller holds, inside its transaction."""

from alembic import context

from fedivoisin.store.schema import metadata

connection = context.config.attributes["connection"]


def is_ours(_object: object, name: str | None, kind: str, _reflected: bool, _compared: object) -> bool:
    """Leave out the shadow tables of FTS5: SQLite makes and drops them with the table they serve."""
    return not (kind == "table" and name is not None and name.startswith("listing_fts"))


context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
    include_object=is_ours,
    transactional_ddl=False,
)
context.run_migrations()
