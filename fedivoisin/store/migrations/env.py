"""Alembic's way in: always over a connection that the caller holds, inside its transaction."""

from alembic import context

from fedivoisin.store.migrations.filters import is_ours, render
from fedivoisin.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
    include_object=is_ours,
    render_item=render,
    transactional_ddl=False,
)
context.run_migrations()
