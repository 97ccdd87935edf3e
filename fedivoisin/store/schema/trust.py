"""Membership, sponsorships, invitations, and the facts that the lineage rule will read."""

from sqlalchemy import Boolean, Column, ForeignKey, Integer, String, Table, Text, UniqueConstraint

from fedivoisin.store.schema.columns import Instant, id_column, metadata

membership = Table(
    "membership",
    metadata,
    Column("member_id", String(64), ForeignKey("actor.id", ondelete="CASCADE"), primary_key=True),
    Column("state", String(16), nullable=False, index=True),  # candidate, member, refused, left
    Column("words", Text, nullable=False, server_default=""),  # what the candidate says
    Column("invitation_id", String(64), ForeignKey("invitation.id", ondelete="SET NULL")),
    Column("ambassador_id", String(64), ForeignKey("actor.id", ondelete="SET NULL")),
    Column("requested_at", Instant, nullable=False),
    Column("admitted_at", Instant),
    Column("admitted_as", String(16)),  # sponsored, founder, bureau
    Column("expires_at", Instant),
    Column("reminded_at", Instant),
    Column("ended_at", Instant),
    Column("refused_reason", String(500)),
    Column("limited_until", Instant),
)

sponsorship = Table(
    "sponsorship",
    metadata,
    id_column(),
    Column("sponsor_id", String(64), ForeignKey("actor.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("candidate_id", String(64), ForeignKey("actor.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", Instant, nullable=False),
    Column("guarantee_until", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("charter", String(32), nullable=False),  # version of the responsibility text that was accepted
    Column("is_admitting", Boolean, nullable=False, server_default="0"),  # one of those that opened the door
    Column("withdrawn_at", Instant),
    Column("lapsed_at", Instant),
    Column("credential", Text),
    UniqueConstraint("sponsor_id", "candidate_id", "created_at"),
)

lineage_edge = Table(
    "lineage_edge",  # frozen at admission: each of the m sponsors bears 1/m of the admitted person (TRUST.md §2)
    metadata,
    Column("child_id", String(64), ForeignKey("actor.id", ondelete="CASCADE"), primary_key=True),
    Column("parent_id", String(64), ForeignKey("actor.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("share_of", Integer, nullable=False),  # m
    Column("created_at", Instant, nullable=False),
)

meeting = Table(
    "meeting",  # "vu·e en vrai": a referent met the person
    metadata,
    id_column(),
    Column("member_id", String(64), ForeignKey("actor.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("referent_id", String(64), ForeignKey("actor.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", Instant, nullable=False),
)

invitation = Table(
    "invitation",
    metadata,
    id_column(),
    Column("code", String(64), nullable=False, unique=True),  # NTE-4821, or a long random word for a link
    Column("kind", String(8), nullable=False),  # code, link
    Column("ambassador_id", String(64), ForeignKey("actor.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("street", String(120), nullable=False, server_default=""),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("revoked_at", Instant),
    Column("uses", Integer, nullable=False, server_default="0"),
    Column("max_uses", Integer),
)
