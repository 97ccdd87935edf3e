"""What came in, what goes out, and what is known of the other instances."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from fedivoisin.store.schema.columns import Instant, Json, id_column, metadata

# SQLite numbers rows by itself only in an INTEGER key.
Sequence = BigInteger().with_variant(Integer, "sqlite")
# An index of the rows for which this holds is as short as the queue, however long the table has grown.
WAITS = text("next_at IS NOT NULL")

inbox = Table(
    "inbox",  # verified requests, kept for 30 days
    metadata,
    Column("id", Sequence, primary_key=True, autoincrement=True),
    Column("actor_url", String(2048), nullable=False),
    Column("activity_url", String(2048), nullable=False),
    Column("digest", LargeBinary(32), nullable=False, unique=True),  # SHA-256 of the body, which names actor and id
    Column("type", String(64), nullable=False),
    Column("key_id", String(2048), nullable=False),
    Column("scheme", String(16), nullable=False),
    Column("body", LargeBinary, nullable=False),  # empty once done
    Column("received_at", Instant, nullable=False),
    Column("next_at", Instant),  # none once done
    Column("claimed_until", Instant),
    Column("claimed_by", String(64)),  # the process: store/claims.py
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("outcome", String(64)),  # done, ignored, or why it was refused
    Column("done_at", Instant),
    Index("ix_inbox_next_at", "next_at", sqlite_where=WAITS, postgresql_where=WAITS),
)

activity = Table(
    "activity",  # what our actors said
    metadata,
    id_column(),
    Column("url", String(2048), nullable=False, unique=True),
    Column("actor_id", String(64), ForeignKey("actor.id", ondelete="CASCADE"), nullable=False),
    Column("type", String(64), nullable=False),
    Column("object_url", String(2048), index=True),
    Column("body", Text, nullable=False),
    Column("is_public", Boolean, nullable=False),
    Column("published_at", Instant, nullable=False),
    Index("ix_activity_actor_id_published_at", "actor_id", "published_at"),
)

delivery = Table(
    "delivery",
    metadata,
    Column("id", Sequence, primary_key=True, autoincrement=True),
    Column("activity_id", String(64), ForeignKey("activity.id", ondelete="CASCADE"), nullable=False),
    Column("actor_id", String(64), nullable=False),  # whose key signs
    Column("inbox", String(2048), nullable=False),
    Column("host", String(255), nullable=False, index=True),
    Column("priority", Integer, nullable=False),  # 0: to a person, 1: fan-out
    Column("created_at", Instant, nullable=False),
    Column("next_at", Instant),  # none once done
    Column("claimed_until", Instant),
    Column("claimed_by", String(64)),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("status", Integer),
    Column("error", String(255)),
    Column("outcome", String(16)),  # sent, refused, given-up, dropped
    Column("done_at", Instant),
    UniqueConstraint("activity_id", "inbox"),
    Index("ix_delivery_next_at_priority", "next_at", "priority", sqlite_where=WAITS, postgresql_where=WAITS),
)

peer = Table(
    "peer",  # one row per remote host that we spoke to
    metadata,
    Column("host", String(255), primary_key=True),
    Column("software", String(64)),
    Column("software_version", String(64)),
    Column("metadata", Json),
    Column("nodeinfo_at", Instant),
    Column("scheme", String(16)),  # cavage, rfc9421: what it last accepted
    Column("scheme_until", Instant),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("failing_since", Instant),
    Column("open_until", Instant),  # the breaker: nothing is sent before
    Column("dead_at", Instant),
    Column("last_ok_at", Instant),
    Column("last_seen_at", Instant),
    Column("last_error", String(255)),
    Column("level", String(16), nullable=False, server_default="inconnue"),  # TRUST.md §7
    Column("created_at", Instant, nullable=False),
)

domain_block = Table(
    "domain_block",
    metadata,
    id_column(),
    Column("domain", String(255), nullable=False, unique=True),  # the domain and all below it
    Column("reason", String(500), nullable=False),
    Column("by_id", String(64), ForeignKey("actor.id", ondelete="SET NULL")),
    Column("created_at", Instant, nullable=False),
)

followers_check = Table(
    "followers_check",  # FEP-8fcf: an actor elsewhere counts its followers here otherwise than we do
    metadata,
    Column("actor_id", String(64), ForeignKey("actor.id", ondelete="CASCADE"), primary_key=True),
    Column("url", String(2048), nullable=False),  # of its partial collection for us
    Column("digest", String(64), nullable=False),  # of what it says to stand there
    Column("asked_at", Instant, nullable=False),
    Column("next_at", Instant, index=True),  # none once done
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("outcome", String(64)),
)

unreachable_key = Table(
    "unreachable_key",  # negative cache of keys that could not be fetched
    metadata,
    Column("key_id", String(2048), primary_key=True),
    Column("until", Instant, nullable=False),
    Column("failures", Integer, nullable=False),
)

tombstone = Table(
    "tombstone",  # what was deleted, here or elsewhere, so that it does not come back
    metadata,
    Column("url", String(2048), primary_key=True),
    Column("former_type", String(32), nullable=False),
    Column("deleted_at", Instant, nullable=False),
    Column("is_local", Boolean, nullable=False),
)

early_deletion = Table(
    "early_deletion",  # of what never came: it holds for what the same actor may have said before
    metadata,
    Column("url", String(2048), primary_key=True),
    Column("actor_id", String(64), ForeignKey("actor.id", ondelete="CASCADE"), primary_key=True),
    Column("deleted_at", Instant, nullable=False),
)
