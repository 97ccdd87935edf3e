"""The door: who may sponsor whom, and when the second sponsorship admits (TRUST.md §2)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fedivoisin.errors import Reason, Refused
from fedivoisin.ids import MemberId, SponsorshipId
from fedivoisin.trust.events import Admitted, SponsorshipLapsed, SponsorshipWithdrawn, Vouched
from fedivoisin.trust.rules import CHARTER, Rules
from fedivoisin.trust.standing import Standing, require_sponsor


class AdmittedAs(StrEnum):
    """Which door a member came by."""

    SPONSORED = "sponsored"
    FOUNDER = "founder"
    BUREAU = "bureau"


@dataclass(frozen=True, slots=True)
class Offer:
    """One sponsorship that a candidate holds, not withdrawn."""

    id: SponsorshipId
    sponsor: MemberId
    is_local: bool
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Sponsor:
    """The facts about whoever wants to sponsor."""

    member: MemberId
    standing: Standing
    admitted_at: datetime | None
    """The day *this* instance admitted the person; for a remote one, the day it first saw them."""
    is_founder: bool
    is_local: bool
    under_guarantee: int
    """Sponsorships not withdrawn nor lapsed whose guarantee still runs."""
    across_instances: int
    """Those of them whose candidate lives elsewhere."""
    last_vouched_at: datetime | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """The facts about whoever asks to come in."""

    member: MemberId
    is_candidate: bool
    is_local: bool
    offers: tuple[Offer, ...]


def vouch(
    sponsor: Sponsor,
    candidate: Candidate,
    rules: Rules,
    *,
    sponsorship: SponsorshipId,
    founded_at: datetime,
    at: datetime,
) -> Iterator[Vouched | Admitted]:
    """The sponsorship, and the admission when it was the one that was missing. Raises Refused."""
    check(sponsor, candidate, rules, founded_at=founded_at, at=at)
    yield Vouched(
        sponsorship=sponsorship,
        sponsor=sponsor.member,
        candidate=candidate.member,
        charter=CHARTER,
        guarantee_until=at + rules.guarantee,
        expires_at=at + rules.sponsorship_lasts,
    )
    held = (*standing_offers(candidate, rules, at=at), Offer(sponsorship, sponsor.member, sponsor.is_local, at))
    if len(held) >= rules.sponsors_needed and any(offer.is_local for offer in held):
        yield Admitted(
            member=candidate.member,
            sponsors=tuple(offer.sponsor for offer in held),
            admitted_as=AdmittedAs.SPONSORED,
            expires_at=at + rules.membership_lasts,
        )


def check(sponsor: Sponsor, candidate: Candidate, rules: Rules, *, founded_at: datetime, at: datetime) -> None:
    """Refuse, with the first reason that holds: about the candidate, then about the sponsor."""
    if sponsor.member == candidate.member:
        raise Refused(Reason.NOT_ONESELF)
    if not candidate.is_candidate:
        raise Refused(Reason.NOT_A_CANDIDATE)
    if any(offer.sponsor == sponsor.member for offer in standing_offers(candidate, rules, at=at)):
        raise Refused(Reason.ALREADY_VOUCHED)
    require_sponsor(sponsor.standing)
    _require_seniority(sponsor, rules, founded_at, at)
    _require_stock(sponsor, candidate, rules)
    if sponsor.last_vouched_at is not None and at < sponsor.last_vouched_at + rules.cooling:
        raise Refused(Reason.SPONSOR_COOLING, until=sponsor.last_vouched_at + rules.cooling)


def _require_seniority(sponsor: Sponsor, rules: Rules, founded_at: datetime, at: datetime) -> None:
    if sponsor.is_founder and at < founded_at + rules.founding:
        return
    if sponsor.admitted_at is None or at < sponsor.admitted_at + rules.seniority:
        since = sponsor.admitted_at or at
        raise Refused(Reason.SPONSOR_TOO_NEW, until=since + rules.seniority, days=rules.seniority.days)


def _require_stock(sponsor: Sponsor, candidate: Candidate, rules: Rules) -> None:
    if sponsor.under_guarantee >= rules.stock:
        raise Refused(Reason.SPONSOR_STOCK_SPENT, stock=rules.stock)
    if sponsor.is_local != candidate.is_local and sponsor.across_instances >= rules.across_instances:
        raise Refused(Reason.SPONSOR_STOCK_SPENT, stock=rules.across_instances)


def standing_offers(candidate: Candidate, rules: Rules, *, at: datetime) -> tuple[Offer, ...]:
    """Those that have not waited too long."""
    return tuple(offer for offer in candidate.offers if at < offer.made_at + rules.offer_lasts)


def missing(candidate: Candidate, rules: Rules, *, at: datetime) -> int:
    """How many sponsors the candidate still needs."""
    held = standing_offers(candidate, rules, at=at)
    needs_a_local = 0 if any(offer.is_local for offer in held) else 1
    return max(rules.sponsors_needed - len(held), needs_a_local)


def withdraw(sponsor: MemberId, candidate: Candidate) -> SponsorshipWithdrawn:
    """A sponsor takes their name back while the person still waits; afterwards only moderators can help."""
    if not candidate.is_candidate:
        raise Refused(Reason.ALREADY_ADMITTED)
    for offer in candidate.offers:
        if offer.sponsor == sponsor:
            return SponsorshipWithdrawn(offer.id, sponsor, candidate.member)
    raise Refused(Reason.NOT_FOUND)


def lapse(candidate: Candidate, rules: Rules, *, at: datetime) -> tuple[SponsorshipLapsed, ...]:
    """The offers that waited too long for a second one."""
    fresh = {offer.id for offer in standing_offers(candidate, rules, at=at)}
    return tuple(
        SponsorshipLapsed(offer.id, offer.sponsor, candidate.member)
        for offer in candidate.offers
        if candidate.is_candidate and offer.id not in fresh
    )


def enter_founder(member: MemberId, rules: Rules, *, founders: int, founded_at: datetime, at: datetime) -> Admitted:
    """A founding member, entered by an admin while the association has no sponsors yet. Raises Refused."""
    if founders >= rules.founders:
        raise Refused(Reason.FOUNDERS_COMPLETE, founders=rules.founders)
    if at >= founded_at + rules.founding:
        raise Refused(Reason.FOUNDING_OVER, days=rules.founding.days)
    return Admitted(member, (), AdmittedAs.FOUNDER, at + rules.membership_lasts)
