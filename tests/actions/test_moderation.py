"""A report reaches the moderators; a decision has reasons, reaches the person, and can be undone."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fedivoisin.actions import moderation
from fedivoisin.actions.accounts import NewAccount, create
from fedivoisin.actions.moderation import Decision
from fedivoisin.errors import Reason, Refused
from fedivoisin.ids import ListingId, MemberId, ReportId
from fedivoisin.market.events import ListingHidden, ListingShown
from fedivoisin.store import events, listings, reports
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.reports import NewReport
from fedivoisin.store.taxonomy import Event
from fedivoisin.trust.decisions import Breach, Measure, ReportDecided, ReportOpened, StatementMade
from fedivoisin.trust.roles import Role
from tests.fakes import START, FakeWorld, key_pair
from tests.makers import a_listing, put_actor, put_neighbourhood

LISTING = ListingId("listing-1")
HIDE = Decision(measure=Measure.HIDE, ground=Breach.FORBIDDEN_OBJECT, facts="Vous vendez du tabac.")
WARN = replace(HIDE, measure=Measure.WARN)
DISMISS = replace(HIDE, measure=Measure.DISMISS, facts="Rien à redire.")


@pytest.fixture
async def people(store: Store) -> dict[str, MemberId]:
    """Awa who wrote the listing, Léo who reads it, Paul who moderates."""

    async def put(tx: Tx) -> dict[str, MemberId]:
        await put_neighbourhood(tx)
        awa = await create(tx, NewAccount("Awa", "awa@x.example"), key_pair(0))
        leo = await create(tx, NewAccount("Léo", "leo@x.example"), key_pair(1))
        paul = await create(tx, NewAccount("Paul", "paul@x.example", roles=frozenset({Role.MODERATEUR})), key_pair(2))
        await listings.insert(tx, a_listing(author=awa))
        return {"awa": awa, "leo": leo, "paul": paul}

    return await store.write(put)


def _new(**values: Any) -> NewReport:
    return NewReport(**({"reason": "objet-interdit", "words": "Du tabac.", "listing_id": LISTING} | values))


async def _report(store: Store, **values: Any) -> ReportId:
    return await store.write(moderation.report, _new(**values), network="192.0.2.1")


async def _journal(store: Store) -> list[Any]:
    kinds: list[type[Event]] = [ReportOpened, ReportDecided, StatementMade, ListingHidden, ListingShown]
    async with store.read() as tx:
        return [recorded.event for recorded in reversed(await events.of_types(tx, kinds, limit=20))]


async def _refusal(work: Callable[[], Awaitable[object]]) -> Reason:
    with pytest.raises(Refused) as caught:
        await work()
    return caught.value.reason


async def test_a_report_waits_for_a_moderator(store: Store, people: dict[str, MemberId]) -> None:
    report_id = await _report(store, reporter_id=people["leo"])
    async with store.read() as tx:
        waiting = await reports.waiting(tx)
        count = await reports.count_waiting(tx)
    assert [(one.id, one.reporter, one.listing_title, one.subject) for one in waiting] == [
        (report_id, "Léo", "Échelle double, 4 m", "Awa")
    ]
    assert count == 1
    assert await _journal(store) == [ReportOpened(report_id, LISTING, None)]


async def test_the_oldest_report_is_read_first(store: Store, people: dict[str, MemberId], world: FakeWorld) -> None:
    first = await _report(store)
    world.pass_time(hours=1)
    second = await _report(store, listing_id=None, actor_id=people["awa"])
    async with store.read() as tx:
        assert [one.id for one in await reports.waiting(tx)] == [first, second]


async def test_said_twice_it_is_read_once(store: Store, people: dict[str, MemberId]) -> None:
    first = await _report(store, reporter_id=people["leo"])
    assert await _report(store, reporter_id=people["leo"]) == first
    assert await _report(store, reporter_id=people["leo"], listing_id=None, actor_id=people["awa"]) != first


@pytest.mark.usefixtures("people")
async def test_a_report_names_something_that_exists(store: Store) -> None:
    assert await _refusal(lambda: _report(store, listing_id=ListingId("nothing"))) is Reason.NOT_FOUND
    assert await _refusal(lambda: _report(store, listing_id=None, actor_id="nobody")) is Reason.NOT_FOUND
    assert await _refusal(lambda: _report(store, listing_id=None)) is Reason.NOT_FOUND


@pytest.mark.usefixtures("people")
async def test_another_reason_needs_words(store: Store) -> None:
    assert await _refusal(lambda: _report(store, reason="autre", words="")) is Reason.REPORT_EMPTY
    assert await _refusal(lambda: _report(store, reason="tete-a-claques")) is Reason.FIELD_NOT_A_CHOICE


@pytest.mark.usefixtures("people")
async def test_a_household_without_an_account_reports_five_times_a_day(store: Store, world: FakeWorld) -> None:
    for _ in range(5):
        await _report(store)
    assert await _refusal(lambda: _report(store)) is Reason.TOO_MANY_ATTEMPTS
    world.pass_time(days=1, seconds=1)
    await _report(store)


async def test_hiding_a_listing_gives_its_author_the_reasons(store: Store, people: dict[str, MemberId]) -> None:
    report_id = await _report(store, reporter_id=people["leo"])
    other = await _report(store)
    await store.write(moderation.decide, report_id, HIDE, by=people["paul"])
    journal = await _journal(store)
    made = next(one for one in journal if isinstance(one, StatementMade))
    async with store.read() as tx:
        listing = await listings.find(tx, LISTING)
        statement = await reports.statement_of(tx, made.statement)
        waiting = await reports.waiting(tx)
        decided = await reports.decided(tx)
    assert listing is not None
    assert (listing.hidden_at, listing.hidden_reason) == (START, "objet-interdit")
    assert statement is not None
    assert (statement.member_id, statement.facts, statement.measure) == (people["awa"], HIDE.facts, "masquer")
    assert statement.appeal_until == START + timedelta(days=183)
    assert waiting == []
    assert {(one.id, one.state, one.decider) for one in decided} == {
        (report_id, "upheld", "Paul"),
        (other, "upheld", "Paul"),
    }
    assert ListingHidden(LISTING, people["awa"], people["paul"], "objet-interdit") in journal
    assert ReportDecided(report_id, Measure.HIDE, LISTING, None) in journal


async def test_a_hidden_listing_can_stand_again(store: Store, people: dict[str, MemberId]) -> None:
    report_id = await _report(store)
    await store.write(moderation.decide, report_id, HIDE, by=people["paul"])
    await store.write(moderation.show_again, LISTING, by=people["paul"])
    await store.write(moderation.show_again, LISTING, by=people["paul"])
    journal = await _journal(store)
    made = next(one for one in journal if isinstance(one, StatementMade))
    async with store.read() as tx:
        listing = await listings.find(tx, LISTING)
        statement = await reports.statement_of(tx, made.statement)
    assert listing is not None
    assert listing.hidden_at is None
    assert statement is not None
    assert statement.lifted_at is not None
    assert sum(isinstance(one, ListingShown) for one in journal) == 1


async def test_a_dismissed_report_tells_the_author_nothing(store: Store, people: dict[str, MemberId]) -> None:
    report_id = await _report(store)
    await store.write(moderation.decide, report_id, DISMISS, by=people["paul"])
    assert await _journal(store) == [
        ReportOpened(report_id, LISTING, None),
        ReportDecided(report_id, Measure.DISMISS, LISTING, None),
    ]


async def test_a_person_is_warned_with_reasons(store: Store, people: dict[str, MemberId]) -> None:
    report_id = await _report(store, listing_id=None, actor_id=people["awa"], reason="harcelement")
    await store.write(moderation.decide, report_id, WARN, by=people["paul"])
    made = next(one for one in await _journal(store) if isinstance(one, StatementMade))
    assert made.member == people["awa"]


async def test_there_is_no_listing_to_hide_on_a_profile(store: Store, people: dict[str, MemberId]) -> None:
    report_id = await _report(store, listing_id=None, actor_id=people["awa"])
    paul = people["paul"]
    assert await _refusal(lambda: store.write(moderation.decide, report_id, HIDE, by=paul)) is Reason.NOTHING_TO_HIDE


async def test_reasons_for_somebody_of_another_town_are_theirs_to_hear_at_home(
    store: Store, people: dict[str, MemberId]
) -> None:
    async def put(tx: Tx) -> MemberId:
        return MemberId(await put_actor(tx, "mael", host="rennes.example"))

    mael = await store.write(put)
    report_id = await _report(store, listing_id=None, actor_id=mael)
    await store.write(moderation.decide, report_id, WARN, by=people["paul"])
    assert not any(isinstance(one, StatementMade) for one in await _journal(store))


async def test_one_decision_is_enough(store: Store, people: dict[str, MemberId]) -> None:
    report_id = await _report(store)
    await store.write(moderation.decide, report_id, DISMISS, by=people["paul"])
    paul = people["paul"]
    assert await _refusal(lambda: store.write(moderation.decide, report_id, HIDE, by=paul)) is Reason.REPORT_DECIDED


async def test_only_moderators_decide(store: Store, people: dict[str, MemberId]) -> None:
    report_id = await _report(store)
    for work in (
        lambda: store.write(moderation.decide, report_id, DISMISS, by=people["leo"]),
        lambda: store.write(moderation.show_again, LISTING, by=people["leo"]),
    ):
        assert await _refusal(work) is Reason.FORBIDDEN


async def test_what_does_not_exist_is_not_decided(store: Store, people: dict[str, MemberId]) -> None:
    for work in (
        lambda: store.write(moderation.decide, "nothing", DISMISS, by=people["paul"]),
        lambda: store.write(moderation.show_again, "nothing", by=people["paul"]),
    ):
        assert await _refusal(work) is Reason.NOT_FOUND


async def test_a_year_later_a_decision_is_forgotten_and_an_open_report_is_not(
    store: Store, people: dict[str, MemberId], world: FakeWorld
) -> None:
    decided = await _report(store)
    await store.write(moderation.decide, decided, HIDE, by=people["paul"])
    waiting = await _report(store, listing_id=None, actor_id=people["leo"])
    world.pass_time(days=364)
    assert await store.write(reports.purge) == 0
    world.pass_time(days=2)
    assert await store.write(reports.purge) == 1
    async with store.read() as tx:
        assert await reports.find(tx, decided) is None
        assert await reports.find(tx, waiting) is not None


async def test_a_flag_from_elsewhere_is_found_by_its_address(store: Store, people: dict[str, MemberId]) -> None:
    async def keep(tx: Tx) -> ReportId:
        return await moderation.keep(tx, _new(activity_url="https://rennes.example/flags/1"))

    report_id = await store.write(keep)
    async with store.read() as tx:
        assert await reports.by_activity(tx, "https://rennes.example/flags/1") == report_id
        assert await reports.by_activity(tx, "https://rennes.example/flags/2") is None
