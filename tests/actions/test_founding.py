"""The first day of a neighbourhood."""

from dataclasses import replace

import pytest

from fedivoisin.actions import founding
from fedivoisin.actions.founding import ADMIN_ROLES, Answers, FirstKeys
from fedivoisin.errors import Reason, Refused
from fedivoisin.ids import ActorId, MemberId
from fedivoisin.store import actors, events, keys, members, neighbourhoods, residents
from fedivoisin.store.db import Store, Tx
from fedivoisin.trust.events import Admitted, FounderEntered, NeighbourhoodFounded
from fedivoisin.trust.standing import Standing
from tests.fakes import FakeWorld, key_pair
from tests.makers import an_account, put_account, put_member, put_neighbourhood

ANSWERS = Answers(
    origin="https://nantes.example",
    name="Doulon",
    commune="Nantes",
    department="44",
    slug="doulon",
    latitude=47.23,
    longitude=-1.52,
    language="fr",
    sponsors_needed=2,
    contact_email="bureau@nantes.example",
    help_name="Awa",
    help_hours="mardi et jeudi",
    help_telephone="02 61 91 00 12",
    code_prefix="NTE",
    legal={"name": "Les voisins de Doulon"},
    mail={},
)
KEYS = FirstKeys(instance=key_pair(0), group=key_pair(1), admin=key_pair(2))
ADMIN = an_account("Awa", email="awa@example.org", roles=ADMIN_ROLES)


@pytest.fixture
async def awa(store: Store) -> MemberId:
    await store.write(neighbourhoods.prepare, origin="", setup_hash="x")
    return await store.write(founding.found, ANSWERS, ADMIN, KEYS, categories={"vide-grenier": key_pair(3)})


async def test_a_neighbourhood_is_founded_with_its_actors_and_its_admin(store: Store, awa: MemberId) -> None:
    async with store.read() as tx:
        here = await neighbourhoods.current(tx)
        groups = await actors.local_groups(tx)
        instance = await actors.by_id(tx, here.instance_id or "")
        assert await members.standing(tx, awa) is Standing.MEMBER
        happened = [one.event for one in await events.of_types(tx, [NeighbourhoodFounded, FounderEntered], limit=9)]
    assert (here.setup_hash, here.legal, here.name) == (None, {"name": "Les voisins de Doulon"}, "Doulon")
    assert [group.url for group in groups] == [
        "https://nantes.example/groups/doulon",
        "https://nantes.example/groups/vide-grenier",
    ]
    assert groups[0].id == here.group_id
    assert groups[0].discoverable
    assert instance is not None
    assert (instance.url, instance.type) == ("https://nantes.example/users/instance", "Application")
    assert happened == [FounderEntered(awa), NeighbourhoodFounded(awa)]


async def test_a_neighbourhood_is_founded_once(store: Store, awa: MemberId) -> None:
    with pytest.raises(Refused) as refused:
        await store.write(founding.found, ANSWERS, replace(ADMIN, email="b@example.org"), KEYS)
    assert refused.value.reason is Reason.NOT_FOUND


async def test_an_admin_enters_founders_until_there_are_twenty(store: Store, awa: MemberId) -> None:
    for number in range(19):
        await store.write(
            founding.enter_founder,
            by=awa,
            who=an_account(f"Fondateur {number}", email=f"f{number}@example.org"),
            keys=key_pair(0),
        )
    with pytest.raises(Refused) as refused:
        await store.write(founding.enter_founder, by=awa, who=an_account(), keys=key_pair(0))
    assert refused.value.reason is Reason.FOUNDERS_COMPLETE
    async with store.read() as tx:
        assert await members.count(tx) == 20
        admitted = await events.of_types(tx, [Admitted], limit=1)
        assert await actors.by_local_name(tx, "leo-martin") is None
    assert isinstance(admitted[0].event, Admitted)
    assert admitted[0].event.sponsors == ()


async def test_founders_come_in_the_first_sixty_days_and_by_an_admin(
    store: Store, awa: MemberId, world: FakeWorld
) -> None:
    paul = await store.write(
        founding.enter_founder, by=awa, who=an_account("Paul", email="p@example.org"), keys=key_pair(0)
    )
    with pytest.raises(Refused) as refused:
        await store.write(founding.enter_founder, by=paul, who=an_account(), keys=key_pair(0))
    assert refused.value.reason is Reason.FORBIDDEN
    world.pass_time(days=60)
    with pytest.raises(Refused) as refused:
        await store.write(founding.enter_founder, by=awa, who=an_account(), keys=key_pair(0))
    assert refused.value.reason is Reason.FOUNDING_OVER


async def test_an_actor_that_never_federated_may_get_another_origin(store: Store) -> None:
    await store.write(neighbourhoods.prepare, origin="", setup_hash="x")
    awa = await store.write(founding.found, replace(ANSWERS, origin=""), ADMIN, KEYS)
    async with store.read() as tx:
        assert (await actors.by_url(tx, "https://essai.invalid/users/awa")) is not None
    await store.write(residents.readdress, awa, old="https://essai.invalid", new="https://doulon.example")
    async with store.read() as tx:
        found = await actors.by_url(tx, "https://doulon.example/users/awa")
        signer = await keys.to_sign_with(tx, awa)
    assert found is not None
    assert (found.host, found.inbox, found.shared_inbox) == (
        "doulon.example",
        "https://doulon.example/users/awa/inbox",
        "https://doulon.example/inbox",
    )
    assert signer is not None
    assert signer.id == "https://doulon.example/users/awa#main-key"


async def test_no_founder_enters_what_is_not_founded(store: Store) -> None:
    async def put(tx: Tx) -> ActorId:
        await put_neighbourhood(tx, founded_at=None)
        return await put_account(tx, await put_member(tx, "awa"), roles=["admin"])

    awa = await store.write(put)
    with pytest.raises(Refused) as refused:
        await store.write(founding.enter_founder, by=awa, who=an_account(), keys=key_pair(0))
    assert refused.value.reason is Reason.NOT_FOUND
