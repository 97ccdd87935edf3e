"""Listings with their pictures, likes, drafts and search words."""

from sqlalchemy import (
    DDL,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
)

from fedivoisin.store.schema.columns import Amount, Instant, Json, id_column, metadata
from fedivoisin.store.schema.federation import Sequence

listing = Table(
    "listing",
    metadata,
    id_column(),
    Column("url", String(2048), nullable=False, unique=True),
    Column("page_url", String(2048), nullable=False),
    Column("author_id", String(64), ForeignKey("actor.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("group_id", String(64), ForeignKey("actor.id", ondelete="SET NULL"), index=True),
    Column("is_local", Boolean, nullable=False),
    Column("kind", String(16), nullable=False),  # give sell lend rent swap service group-purchase
    Column("purpose", String(8), nullable=False),  # offer, request
    Column("title", String(200), nullable=False),
    Column("text", Text, nullable=False),
    Column("content_html", Text),  # of a remote listing, cleaned
    Column("language", String(8), nullable=False, server_default="fr"),
    Column("category", String(64), nullable=False, server_default=""),
    Column("price_amount", Amount),
    Column("price_currency", String(2048)),
    Column("price_unit", String(8)),
    Column("deposit", Amount),
    Column("availability", String(300), nullable=False, server_default=""),
    Column("max_days", Integer),
    Column("negotiable", Boolean, nullable=False, server_default="0"),
    Column("wanted", String(200), nullable=False, server_default=""),
    Column("unit", String(8), nullable=False, server_default="one"),
    Column("quantity", Amount),
    Column("available", Amount),
    Column("minimum_quantity", Amount),
    Column("goal_quantity", Amount),
    Column("place_name", String(200), nullable=False, server_default=""),
    Column("latitude", Float),  # blurred, two decimals
    Column("longitude", Float),
    Column("cell", String(16)),  # 0.05 degree square
    Column("begins_at", Instant),
    Column("ends_at", Instant, index=True),
    Column("state", String(16), nullable=False),  # open, reserved, closed
    Column("reserved_for", String(64), ForeignKey("actor.id", ondelete="SET NULL")),
    Column("reach", Integer, nullable=False, server_default="5"),
    Column("context_url", String(2048)),
    Column("published_at", Instant, nullable=False),
    Column("updated_at", Instant),
    Column("received_at", Instant),
    Column("reminded_at", Instant),
    Column("renewal_token", String(64), index=True),  # in the link of the mail that asks whether it is still free
    Column("deleted_at", Instant),
    Column("hidden_at", Instant),
    Column("hidden_reason", String(500)),
    Index("ix_listing_published_at", "published_at"),
    Index("ix_listing_cell_published_at", "cell", "published_at"),
    Index("ix_listing_category_published_at", "category", "published_at"),
)

media = Table(
    "media",
    metadata,
    id_column(),
    Column("owner_id", String(64), ForeignKey("actor.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("path", String(255), nullable=False, unique=True),  # below the media folder
    Column("media_type", String(64), nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("blurhash", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
)

picture = Table(
    "picture",
    metadata,
    id_column(),
    Column("listing_id", String(64), ForeignKey("listing.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("media_id", String(64), ForeignKey("media.id", ondelete="CASCADE")),  # ours
    Column("url", String(2048), nullable=False),
    Column("media_type", String(64), nullable=False),
    Column("alt", String(1500), nullable=False, server_default=""),
    Column("width", Integer),
    Column("height", Integer),
    Column("blurhash", String(64)),
    Column("position", Integer, nullable=False),
)

remote_media = Table(
    "remote_media",  # pictures of other towns, re-encoded and kept by us: no third-party request
    metadata,
    Column("url", String(2048), primary_key=True),
    Column("public_id", String(64), nullable=False, unique=True),
    Column("media_id", String(64), ForeignKey("media.id", ondelete="SET NULL")),
    Column("state", String(16), nullable=False),  # waiting, kept, failed
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_at", Instant),
    Column("fetched_at", Instant),
)

like = Table(
    "like",
    metadata,
    Column("actor_id", String(64), ForeignKey("actor.id", ondelete="CASCADE"), primary_key=True),
    Column("listing_id", String(64), ForeignKey("listing.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("activity_url", String(2048), nullable=False, index=True),
    Column("created_at", Instant, nullable=False),
)

announcement = Table(
    "announcement",  # what a Group said of a listing, so that it can be undone
    metadata,
    Column("activity_url", String(2048), primary_key=True),
    Column("group_id", String(64), ForeignKey("actor.id", ondelete="CASCADE"), nullable=False),
    Column("listing_id", String(64), ForeignKey("listing.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("form", String(8), nullable=False),  # activity, object
    Column("created_at", Instant, nullable=False),
    Column("undone_at", Instant),
)

pin = Table(
    "pin",  # what moderators put first: the `featured` collection of its Groups
    metadata,
    Column("listing_id", String(64), ForeignKey("listing.id", ondelete="CASCADE"), primary_key=True),
    Column("by_id", String(64), ForeignKey("actor.id", ondelete="SET NULL")),
    Column("created_at", Instant, nullable=False),
)

draft = Table(
    "draft",
    metadata,
    id_column(),
    Column("member_id", String(64), ForeignKey("actor.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("listing_id", String(64), ForeignKey("listing.id", ondelete="CASCADE")),  # when it edits one
    Column("fields", Json, nullable=False),
    Column("updated_at", Instant, nullable=False),
    UniqueConstraint("member_id", "listing_id"),
)

listing_words = Table(
    "listing_words",  # the analysed words, and the cell of the place as one of them
    metadata,
    Column("id", Sequence, primary_key=True, autoincrement=True),
    Column("listing_id", String(64), ForeignKey("listing.id", ondelete="CASCADE"), nullable=False, unique=True),
    Column("title_tokens", Text, nullable=False),  # between spaces: a title that has the word comes first
    Column("tokens", Text, nullable=False),
)

# SQLite finds words in an FTS5 table that mirrors `tokens` by triggers; PostgreSQL in a GIN index over the same
# tokens, taken as they are (no parser of its own cuts them anew). Neither is a table of the metadata.
SEARCH_ON_SQLITE = (
    (
        "CREATE VIRTUAL TABLE listing_search USING fts5("
        "tokens, content='listing_words', content_rowid='id',"
        " tokenize='unicode61 remove_diacritics 0', prefix='2 3 4')"
    ),
    (
        "CREATE TRIGGER listing_search_insert AFTER INSERT ON listing_words BEGIN"
        " INSERT INTO listing_search(rowid, tokens) VALUES (new.id, new.tokens); END"
    ),
    (
        "CREATE TRIGGER listing_search_delete AFTER DELETE ON listing_words BEGIN"
        " INSERT INTO listing_search(listing_search, rowid, tokens) VALUES ('delete', old.id, old.tokens); END"
    ),
    (
        "CREATE TRIGGER listing_search_update AFTER UPDATE ON listing_words BEGIN"
        " INSERT INTO listing_search(listing_search, rowid, tokens) VALUES ('delete', old.id, old.tokens);"
        " INSERT INTO listing_search(rowid, tokens) VALUES (new.id, new.tokens); END"
    ),
)
SEARCH_ON_POSTGRESQL = (
    "CREATE INDEX ix_listing_words_search ON listing_words USING gin (array_to_tsvector(string_to_array(tokens, ' ')))",
)
for _dialect, _statements in (("sqlite", SEARCH_ON_SQLITE), ("postgresql", SEARCH_ON_POSTGRESQL)):
    for _statement in _statements:
        _ddl: DDL = DDL(_statement)  # type: ignore[no-untyped-call]  # as SQLAlchemy leaves it
        event.listen(listing_words, "after_create", _ddl.execute_if(dialect=_dialect))
