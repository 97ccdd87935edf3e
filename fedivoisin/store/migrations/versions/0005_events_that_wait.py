"""events that wait

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None

_IS_DUE = sa.text('next_at IS NOT NULL')


def upgrade() -> None:
    op.drop_index('ix_event_subject_id', table_name='event')
    op.create_index(
        'ix_event_waiting', 'event', ['subject', 'id'], sqlite_where=_IS_DUE, postgresql_where=_IS_DUE
    )


def downgrade() -> None:
    op.drop_index('ix_event_waiting', table_name='event')
    op.create_index('ix_event_subject_id', 'event', ['subject', 'id'])
