"""What a newly followed Group published lately is fetched, each thing from its own origin. On both databases."""

from typing import Any

import pytest

from fedivoisin.activitypub.backfill import MOST, backfill
from fedivoisin.errors import BadActivity
from fedivoisin.world import Response
from tests.activitypub.neighbours import RENNES, Neighbours, bare, note, offer, says

BOB = f"{RENNES}/users/bob"
OUTBOX = f"{RENNES}/users/bricole/outbox"


def _box(items: list[Any], **changes: Any) -> dict[str, Any]:
    return {"id": OUTBOX, "type": "OrderedCollection", "orderedItems": items} | changes


async def _group(here: Neighbours) -> str:
    here.actor("bob")
    return (await here.followed("bricole", 2, type="Group", outbox=OUTBOX)).url


async def test_listings_are_kept_as_the_groups_own_however_they_are_named(here: Neighbours) -> None:
    group = await _group(here)
    names = [f"item-{number}" for number in range(4)]
    for name in names:
        here.show(offer(BOB, name))
    here.show(note(BOB))
    items = [
        f"{BOB}/item-0",
        says("Announce", group, f"{BOB}/item-1"),
        says("Create", BOB, bare(offer(BOB, "item-2"))),
        bare(offer(BOB, "item-3")),
        bare(note(BOB)),
        f"{BOB}/note-1",
        f"{BOB}/missing",
    ]
    here.show(_box(items))
    assert await backfill(here.reception, OUTBOX) == 4
    kept = [await here.known(f"{BOB}/{name}") for name in names]
    assert {one.group_id for one in kept if one is not None} == {(await here.person(group)).id}
    assert await backfill(here.reception, OUTBOX) == 0


@pytest.mark.parametrize("how", ["address", "embedded"])
async def test_the_first_page_is_enough(here: Neighbours, how: str) -> None:
    await _group(here)
    here.show(offer(BOB))
    page = {"id": f"{OUTBOX}?page=1", "type": "OrderedCollectionPage", "orderedItems": [f"{BOB}/item-1"]}
    here.show(page)
    box = _box([], first=page["id"] if how == "address" else page)
    del box["orderedItems"]
    here.show(box)
    assert await backfill(here.reception, OUTBOX) == 1


async def test_an_outbox_of_nobody_that_we_know_claims_nothing(here: Neighbours) -> None:
    here.actor("bob")
    here.show(offer(BOB))
    here.show(_box([f"{BOB}/item-1"]))
    assert await backfill(here.reception, OUTBOX) == 1
    kept = await here.known(f"{BOB}/item-1")
    assert kept is not None
    assert kept.group_id is None


async def test_an_empty_outbox_gives_nothing(here: Neighbours) -> None:
    await _group(here)
    here.show(_box([]))
    assert await backfill(here.reception, OUTBOX) == 0


async def test_what_is_no_collection_is_refused(here: Neighbours) -> None:
    await _group(here)
    here.show(note(BOB, id=OUTBOX))
    with pytest.raises(BadActivity, match="not-a-collection"):
        await backfill(here.reception, OUTBOX)
    box = _box([], first=f"{OUTBOX}?page=1")
    del box["orderedItems"]
    here.show(box)
    here.show(note(BOB, id=f"{OUTBOX}?page=1"))
    with pytest.raises(BadActivity, match="not-a-collection"):
        await backfill(here.reception, OUTBOX)


async def test_of_much_only_the_newest_is_fetched(here: Neighbours) -> None:
    await _group(here)
    items = [f"{BOB}/item-{number}" for number in range(MOST + 5)]
    here.show(_box(items))
    here.world.pages |= {url: Response(url, 404, {}, b"") for url in items}
    await backfill(here.reception, OUTBOX)
    assert len([url for url in here.asked() if "/item-" in url]) == MOST
