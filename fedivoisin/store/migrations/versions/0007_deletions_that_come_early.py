"""deletions that come early

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'early_deletion',
        sa.Column('url', sa.String(length=2048), nullable=False),
        sa.Column('actor_id', sa.String(length=64), nullable=False),
        sa.Column('deleted_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ['actor_id'], ['actor.id'], name=op.f('fk_early_deletion_actor_id'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('url', 'actor_id', name=op.f('pk_early_deletion')),
    )
    # Of what never came it was not written down who deleted it: it may have been anybody of that server.
    op.execute(
        "DELETE FROM tombstone WHERE NOT is_local AND former_type = 'Note'"
        " AND NOT EXISTS (SELECT 1 FROM listing WHERE listing.url = tombstone.url)"
    )


def downgrade() -> None:
    op.drop_table('early_deletion')
