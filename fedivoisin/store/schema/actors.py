"""People, groups and instances, local or remote, and their keys."""

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from fedivoisin.store.schema.columns import Instant, Json, id_column, metadata
from fedivoisin.store.schema.federation import WAITS

actor = Table(
    "actor",
    metadata,
    id_column(),
    Column("url", String(2048), nullable=False, unique=True),
    Column("type", String(32), nullable=False),  # Person, Group, Application, Service, Organization
    Column("host", String(255), nullable=False, index=True),
    Column("name", String(255), nullable=False),  # preferredUsername
    Column("local_name", String(64), unique=True),  # the same, for actors of ours only: one namespace
    Column("is_local", Boolean, nullable=False),
    Column("display_name", String(255), nullable=False, server_default=""),
    Column("summary", Text, nullable=False, server_default=""),  # local: words as typed; remote: cleaned HTML
    Column("member_kind", String(32), nullable=False, server_default="habitant"),
    Column("quartier", String(120), nullable=False, server_default=""),
    Column("agreement", String(16), nullable=False, server_default="neutre"),  # ami, amie or neutral
    Column("icon_url", String(2048)),
    Column("page_url", String(2048)),
    Column("inbox", String(2048), nullable=False, server_default=""),
    Column("shared_inbox", String(2048)),
    Column("outbox", String(2048)),
    Column("followers_url", String(2048)),
    Column("featured", String(2048)),
    Column("approves_followers", Boolean, nullable=False, server_default="0"),
    Column("discoverable", Boolean, nullable=False, server_default="0"),
    Column("also_known_as", Json),
    Column("moved_to", String(2048)),
    Column("implements", Json),  # FEP-844e, of an Application
    Column("category", String(64), index=True),  # of a category Group
    Column("latitude", Float),
    Column("longitude", Float),
    Column("created_at", Instant, nullable=False),  # when this instance first saw the actor
    Column("published_at", Instant),  # what the document claims
    Column("fetched_at", Instant),
    Column("gone_at", Instant),
    Column("hidden_at", Instant),
    Index("ix_actor_host_name", "host", "name"),
)

key = Table(
    "key",
    metadata,
    Column("id", String(2048), primary_key=True),  # the URL that requests name
    Column("actor_id", String(64), ForeignKey("actor.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("algorithm", String(16), nullable=False),  # rsa, ed25519
    Column("public", Text, nullable=False),  # PEM or Multikey
    Column("private", Text),  # PEM, for actors of ours
    Column("purpose", String(16), nullable=False),  # http, assertion
    Column("created_at", Instant, nullable=False),
    Column("fetched_at", Instant),
    Column("retired_at", Instant),
    Column("expires_at", Instant),  # of a retired key: the end of its overlap
    Column("revoked_at", Instant),
)

follow = Table(
    "follow",
    metadata,
    id_column(),
    Column("follower_id", String(64), ForeignKey("actor.id", ondelete="CASCADE"), nullable=False),
    Column("followed_id", String(64), ForeignKey("actor.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("activity_url", String(2048), nullable=False, index=True),
    Column("state", String(16), nullable=False),  # asked, accepted, rejected
    Column("created_at", Instant, nullable=False),
    Column("answered_at", Instant),
    UniqueConstraint("follower_id", "followed_id"),
)

lookup = Table(
    "lookup",  # a name or address that a member typed and a worker resolves
    metadata,
    id_column(),
    Column("member_id", String(64), ForeignKey("actor.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("query", String(2048), nullable=False),
    Column("purpose", String(16), nullable=False),  # follow, show, backfill
    Column("state", String(16), nullable=False),  # waiting, found, failed
    Column("reason", String(64)),
    Column("actor_id", String(64), ForeignKey("actor.id", ondelete="SET NULL")),
    Column("next_at", Instant),  # none once done
    Column("claimed_until", Instant),
    Column("claimed_by", String(64)),  # the process: store/claims.py
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("created_at", Instant, nullable=False),
    Column("done_at", Instant),
    Index("ix_lookup_next_at", "next_at", sqlite_where=WAITS, postgresql_where=WAITS),
)
