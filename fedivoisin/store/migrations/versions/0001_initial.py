"""Every table of the first release, and the search index that no table of the metadata describes."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


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


def upgrade() -> None:
    op.create_table(
        "actor",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("url", sa.String(length=2048), nullable=False),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("local_name", sa.String(length=64), nullable=True),
        sa.Column("is_local", sa.Boolean(), nullable=False),
        sa.Column("display_name", sa.String(length=255), server_default="", nullable=False),
        sa.Column("summary", sa.Text(), server_default="", nullable=False),
        sa.Column("member_kind", sa.String(length=32), server_default="habitant", nullable=False),
        sa.Column("quartier", sa.String(length=120), server_default="", nullable=False),
        sa.Column("agreement", sa.String(length=16), server_default="neutre", nullable=False),
        sa.Column("icon_url", sa.String(length=2048), nullable=True),
        sa.Column("page_url", sa.String(length=2048), nullable=True),
        sa.Column("inbox", sa.String(length=2048), server_default="", nullable=False),
        sa.Column("shared_inbox", sa.String(length=2048), nullable=True),
        sa.Column("outbox", sa.String(length=2048), nullable=True),
        sa.Column("followers_url", sa.String(length=2048), nullable=True),
        sa.Column("featured", sa.String(length=2048), nullable=True),
        sa.Column("approves_followers", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("discoverable", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("also_known_as", sa.Text(), nullable=True),
        sa.Column("moved_to", sa.String(length=2048), nullable=True),
        sa.Column("implements", sa.Text(), nullable=True),
        sa.Column("category", sa.String(length=64), nullable=True),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_actor")),
        sa.UniqueConstraint("local_name", name=op.f("uq_actor_local_name")),
        sa.UniqueConstraint("url", name=op.f("uq_actor_url")),
    )
    with op.batch_alter_table("actor", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_actor_host"), ["host"], unique=False)
        batch_op.create_index("ix_actor_host_name", ["host", "name"], unique=False)

    op.create_table(
        "attempt",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
    )
    with op.batch_alter_table("attempt", schema=None) as batch_op:
        batch_op.create_index("ix_attempt_subject_at", ["subject", "at"], unique=False)

    op.create_table(
        "event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("by_id", sa.String(length=64), nullable=True),
        sa.Column("is_local", sa.Boolean(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", sa.String(length=255), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
    )
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_event_by_id"), ["by_id"], unique=False)
        batch_op.create_index("ix_event_next_at", ["next_at"], unique=False)
        batch_op.create_index("ix_event_subject_id", ["subject", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_event_type"), ["type"], unique=False)

    op.create_table(
        "inbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("actor_url", sa.String(length=2048), nullable=False),
        sa.Column("activity_url", sa.String(length=2048), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("key_id", sa.String(length=2048), nullable=False),
        sa.Column("scheme", sa.String(length=16), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("outcome", sa.String(length=64), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint("digest", name=op.f("uq_inbox_digest")),
    )
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.create_index("ix_inbox_next_at", ["next_at"], unique=False)

    op.create_table(
        "mail",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(length=255), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
    )
    with op.batch_alter_table("mail", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mail_next_at"), ["next_at"], unique=False)

    op.create_table(
        "neighbourhood",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("setup_hash", sa.String(length=64), nullable=True),
        sa.Column("setup_draft", sa.Text(), nullable=True),
        sa.Column("origin", sa.String(length=255), server_default="", nullable=False),
        sa.Column("federated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("founded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("name", sa.String(length=120), server_default="", nullable=False),
        sa.Column("commune", sa.String(length=120), server_default="", nullable=False),
        sa.Column("department", sa.String(length=8), server_default="", nullable=False),
        sa.Column("slug", sa.String(length=64), server_default="", nullable=False),
        sa.Column("group_id", sa.String(length=64), nullable=True),
        sa.Column("instance_id", sa.String(length=64), nullable=True),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("language", sa.String(length=8), server_default="fr", nullable=False),
        sa.Column("sponsors_needed", sa.Integer(), server_default="2", nullable=False),
        sa.Column("contact_email", sa.String(length=254), server_default="", nullable=False),
        sa.Column("help_name", sa.String(length=120), server_default="", nullable=False),
        sa.Column("help_hours", sa.String(length=200), server_default="", nullable=False),
        sa.Column("help_telephone", sa.String(length=32), server_default="", nullable=False),
        sa.Column("legal", sa.Text(), nullable=False),
        sa.Column("mail", sa.Text(), nullable=False),
        sa.Column("colour", sa.String(length=7), server_default="", nullable=False),
        sa.Column("tiles", sa.String(length=500), server_default="", nullable=False),
        sa.Column("code_prefix", sa.String(length=3), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_neighbourhood")),
    )
    op.create_table(
        "peer",
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("software", sa.String(length=64), nullable=True),
        sa.Column("software_version", sa.String(length=64), nullable=True),
        sa.Column("metadata", sa.Text(), nullable=True),
        sa.Column("nodeinfo_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("scheme", sa.String(length=16), nullable=True),
        sa.Column("scheme_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("open_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dead_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_ok_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(length=255), nullable=True),
        sa.Column("level", sa.String(length=16), server_default="inconnue", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_peer")),
    )
    op.create_table(
        "task",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_task")),
    )
    op.create_table(
        "tombstone",
        sa.Column("url", sa.String(length=2048), nullable=False),
        sa.Column("former_type", sa.String(length=32), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_local", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("url", name=op.f("pk_tombstone")),
    )
    op.create_table(
        "unreachable_key",
        sa.Column("key_id", sa.String(length=2048), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_unreachable_key")),
    )
    op.create_table(
        "account",
        sa.Column("member_id", sa.String(length=64), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("email_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("password", sa.String(length=255), nullable=True),
        sa.Column("password_changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("language", sa.String(length=8), server_default="fr", nullable=False),
        sa.Column("theme", sa.String(length=8), server_default="auto", nullable=False),
        sa.Column("scope", sa.String(length=16), server_default="20km", nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("telephone", sa.String(length=32), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["actor.id"], name=op.f("fk_account_member_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_account")),
        sa.UniqueConstraint("email", name=op.f("uq_account_email")),
    )
    op.create_table(
        "activity",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("url", sa.String(length=2048), nullable=False),
        sa.Column("actor_id", sa.String(length=64), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("object_url", sa.String(length=2048), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actor.id"], name=op.f("fk_activity_actor_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity")),
        sa.UniqueConstraint("url", name=op.f("uq_activity_url")),
    )
    with op.batch_alter_table("activity", schema=None) as batch_op:
        batch_op.create_index("ix_activity_actor_id_published_at", ["actor_id", "published_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_activity_object_url"), ["object_url"], unique=False)

    op.create_table(
        "domain_block",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("domain", sa.String(length=255), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("by_id", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["actor.id"], name=op.f("fk_domain_block_by_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_domain_block")),
        sa.UniqueConstraint("domain", name=op.f("uq_domain_block_domain")),
    )
    op.create_table(
        "follow",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("follower_id", sa.String(length=64), nullable=False),
        sa.Column("followed_id", sa.String(length=64), nullable=False),
        sa.Column("activity_url", sa.String(length=2048), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["followed_id"], ["actor.id"], name=op.f("fk_follow_followed_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["follower_id"], ["actor.id"], name=op.f("fk_follow_follower_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow")),
        sa.UniqueConstraint("follower_id", "followed_id", name=op.f("uq_follow_follower_id_followed_id")),
    )
    with op.batch_alter_table("follow", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_follow_activity_url"), ["activity_url"], unique=False)
        batch_op.create_index(batch_op.f("ix_follow_followed_id"), ["followed_id"], unique=False)

    op.create_table(
        "invitation",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("ambassador_id", sa.String(length=64), nullable=False),
        sa.Column("street", sa.String(length=120), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("uses", sa.Integer(), server_default="0", nullable=False),
        sa.Column("max_uses", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["ambassador_id"], ["actor.id"], name=op.f("fk_invitation_ambassador_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("code", name=op.f("uq_invitation_code")),
    )
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_invitation_ambassador_id"), ["ambassador_id"], unique=False)

    op.create_table(
        "key",
        sa.Column("id", sa.String(length=2048), nullable=False),
        sa.Column("actor_id", sa.String(length=64), nullable=False),
        sa.Column("algorithm", sa.String(length=16), nullable=False),
        sa.Column("public", sa.Text(), nullable=False),
        sa.Column("private", sa.Text(), nullable=True),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["actor.id"], name=op.f("fk_key_actor_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key")),
    )
    with op.batch_alter_table("key", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_key_actor_id"), ["actor_id"], unique=False)

    op.create_table(
        "lineage_edge",
        sa.Column("child_id", sa.String(length=64), nullable=False),
        sa.Column("parent_id", sa.String(length=64), nullable=False),
        sa.Column("share_of", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["child_id"], ["actor.id"], name=op.f("fk_lineage_edge_child_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["actor.id"], name=op.f("fk_lineage_edge_parent_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("child_id", "parent_id", name=op.f("pk_lineage_edge")),
    )
    with op.batch_alter_table("lineage_edge", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lineage_edge_parent_id"), ["parent_id"], unique=False)

    op.create_table(
        "listing",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("url", sa.String(length=2048), nullable=False),
        sa.Column("page_url", sa.String(length=2048), nullable=False),
        sa.Column("author_id", sa.String(length=64), nullable=False),
        sa.Column("group_id", sa.String(length=64), nullable=True),
        sa.Column("is_local", sa.Boolean(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("purpose", sa.String(length=8), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("content_html", sa.Text(), nullable=True),
        sa.Column("language", sa.String(length=8), server_default="fr", nullable=False),
        sa.Column("category", sa.String(length=64), server_default="", nullable=False),
        sa.Column("price_amount", sa.String(length=32), nullable=True),
        sa.Column("price_currency", sa.String(length=2048), nullable=True),
        sa.Column("price_unit", sa.String(length=8), nullable=True),
        sa.Column("deposit", sa.String(length=32), nullable=True),
        sa.Column("availability", sa.String(length=300), server_default="", nullable=False),
        sa.Column("max_days", sa.Integer(), nullable=True),
        sa.Column("negotiable", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("wanted", sa.String(length=200), server_default="", nullable=False),
        sa.Column("unit", sa.String(length=8), server_default="one", nullable=False),
        sa.Column("quantity", sa.String(length=32), nullable=True),
        sa.Column("available", sa.String(length=32), nullable=True),
        sa.Column("minimum_quantity", sa.String(length=32), nullable=True),
        sa.Column("goal_quantity", sa.String(length=32), nullable=True),
        sa.Column("place_name", sa.String(length=200), server_default="", nullable=False),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("cell", sa.String(length=16), nullable=True),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reserved_for", sa.String(length=64), nullable=True),
        sa.Column("reach", sa.Integer(), server_default="5", nullable=False),
        sa.Column("context_url", sa.String(length=2048), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("renewal_token", sa.String(length=64), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hidden_reason", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["author_id"], ["actor.id"], name=op.f("fk_listing_author_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["group_id"], ["actor.id"], name=op.f("fk_listing_group_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["reserved_for"], ["actor.id"], name=op.f("fk_listing_reserved_for"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing")),
        sa.UniqueConstraint("url", name=op.f("uq_listing_url")),
    )
    with op.batch_alter_table("listing", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_listing_author_id"), ["author_id"], unique=False)
        batch_op.create_index("ix_listing_category_published_at", ["category", "published_at"], unique=False)
        batch_op.create_index("ix_listing_cell_published_at", ["cell", "published_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_listing_ends_at"), ["ends_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_listing_group_id"), ["group_id"], unique=False)
        batch_op.create_index("ix_listing_published_at", ["published_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_listing_renewal_token"), ["renewal_token"], unique=False)

    op.create_table(
        "lookup",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("member_id", sa.String(length=64), nullable=False),
        sa.Column("query", sa.String(length=2048), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("actor_id", sa.String(length=64), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["actor.id"], name=op.f("fk_lookup_actor_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["member_id"], ["actor.id"], name=op.f("fk_lookup_member_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lookup")),
    )
    with op.batch_alter_table("lookup", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lookup_member_id"), ["member_id"], unique=False)

    op.create_table(
        "media",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("owner_id", sa.String(length=64), nullable=False),
        sa.Column("path", sa.String(length=255), nullable=False),
        sa.Column("media_type", sa.String(length=64), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("blurhash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["actor.id"], name=op.f("fk_media_owner_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media")),
        sa.UniqueConstraint("path", name=op.f("uq_media_path")),
    )
    with op.batch_alter_table("media", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_media_owner_id"), ["owner_id"], unique=False)

    op.create_table(
        "meeting",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("member_id", sa.String(length=64), nullable=False),
        sa.Column("referent_id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["actor.id"], name=op.f("fk_meeting_member_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["referent_id"], ["actor.id"], name=op.f("fk_meeting_referent_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting")),
    )
    with op.batch_alter_table("meeting", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_meeting_member_id"), ["member_id"], unique=False)

    op.create_table(
        "sponsorship",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("sponsor_id", sa.String(length=64), nullable=False),
        sa.Column("candidate_id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("guarantee_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("charter", sa.String(length=32), nullable=False),
        sa.Column("is_admitting", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lapsed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("credential", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["candidate_id"], ["actor.id"], name=op.f("fk_sponsorship_candidate_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["sponsor_id"], ["actor.id"], name=op.f("fk_sponsorship_sponsor_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sponsorship")),
        sa.UniqueConstraint(
            "sponsor_id", "candidate_id", "created_at", name=op.f("uq_sponsorship_sponsor_id_candidate_id_created_at")
        ),
    )
    with op.batch_alter_table("sponsorship", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sponsorship_candidate_id"), ["candidate_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_sponsorship_sponsor_id"), ["sponsor_id"], unique=False)

    op.create_table(
        "announcement",
        sa.Column("activity_url", sa.String(length=2048), nullable=False),
        sa.Column("group_id", sa.String(length=64), nullable=False),
        sa.Column("listing_id", sa.String(length=64), nullable=False),
        sa.Column("form", sa.String(length=8), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["group_id"], ["actor.id"], name=op.f("fk_announcement_group_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["listing.id"], name=op.f("fk_announcement_listing_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("activity_url", name=op.f("pk_announcement")),
    )
    with op.batch_alter_table("announcement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_announcement_listing_id"), ["listing_id"], unique=False)

    op.create_table(
        "delivery",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("activity_id", sa.String(length=64), nullable=False),
        sa.Column("actor_id", sa.String(length=64), nullable=False),
        sa.Column("inbox", sa.String(length=2048), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(length=255), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activity.id"], name=op.f("fk_delivery_activity_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("activity_id", "inbox", name=op.f("uq_delivery_activity_id_inbox")),
    )
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_delivery_host"), ["host"], unique=False)
        batch_op.create_index("ix_delivery_next_at_priority", ["next_at", "priority"], unique=False)

    op.create_table(
        "draft",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("member_id", sa.String(length=64), nullable=False),
        sa.Column("listing_id", sa.String(length=64), nullable=True),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["listing_id"], ["listing.id"], name=op.f("fk_draft_listing_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["member_id"], ["actor.id"], name=op.f("fk_draft_member_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
        sa.UniqueConstraint("member_id", "listing_id", name=op.f("uq_draft_member_id_listing_id")),
    )
    with op.batch_alter_table("draft", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_draft_member_id"), ["member_id"], unique=False)

    op.create_table(
        "like",
        sa.Column("actor_id", sa.String(length=64), nullable=False),
        sa.Column("listing_id", sa.String(length=64), nullable=False),
        sa.Column("activity_url", sa.String(length=2048), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actor.id"], name=op.f("fk_like_actor_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["listing_id"], ["listing.id"], name=op.f("fk_like_listing_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("actor_id", "listing_id", name=op.f("pk_like")),
    )
    with op.batch_alter_table("like", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_like_activity_url"), ["activity_url"], unique=False)
        batch_op.create_index(batch_op.f("ix_like_listing_id"), ["listing_id"], unique=False)

    op.create_table(
        "listing_words",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("listing_id", sa.String(length=64), nullable=False),
        sa.Column("title_tokens", sa.Text(), nullable=False),
        sa.Column("tokens", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["listing.id"], name=op.f("fk_listing_words_listing_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing_words")),
        sa.UniqueConstraint("listing_id", name=op.f("uq_listing_words_listing_id")),
    )
    op.create_table(
        "mail_token",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("member_id", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("secret", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["member_id"], ["account.member_id"], name=op.f("fk_mail_token_member_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_mail_token")),
    )
    with op.batch_alter_table("mail_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mail_token_member_id"), ["member_id"], unique=False)

    op.create_table(
        "membership",
        sa.Column("member_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.Column("invitation_id", sa.String(length=64), nullable=True),
        sa.Column("ambassador_id", sa.String(length=64), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("admitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("admitted_as", sa.String(length=16), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refused_reason", sa.String(length=500), nullable=True),
        sa.Column("limited_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["ambassador_id"], ["actor.id"], name=op.f("fk_membership_ambassador_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["invitation_id"], ["invitation.id"], name=op.f("fk_membership_invitation_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["member_id"], ["actor.id"], name=op.f("fk_membership_member_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_membership")),
    )
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_membership_state"), ["state"], unique=False)

    op.create_table(
        "picture",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("listing_id", sa.String(length=64), nullable=False),
        sa.Column("media_id", sa.String(length=64), nullable=True),
        sa.Column("url", sa.String(length=2048), nullable=False),
        sa.Column("media_type", sa.String(length=64), nullable=False),
        sa.Column("alt", sa.String(length=1500), server_default="", nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("blurhash", sa.String(length=64), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["listing_id"], ["listing.id"], name=op.f("fk_picture_listing_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["media_id"], ["media.id"], name=op.f("fk_picture_media_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_picture")),
    )
    with op.batch_alter_table("picture", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_picture_listing_id"), ["listing_id"], unique=False)

    op.create_table(
        "remote_media",
        sa.Column("url", sa.String(length=2048), nullable=False),
        sa.Column("public_id", sa.String(length=64), nullable=False),
        sa.Column("media_id", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["media_id"], ["media.id"], name=op.f("fk_remote_media_media_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("url", name=op.f("pk_remote_media")),
        sa.UniqueConstraint("public_id", name=op.f("uq_remote_media_public_id")),
    )
    op.create_table(
        "report",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("reporter_id", sa.String(length=64), nullable=True),
        sa.Column("listing_id", sa.String(length=64), nullable=True),
        sa.Column("actor_id", sa.String(length=64), nullable=True),
        sa.Column("activity_url", sa.String(length=2048), nullable=True),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        sa.Column("decision", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["actor.id"], name=op.f("fk_report_actor_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["decided_by"], ["actor.id"], name=op.f("fk_report_decided_by"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["listing_id"], ["listing.id"], name=op.f("fk_report_listing_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["reporter_id"], ["actor.id"], name=op.f("fk_report_reporter_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
        sa.UniqueConstraint("activity_url", name=op.f("uq_report_activity_url")),
    )
    with op.batch_alter_table("report", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_report_actor_id"), ["actor_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_report_listing_id"), ["listing_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_report_reporter_id"), ["reporter_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_report_state"), ["state"], unique=False)

    op.create_table(
        "second_factor",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("member_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.String(length=120), server_default="", nullable=False),
        sa.Column("counter", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["member_id"], ["account.member_id"], name=op.f("fk_second_factor_member_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_factor")),
    )
    with op.batch_alter_table("second_factor", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_second_factor_member_id"), ["member_id"], unique=False)

    op.create_table(
        "session",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("public_id", sa.String(length=64), nullable=False),
        sa.Column("member_id", sa.String(length=64), nullable=False),
        sa.Column("csrf", sa.String(length=64), nullable=False),
        sa.Column("device", sa.String(length=200), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("second_factor_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["member_id"], ["account.member_id"], name=op.f("fk_session_member_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_session")),
        sa.UniqueConstraint("public_id", name=op.f("uq_session_public_id")),
    )
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_session_member_id"), ["member_id"], unique=False)

    op.create_table(
        "thread",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("listing_id", sa.String(length=64), nullable=False),
        sa.Column("asker_id", sa.String(length=64), nullable=False),
        sa.Column("author_id", sa.String(length=64), nullable=False),
        sa.Column("context_url", sa.String(length=2048), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asker_read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("author_read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["asker_id"], ["actor.id"], name=op.f("fk_thread_asker_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["author_id"], ["actor.id"], name=op.f("fk_thread_author_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["listing_id"], ["listing.id"], name=op.f("fk_thread_listing_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_thread")),
        sa.UniqueConstraint("listing_id", "asker_id", name=op.f("uq_thread_listing_id_asker_id")),
    )
    with op.batch_alter_table("thread", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_thread_asker_id"), ["asker_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_thread_author_id"), ["author_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_thread_listing_id"), ["listing_id"], unique=False)

    op.create_table(
        "message",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("url", sa.String(length=2048), nullable=False),
        sa.Column("thread_id", sa.String(length=64), nullable=True),
        sa.Column("listing_id", sa.String(length=64), nullable=False),
        sa.Column("writer_id", sa.String(length=64), nullable=False),
        sa.Column("recipient_id", sa.String(length=64), nullable=True),
        sa.Column("is_public", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("in_reply_to", sa.String(length=2048), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("content_html", sa.Text(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["listing_id"], ["listing.id"], name=op.f("fk_message_listing_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["recipient_id"], ["actor.id"], name=op.f("fk_message_recipient_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], name=op.f("fk_message_thread_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["writer_id"], ["actor.id"], name=op.f("fk_message_writer_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("url", name=op.f("uq_message_url")),
    )
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.create_index("ix_message_listing_id_is_public", ["listing_id", "is_public"], unique=False)
        batch_op.create_index(batch_op.f("ix_message_thread_id"), ["thread_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_message_writer_id"), ["writer_id"], unique=False)

    op.create_table(
        "statement",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("member_id", sa.String(length=64), nullable=False),
        sa.Column("listing_id", sa.String(length=64), nullable=True),
        sa.Column("report_id", sa.String(length=64), nullable=True),
        sa.Column("measure", sa.String(length=16), nullable=False),
        sa.Column("ground", sa.String(length=32), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("appeal_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["actor.id"], name=op.f("fk_statement_decided_by"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["listing.id"], name=op.f("fk_statement_listing_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["member_id"], ["actor.id"], name=op.f("fk_statement_member_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_statement_report_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement")),
    )
    with op.batch_alter_table("statement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_statement_listing_id"), ["listing_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_statement_member_id"), ["member_id"], unique=False)

    statements = SEARCH_ON_POSTGRESQL if op.get_context().dialect.name == "postgresql" else SEARCH_ON_SQLITE
    for statement in statements:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("the first release has nothing before it")
