"""Listings, actors and notes that are made, changed and deleted elsewhere. On both databases."""

from typing import Any

import pytest

from fedivoisin.store import follows, tombstones
from tests.activitypub.neighbours import PUBLIC, RENNES, Neighbours, bare, note, offer, says

BOB = f"{RENNES}/users/bob"
ITEM = f"{BOB}/item-1"
LATER = "2026-03-02T10:00:00Z"


async def _is_gone(here: Neighbours) -> bool:
    kept = await here.known(ITEM)
    assert kept is not None
    return kept.deleted_at is not None


async def test_a_listing_of_whom_somebody_follows_is_kept(here: Neighbours) -> None:
    await here.followed("bob")
    assert await here.hear(says("Create", BOB, bare(offer(BOB)))) == "done"
    assert await here.hear(says("Create", BOB, bare(offer(BOB)))) == "unchanged"
    assert await here.known(ITEM) is not None


async def test_a_listing_by_its_address_is_fetched(here: Neighbours) -> None:
    await here.followed("bob")
    here.show(offer(BOB))
    assert await here.hear(says("Create", BOB, ITEM)) == "done"
    assert here.asked()[-1] == ITEM


async def test_a_group_of_the_same_town_brings_its_listings_along(here: Neighbours) -> None:
    group = await here.followed("bricole", 2, type="Group")
    here.actor("bob")
    assert await here.hear(says("Create", BOB, bare(offer(BOB, audience=group.url)))) == "done"
    kept = await here.known(ITEM)
    assert kept is not None
    assert kept.group_id == group.id


@pytest.mark.parametrize(
    "audience", ["https://lyon.example/users/bricole", f"{RENNES}/users/unknown", f"{RENNES}/users/bob"]
)
async def test_any_other_audience_claims_nothing(here: Neighbours, audience: str) -> None:
    await here.followed("bob")
    await here.met("bricole", 2, origin="https://lyon.example", type="Group")
    assert await here.hear(says("Create", BOB, bare(offer(BOB, audience=audience)))) == "done"
    kept = await here.known(ITEM)
    assert kept is not None
    assert kept.group_id is None


async def test_what_is_for_a_circle_only_is_not_kept(here: Neighbours) -> None:
    await here.followed("bob")
    private = bare(offer(BOB, to=[f"{BOB}/followers"]))
    assert await here.hear(says("Create", BOB, private, to=[f"{BOB}/followers"])) == "unsolicited"
    assert await here.known(ITEM) is None


async def test_things_of_no_kind_that_we_know_are_ignored(here: Neighbours) -> None:
    await here.followed("bob")
    video = {"id": f"{BOB}/video", "type": "Video", "attributedTo": BOB}
    here.show(video)
    assert await here.hear(says("Create", BOB, video)) == "ignored"
    assert await here.hear(says("Update", BOB, video)) == "ignored"


@pytest.mark.parametrize("verb", ["Create", "Update"])
@pytest.mark.parametrize("make", [offer, note])
async def test_nobody_speaks_for_another_person(here: Neighbours, verb: str, make: Any) -> None:
    await here.followed("bob")
    await here.met("eve", 2)
    eve = f"{RENNES}/users/eve"
    here.show(make(eve, "thing"))
    assert await here.hear(says(verb, BOB, f"{eve}/thing")) == "not-the-author"
    assert await here.hear(says(verb, BOB, bare(make(eve, "thing")))) == "not-the-author"
    assert await here.known(f"{eve}/thing") is None


async def test_who_speaks_for_a_group_of_the_same_server_is_not_believed_either(here: Neighbours) -> None:
    await here.followed("bob")
    group = await here.met("bricole", 2, type="Group")
    assert await here.hear(says("Create", BOB, bare(offer(group.url)))) == "another-author"
    assert await here.known(f"{group.url}/item-1") is None


async def test_an_author_of_another_server_is_a_forgery(here: Neighbours) -> None:
    await here.followed("bob")
    here.show(note("https://lyon.example/users/eve", id=f"{BOB}/note-1"))
    assert await here.hear(says("Create", BOB, f"{BOB}/note-1")) == "foreign-author"
    assert await here.hear(says("Create", BOB, bare(note("https://lyon.example/users/eve")))) == "not-the-author"
    embedded = bare(note("https://lyon.example/users/eve", id=f"{BOB}/note-2"))
    assert await here.hear(says("Create", BOB, embedded)) == "foreign-author"


async def test_an_update_of_an_actor_is_read_at_its_address(here: Neighbours) -> None:
    await here.met("bob")
    here.actor("bob", name="Robert")
    assert (
        await here.hear(says("Update", BOB, {"id": BOB, "type": "Person", "inbox": f"{BOB}/inbox", "name": "Non"}))
        == "done"
    )
    assert (await here.person(BOB)).display_name == "Robert"


async def test_nobody_updates_another_actor(here: Neighbours) -> None:
    await here.followed("bob")
    here.actor("eve", 2)
    assert await here.hear(says("Update", BOB, f"{RENNES}/users/eve")) == "update-of-another"
    embedded = {"id": f"{RENNES}/users/eve", "type": "Person", "inbox": f"{RENNES}/users/eve/inbox"}
    assert await here.hear(says("Update", BOB, embedded)) == "update-of-another"


@pytest.mark.parametrize("verb", ["Create", "Update"])
@pytest.mark.parametrize("make", [offer, note])
async def test_one_thing_has_one_spelling(here: Neighbours, verb: str, make: Any) -> None:
    await here.followed("bob")
    odd = "https://Rennes.example/users/bob/item-1"
    assert await here.hear(says(verb, BOB, bare(make(BOB, id=odd)))) == "odd-id"
    assert await here.known(odd) is None


async def test_what_nobody_waits_for_is_neither_kept_nor_fetched(here: Neighbours) -> None:
    here.actor("bob")
    assert await here.hear(says("Create", BOB, bare(offer(BOB)))) == "unsolicited"
    assert await here.hear(says("Create", BOB, ITEM)) == "unsolicited"
    assert await here.hear(says("Update", BOB, ITEM)) == "unsolicited"
    assert ITEM not in here.asked()


async def test_a_listing_is_deleted_by_its_author(here: Neighbours) -> None:
    await here.followed("bob")
    await here.hear(says("Create", BOB, bare(offer(BOB))))
    here.actor("eve", 2)
    assert await here.hear(says("Delete", f"{RENNES}/users/eve", ITEM), 2) == "not-the-author"
    assert await here.hear(says("Delete", BOB, {"id": ITEM, "type": "Tombstone"})) == "done"
    gone = await here.known(ITEM)
    assert gone is not None
    assert gone.deleted_at is not None


async def test_a_deletion_that_overtakes_its_listing_holds(here: Neighbours) -> None:
    await here.followed("bob")
    assert await here.hear(says("Delete", BOB, ITEM)) == "unknown-object"
    assert await here.hear(says("Create", BOB, bare(offer(BOB)))) == "deleted"
    assert await here.known(ITEM) is None


async def test_nobody_deletes_in_advance_what_another_will_say(here: Neighbours) -> None:
    await here.followed("bob")
    await here.followed("eve", 2)
    assert await here.hear(says("Delete", f"{RENNES}/users/eve", ITEM), 2) == "unknown-object"
    assert await here.hear(says("Create", BOB, bare(offer(BOB)))) == "done"
    assert await here.known(ITEM) is not None


async def test_a_deletion_in_advance_does_not_stand_before_that_of_the_author(here: Neighbours) -> None:
    await here.followed("bob")
    await here.followed("eve", 2)
    await here.hear(says("Delete", f"{RENNES}/users/eve", ITEM), 2)
    await here.hear(says("Delete", BOB, ITEM))
    assert await here.hear(says("Create", BOB, bare(offer(BOB)))) == "deleted"


async def test_a_deletion_by_who_is_not_followed_leaves_nothing(here: Neighbours) -> None:
    bob = await here.met("bob")
    assert await here.hear(says("Delete", BOB, ITEM)) == "unknown-object"
    async with here.store.read() as tx:
        assert not await tombstones.is_gone(tx, ITEM, author_id=bob.id)


async def test_an_actor_that_leaves_takes_its_listings_and_follows_along(here: Neighbours) -> None:
    bob = await here.followed("bob")
    await here.hear(says("Create", BOB, bare(offer(BOB))))
    assert await here.hear(says("Delete", BOB, BOB)) == "done"
    gone = await here.known(ITEM)
    assert gone is not None
    assert gone.deleted_at is not None
    assert (await here.person(BOB)).gone_at is not None
    async with here.store.read() as tx:
        assert await follows.between(tx, here.awa, bob.id) is None
    assert await here.hear(says("Create", BOB, bare(offer(BOB, "item-2")))) == "actor-refused"


@pytest.mark.parametrize(
    ("title", "content", "shown"), [("<b></b>", "Une <i>échelle</i>", "Une échelle"), ("<b></b>", "", "…")]
)
async def test_a_listing_without_title_is_called_by_its_first_words(
    here: Neighbours, title: str, content: str, shown: str
) -> None:
    await here.followed("bob")
    nameless = offer(BOB, content=content, publishes={"type": "Intent", "name": title, "action": "transfer"})
    assert await here.hear(says("Create", BOB, bare(nameless))) == "done"
    kept = await here.known(ITEM)
    assert kept is not None
    assert kept.title == shown


async def test_a_date_in_the_future_is_today(here: Neighbours) -> None:
    await here.followed("bob")
    assert await here.hear(says("Create", BOB, bare(offer(BOB, published="2099-01-01T00:00:00Z")))) == "done"
    kept = await here.known(ITEM)
    assert kept is not None
    assert kept.published_at == here.world.now()


async def test_a_listing_without_a_date_is_of_now_and_its_place_is_blurred(here: Neighbours) -> None:
    await here.followed("bob")
    place = {"type": "Place", "name": "Rennes", "latitude": 48.117266, "longitude": -1.677793}
    said = offer(BOB, location=place, updated=LATER, to=[f"{BOB}/followers"], cc=[PUBLIC])
    del said["published"]
    assert await here.hear(says("Create", BOB, bare(said))) == "done"
    kept = await here.known(ITEM)
    assert kept is not None
    assert kept.published_at == here.world.now()
    assert kept.place_name == "Rennes"
    assert kept.latitude not in (None, 48.117266)


async def test_a_change_is_kept_with_its_pictures(here: Neighbours) -> None:
    await here.followed("bob")
    await here.hear(says("Create", BOB, bare(offer(BOB))))
    picture = {"type": "Image", "mediaType": "image/jpeg", "url": f"{RENNES}/a.jpg", "name": "L’échelle"}
    assert await here.hear(says("Update", BOB, bare(offer(BOB, updated=LATER, attachment=[picture])))) == "done"
    kept = await here.known(ITEM)
    assert kept is not None
    assert [(one.url, one.alt) for one in kept.pictures] == [(f"{RENNES}/a.jpg", "L’échelle")]


async def test_what_is_for_one_of_the_inner_circles_is_not_kept(here: Neighbours) -> None:
    await here.followed("bob")
    assert await here.hear(says("Create", BOB, bare(offer(BOB) | {"fv:circle": 3}))) == "unsolicited"
    assert await here.known(ITEM) is None


@pytest.mark.parametrize("narrower", [{"to": [f"{BOB}/followers"]}, {"fv:circle": 3}])
async def test_what_is_no_longer_for_everyone_is_taken_down(here: Neighbours, narrower: dict[str, Any]) -> None:
    await here.followed("bob")
    await here.followed("eve", 2)
    eve = f"{RENNES}/users/eve"
    await here.hear(says("Create", BOB, bare(offer(BOB))))
    narrowed = bare(offer(BOB, updated=LATER) | narrower)
    assert await here.hear(says("Update", eve, narrowed | {"attributedTo": eve}), 2) == "not-the-author"
    assert await here.hear(says("Update", BOB, bare(offer(BOB) | narrower))) == "unchanged"
    assert not await _is_gone(here)
    assert await here.hear(says("Update", BOB, narrowed)) == "done"
    assert await _is_gone(here)
    assert await here.hear(says("Create", BOB, bare(offer(BOB)))) == "unchanged"
    assert await _is_gone(here)


async def test_what_is_for_everyone_again_comes_back_unless_it_was_deleted(here: Neighbours) -> None:
    await here.followed("bob")
    await here.hear(says("Create", BOB, bare(offer(BOB))))
    for hour in ("10", "12"):
        narrowed = offer(BOB, updated=f"2026-03-02T{hour}:00:00Z", to=[f"{BOB}/followers"])
        await here.hear(says("Update", BOB, bare(narrowed)))
        again = offer(BOB, updated=f"2026-03-02T{hour}:30:00Z")
        assert await here.hear(says("Update", BOB, bare(again))) == "done"
        assert not await _is_gone(here)
    await here.hear(says("Delete", BOB, ITEM))
    assert await here.hear(says("Update", BOB, bare(offer(BOB, updated="2026-03-02T13:00:00Z")))) == "deleted"


async def test_a_listing_of_whom_nobody_follows_is_not_kept(here: Neighbours) -> None:
    here.actor("bob")
    assert await here.hear(says("Create", BOB, bare(offer(BOB)))) == "unsolicited"
    assert await here.known(ITEM) is None
