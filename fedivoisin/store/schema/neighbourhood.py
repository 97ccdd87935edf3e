"""What the association decided, and what moderators are told."""

from sqlalchemy import Column, Float, ForeignKey, Integer, String, Table, Text

from fedivoisin.store.schema.columns import Instant, Json, id_column, metadata

neighbourhood = Table(
    "neighbourhood",  # one row, made at the first start
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("setup_hash", String(64)),  # SHA-256 of the one-time word of the first-run link; none once used
    Column("setup_draft", Json),  # the answers of the first run, until the last screen
    Column("origin", String(255), nullable=False, server_default=""),  # empty: trial mode, nothing federates
    Column("federated_at", Instant),  # from then on the origin is fixed for ever
    Column("founded_at", Instant),
    Column("name", String(120), nullable=False, server_default=""),
    Column("commune", String(120), nullable=False, server_default=""),
    Column("department", String(8), nullable=False, server_default=""),
    Column("slug", String(64), nullable=False, server_default=""),
    Column("group_id", String(64)),
    Column("instance_id", String(64)),
    Column("latitude", Float),
    Column("longitude", Float),
    Column("language", String(8), nullable=False, server_default="fr"),
    Column("sponsors_needed", Integer, nullable=False, server_default="2"),
    Column("contact_email", String(254), nullable=False, server_default=""),
    Column("help_name", String(120), nullable=False, server_default=""),
    Column("help_hours", String(200), nullable=False, server_default=""),
    Column("help_telephone", String(32), nullable=False, server_default=""),
    Column("legal", Json, nullable=False),  # form, name, address, publisher, host, …
    Column("mail", Json, nullable=False),  # SMTP host, port, security, user, password, sender
    Column("colour", String(7), nullable=False, server_default=""),
    Column("tiles", String(500), nullable=False, server_default=""),
    Column("code_prefix", String(3), nullable=False, server_default=""),  # NTE of NTE-4821
)

report = Table(
    "report",
    metadata,
    id_column(),
    Column("reporter_id", String(64), ForeignKey("actor.id", ondelete="SET NULL"), index=True),
    Column("listing_id", String(64), ForeignKey("listing.id", ondelete="CASCADE"), index=True),
    Column("actor_id", String(64), ForeignKey("actor.id", ondelete="CASCADE"), index=True),
    Column("activity_url", String(2048), unique=True),  # of a Flag from elsewhere
    Column("reason", String(32), nullable=False),
    Column("words", Text, nullable=False, server_default=""),
    Column("state", String(16), nullable=False, index=True),  # open, upheld, dismissed
    Column("created_at", Instant, nullable=False),
    Column("decided_at", Instant),
    Column("decided_by", String(64), ForeignKey("actor.id", ondelete="SET NULL")),
    Column("decision", String(500)),
    Column("forwarded_at", Instant),  # told to the instance that it is about
)

statement = Table(
    "statement",  # reasons given to the person whom a decision concerns (DSA, article 17)
    metadata,
    id_column(),
    Column("member_id", String(64), ForeignKey("actor.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("listing_id", String(64), ForeignKey("listing.id", ondelete="CASCADE"), index=True),
    Column("report_id", String(64), ForeignKey("report.id", ondelete="SET NULL")),
    Column("measure", String(16), nullable=False),
    Column("ground", String(32), nullable=False),
    Column("facts", Text, nullable=False),
    Column("decided_by", String(64), ForeignKey("actor.id", ondelete="SET NULL")),
    Column("created_at", Instant, nullable=False),
    Column("appeal_until", Instant, nullable=False),
    Column("lifted_at", Instant),
)
