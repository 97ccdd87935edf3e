"""What admins and moderators do with the accounts of others."""

import pytest

from fedivoisin.actions import accounts, staff
from fedivoisin.errors import Reason
from fedivoisin.ids import ActorId
from fedivoisin.store import accounts as kept
from fedivoisin.store.db import Store
from fedivoisin.store.mail_tokens import Purpose
from fedivoisin.trust.events import (
    AccountRestored,
    AccountSuspended,
    LinkAsked,
    LinkHanded,
    RoleGiven,
    RoleTaken,
)
from fedivoisin.trust.roles import Role
from tests.actions.household import AWA, NETWORK, PAUL, journal, put_town, reason, sign_in, visitor_of
from tests.makers import a_session, put_account, put_member


@pytest.fixture
async def town(store: Store) -> Store:
    await store.write(put_town)
    return store


async def test_the_last_admin_neither_leaves_nor_steps_down_nor_is_suspended(town: Store) -> None:
    for work in (
        lambda: town.write(accounts.close, member=AWA),
        lambda: town.write(staff.take_role, by=AWA, member=AWA, role=Role.ADMIN),
        lambda: town.write(staff.suspend, by=AWA, member=AWA),
    ):
        assert await reason(work) is Reason.LAST_ADMIN
    await town.write(staff.give_role, by=AWA, member=PAUL, role=Role.ADMIN)
    await town.write(staff.take_role, by=PAUL, member=AWA, role=Role.ADMIN)
    assert await journal(town, RoleGiven, RoleTaken) == [RoleGiven(PAUL, Role.ADMIN), RoleTaken(AWA, Role.ADMIN)]


async def test_giving_what_is_there_or_taking_what_is_not_changes_nothing(town: Store) -> None:
    await town.write(staff.give_role, by=AWA, member=PAUL, role=Role.ADHERENT)
    await town.write(staff.take_role, by=AWA, member=PAUL, role=Role.TRESORIER)
    assert await journal(town, RoleGiven, RoleTaken) == []


async def test_a_set_of_roles_is_given_whole_or_not_at_all(town: Store) -> None:
    wanted = [Role.MODERATEUR, Role.REFERENT]
    await town.write(staff.set_roles, by=AWA, member=PAUL, roles=wanted)
    await town.write(staff.set_roles, by=AWA, member=PAUL, roles=[Role.REFERENT])
    async with town.read() as tx:
        account = await kept.of(tx, PAUL)
        assert await kept.with_role(tx, Role.REFERENT) == [PAUL]
        assert await kept.with_role(tx, Role.ADMIN) == [AWA]
    assert account is not None
    assert account.roles == {Role.ADHERENT, Role.REFERENT}
    assert (
        await reason(lambda: town.write(staff.set_roles, by=AWA, member=AWA, roles=[Role.MODERATEUR]))
        is Reason.LAST_ADMIN
    )
    assert await journal(town, RoleGiven) == [RoleGiven(PAUL, Role.MODERATEUR), RoleGiven(PAUL, Role.REFERENT)]


async def test_only_admins_give_roles_and_only_moderators_suspend(town: Store) -> None:
    for work in (
        lambda: town.write(staff.give_role, by=PAUL, member=PAUL, role=Role.ADMIN),
        lambda: town.write(staff.suspend, by=PAUL, member=AWA),
        lambda: town.write(staff.restore, by=PAUL, member=AWA),
    ):
        assert await reason(work) is Reason.FORBIDDEN


async def test_a_moderator_suspends_no_admin(town: Store) -> None:
    await town.write(staff.set_roles, by=AWA, member=PAUL, roles=[Role.ADMIN])
    await town.write(put_account, await town.write(put_member, "nadia"), roles=["adherent", "moderateur"])
    nadia = ActorId("actor-nadia")
    assert await reason(lambda: town.write(staff.suspend, by=nadia, member=PAUL)) is Reason.FORBIDDEN
    await town.write(staff.suspend, by=AWA, member=PAUL)


async def test_a_link_handed_over_is_an_admins_to_make_and_stands_in_the_journal(town: Store) -> None:
    assert await reason(lambda: town.write(staff.hand_link, by=PAUL, member=AWA, token="link")) is Reason.FORBIDDEN
    await town.write(staff.hand_link, by=AWA, member=PAUL, token="link")
    assert await journal(town, LinkHanded) == [LinkHanded(PAUL)]
    assert await town.write(accounts.reset_password, link="link", password="hashed:new", session=a_session()) == PAUL


async def test_a_suspension_ends_sessions_and_links_until_it_is_lifted(town: Store) -> None:
    await sign_in(town)
    await town.write(accounts.make_link, member=PAUL, purpose=Purpose.SIGN_IN, token="link")
    await town.write(staff.suspend, by=AWA, member=PAUL)
    assert await visitor_of(town, "token-1") is None
    for work in (
        lambda: town.write(accounts.sign_in, member=PAUL, typed="paul", session=a_session(2)),
        lambda: town.write(accounts.make_link, member=PAUL, purpose=Purpose.SIGN_IN, token="other"),
    ):
        assert await reason(work) is Reason.ACCOUNT_SUSPENDED
    await town.write(accounts.ask_link, email="paul@example.org", purpose=Purpose.RESET, token="x", network=NETWORK)
    assert await journal(town, LinkAsked) == []
    await town.write(staff.restore, by=AWA, member=PAUL)
    await town.write(accounts.sign_in, member=PAUL, typed="paul", session=a_session(3))
    assert await journal(town, AccountSuspended, AccountRestored) == [AccountSuspended(PAUL), AccountRestored(PAUL)]
    assert await reason(lambda: town.write(staff.restore, by=AWA, member=PAUL)) is Reason.NOT_FOUND
