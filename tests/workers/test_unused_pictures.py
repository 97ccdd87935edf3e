"""What a listing, a draft or a profile shows stays; the rest goes after two days, file and row."""

from dataclasses import replace

from sqlalchemy import update

from fedivoisin.actions import drafts
from fedivoisin.ids import ActorId, PictureId
from fedivoisin.market.listing import Picture
from fedivoisin.store import listings, pictures
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.pictures import Media, thumbnail_path
from fedivoisin.store.schema.actors import actor
from fedivoisin.workers.unused_pictures import remove_unused
from tests.fakes import START, FakeWorld
from tests.makers import ORIGIN, a_listing, put_listings, put_member, put_neighbourhood

AWA = ActorId("actor-awa")


def a_file(number: int) -> Media:
    name = f"{number:08d}"
    path = f"00/00/{name}.webp"
    return Media(PictureId(name), AWA, path, pictures.WEBP, 640, 480, 9, "", START)


def shown(one: Media) -> Picture:
    return Picture(one.id, f"{ORIGIN}/media/{one.path}", one.media_type, "", 640, 480, None)


async def test_only_what_nothing_shows_is_taken_away(store: Store, world: FakeWorld) -> None:
    on_listing, in_draft, on_profile, unused = (a_file(number) for number in range(4))

    async def put(tx: Tx) -> None:
        await put_neighbourhood(tx)
        await put_member(tx, "awa")
        for one in (on_listing, in_draft, on_profile, unused):
            await pictures.keep_media(tx, one)
        await drafts.keep(tx, by=AWA, draft_id=None, fields={"pictures": [{"id": in_draft.id}]})
        await tx.conn.execute(
            update(actor).where(actor.c.id == AWA).values(icon_url=f"{ORIGIN}/media/{on_profile.path}")
        )

    await store.write(put)
    await put_listings(store, a_listing(pictures=(shown(on_listing),)))
    for one in (on_listing, in_draft, on_profile, unused):
        world.media.files |= {one.path: b"", thumbnail_path(one.path): b""}
    assert await remove_unused(store, world.doors) == 0
    world.pass_time(days=3)
    assert await remove_unused(store, world.doors) == 1
    assert unused.path not in world.media.files
    assert len(world.media.files) == 6
    await store.write(listings.replace, replace(a_listing(), pictures=()))
    assert await remove_unused(store, world.doors) == 1
    assert on_listing.path not in world.media.files


async def test_our_copy_goes_with_the_listing_of_the_other_town(store: Store, world: FakeWorld) -> None:
    url = "https://rennes.example/m/1.jpg"

    async def put(tx: Tx) -> None:
        await put_neighbourhood(tx)
        await put_member(tx, "awa")

    await store.write(put)
    far = Picture(PictureId("p"), url, "image/jpeg", "", None, None, None)
    await put_listings(store, a_listing(is_local=False, pictures=(far,)))
    await store.append(pictures.claim_remote, limit=1)
    await store.write(pictures.keep_remote, url, a_file(7))
    world.pass_time(days=3)
    assert await remove_unused(store, world.doors) == 0
    await store.write(listings.mark_deleted, "listing-1")
    assert await remove_unused(store, world.doors) == 1
    async with store.read() as tx:
        assert await pictures.kept_copies(tx, [url]) == {}
