"""Opaque identifiers: a member is an id, whether they live here or in another town."""

from typing import NewType

ActorId = NewType("ActorId", str)
"""A person, a group or an instance, local or remote: the key of the `actor` table."""
MemberId = ActorId
"""A person. Trust rules never ask where they live."""
ListingId = NewType("ListingId", str)
PictureId = NewType("PictureId", str)
SponsorshipId = NewType("SponsorshipId", str)
InvitationId = NewType("InvitationId", str)
ThreadId = NewType("ThreadId", str)
MessageId = NewType("MessageId", str)
ReportId = NewType("ReportId", str)
ActivityId = NewType("ActivityId", str)
