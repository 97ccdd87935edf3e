"""Standing as a function of facts, and what each allows."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedivoisin.errors import Reason, Refused
from fedivoisin.trust.rules import Rules
from fedivoisin.trust.standing import (
    Standing,
    StandingFacts,
    may_answer,
    may_publish,
    may_sponsor,
    require_member,
    require_sponsor,
    standing_of,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = timedelta(days=1)
RULES = Rules()
LEO = StandingFacts(
    state="member",
    admitted_with=2,
    sponsorship_ends=(NOW + 500 * DAY, NOW + 400 * DAY),
    is_limited=False,
    is_suspended=False,
)


@pytest.mark.parametrize(
    ("facts", "standing"),
    [
        (LEO, Standing.MEMBER),
        (replace(LEO, state="candidate"), Standing.CANDIDATE),
        (replace(LEO, state="refused"), Standing.REFUSED),
        (replace(LEO, state="left"), Standing.LEFT),
        (replace(LEO, is_limited=True), Standing.LIMITED),
        (replace(LEO, is_suspended=True), Standing.EXCLUDED),
        (replace(LEO, state="candidate", is_suspended=True), Standing.EXCLUDED),
        (replace(LEO, sponsorship_ends=(NOW + 500 * DAY, NOW)), Standing.TO_RESPONSOR),
        (replace(LEO, sponsorship_ends=(NOW + 500 * DAY, NOW - 89 * DAY)), Standing.TO_RESPONSOR),
        (replace(LEO, sponsorship_ends=(NOW + 500 * DAY, NOW - 90 * DAY)), Standing.READ_ONLY),
        (replace(LEO, sponsorship_ends=(NOW + 5 * DAY, NOW - 90 * DAY, NOW + DAY)), Standing.MEMBER),
        (replace(LEO, admitted_with=0, sponsorship_ends=()), Standing.MEMBER),
    ],
)
def test_standing_follows_from_the_facts(facts: StandingFacts, standing: Standing) -> None:
    assert standing_of(facts, RULES, at=NOW) is standing


def test_asking_for_more_sponsors_later_takes_nothing_from_those_who_are_in() -> None:
    assert standing_of(LEO, Rules(sponsors_needed=3), at=NOW) is Standing.MEMBER


@given(days=st.integers(-800, 800))
def test_losing_sponsors_is_never_a_ban(days: int) -> None:
    lonely = replace(LEO, sponsorship_ends=(NOW, NOW + timedelta(days=days)))
    assert standing_of(lonely, RULES, at=NOW) in (Standing.MEMBER, Standing.TO_RESPONSOR, Standing.READ_ONLY)


@pytest.mark.parametrize(
    ("standing", "answers", "sponsors"),
    [
        (Standing.CANDIDATE, False, False),
        (Standing.MEMBER, True, True),
        (Standing.TO_RESPONSOR, True, False),
        (Standing.READ_ONLY, False, False),
        (Standing.LIMITED, False, False),
        (Standing.EXCLUDED, False, False),
        (Standing.REFUSED, False, False),
        (Standing.LEFT, False, False),
    ],
)
def test_each_standing_allows_its_part(standing: Standing, answers: bool, sponsors: bool) -> None:
    assert may_answer(standing) is may_publish(standing) is answers
    assert may_sponsor(standing) is sponsors


@pytest.mark.parametrize("standing", [one for one in Standing if not may_sponsor(one)])
def test_whoever_may_not_is_given_a_reason(standing: Standing) -> None:
    with pytest.raises(Refused):
        require_sponsor(standing)
    if not may_answer(standing):
        with pytest.raises(Refused):
            require_member(standing)


def test_members_pass_and_candidates_hear_that_they_may_read() -> None:
    require_member(Standing.MEMBER)
    require_member(Standing.TO_RESPONSOR)
    require_sponsor(Standing.MEMBER)
    with pytest.raises(Refused) as refused:
        require_member(Standing.CANDIDATE)
    assert refused.value.reason is Reason.NOT_YET_MEMBER
