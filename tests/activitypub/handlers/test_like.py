"""Likes, and what is taken back, as other servers say it. On both databases."""

import pytest

from fedivoisin.store import likes, listings
from fedivoisin.store.db import Tx
from tests.activitypub.neighbours import RENNES, Neighbours, bare, offer, says

BOB = f"{RENNES}/users/bob"


@pytest.mark.parametrize("by", ["address", "whole"])
async def test_a_like_counts_once_and_is_taken_back(here: Neighbours, by: str) -> None:
    bob, ladder = await here.met("bob"), await here.publish()
    said = says("Like", BOB, ladder.url)
    assert await here.hear(said) == "done"
    assert await here.hear(says("Like", BOB, ladder.url)) == "done"

    async def is_liked(tx: Tx) -> bool:
        return await likes.activity_of(tx, bob.id, ladder.id) is not None

    assert await here.store.write(is_liked)
    assert await here.hear(says("Undo", BOB, said["id"] if by == "address" else said)) == "done"
    assert not await here.store.write(is_liked)


async def test_what_is_gone_or_unknown_is_not_liked(here: Neighbours) -> None:
    here.actor("bob")
    ladder = await here.publish()
    await here.store.write(listings.mark_deleted, ladder.id)
    assert await here.hear(says("Like", BOB, ladder.url)) == "unknown-object"
    assert await here.hear(says("Like", BOB, f"{BOB}/nothing")) == "unknown-object"
    assert await here.hear(says("Undo", BOB, says("Like", BOB, f"{BOB}/nothing"))) == "unknown-object"


async def test_nobody_takes_back_the_like_of_another(here: Neighbours) -> None:
    bob, ladder = await here.met("bob"), await here.publish()
    said = says("Like", BOB, ladder.url)
    await here.hear(said)
    here.actor("eve", 2)
    assert await here.hear(says("Undo", f"{RENNES}/users/eve", said["id"]), 2) == "unknown-object"
    async with here.store.read() as tx:
        assert await likes.activity_of(tx, bob.id, ladder.id) == said["id"]


@pytest.mark.parametrize("by", ["address", "whole"])
async def test_a_group_no_longer_passes_a_listing_on(here: Neighbours, by: str) -> None:
    await here.followed("bob")
    group = await here.followed("bricole", 2, type="Group")
    await here.hear(says("Create", BOB, bare(offer(BOB))))
    thing = f"{BOB}/item-1" if by == "address" else says("Create", BOB, bare(offer(BOB)))
    announced = says("Announce", group.url, thing)
    await here.hear(announced, 2)
    claimed = await here.known(f"{BOB}/item-1")
    assert claimed is not None
    assert claimed.group_id == group.id
    assert await here.hear(says("Undo", group.url, announced), 2) == "done"
    released = await here.known(f"{BOB}/item-1")
    assert released is not None
    assert (released.group_id, released.deleted_at) == (None, None)
    assert await here.hear(says("Undo", group.url, announced), 2) == "unknown-object"


async def test_a_group_elsewhere_does_not_take_ours_from_our_group(here: Neighbours) -> None:
    group, ladder = await here.followed("bricole", 2, type="Group"), await here.publish()
    announced = says("Announce", group.url, ladder.url)
    assert await here.hear(says("Undo", group.url, announced), 2) == "unknown-object"
    kept = await here.known(ladder.url)
    assert kept is not None
    assert kept.group_id == here.group


async def test_what_has_no_address_cannot_be_taken_back(here: Neighbours) -> None:
    here.actor("bob")
    nameless = {"type": "Follow", "actor": BOB, "object": here.awa_url}
    assert await here.hear(says("Undo", BOB, says("Announce", BOB, nameless))) == "no-id"


async def test_other_things_taken_back_mean_nothing(here: Neighbours) -> None:
    here.actor("bob")
    assert await here.hear(says("Undo", BOB, says("Block", BOB, here.awa_url))) == "ignored"


@pytest.mark.parametrize("verb", ["Offer", "Listen"])
async def test_what_has_no_meaning_yet_is_taken_and_ignored(here: Neighbours, verb: str) -> None:
    here.actor("bob")
    assert await here.hear(says(verb, BOB, f"{BOB}/thing")) == "ignored"
