"""What happens to people and their sponsorships: ids and dates only, never a name, an address or a word of theirs."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from fedivoisin.ids import InvitationId, MemberId, SponsorshipId
from fedivoisin.trust.roles import Role


@dataclass(frozen=True, slots=True)
class CandidacyRequested:
    """Somebody asked to come in, perhaps with the code or link of an ambassador."""

    candidate: MemberId
    ambassador: MemberId | None
    invitation: InvitationId | None


@dataclass(frozen=True, slots=True)
class Vouched:
    """A member put their name behind a candidate, having accepted that version of the charter."""

    sponsorship: SponsorshipId
    sponsor: MemberId
    candidate: MemberId
    charter: str
    guarantee_until: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SponsorshipWithdrawn:
    """The sponsor took their name back before the admission."""

    sponsorship: SponsorshipId
    sponsor: MemberId
    candidate: MemberId


@dataclass(frozen=True, slots=True)
class SponsorshipLapsed:
    """An offer stayed alone for too long: the place returns to the sponsor."""

    sponsorship: SponsorshipId
    sponsor: MemberId
    candidate: MemberId


@dataclass(frozen=True, slots=True)
class Admitted:
    """The door opened. Each of `sponsors` bears 1/m of this person's lineage load for good (TRUST.md §2)."""

    member: MemberId
    sponsors: tuple[MemberId, ...]
    admitted_as: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class CandidacyRefused:
    """A moderator said no; the reason stands on the membership."""

    candidate: MemberId


@dataclass(frozen=True, slots=True)
class CandidateReminded:
    """A week went by and a sponsor is still missing."""

    candidate: MemberId
    missing: int


@dataclass(frozen=True, slots=True)
class InvitationMade:
    """A member may hand out a new link or code."""

    invitation: InvitationId
    ambassador: MemberId


@dataclass(frozen=True, slots=True)
class InvitationRevoked:
    """The link or code opens nothing any more."""

    invitation: InvitationId
    ambassador: MemberId


@dataclass(frozen=True, slots=True)
class NeighbourhoodFounded:
    """The first-run questions were answered."""

    admin: MemberId


@dataclass(frozen=True, slots=True)
class FounderEntered:
    """An admin entered a founding member: a root of the trust graph."""

    member: MemberId


@dataclass(frozen=True, slots=True)
class ProfileChanged:
    """Name, picture, words, quartier, kind or agreement."""

    member: MemberId


@dataclass(frozen=True, slots=True)
class AccountClosed:
    """The person left; what was theirs is erased, their address is gone for good."""

    member: MemberId


@dataclass(frozen=True, slots=True)
class AccountSuspended:
    """A moderator closed the account for a time."""

    member: MemberId


@dataclass(frozen=True, slots=True)
class AccountRestored:
    """The suspension ended."""

    member: MemberId


@dataclass(frozen=True, slots=True)
class PasswordChanged:
    """All other sessions ended with it."""

    member: MemberId


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session began."""

    member: MemberId


@dataclass(frozen=True, slots=True)
class SessionRevoked:
    """The person ended a session on one of their devices."""

    member: MemberId


@dataclass(frozen=True, slots=True)
class LinkAsked:
    """A single-use link is to be mailed; `link` names its row, which keeps the secret until the mail is written."""

    member: MemberId
    link: str


@dataclass(frozen=True, slots=True)
class LinkHanded:
    """An admin made a link that chooses a new password, to be handed over."""

    member: MemberId


@dataclass(frozen=True, slots=True)
class RoleGiven:
    """An admin gave a role."""

    member: MemberId
    role: Role


@dataclass(frozen=True, slots=True)
class RoleTaken:
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
