"""Standing: what all known facts say of a person, and what each standing may do (TRUST.md §1, §2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fedivoisin.errors import Reason, Refused
from fedivoisin.trust.rules import Rules


class Standing(StrEnum):
    """From the door to the ban."""

    CANDIDATE = "candidate"
    MEMBER = "member"
    TO_RESPONSOR = "to-re-sponsor"
    READ_ONLY = "read-only"
    LIMITED = "limited"
    EXCLUDED = "excluded"
    REFUSED = "refused"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class StandingFacts:
    """All that standing depends on. `sponsorship_ends` are the ends of each sponsorship ever received and answered:
    the moment it was withdrawn, or will expire."""

    state: str
    """As stored: candidate, member, refused or left."""
    admitted_with: int
    """How many sponsors opened the door: none for founders and for those the bureau admitted."""
    sponsorship_ends: tuple[datetime, ...]
    is_limited: bool
    is_suspended: bool


_DOORS = {"candidate": Standing.CANDIDATE, "refused": Standing.REFUSED, "left": Standing.LEFT}
_MAY_ANSWER = frozenset({Standing.MEMBER, Standing.TO_RESPONSOR})
_WHY_NOT = {
    Standing.CANDIDATE: Reason.NOT_YET_MEMBER,
    Standing.READ_ONLY: Reason.SPONSORS_MISSING,
    Standing.TO_RESPONSOR: Reason.SPONSORS_MISSING,
    Standing.LIMITED: Reason.ACCOUNT_LIMITED,
    Standing.EXCLUDED: Reason.ACCOUNT_SUSPENDED,
    Standing.REFUSED: Reason.CANDIDACY_REFUSED,
    Standing.LEFT: Reason.ACCOUNT_CLOSED,
}


def standing_of(facts: StandingFacts, rules: Rules, *, at: datetime) -> Standing:
    """Raising the number of sponsors later takes nothing from those who are in: they keep the number they came with."""
    if facts.is_suspended:
        return Standing.EXCLUDED
    if facts.state in _DOORS:
        return _DOORS[facts.state]
    if facts.is_limited:
        return Standing.LIMITED
    short_since = _short_since(facts.sponsorship_ends, min(facts.admitted_with, rules.sponsors_needed), at)
    if short_since is None:
        return Standing.MEMBER
    return Standing.TO_RESPONSOR if at < short_since + rules.to_responsor else Standing.READ_ONLY


def _short_since(ends: Sequence[datetime], needed: int, at: datetime) -> datetime | None:
    """Since when fewer than `needed` sponsorships stand; none when enough do."""
    if needed == 0:
        return None
    decisive = sorted(ends, reverse=True)[needed - 1]
    return decisive if decisive <= at else None


def may_publish(standing: Standing) -> bool:
    """A member may publish, and one who looks for a new sponsor still may."""
    return standing in _MAY_ANSWER


def may_answer(standing: Standing) -> bool:
    """A candidate reads; a member also answers."""
    return standing in _MAY_ANSWER


def may_sponsor(standing: Standing) -> bool:
    """Only a member in good standing answers for another."""
    return standing is Standing.MEMBER


def require_member(standing: Standing) -> None:
    """Refuse, with the reason, whoever may neither publish nor answer."""
    if standing not in _MAY_ANSWER:
        raise Refused(_WHY_NOT[standing])


def require_sponsor(standing: Standing) -> None:
    """Refuse, with the reason, whoever may not sponsor."""
    if standing is not Standing.MEMBER:
        raise Refused(_WHY_NOT[standing])
