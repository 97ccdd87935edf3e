"""Accounts: signing in, links by mail, passwords, sessions, leaving."""

import pytest

from fedivoisin.actions import accounts, staff
from fedivoisin.errors import Reason
from fedivoisin.market.events import ListingDeleted
from fedivoisin.store import accounts as kept
from fedivoisin.store import actors, keys, listings, mail_tokens, members, sessions, throttle, visits
from fedivoisin.store.db import Store
from fedivoisin.store.mail_tokens import Purpose
from fedivoisin.trust.events import (
    AccountClosed,
    LinkAsked,
    PasswordChanged,
    SessionRevoked,
)
from fedivoisin.trust.standing import Standing
from tests.actions.household import AWA, NETWORK, PAUL, journal, put_town, reason, sign_in, visitor_of
from tests.fakes import FakeWorld, key_pair
from tests.makers import a_listing, a_session, an_account, put_listings


@pytest.fixture
async def town(store: Store) -> Store:
    await store.write(put_town)
    return store


@pytest.mark.parametrize("typed", ["paul@example.org", " Paul@Example.org ", "paul", "@paul"])
async def test_an_account_is_found_by_address_or_by_name(town: Store, typed: str) -> None:
    found = await town.write(accounts.begin_sign_in, typed=typed, network=NETWORK)
    assert found is not None
    assert found.member_id == PAUL


@pytest.mark.parametrize("typed", ["nobody@example.org", "nobody", "", "@"])
async def test_an_unknown_address_is_no_account_and_no_error(town: Store, typed: str) -> None:
    assert await town.write(accounts.begin_sign_in, typed=typed, network=NETWORK) is None


@pytest.mark.parametrize("typed", ["paul@example.org", "nobody@example.org"])
async def test_guessing_stops_after_ten_tries_whether_the_address_exists_or_not(
    town: Store, world: FakeWorld, typed: str
) -> None:
    async def guess() -> None:
        await town.write(accounts.begin_sign_in, typed=typed, network=NETWORK)

    for _ in range(10):
        await guess()
    assert await reason(guess) is Reason.TOO_MANY_ATTEMPTS
    world.pass_time(minutes=15)
    await guess()


async def test_other_spellings_of_a_name_give_no_more_guesses(town: Store) -> None:
    for number in range(10):
        assert await town.write(accounts.begin_sign_in, typed="@" * number + "Paul ", network=NETWORK)

    async def guess() -> None:
        await town.write(accounts.begin_sign_in, typed="@" * 11 + "paul", network="192.0.2.8")

    assert await reason(guess) is Reason.TOO_MANY_ATTEMPTS


async def test_a_network_that_guesses_many_addresses_is_stopped(town: Store) -> None:
    for number in range(40):
        await town.write(accounts.begin_sign_in, typed=f"someone{number}@example.org", network=NETWORK)
    assert (
        await reason(lambda: town.write(accounts.begin_sign_in, typed="paul", network=NETWORK))
        is Reason.TOO_MANY_ATTEMPTS
    )
    assert await town.write(accounts.begin_sign_in, typed="paul", network="198.51.100.1")


async def test_the_right_password_forgives_the_wrong_ones(town: Store) -> None:
    for _ in range(9):
        await town.write(accounts.begin_sign_in, typed="paul", network=NETWORK)
    await town.write(accounts.sign_in, member=PAUL, typed="paul", session=a_session())
    for _ in range(10):
        await town.write(accounts.begin_sign_in, typed="paul", network=NETWORK)
    assert await visitor_of(town, "token-1")


async def test_a_borrowed_session_does_not_find_out_the_password(town: Store) -> None:
    for _ in range(10):
        assert await town.write(accounts.begin_proof, member=PAUL) is not None
    assert await reason(lambda: town.write(accounts.begin_proof, member=PAUL)) is Reason.TOO_MANY_ATTEMPTS
    await town.write(accounts.proved, member=PAUL)
    assert await town.write(accounts.begin_proof, member=PAUL) is not None


async def test_a_session_ends_after_a_fortnight_unused_or_ninety_days(town: Store, world: FakeWorld) -> None:
    await sign_in(town)
    world.pass_time(days=14)
    assert await visitor_of(town, "token-1") is None
    await sign_in(town, 2)
    for _ in range(8):
        world.pass_time(days=11)
        await town.append(visits.touch, sessions.hash_of("token-2"))
        assert await visitor_of(town, "token-2")
    world.pass_time(days=2)
    assert await visitor_of(town, "token-2") is None
    assert await town.write(sessions.purge) == 2


async def test_a_member_sees_and_ends_their_sessions(town: Store) -> None:
    first, second, third = [await sign_in(town, number) for number in (1, 2, 3)]
    async with town.read() as tx:
        assert {one.public_id for one in await sessions.of(tx, PAUL)} == {first, second, third}
    await town.write(accounts.revoke_session, member=PAUL, session_id=second)
    assert await visitor_of(town, "token-2") is None
    assert await reason(lambda: town.write(accounts.revoke_session, member=AWA, session_id=first)) is Reason.NOT_FOUND
    await town.write(accounts.revoke_other_sessions, member=PAUL, session_id=first)
    await town.write(accounts.revoke_other_sessions, member=PAUL, session_id=first)
    assert await visitor_of(town, "token-3") is None
    assert await visitor_of(town, "token-1")
    await town.write(accounts.sign_out, member=PAUL, session_id=first)
    assert await visitor_of(town, "token-1") is None
    assert len(await journal(town, SessionRevoked)) == 2


async def test_a_sign_in_link_works_once(town: Store) -> None:
    await town.write(
        accounts.ask_link, email="PAUL@example.org", purpose=Purpose.SIGN_IN, token="link", network=NETWORK
    )
    [asked] = await journal(town, LinkAsked)
    assert asked == LinkAsked(PAUL, sessions.hash_of("link"))
    assert await town.write(accounts.sign_in_by_link, link="link", session=a_session()) == PAUL
    assert await visitor_of(town, "token-1")
    async with town.read() as tx:
        account = await kept.of(tx, PAUL)
    assert account is not None
    assert account.email_confirmed_at is not None

    async def again() -> None:
        await town.write(accounts.sign_in_by_link, link="link", session=a_session(2))

    assert await reason(again) is Reason.LINK_SPENT


async def test_a_link_is_too_old_after_thirty_minutes(town: Store, world: FakeWorld) -> None:
    await town.write(accounts.make_link, member=PAUL, purpose=Purpose.RESET, token="link")
    world.pass_time(minutes=30)

    async def use() -> None:
        await town.write(accounts.reset_password, link="link", password="hashed:new", session=a_session())

    assert await reason(use) is Reason.LINK_SPENT
    world.pass_time(days=2)
    assert await town.write(mail_tokens.purge) == 1


async def test_a_link_of_one_kind_does_not_serve_for_another(town: Store) -> None:
    await town.write(accounts.make_link, member=PAUL, purpose=Purpose.SIGN_IN, token="link")

    async def use() -> None:
        await town.write(accounts.reset_password, link="link", password="hashed:new", session=a_session())

    assert await reason(use) is Reason.LINK_SPENT
    assert await reason(lambda: town.write(accounts.confirm_email, link="link")) is Reason.LINK_SPENT


async def test_asking_a_link_for_an_unknown_address_does_nothing_and_says_nothing(town: Store) -> None:
    await town.write(accounts.ask_link, email="no@example.org", purpose=Purpose.RESET, token="link", network=NETWORK)
    assert await journal(town, LinkAsked) == []


async def test_an_address_gets_three_links_in_half_an_hour(town: Store) -> None:
    async def ask(token: str) -> None:
        await town.write(
            accounts.ask_link, email="paul@example.org", purpose=Purpose.RESET, token=token, network=NETWORK
        )

    for number in range(3):
        await ask(f"link-{number}")
    assert await reason(lambda: ask("link-4")) is Reason.TOO_MANY_ATTEMPTS


async def test_a_reset_ends_every_session_and_every_other_link(town: Store) -> None:
    await sign_in(town, 1)
    await town.write(accounts.make_link, member=PAUL, purpose=Purpose.RESET, token="link")
    await town.write(accounts.make_link, member=PAUL, purpose=Purpose.SIGN_IN, token="other")
    assert await town.write(accounts.reset_password, link="link", password="hashed:new", session=a_session(2)) == PAUL
    assert await visitor_of(town, "token-1") is None
    assert await visitor_of(town, "token-2")
    async with town.read() as tx:
        account = await kept.of(tx, PAUL)
        assert await mail_tokens.find(tx, "other", Purpose.SIGN_IN) is None
    assert account is not None
    assert account.password == "hashed:new"


async def test_a_new_password_ends_all_other_sessions_and_renews_this_one(town: Store) -> None:
    here = await sign_in(town, 1)
    await sign_in(town, 2)
    await town.write(
        accounts.change_password, member=PAUL, password="hashed:new", session_id=here, session=a_session(3)
    )
    assert await visitor_of(town, "token-1") is None
    assert await visitor_of(town, "token-2") is None
    renewed = await visitor_of(town, "token-3")
    assert renewed is not None
    assert (renewed.session_id, renewed.csrf) == (here, "csrf-3")
    assert await journal(town, PasswordChanged) == [PasswordChanged(PAUL)]


async def test_a_new_address_counts_once_its_link_was_pressed(town: Store) -> None:
    await town.write(accounts.ask_new_email, member=PAUL, email=" Paul@Maison.example ", token="link")
    async with town.read() as tx:
        assert (await kept.by_email(tx, "paul@maison.example")) is None
    assert await town.write(accounts.confirm_email, link="link") == PAUL
    async with town.read() as tx:
        account = await kept.by_email(tx, "paul@maison.example")
    assert account is not None
    assert account.email_confirmed_at is not None


async def test_a_link_that_went_to_an_address_given_up_is_spent(town: Store) -> None:
    for purpose in (Purpose.SIGN_IN, Purpose.RESET):
        await town.write(accounts.ask_link, email="paul@example.org", purpose=purpose, token=purpose, network=NETWORK)
    await town.write(accounts.ask_new_email, member=PAUL, email="paul@maison.example", token="link")
    await town.write(accounts.confirm_email, link="link")

    async def sign_in() -> None:
        await town.write(accounts.sign_in_by_link, link=Purpose.SIGN_IN, session=a_session())

    async def reset() -> None:
        await town.write(accounts.reset_password, link=Purpose.RESET, password="hashed:new", session=a_session())

    assert (await reason(sign_in), await reason(reset)) == (Reason.LINK_SPENT, Reason.LINK_SPENT)


async def test_who_waits_in_an_account_made_with_anothers_address_is_put_out_by_its_owner(town: Store) -> None:
    leo = await town.write(accounts.create, an_account(), key_pair(0))
    await sign_in(town, 1, member=leo)
    await town.write(accounts.ask_link, email="leo@example.org", purpose=Purpose.SIGN_IN, token="link", network=NETWORK)
    await town.write(accounts.sign_in_by_link, link="link", session=a_session(2))
    assert await visitor_of(town, "token-1") is None
    assert await visitor_of(town, "token-2")
    async with town.read() as tx:
        account = await kept.of(tx, leo)
    assert account is not None
    assert account.password is None


@pytest.mark.parametrize(
    "email",
    [
        "paul",
        "paul@",
        "@maison.example",
        "a b@c.fr",
        "a@b",
        "x" * 250 + "@a.fr",
        "a@b.fr\nBcc: c@d.fr",
        "a\u200b@b.fr",
        "ａ@b.fr",
    ],
)
async def test_what_is_no_address_is_refused(town: Store, email: str) -> None:
    found = await reason(lambda: town.write(accounts.ask_new_email, member=PAUL, email=email, token="l"))
    assert found is Reason.EMAIL_WRONG


async def test_the_address_of_another_is_refused(town: Store) -> None:
    assert (
        await reason(lambda: town.write(accounts.ask_new_email, member=PAUL, email="awa@example.org", token="l"))
        is Reason.EMAIL_TAKEN
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [("admin", Reason.NAME_WRONG), ("a b", Reason.NAME_WRONG), ("é", Reason.NAME_WRONG), ("paul", Reason.NAME_TAKEN)],
)
async def test_a_name_that_cannot_be_is_refused(town: Store, name: str, expected: Reason) -> None:
    async def make() -> None:
        await town.write(accounts.create, an_account(name=name), key_pair(0))

    assert await reason(make) is expected


async def test_a_new_account_has_an_actor_and_two_keys(town: Store) -> None:
    leo = await town.write(accounts.create, an_account(name="leo"), key_pair(0))
    async with town.read() as tx:
        found = await actors.by_id(tx, leo)
        listed = await keys.of_actor(tx, leo)
        signer = await keys.to_sign_with(tx, leo)
    assert found is not None
    assert (found.inbox, found.shared_inbox) == (
        "https://nantes.example/users/leo/inbox",
        "https://nantes.example/inbox",
    )
    assert found.approves_followers
    assert not found.discoverable
    assert {(key.id.partition("#")[2], key.algorithm, key.purpose) for key in listed} == {
        ("main-key", "rsa", "http"),
        ("ed25519-key", "ed25519", "assertion"),
    }
    assert signer is not None
    assert signer.private is not None


async def test_language_and_theme_follow_the_member(town: Store) -> None:
    await town.write(accounts.prefer, member=PAUL, language="en", theme="dark")
    await sign_in(town)
    visitor = await visitor_of(town, "token-1")
    assert visitor is not None
    assert (visitor.language, visitor.theme) == ("en", "dark")


async def test_listings_go_with_their_author(town: Store) -> None:
    await put_listings(town, a_listing(1, author=PAUL), a_listing(2, author=AWA))
    await town.write(accounts.close, member=PAUL)
    async with town.read() as tx:
        gone, kept_one = await listings.find(tx, "listing-1"), await listings.find(tx, "listing-2")
    assert gone is not None
    assert gone.deleted_at is not None
    assert kept_one is not None
    assert kept_one.deleted_at is None
    assert [event.listing_id for event in await journal(town, ListingDeleted)] == ["listing-1"]


async def test_leaving_erases_the_person_and_keeps_the_address_closed_for_ever(town: Store) -> None:
    await sign_in(town)
    await town.write(accounts.close, member=PAUL)
    async with town.read() as tx:
        found = await actors.by_id(tx, PAUL)
        account = await kept.of(tx, PAUL)
        assert await members.standing(tx, PAUL) is Standing.LEFT
        assert (await members.known(tx, [PAUL]))[PAUL].name == ""
    assert found is not None
    assert found.gone_at is not None
    assert (found.display_name, found.summary, found.icon_url) == ("", "", None)
    assert account is not None
    assert (account.email, account.password, account.telephone) == (None, None, None)
    assert await visitor_of(town, "token-1") is None
    assert await journal(town, AccountClosed) == [AccountClosed(PAUL)]
    assert await town.write(accounts.begin_sign_in, typed="paul", network=NETWORK) is None
    assert await reason(lambda: town.write(accounts.create, an_account(name="paul"), key_pair(0))) is Reason.NAME_TAKEN
    for again in (
        lambda: town.write(accounts.close, member=PAUL),
        lambda: town.write(accounts.begin_session, PAUL, a_session(2)),
        lambda: town.write(accounts.make_link, member=PAUL, purpose=Purpose.RESET, token="x"),
        lambda: town.write(staff.suspend, by=AWA, member=PAUL),
    ):
        assert await reason(again) is Reason.NOT_FOUND


async def test_whoever_gave_no_address_has_none_to_confirm(town: Store) -> None:
    leo = await town.write(accounts.create, an_account(email=None), key_pair(0))
    await town.write(accounts.mail_confirmation, leo, email=None, token="x")
    assert await journal(town, LinkAsked) == []


async def test_old_attempts_are_forgotten(town: Store, world: FakeWorld) -> None:
    await town.write(accounts.begin_sign_in, typed="paul", network=NETWORK)
    world.pass_time(days=3)
    assert await town.write(throttle.purge) == 2
