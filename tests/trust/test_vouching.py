"""Every rule of the door (TRUST.md §2), with the reason that a person is told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedivoisin.errors import Reason, Refused
from fedivoisin.ids import MemberId, SponsorshipId
from fedivoisin.trust import vouching
from fedivoisin.trust.events import Admitted, SponsorshipLapsed, SponsorshipWithdrawn, Vouched
from fedivoisin.trust.rules import Rules
from fedivoisin.trust.standing import Standing
from fedivoisin.trust.vouching import AdmittedAs, Candidate, Offer, Sponsor

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
FOUNDED = NOW - timedelta(days=400)
RULES = Rules()
DAY = timedelta(days=1)

AWA = Sponsor(
    member=MemberId("awa"),
    standing=Standing.MEMBER,
    admitted_at=NOW - 300 * DAY,
    is_founder=False,
    is_local=True,
    under_guarantee=0,
    across_instances=0,
    last_vouched_at=None,
)
LEO = Candidate(member=MemberId("leo"), is_candidate=True, is_local=True, offers=())


def an_offer(sponsor: str = "paul", *, days_ago: float = 1, is_local: bool = True) -> Offer:
    return Offer(SponsorshipId(f"by-{sponsor}"), MemberId(sponsor), is_local, NOW - timedelta(days=days_ago))


def vouch(sponsor: Sponsor = AWA, candidate: Candidate = LEO, rules: Rules = RULES, **moments: Any) -> list[Any]:
    return list(
        vouching.vouch(
            sponsor,
            candidate,
            rules,
            sponsorship=SponsorshipId("new"),
            founded_at=moments.get("founded_at", FOUNDED),
            at=moments.get("at", NOW),
        )
    )


def refusal(sponsor: Sponsor = AWA, candidate: Candidate = LEO, rules: Rules = RULES, **moments: Any) -> Refused:
    with pytest.raises(Refused) as refused:
        vouch(sponsor, candidate, rules, **moments)
    return refused.value


def test_the_first_sponsor_is_noted_and_the_door_stays_closed() -> None:
    assert vouch() == [
        Vouched(
            sponsorship=SponsorshipId("new"),
            sponsor=MemberId("awa"),
            candidate=MemberId("leo"),
            charter="v1",
            guarantee_until=NOW + 365 * DAY,
            expires_at=NOW + 730 * DAY,
        )
    ]


def test_the_second_sponsor_opens_the_door() -> None:
    happened = vouch(candidate=replace(LEO, offers=(an_offer("paul"),)))
    assert happened[1:] == [
        Admitted(MemberId("leo"), (MemberId("paul"), MemberId("awa")), AdmittedAs.SPONSORED, NOW + 365 * DAY)
    ]


def test_an_association_may_ask_for_three_sponsors() -> None:
    three = Rules(sponsors_needed=3)
    assert len(vouch(candidate=replace(LEO, offers=(an_offer("paul"),)), rules=three)) == 1
    assert len(vouch(candidate=replace(LEO, offers=(an_offer("paul"), an_offer("lou"))), rules=three)) == 2


@pytest.mark.parametrize("number", [1, 0, -2])
def test_nobody_may_lower_the_number_of_sponsors_under_two(number: int) -> None:
    with pytest.raises(ValueError, match="at least two"):
        Rules(sponsors_needed=number)


def test_two_sponsors_from_elsewhere_do_not_open_a_local_door() -> None:
    from_rennes = replace(AWA, is_local=False)
    waiting = replace(LEO, offers=(an_offer("maelle", is_local=False),))
    assert len(vouch(from_rennes, waiting)) == 1
    assert vouching.missing(
        replace(LEO, offers=(an_offer(is_local=False), an_offer("b", is_local=False))), RULES, at=NOW
    )
    assert len(vouch(AWA, waiting)) == 2


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"member": MemberId("leo")}, Reason.NOT_ONESELF),
        ({"standing": Standing.CANDIDATE}, Reason.NOT_YET_MEMBER),
        ({"standing": Standing.TO_RESPONSOR}, Reason.SPONSORS_MISSING),
        ({"standing": Standing.READ_ONLY}, Reason.SPONSORS_MISSING),
        ({"standing": Standing.LIMITED}, Reason.ACCOUNT_LIMITED),
        ({"standing": Standing.EXCLUDED}, Reason.ACCOUNT_SUSPENDED),
        ({"standing": Standing.REFUSED}, Reason.CANDIDACY_REFUSED),
        ({"standing": Standing.LEFT}, Reason.ACCOUNT_CLOSED),
        ({"admitted_at": NOW - 60 * DAY + timedelta(seconds=1)}, Reason.SPONSOR_TOO_NEW),
        ({"admitted_at": None}, Reason.SPONSOR_TOO_NEW),
        ({"under_guarantee": 10}, Reason.SPONSOR_STOCK_SPENT),
        ({"last_vouched_at": NOW - 7 * DAY + timedelta(seconds=1)}, Reason.SPONSOR_COOLING),
        ({"is_local": False, "across_instances": 3}, Reason.SPONSOR_STOCK_SPENT),
    ],
)
def test_a_sponsor_who_may_not_is_told_why(changes: dict[str, Any], reason: Reason) -> None:
    assert refusal(replace(AWA, **changes)).reason is reason


@pytest.mark.parametrize(
    "changes",
    [
        {"admitted_at": NOW - 60 * DAY},
        {"under_guarantee": 9},
        {"last_vouched_at": NOW - 7 * DAY},
        {"across_instances": 3},
        {"is_local": False, "across_instances": 2},
    ],
)
def test_at_the_very_limit_a_sponsor_still_may(changes: dict[str, Any]) -> None:
    assert vouch(replace(AWA, **changes))


def test_a_new_member_is_told_from_when_they_may_sponsor() -> None:
    refused = refusal(replace(AWA, admitted_at=NOW - 10 * DAY))
    assert refused.details == {"until": NOW + 50 * DAY, "days": 60}


def test_a_founder_may_sponsor_at_once_while_the_association_is_young() -> None:
    founder = replace(AWA, is_founder=True, admitted_at=NOW - DAY)
    assert vouch(founder, founded_at=NOW - 59 * DAY)
    assert refusal(founder, founded_at=NOW - 60 * DAY).reason is Reason.SPONSOR_TOO_NEW


def test_a_founder_cools_down_like_everybody() -> None:
    founder = replace(AWA, is_founder=True, admitted_at=NOW - DAY, last_vouched_at=NOW - DAY)
    assert refusal(founder, founded_at=NOW - 2 * DAY).reason is Reason.SPONSOR_COOLING


@pytest.mark.parametrize(
    ("candidate", "reason"),
    [
        (replace(LEO, is_candidate=False), Reason.NOT_A_CANDIDATE),
        (replace(LEO, offers=(an_offer("awa"),)), Reason.ALREADY_VOUCHED),
    ],
)
def test_whoever_does_not_wait_cannot_be_sponsored(candidate: Candidate, reason: Reason) -> None:
    assert refusal(candidate=candidate).reason is reason


def test_an_offer_that_waited_sixty_days_counts_no_more() -> None:
    stale = replace(LEO, offers=(an_offer("paul", days_ago=60),))
    assert len(vouch(candidate=stale)) == 1
    assert vouching.missing(stale, RULES, at=NOW) == 2
    assert vouching.lapse(stale, RULES, at=NOW) == (
        SponsorshipLapsed(SponsorshipId("by-paul"), MemberId("paul"), MemberId("leo")),
    )


def test_a_fresh_offer_does_not_lapse_nor_does_that_of_a_member() -> None:
    assert vouching.lapse(replace(LEO, offers=(an_offer(days_ago=59),)), RULES, at=NOW) == ()
    assert vouching.lapse(replace(LEO, is_candidate=False, offers=(an_offer(days_ago=90),)), RULES, at=NOW) == ()


def test_whoever_let_an_offer_lapse_may_make_it_again() -> None:
    assert vouch(candidate=replace(LEO, offers=(an_offer("awa", days_ago=61),)))


def test_a_sponsor_may_withdraw_before_the_admission_only() -> None:
    waiting = replace(LEO, offers=(an_offer("paul"),))
    assert vouching.withdraw(MemberId("paul"), waiting) == SponsorshipWithdrawn(
        SponsorshipId("by-paul"), MemberId("paul"), MemberId("leo")
    )
    with pytest.raises(Refused) as refused:
        vouching.withdraw(MemberId("paul"), replace(waiting, is_candidate=False))
    assert refused.value.reason is Reason.ALREADY_ADMITTED
    with pytest.raises(Refused) as refused:
        vouching.withdraw(MemberId("lou"), waiting)
    assert refused.value.reason is Reason.NOT_FOUND


def test_founders_are_twenty_at_most_in_the_first_sixty_days() -> None:
    def enter(founders: int, days: int) -> Admitted:
        return vouching.enter_founder(
            MemberId("awa"), RULES, founders=founders, founded_at=NOW - timedelta(days=days), at=NOW
        )

    assert enter(19, 59) == Admitted(MemberId("awa"), (), AdmittedAs.FOUNDER, NOW + 365 * DAY)
    for founders, days, reason in ((20, 1, Reason.FOUNDERS_COMPLETE), (0, 60, Reason.FOUNDING_OVER)):
        with pytest.raises(Refused) as refused:
            enter(founders, days)
        assert refused.value.reason is reason


sponsors = st.builds(
    Sponsor,
    member=st.sampled_from([MemberId(name) for name in "abcdef"]),
    standing=st.sampled_from(Standing),
    admitted_at=st.none() | st.integers(0, 100).map(lambda days: NOW - timedelta(days=days)),
    is_founder=st.booleans(),
    is_local=st.booleans(),
    under_guarantee=st.integers(0, 12),
    across_instances=st.integers(0, 5),
    last_vouched_at=st.none() | st.integers(0, 20).map(lambda days: NOW - timedelta(days=days)),
)
candidates = st.builds(
    Candidate,
    member=st.sampled_from([MemberId(name) for name in "abcdef"]),
    is_candidate=st.booleans(),
    is_local=st.booleans(),
    offers=st.lists(
        st.builds(an_offer, st.sampled_from("abcdef"), days_ago=st.integers(0, 90), is_local=st.booleans()),
        max_size=4,
        unique_by=lambda offer: offer.sponsor,
    ).map(tuple),
)


@given(sponsor=sponsors, candidate=candidates, needed=st.integers(2, 4), age=st.integers(0, 100))
def test_nobody_ever_comes_in_without_enough_different_sponsors_one_of_them_local(
    sponsor: Sponsor, candidate: Candidate, needed: int, age: int
) -> None:
    rules = Rules(sponsors_needed=needed)
    try:
        happened = vouch(sponsor, candidate, rules, founded_at=NOW - timedelta(days=age))
    except Refused:
        return
    vouched, *rest = happened
    assert vouched.sponsor != vouched.candidate
    assert sponsor.standing is Standing.MEMBER
    for admitted in rest:
        assert len(set(admitted.sponsors)) == len(admitted.sponsors) >= needed
        local = {offer.sponsor for offer in candidate.offers if offer.is_local} | (
            {sponsor.member} if sponsor.is_local else set()
        )
        assert local & set(admitted.sponsors)
        assert vouching.missing(candidate, rules, at=NOW) <= 1
