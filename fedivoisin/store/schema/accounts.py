"""How local people sign in: accounts, sessions, mailed links, second factors, throttles."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from fedivoisin.store.schema.columns import Instant, Json, id_column, metadata

account = Table(
    "account",
    metadata,
    Column("member_id", String(64), ForeignKey("actor.id", ondelete="CASCADE"), primary_key=True),
    Column("email", String(254), unique=True),  # lower case; none for a member who is not online
    Column("email_confirmed_at", Instant),
    Column("password", String(255)),  # Argon2id, PHC string
    Column("password_changed_at", Instant),
    Column("language", String(8), nullable=False, server_default="fr"),
    Column("theme", String(8), nullable=False, server_default="auto"),
    Column("scope", String(16), nullable=False, server_default="20km"),
    Column("roles", Json, nullable=False),  # list of Role values
    Column("telephone", String(32)),
    Column("created_at", Instant, nullable=False),
    Column("suspended_at", Instant),
    Column("closed_at", Instant),
)

second_factor = Table(
    "second_factor",
    metadata,
    id_column(),
    Column("member_id", String(64), ForeignKey("account.member_id", ondelete="CASCADE"), nullable=False, index=True),
    Column("kind", String(16), nullable=False),  # passkey, totp, recovery
    Column("secret", LargeBinary, nullable=False),
    Column("name", String(120), nullable=False, server_default=""),
    Column("counter", Integer, nullable=False, server_default="0"),
    Column("created_at", Instant, nullable=False),
    Column("used_at", Instant),
)

session = Table(
    "session",
    metadata,
    Column("token_hash", String(64), primary_key=True),  # SHA-256 of the 256-bit token, hex
    Column("public_id", String(64), nullable=False, unique=True),  # names the session on its page
    Column("member_id", String(64), ForeignKey("account.member_id", ondelete="CASCADE"), nullable=False, index=True),
    Column("csrf", String(64), nullable=False),
    Column("device", String(200), nullable=False, server_default=""),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("second_factor_at", Instant),
)

mail_token = Table(
    "mail_token",  # single-use links: sign in, reset a password, confirm an address
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("member_id", String(64), ForeignKey("account.member_id", ondelete="CASCADE"), nullable=False, index=True),
    Column("purpose", String(16), nullable=False),  # sign-in, reset, confirm
    Column("email", String(254)),
    Column("secret", String(64)),  # the token itself, until the mail that carries it is written
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
)

attempt = Table(
    "attempt",  # throttles that hold across processes
    metadata,
    id_column(),
    Column("subject", String(255), nullable=False),  # "login:someone@example.org", "login-ip:192.0.2.7"
    Column("at", Instant, nullable=False),
    Index("ix_attempt_subject_at", "subject", "at"),
)

tally = Table(
    "tally",  # what the processes counted of one sender in one window, together; only of those who send much
    metadata,
    Column("subject", String(80), primary_key=True),  # "pages:" and the hash of a network
    Column("window", BigInteger, primary_key=True, autoincrement=False),  # seconds since 1970, over the window's length
    Column("count", Integer, nullable=False),
    Column("ends_at", Instant, nullable=False, index=True),
)

mail = Table(
    "mail",  # what waits to be sent: a mail is an effect, never lost by a crash
    metadata,
    id_column(),
    Column("recipient", String(254), nullable=False),
    Column("subject", String(255), nullable=False),
    Column("text", String, nullable=False),
    Column("headers", Json, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("next_at", Instant, nullable=False, index=True),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("claimed_until", Instant),
    Column("claimed_by", String(64)),
    Column("error", String(255)),
    Column("sent_at", Instant),
    Column("dropped_at", Instant),
)
