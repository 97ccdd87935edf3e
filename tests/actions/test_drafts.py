"""A draft waits for its author alone, and becomes a listing or a change of one."""

from collections.abc import Awaitable

import pytest

from fedivoisin.actions import drafts as acting
from fedivoisin.actions import listings
from fedivoisin.errors import Reason, Refused
from fedivoisin.ids import ActorId, ListingId
from fedivoisin.store import drafts
from fedivoisin.store.db import Store, Tx
from tests.makers import a_draft, a_listing, put_actor, put_listings, put_member, put_neighbourhood

AWA, LEO, INES = ActorId("actor-awa"), ActorId("actor-leo"), ActorId("actor-ines")
LADDER = ListingId("listing-1")


@pytest.fixture(autouse=True)
async def neighbourhood(store: Store) -> None:
    async def people(tx: Tx) -> None:
        await put_neighbourhood(tx)
        await put_member(tx, "awa")
        await put_member(tx, "leo")
        await put_actor(tx, "ines")

    await store.write(people)
    await put_listings(store, a_listing())


async def refused(act: Awaitable[object]) -> Reason:
    with pytest.raises(Refused) as why:
        await act
    return why.value.reason


async def test_a_draft_is_kept_changed_and_thrown_away(store: Store) -> None:
    kept = await store.write(acting.keep, by=AWA, draft_id=None, fields={"title": "Vélo"})
    await store.write(acting.keep, by=AWA, draft_id=kept.id, fields={"title": "Vélo bleu"})
    async with store.read() as tx:
        assert [dict(one.fields) for one in await drafts.of_member(tx, AWA)] == [{"title": "Vélo bleu"}]
    await store.write(acting.discard, by=AWA, draft_id=kept.id)
    async with store.read() as tx:
        assert await drafts.of_member(tx, AWA) == []


async def test_a_published_draft_is_gone(store: Store) -> None:
    kept = await store.write(acting.keep, by=AWA, draft_id=None, fields={})
    made = await store.write(acting.publish, by=AWA, draft_id=kept.id, draft=a_draft())
    assert made.title == "Vélo 16 pouces"
    assert await refused(store.write(acting.publish, by=AWA, draft_id=kept.id, draft=a_draft())) is Reason.NOT_FOUND


async def test_a_refused_draft_is_still_there(store: Store) -> None:
    kept = await store.write(acting.keep, by=AWA, draft_id=None, fields={})
    wrong = a_draft(title="")
    assert await refused(store.write(acting.publish, by=AWA, draft_id=kept.id, draft=wrong)) is Reason.TITLE_LENGTH
    async with store.read() as tx:
        assert await drafts.find(tx, kept.id, member_id=AWA) is not None


async def test_an_edit_goes_on_where_it_was_left(store: Store) -> None:
    first = await store.write(acting.begin_edit, by=AWA, listing_id=LADDER, fields={"title": "a"})
    again = await store.write(acting.begin_edit, by=AWA, listing_id=LADDER, fields={"title": "b"})
    assert again == first
    changed = await store.write(acting.publish, by=AWA, draft_id=first.id, draft=a_draft(title="Échelle simple"))
    assert (changed.id, changed.title) == (LADDER, "Échelle simple")


async def test_a_draft_belongs_to_its_author(store: Store) -> None:
    kept = await store.write(acting.keep, by=AWA, draft_id=None, fields={})
    assert await refused(store.write(acting.keep, by=LEO, draft_id=kept.id, fields={})) is Reason.NOT_FOUND
    assert await refused(store.write(acting.discard, by=LEO, draft_id=kept.id)) is Reason.NOT_FOUND
    edit = store.write(acting.begin_edit, by=LEO, listing_id=LADDER, fields={})
    assert await refused(edit) is Reason.NOT_FOUND
    begin = store.write(acting.keep, by=INES, draft_id=None, fields={})
    assert await refused(begin) is Reason.NOT_YET_MEMBER


async def test_a_deleted_listing_is_not_edited(store: Store) -> None:
    await store.write(listings.delete, listing_id=LADDER, by=AWA)
    edit = store.write(acting.begin_edit, by=AWA, listing_id=LADDER, fields={})
    assert await refused(edit) is Reason.LISTING_GONE


async def test_the_oldest_of_many_drafts_makes_way(store: Store) -> None:
    for number in range(drafts.MOST_OF_ONE + 3):
        await store.write(acting.keep, by=AWA, draft_id=None, fields={"title": str(number)})
    async with store.read() as tx:
        assert len(await drafts.of_member(tx, AWA)) == drafts.MOST_OF_ONE
