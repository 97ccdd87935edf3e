"""The journal: every event, in order, with the mark of its effects."""

from sqlalchemy import Boolean, Column, Index, Integer, String, Table

from fedivoisin.store.schema.columns import Instant, Json, metadata
from fedivoisin.store.schema.federation import WAITS, Sequence

event = Table(
    "event",
    metadata,
    Column("id", Sequence, primary_key=True, autoincrement=True),
    Column("type", String(64), nullable=False, index=True),
    Column("subject", String(64), nullable=False),  # effects keep their order per subject
    Column("by_id", String(64)),  # who did it: a member, a moderator, a remote actor; none for the program
    Column("is_local", Boolean, nullable=False),
    Column("fields", Json, nullable=False),
    Column("at", Instant, nullable=False),
    Column("next_at", Instant),  # when its effects are due; none once done
    Column("claimed_until", Instant),
    Column("claimed_by", String(64)),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("error", String(255)),
    Column("done_at", Instant),
    Index("ix_event_next_at", "next_at", sqlite_where=WAITS, postgresql_where=WAITS),
    # Only of what waits: what was said about one listing in all its life may be thousands of rows.
    Index("ix_event_waiting", "subject", "id", sqlite_where=WAITS, postgresql_where=WAITS),
)

task = Table(
    "task",  # periodic work, claimed by one process at a time
    metadata,
    Column("name", String(64), primary_key=True),
    Column("next_at", Instant, nullable=False),
    Column("claimed_until", Instant),
    Column("claimed_by", String(64)),
    Column("last_at", Instant),
)
