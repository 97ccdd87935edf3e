"""Each root category has its Group, called so that nobody loses their name to it."""

import pytest

from fedivoisin.actions import founding, groups, settings
from fedivoisin.community.groups import GroupOpened
from fedivoisin.ids import MemberId
from fedivoisin.market import categories
from fedivoisin.store import actors, events, neighbourhoods, residents
from fedivoisin.store.db import Store
from tests.actions.test_founding import ANSWERS
from tests.fakes import key_pair
from tests.makers import an_account

KEYS = founding.FirstKeys(instance=key_pair(0), group=key_pair(1), admin=key_pair(2))


@pytest.fixture
async def admin(store: Store) -> MemberId:
    """Founded by somebody who is called as two of the categories might be."""
    await store.write(neighbourhoods.prepare, origin="", setup_hash="x")
    who = an_account("Services", name="services", email="a@example.org", roles=founding.ADMIN_ROLES)
    return await store.write(founding.found, ANSWERS, who, KEYS)


async def test_before_the_first_run_no_group_is_missing(store: Store) -> None:
    await store.write(neighbourhoods.prepare, origin="", setup_hash="x")
    async with store.read() as tx:
        assert await groups.missing(tx) == []


async def test_a_group_of_each_category_is_opened_once(store: Store, admin: MemberId) -> None:
    async with store.read() as tx:
        assert await groups.missing(tx) == [root.id for root in categories.roots()]
    opened = await store.write(groups.open_category, "vide-grenier", key_pair(3))
    assert await store.write(groups.open_category, "vide-grenier", key_pair(4)) is None
    assert await store.write(groups.open_category, "nothing", key_pair(4)) is None
    async with store.read() as tx:
        group = await actors.group_of_category(tx, "vide-grenier")
        assert "vide-grenier" not in await groups.missing(tx)
        happened = [one.event for one in await events.of_types(tx, [GroupOpened], limit=9)]
    assert group is not None
    assert (group.id, group.url) == (opened, "https://nantes.example/groups/vide-grenier")
    assert (group.display_name, group.type) == ("Vide-grenier · Doulon, Nantes", "Group")
    assert "Suivez ce compte" in group.summary
    assert happened == [GroupOpened(group.id, "vide-grenier")]


async def test_a_group_leaves_people_their_names(store: Store, admin: MemberId) -> None:
    await store.write(groups.open_category, "services", key_pair(3))
    async with store.read() as tx:
        group = await actors.group_of_category(tx, "services")
        person = await actors.by_local_name(tx, "services")
    assert group is not None
    assert person is not None
    assert (group.name, person.id) == ("rubrique-services", admin)


async def test_where_both_names_are_taken_a_number_follows(store: Store, admin: MemberId) -> None:
    for name in ("animaux", "rubrique-animaux", "rubrique-animaux-2"):
        who = an_account(name, name=name, email=f"{name}@example.org")
        await store.write(founding.enter_founder, by=admin, who=who, keys=key_pair(3))
    await store.write(groups.open_category, "animaux", key_pair(3))
    async with store.read() as tx:
        group = await actors.group_of_category(tx, "animaux")
    assert group is not None
    assert group.name == "rubrique-animaux-3"


async def test_groups_follow_the_name_of_their_neighbourhood(store: Store, admin: MemberId) -> None:
    await store.write(groups.open_category, "vide-grenier", key_pair(3))
    old = await store.write(groups.open_category, "animaux", key_pair(3))
    assert old is not None
    await store.write(residents.change, old, category="a-former-one")
    values = {"name": "Vieux-Doulon", "language": "en"}
    await store.write(settings.change, by=admin, section="quartier", values=values)
    async with store.read() as tx:
        group = await actors.group_of_category(tx, "vide-grenier")
    assert group is not None
    assert group.display_name.endswith("· Vieux-Doulon, Nantes")
    assert "Follow this account" in group.summary
    async with store.read() as tx:
        former = await actors.by_id(tx, old)
    assert former is not None
    assert former.display_name == "a-former-one · Vieux-Doulon, Nantes"
