"""Private threads on a listing, their messages, and visible questions."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, String, Table, Text, UniqueConstraint, text

from fedivoisin.store.schema.columns import Instant, id_column, metadata

thread = Table(
    "thread",
    metadata,
    id_column(),
    Column("listing_id", String(64), ForeignKey("listing.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("asker_id", String(64), ForeignKey("actor.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("author_id", String(64), ForeignKey("actor.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("context_url", String(2048), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("asker_read_at", Instant),
    Column("author_read_at", Instant),
    UniqueConstraint("listing_id", "asker_id"),
)

_IN_THREAD = text("thread_id IS NOT NULL")
message = Table(
    "message",
    metadata,
    id_column(),
    Column("url", String(2048), nullable=False, unique=True),
    Column("thread_id", String(64), ForeignKey("thread.id", ondelete="CASCADE")),  # none of a question
    Column("listing_id", String(64), ForeignKey("listing.id", ondelete="CASCADE"), nullable=False),
    Column("writer_id", String(64), ForeignKey("actor.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("recipient_id", String(64), ForeignKey("actor.id", ondelete="CASCADE")),
    Column("is_public", Boolean, nullable=False, server_default="0"),  # a visible question
    Column("in_reply_to", String(2048)),
    Column("text", Text, nullable=False),
    Column("content_html", Text),  # of a remote message, cleaned
    Column("published_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("updated_at", Instant),
    Column("deleted_at", Instant),
    Column("hidden_at", Instant),
    Index("ix_message_listing_id_is_public", "listing_id", "is_public"),
    Index("ix_message_thread_id", "thread_id", sqlite_where=_IN_THREAD, postgresql_where=_IN_THREAD),
)
