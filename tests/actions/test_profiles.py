"""What people say about themselves."""

import pytest

from fedivoisin.actions import profiles
from fedivoisin.actions.profiles import Profile
from fedivoisin.errors import Reason, Refused
from fedivoisin.ids import ActorId
from fedivoisin.store import actors, events, members
from fedivoisin.store.db import Store, Tx
from fedivoisin.trust.events import ProfileChanged
from tests.makers import put_actor, put_member

AWA = ActorId("actor-awa")
PROFILE = Profile("Awa Diallo", "Je prête.", "rue du Chêne", "producteur", "amie", None)


@pytest.fixture
async def town(store: Store) -> Store:
    async def put(tx: Tx) -> None:
        await put_member(tx, "awa")
        await put_actor(tx, "maelle", host="rennes.example")

    await store.write(put)
    return store


async def test_a_changed_profile_is_shown_and_told(town: Store) -> None:
    await town.write(profiles.edit, member=AWA, profile=PROFILE)
    async with town.read() as tx:
        found = await actors.by_id(tx, AWA)
        known = await members.known(tx, [AWA])
        [happened] = await events.of_types(tx, [ProfileChanged], limit=5)
    assert found is not None
    assert (found.display_name, found.summary, found.member_kind) == ("Awa Diallo", "Je prête.", "producteur")
    assert known[AWA].agreement == "amie"
    assert happened.event == ProfileChanged(AWA)


@pytest.mark.parametrize("member", ["actor-maelle@rennes.example", "nobody"])
async def test_nobody_edits_a_person_from_elsewhere(town: Store, member: str) -> None:
    with pytest.raises(Refused) as refused:
        await town.write(profiles.edit, member=ActorId(member), profile=PROFILE)
    assert refused.value.reason is Reason.NOT_FOUND
