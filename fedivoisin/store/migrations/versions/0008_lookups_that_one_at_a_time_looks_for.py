"""lookups that one at a time looks for

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None

_WAITS = sa.text('next_at IS NOT NULL')
_lookup = sa.table(
    'lookup', sa.column('state', sa.String), sa.column('created_at', sa.DateTime), sa.column('next_at', sa.DateTime)
)


def upgrade() -> None:
    with op.batch_alter_table('lookup', schema=None) as batch_op:
        batch_op.add_column(sa.Column('next_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('claimed_until', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('claimed_by', sa.String(length=64), nullable=True))
    op.create_index('ix_lookup_next_at', 'lookup', ['next_at'], sqlite_where=_WAITS, postgresql_where=_WAITS)
    op.execute(_lookup.update().where(_lookup.c.state == 'waiting').values(next_at=_lookup.c.created_at))


def downgrade() -> None:
    op.drop_index('ix_lookup_next_at', table_name='lookup')
    with op.batch_alter_table('lookup', schema=None) as batch_op:
        batch_op.drop_column('claimed_by')
        batch_op.drop_column('claimed_until')
        batch_op.drop_column('next_at')
