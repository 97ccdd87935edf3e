"""The door, from the request to the second sponsor, on both databases."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from fedivoisin.actions import accounts as own_accounts
from fedivoisin.actions import admission, invitations
from fedivoisin.actions.admission import Request
from fedivoisin.errors import Reason, Refused
from fedivoisin.ids import ActorId
from fedivoisin.store import accounts, actors, events, mail_tokens, members, sessions, visits, vouches
from fedivoisin.store import invitations as kept
from fedivoisin.store.db import Store, Tx
from fedivoisin.trust.events import (
    Admitted,
    CandidacyRefused,
    CandidacyRequested,
    CandidateReminded,
    LinkAsked,
    SignedIn,
    SponsorshipLapsed,
    SponsorshipWithdrawn,
    Vouched,
)
from fedivoisin.trust.lineage import Edge
from fedivoisin.trust.standing import Standing
from fedivoisin.trust.vouching import AdmittedAs
from tests.fakes import FakeWorld, key_pair
from tests.makers import a_session, an_account, put_account, put_candidate, put_member, put_neighbourhood

AWA, PAUL, LEO = ActorId("actor-awa"), ActorId("actor-paul"), ActorId("actor-leo")


async def put_town(tx: Tx) -> None:
    await put_neighbourhood(tx, code_prefix="NTE")
    for name in ("awa", "paul"):
        await put_account(tx, await put_member(tx, name))


async def wait_at_the_door(tx: Tx, name: str) -> None:
    await put_candidate(tx, name)


@pytest.fixture
async def town(store: Store) -> Store:
    await store.write(put_town)
    return store


async def journal(store: Store, *kinds: Any) -> list[Any]:
    async with store.read() as tx:
        found = await events.of_types(tx, list(kinds), limit=50)
    return [recorded.event for recorded in reversed(found)]


async def refusal(work: Callable[[], Awaitable[Any]]) -> Refused:
    with pytest.raises(Refused) as refused:
        await work()
    return refused.value


def a_request(**changes: Any) -> Request:
    values: dict[str, Any] = {"who": an_account(), "words": "J’habite ici.", "code": ""}
    return Request(**(values | changes))


async def ask(store: Store, **changes: Any) -> ActorId:
    return await store.write(
        admission.ask_to_enter, a_request(**changes), key_pair(0), session=a_session(), confirmation="confirm-me"
    )


async def sponsor(store: Store, who: ActorId, candidate: ActorId, *, has_accepted: bool = True) -> bool:
    return await store.write(admission.sponsor, sponsor=who, candidate=candidate, has_accepted=has_accepted)


async def test_a_newcomer_reads_at_once_and_waits_at_the_door(town: Store) -> None:
    leo = await ask(town)
    async with town.read() as tx:
        visitor = (await visits.load(tx, sessions.hash_of("token-1"))).visitor
        found = await actors.by_id(tx, leo)
        account = await accounts.of(tx, leo)
        standing = await members.standing(tx, leo)
    assert visitor is not None
    assert (visitor.member_id, visitor.membership) == (leo, "candidate")
    assert found is not None
    assert found.url == "https://nantes.example/users/leo-martin"
    assert account is not None
    assert account.email_confirmed_at is None
    assert standing is Standing.CANDIDATE
    assert await journal(town, CandidacyRequested) == [CandidacyRequested(leo, None, None)]
    assert await journal(town, SignedIn) == [SignedIn(leo)]


async def test_the_address_of_a_newcomer_is_confirmed_by_mail(town: Store) -> None:
    leo = await ask(town)
    [asked] = await journal(town, LinkAsked)
    unsent = await town.write(mail_tokens.take_secret, asked.link)
    assert unsent is not None
    assert (unsent.secret, unsent.link.member, unsent.link.email) == ("confirm-me", leo, "leo@example.org")
    assert await town.write(mail_tokens.take_secret, asked.link) is None


async def test_two_newcomers_of_one_name_get_two_addresses(town: Store) -> None:
    await ask(town)
    second = await town.write(
        admission.ask_to_enter,
        a_request(who=an_account(email="autre@example.org")),
        key_pair(1),
        session=a_session(2),
        confirmation="another",
    )
    async with town.read() as tx:
        found = await actors.by_id(tx, second)
    assert found is not None
    assert found.name == "leo-martin-2"


@pytest.mark.parametrize("typed", ["{code}", " {lower} "])
async def test_a_printed_code_credits_its_ambassador(town: Store, typed: str) -> None:
    code = await town.write(invitations.make_code, ambassador=AWA, street="rue du Chêne")
    leo = await ask(town, code=typed.format(code=code, lower=code.lower().replace("-", " ")))
    async with town.read() as tx:
        membership = await members.of(tx, leo)
        [made] = await kept.of(tx, AWA)
    assert membership is not None
    assert membership.ambassador_id == AWA
    assert (made.uses, made.street, made.ambassador, made.is_open) == (1, "rue du Chêne", "Awa", True)


async def test_a_link_opens_once_and_for_thirty_days(town: Store, world: FakeWorld) -> None:
    await town.write(invitations.make_link, ambassador=AWA, word="a-long-word")
    await town.write(invitations.make_link, ambassador=AWA, word="another-word")
    await ask(town, code="a-long-word")
    late = a_request(code="a-long-word", who=an_account(email="b@example.org"))

    async def again() -> None:
        await town.write(admission.ask_to_enter, late, key_pair(0), session=a_session(2), confirmation="x")

    assert (await refusal(again)).reason is Reason.INVITATION_OVER
    world.pass_time(days=30)
    async with town.read() as tx:
        with pytest.raises(Refused):
            await invitations.opened_by(tx, "another-word")


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("NTE-482", Reason.CODE_DIGITS_MISSING),
        ("NTE-0000000", Reason.CODE_UNKNOWN),
        ("abc", Reason.CODE_DIGITS_MISSING),
    ],
)
async def test_a_wrong_code_is_explained_and_makes_no_account(town: Store, typed: str, reason: Reason) -> None:
    refused = await refusal(lambda: ask(town, code=typed))
    assert refused.reason is reason
    async with town.read() as tx:
        assert await accounts.by_email(tx, "leo@example.org") is None


async def test_an_address_is_not_given_twice(town: Store) -> None:
    refused = await refusal(lambda: ask(town, who=an_account(email="AWA@example.org ")))
    assert (refused.reason, refused.details) == (Reason.EMAIL_TAKEN, {"field": "email"})


async def test_one_household_asks_ten_times_an_hour_at_most(town: Store, world: FakeWorld) -> None:
    for _ in range(10):
        await town.write(admission.begin_request, network="192.0.2.7")
    again = await refusal(lambda: town.write(admission.begin_request, network="192.0.2.7"))
    assert again.reason is Reason.TOO_MANY_ATTEMPTS
    await town.write(admission.begin_request, network="192.0.2.8")
    world.pass_time(hours=1)
    await town.write(admission.begin_request, network="192.0.2.7")


async def test_two_sponsors_open_the_door_and_bear_half_each(town: Store) -> None:
    await town.write(wait_at_the_door, "leo")
    assert not await sponsor(town, AWA, LEO)
    assert await sponsor(town, PAUL, LEO)
    [first, second] = await journal(town, Vouched)
    [admitted] = await journal(town, Admitted)
    assert (first.sponsor, second.sponsor) == (AWA, PAUL)
    assert (admitted.sponsors, admitted.admitted_as) == ((AWA, PAUL), AdmittedAs.SPONSORED)
    async with town.read() as tx:
        assert await members.standing(tx, LEO) is Standing.MEMBER
        assert await vouches.lineage(tx) == [Edge(LEO, AWA, 2, tx.now), Edge(LEO, PAUL, 2, tx.now)]
        assert [one.name for one in (await vouches.vouchers(tx, [LEO]))[LEO].sponsors] == ["Awa", "Paul"]
        assert await vouches.sponsored_by(tx, AWA) == [LEO]
        assert await members.count(tx) == 3


async def test_nobody_sponsors_without_the_charter(town: Store) -> None:
    await town.write(wait_at_the_door, "leo")
    refused = await refusal(lambda: sponsor(town, AWA, LEO, has_accepted=False))
    assert refused.reason is Reason.CHARTER_UNREAD


async def test_the_same_sponsor_does_not_count_twice(town: Store) -> None:
    await town.write(wait_at_the_door, "leo")
    await sponsor(town, AWA, LEO)
    assert (await refusal(lambda: sponsor(town, AWA, LEO))).reason is Reason.ALREADY_VOUCHED
    async with town.read() as tx:
        assert await members.standing(tx, LEO) is Standing.CANDIDATE


async def test_a_week_passes_between_two_sponsorships_and_the_stock_is_ten(town: Store, world: FakeWorld) -> None:
    for number in range(11):
        await town.write(wait_at_the_door, f"c{number}")
    assert not await sponsor(town, AWA, ActorId("actor-c0"))
    assert (await refusal(lambda: sponsor(town, AWA, ActorId("actor-c1")))).reason is Reason.SPONSOR_COOLING
    for number in range(1, 10):
        world.pass_time(days=7)
        await sponsor(town, AWA, ActorId(f"actor-c{number}"))
    world.pass_time(days=7)
    assert (await refusal(lambda: sponsor(town, AWA, ActorId("actor-c10")))).reason is Reason.SPONSOR_STOCK_SPENT
    await town.write(admission.lapse_offers)
    assert not await sponsor(town, AWA, ActorId("actor-c10"))


async def test_a_suspended_sponsor_is_told_why(town: Store) -> None:
    await town.write(wait_at_the_door, "leo")

    async def suspend(tx: Tx) -> None:
        await accounts.change(tx, AWA, suspended_at=tx.now)

    await town.write(suspend)
    assert (await refusal(lambda: sponsor(town, AWA, LEO))).reason is Reason.ACCOUNT_SUSPENDED


async def test_the_word_of_who_is_suspended_or_left_opens_no_door(town: Store) -> None:
    await town.write(put_account, await town.write(put_member, "nadia"))
    await town.write(wait_at_the_door, "leo")

    async def suspend(tx: Tx, *, until_now: bool) -> None:
        await accounts.change(tx, AWA, suspended_at=None if until_now else tx.now)

    await sponsor(town, AWA, LEO)
    await town.write(suspend, until_now=False)
    assert not await sponsor(town, PAUL, LEO)
    await town.write(own_accounts.close, member=PAUL)
    await town.write(suspend, until_now=True)
    async with town.read() as tx:
        assert [offer.sponsor for offer in (await vouches.candidate(tx, LEO)).offers] == [AWA]
    assert await sponsor(town, ActorId("actor-nadia"), LEO)


async def test_a_limited_sponsor_is_told_why_until_the_limit_ends(town: Store, world: FakeWorld) -> None:
    await town.write(wait_at_the_door, "leo")
    await town.write(members.limit, AWA, world.now() + timedelta(days=1))
    assert (await refusal(lambda: sponsor(town, AWA, LEO))).reason is Reason.ACCOUNT_LIMITED
    world.pass_time(days=1)
    assert not await sponsor(town, AWA, LEO)


async def test_the_page_knows_beforehand_whether_the_button_works(town: Store) -> None:
    await town.write(wait_at_the_door, "leo")
    async with town.read() as tx:
        assert await admission.why_not(tx, sponsor=AWA, candidate=LEO) is None
        refused = await admission.why_not(tx, sponsor=AWA, candidate=AWA)
    assert refused is not None
    assert refused.reason is Reason.NOT_ONESELF


async def test_a_sponsor_takes_their_name_back_and_may_give_it_again(town: Store) -> None:
    await town.write(wait_at_the_door, "leo")
    await sponsor(town, AWA, LEO)
    await town.write(admission.withdraw, sponsor=AWA, candidate=LEO)
    [withdrawn] = await journal(town, SponsorshipWithdrawn)
    assert withdrawn.sponsor == AWA
    assert not await sponsor(town, PAUL, LEO)
    refused = await refusal(lambda: town.write(admission.withdraw, sponsor=AWA, candidate=LEO))
    assert refused.reason is Reason.NOT_FOUND


async def test_a_moderator_refuses_with_a_reason_that_the_candidate_reads(town: Store) -> None:
    await town.write(wait_at_the_door, "leo")

    async def make_moderator(tx: Tx) -> None:
        await accounts.change(tx, PAUL, roles=["moderateur"])

    await town.write(make_moderator)
    for by, reason, expected in (
        (AWA, "Non.", Reason.FORBIDDEN),
        (PAUL, "  ", Reason.FIELD_MISSING),
    ):
        refused = await refusal(partial(town.write, admission.refuse, by=by, candidate=LEO, reason=reason))
        assert refused.reason is expected
    await town.write(admission.refuse, by=PAUL, candidate=LEO, reason="Nous ne vous trouvons pas à cette adresse.")
    assert await journal(town, CandidacyRefused) == [CandidacyRefused(LEO)]
    async with town.read() as tx:
        membership = await members.of(tx, LEO)
        assert await members.standing(tx, LEO) is Standing.REFUSED
    assert membership is not None
    assert membership.refused_reason == "Nous ne vous trouvons pas à cette adresse."
    assert (await refusal(lambda: sponsor(town, AWA, LEO))).reason is Reason.NOT_A_CANDIDATE
    refused = await refusal(lambda: town.write(admission.refuse, by=PAUL, candidate=LEO, reason="Encore"))
    assert refused.reason is Reason.NOT_A_CANDIDATE


async def test_a_candidate_is_reminded_once_on_the_seventh_day(town: Store, world: FakeWorld) -> None:
    await town.write(wait_at_the_door, "leo")
    await sponsor(town, AWA, LEO)
    world.pass_time(days=6, hours=23)
    assert await town.write(admission.remind_waiting) == 0
    world.pass_time(hours=1)
    assert await town.write(admission.remind_waiting) == 1
    assert await town.write(admission.remind_waiting) == 0
    assert await journal(town, CandidateReminded) == [CandidateReminded(LEO, 1)]


async def test_an_offer_that_stays_alone_lapses_after_sixty_days(town: Store, world: FakeWorld) -> None:
    await town.write(wait_at_the_door, "leo")
    await sponsor(town, AWA, LEO)
    world.pass_time(days=59)
    assert await town.write(admission.lapse_offers) == 0
    world.pass_time(days=1)
    assert await town.write(admission.lapse_offers) == 1
    [lapsed] = await journal(town, SponsorshipLapsed)
    assert (lapsed.sponsor, lapsed.candidate) == (AWA, LEO)
    assert not await sponsor(town, PAUL, LEO)


async def test_candidates_are_listed_by_the_length_of_their_wait(town: Store, world: FakeWorld) -> None:
    await town.write(wait_at_the_door, "zoe")
    world.pass_time(days=1)
    await town.write(wait_at_the_door, "leo")
    async with town.read() as tx:
        assert [one.member_id for one in await members.candidates(tx)] == ["actor-zoe", "actor-leo"]


async def test_nobody_sponsors_where_nothing_is_founded(store: Store) -> None:
    async def put(tx: Tx) -> None:
        await put_neighbourhood(tx, founded_at=None)
        await put_member(tx, "awa")
        await put_candidate(tx, "leo")

    await store.write(put)
    assert (await refusal(lambda: sponsor(store, AWA, LEO))).reason is Reason.NOT_FOUND
