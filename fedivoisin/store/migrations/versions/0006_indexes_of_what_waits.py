"""indexes of what waits, and no bodies of what is done

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

_WAITS = sa.text('next_at IS NOT NULL')
_IN_THREAD = sa.text('thread_id IS NOT NULL')
_QUEUES = (
    ('ix_event_next_at', 'event', ['next_at']),
    ('ix_inbox_next_at', 'inbox', ['next_at']),
    ('ix_delivery_next_at_priority', 'delivery', ['next_at', 'priority']),
)
_inbox = sa.table(
    'inbox', sa.column('body', sa.LargeBinary), sa.column('next_at', sa.DateTime), sa.column('outcome', sa.String)
)


def upgrade() -> None:
    for name, table, columns in _QUEUES:
        op.drop_index(name, table_name=table)
        op.create_index(name, table, columns, sqlite_where=_WAITS, postgresql_where=_WAITS)
    op.drop_index('ix_message_thread_id', table_name='message')
    op.create_index(
        'ix_message_thread_id', 'message', ['thread_id'], sqlite_where=_IN_THREAD, postgresql_where=_IN_THREAD
    )
    # Nobody looks for events by who did them.
    op.drop_index('ix_event_by_id', table_name='event')
    is_done = _inbox.c.next_at.is_(None) & (_inbox.c.outcome != 'our-fault')
    op.execute(_inbox.update().where(is_done).values(body=b''))


def downgrade() -> None:
    op.create_index('ix_event_by_id', 'event', ['by_id'])
    op.drop_index('ix_message_thread_id', table_name='message')
    op.create_index('ix_message_thread_id', 'message', ['thread_id'])
    for name, table, columns in _QUEUES:
        op.drop_index(name, table_name=table)
        op.create_index(name, table, columns)
