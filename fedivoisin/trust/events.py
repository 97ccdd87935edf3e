"""What happens to people and their sponsorships: ids and dates only, never a name, an address or a word of theirs."""

from datetime import datetime
from typing import TypeAlias

from msgspec import Struct

from fedivoisin.ids import InvitationId, MemberId, SponsorshipId
from fedivoisin.trust.roles import Role


class CandidacyRequested(Struct, frozen=True):
    """Somebody asked to come in, perhaps with the code or link of an ambassador."""

    candidate: MemberId
    ambassador: MemberId | None
    invitation: InvitationId | None


class Vouched(Struct, frozen=True):
    """A member put their name behind a candidate, having accepted that version of the charter."""

    sponsorship: SponsorshipId
    sponsor: MemberId
    candidate: MemberId
    charter: str
    guarantee_until: datetime
    expires_at: datetime


class SponsorshipWithdrawn(Struct, frozen=True):
    """The sponsor took their name back before the admission."""

    sponsorship: SponsorshipId
    sponsor: MemberId
    candidate: MemberId


class SponsorshipLapsed(Struct, frozen=True):
    """An offer stayed alone for too long: the place returns to the sponsor."""

    sponsorship: SponsorshipId
    sponsor: MemberId
    candidate: MemberId


class Admitted(Struct, frozen=True):
    """The door opened. Each of `sponsors` bears 1/m of this person's lineage load for good (TRUST.md §2)."""

    member: MemberId
    sponsors: tuple[MemberId, ...]
    admitted_as: str
    expires_at: datetime


class CandidacyRefused(Struct, frozen=True):
    """A moderator said no; the reason stands on the membership."""

    candidate: MemberId


class CandidateReminded(Struct, frozen=True):
    """A week went by and a sponsor is still missing."""

    candidate: MemberId
    missing: int


class InvitationMade(Struct, frozen=True):
    """A member may hand out a new link or code."""

    invitation: InvitationId
    ambassador: MemberId


class InvitationRevoked(Struct, frozen=True):
    """The link or code opens nothing any more."""

    invitation: InvitationId
    ambassador: MemberId


class NeighbourhoodFounded(Struct, frozen=True):
    """The first-run questions were answered."""

    admin: MemberId


class FounderEntered(Struct, frozen=True):
    """An admin entered a founding member: a root of the trust graph."""

    member: MemberId


class ProfileChanged(Struct, frozen=True):
    """Name, picture, words, quartier, kind or agreement."""

    member: MemberId


class AccountClosed(Struct, frozen=True):
    """The person left; what was theirs is erased, their address is gone for good."""

    member: MemberId


class AccountSuspended(Struct, frozen=True):
    """A moderator closed the account for a time."""

    member: MemberId


class AccountRestored(Struct, frozen=True):
    """The suspension ended."""

    member: MemberId


class PasswordChanged(Struct, frozen=True):
    """All other sessions ended with it."""

    member: MemberId


class SignedIn(Struct, frozen=True):
    """A session began."""

    member: MemberId


class SessionRevoked(Struct, frozen=True):
    """The person ended a session on one of their devices."""

    member: MemberId


class LinkAsked(Struct, frozen=True):
    """A single-use link is to be mailed; `link` names its row, which keeps the secret until the mail is written."""

    member: MemberId
    link: str


class LinkHanded(Struct, frozen=True):
    """An admin made a link that chooses a new password, to be handed over."""

    member: MemberId


class RoleGiven(Struct, frozen=True):
    """An admin gave a role."""

    member: MemberId
    role: Role


class RoleTaken(Struct, frozen=True):
    """An admin took a role back."""

    member: MemberId
    role: Role


TrustEvent: TypeAlias = (
    CandidacyRequested
    | Vouched
    | SponsorshipWithdrawn
    | SponsorshipLapsed
    | Admitted
    | CandidacyRefused
    | CandidateReminded
    | InvitationMade
    | InvitationRevoked
    | NeighbourhoodFounded
    | FounderEntered
    | ProfileChanged
    | AccountClosed
    | AccountSuspended
    | AccountRestored
    | PasswordChanged
    | SignedIn
    | SessionRevoked
    | LinkAsked
    | LinkHanded
    | RoleGiven
    | RoleTaken
)
