"""Invitations: made by members, closed by whoever made them."""

import pytest

from fedivoisin.actions import invitations
from fedivoisin.errors import Reason, Refused
from fedivoisin.ids import ActorId
from fedivoisin.store import events
from fedivoisin.store.db import Store, Tx
from fedivoisin.trust.events import InvitationMade, InvitationRevoked
from tests.makers import put_account, put_candidate, put_member, put_neighbourhood

AWA = ActorId("actor-awa")


@pytest.fixture
async def town(store: Store) -> Store:
    async def put(tx: Tx) -> None:
        await put_neighbourhood(tx)
        await put_account(tx, await put_member(tx, "awa"))
        await put_member(tx, "paul")
        await put_candidate(tx, "leo")

    await store.write(put)
    return store


async def test_each_code_is_new(town: Store) -> None:
    made = [await town.write(invitations.make_code, ambassador=AWA, street="") for _ in range(5)]
    assert len(set(made)) == 5
    assert all(code.startswith("VSN-") for code in made)


async def test_a_revoked_invitation_opens_nothing_and_is_revoked_once(town: Store) -> None:
    code = await town.write(invitations.make_code, ambassador=AWA, street="")
    for by in ("actor-paul", AWA):
        if by == "actor-paul":
            with pytest.raises(Refused) as refused:
                await town.write(invitations.revoke, ambassador=ActorId(by), code=code)
            assert refused.value.reason is Reason.NOT_FOUND
        else:
            await town.write(invitations.revoke, ambassador=AWA, code=code)
    async with town.read() as tx:
        with pytest.raises(Refused) as refused:
            await invitations.opened_by(tx, code)
        assert [type(one.event) for one in await events.of_types(tx, [InvitationMade, InvitationRevoked], limit=5)] == [
            InvitationRevoked,
            InvitationMade,
        ]
    assert refused.value.reason is Reason.INVITATION_OVER
    with pytest.raises(Refused):
        await town.write(invitations.revoke, ambassador=AWA, code=code)


async def test_a_member_keeps_twenty_invitations_open_at_most(town: Store) -> None:
    for number in range(20):
        await town.write(invitations.make_link, ambassador=AWA, word=f"word-{number}")
    with pytest.raises(Refused) as refused:
        await town.write(invitations.make_link, ambassador=AWA, word="one-more")
    assert refused.value.reason is Reason.TOO_MANY_INVITATIONS
    await town.write(invitations.revoke, ambassador=AWA, code="word-0")
    await town.write(invitations.make_link, ambassador=AWA, word="one-more")


async def test_a_candidate_invites_nobody_yet(town: Store) -> None:
    with pytest.raises(Refused) as refused:
        await town.write(invitations.make_code, ambassador=ActorId("actor-leo"), street="")
    assert refused.value.reason is Reason.NOT_YET_MEMBER


async def test_wrong_codes_are_counted_and_then_even_a_right_one_is_not_looked_up(town: Store) -> None:
    code = await town.write(invitations.make_code, ambassador=AWA, street="")
    for _ in range(invitations.WRONG_CODES_OF_NETWORK.most):
        await town.write(invitations.missed, network="192.0.2.7")
    async with town.read() as tx:
        with pytest.raises(Refused) as refused:
            await invitations.look_up(tx, typed=code, network="192.0.2.7")
        assert (await invitations.look_up(tx, typed=code, network="192.0.2.8")).code == code
    assert refused.value.reason is Reason.TOO_MANY_ATTEMPTS
