"""Pictures of other towns are fetched once, drawn anew and kept; what fails is tried again, or never."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fedivoisin.errors import Reason, Refused, Unreachable
from fedivoisin.ids import PictureId
from fedivoisin.market.listing import Picture
from fedivoisin.settings import Limits
from fedivoisin.store import blocks, listings, pictures
from fedivoisin.store.db import Store, Tx
from fedivoisin.workers.pictures import fetch_remote_pictures
from fedivoisin.world import Response
from tests.fakes import FakeWorld, Request
from tests.makers import a_listing, put_actor, put_listings, put_neighbourhood

URL = "https://rennes.example/m/1.jpg"


@pytest.fixture(autouse=True)
async def far_listing(store: Store) -> None:
    async def people(tx: Tx) -> None:
        await put_neighbourhood(tx)
        await put_actor(tx, "yann", host="rennes.example")

    await store.write(people)
    shown = Picture(PictureId("p-1"), URL, "image/jpeg", "Un vélo", 640, 480, None)
    await put_listings(
        store, a_listing(author="actor-yann@rennes.example", is_local=False, group_id=None, pictures=(shown,))
    )


async def fetched(store: Store, world: FakeWorld) -> int:
    return await fetch_remote_pictures(store, world.doors, Limits())


async def copy(store: Store) -> pictures.RemotePicture | None:
    async with store.read() as tx:
        return (await pictures.kept_copies(tx, [URL])).get(URL)


async def test_a_picture_is_kept_under_a_name_of_ours(store: Store, world: FakeWorld) -> None:
    world.publish(URL, b"jpeg", content_type="image/jpeg")
    assert await fetched(store, world) == 1
    kept = await copy(store)
    assert kept is not None
    assert kept.path is not None
    assert world.media.files[kept.path] == b"webp:jpeg"
    assert world.media.files[pictures.thumbnail_path(kept.path)] == b"thumbnail:jpeg"
    assert URL not in kept.path
    async with store.read() as tx:
        assert await pictures.kept_copy(tx, kept.public_id) == kept
        assert await pictures.kept_copy(tx, "unknown") is None
    assert await fetched(store, world) == 0


async def test_a_town_that_is_down_is_asked_again_later(store: Store, world: FakeWorld) -> None:
    world.pages[URL] = Unreachable("timeout")
    assert await fetched(store, world) == 1
    assert await fetched(store, world) == 0
    world.publish(URL, b"jpeg")
    world.pass_time(minutes=5)
    assert await fetched(store, world) == 1
    assert await copy(store) is not None


async def test_it_is_not_asked_for_ever(store: Store, world: FakeWorld) -> None:
    tries = 0
    for _ in range(pictures.MOST_ATTEMPTS + 3):
        tries += await fetched(store, world)
        world.time += timedelta(days=4)
    assert tries == pictures.MOST_ATTEMPTS


async def test_one_on_which_we_break_is_put_off_and_the_others_are_fetched(store: Store, world: FakeWorld) -> None:
    others = [Picture(PictureId(f"p-{n}"), f"{URL}?{n}", "image/jpeg", "Un vélo", 640, 480, None) for n in (2, 3)]
    await put_listings(
        store,
        a_listing(2, author="actor-yann@rennes.example", is_local=False, group_id=None, pictures=tuple(others)),
    )
    world.pages[URL] = ArithmeticError("ours")
    for other in others:
        world.publish(other.url, b"jpeg")
    assert await fetched(store, world) == 3
    async with store.read() as tx:
        assert set(await pictures.kept_copies(tx, [URL, *(other.url for other in others)])) == {
            other.url for other in others
        }
    tries = 1
    for _ in range(pictures.MOST_ATTEMPTS + 3):
        world.time += timedelta(days=4)
        tries += await fetched(store, world)
    assert tries == pictures.MOST_ATTEMPTS


async def test_one_that_ends_the_program_is_not_taken_for_ever(store: Store, world: FakeWorld) -> None:
    tries = 0
    for _ in range(pictures.MOST_ATTEMPTS + 3):
        tries += len(await store.take(pictures.claim_remote, limit=5))
        assert await store.take(pictures.claim_remote, limit=5) == []
        world.time += pictures.CLAIM
    assert tries == pictures.MOST_ATTEMPTS


@pytest.mark.parametrize("answer", ["gone", "hostile"])
async def test_what_is_gone_or_hostile_is_never_asked_again(store: Store, world: FakeWorld, answer: str) -> None:
    world.pages[URL] = Response(URL, 410 if answer == "gone" else 200, {}, b"GIF89a")
    world.picture_answer = Refused(Reason.PICTURE_UNREADABLE)
    await fetched(store, world)
    world.pass_time(days=30)
    assert await fetched(store, world) == 0
    assert await copy(store) is None


async def test_a_blocked_town_and_a_deleted_listing_are_asked_for_nothing(store: Store, world: FakeWorld) -> None:
    async def block(tx: Tx) -> None:
        await blocks.add(tx, "rennes.example", reason="Test", by=None)

    await store.write(block)
    assert await fetched(store, world) == 1
    assert world.requests == []


async def test_the_picture_of_a_deleted_listing_is_not_fetched(store: Store, world: FakeWorld) -> None:
    await store.write(listings.mark_deleted, "listing-1")
    await fetched(store, world)
    assert world.requests == []


async def test_a_host_that_keeps_us_waiting_holds_up_nobody_and_is_asked_once_in_a_turn(
    store: Store, world: FakeWorld
) -> None:
    """B25: sixteen pictures that drip, and behind them one of an honest town."""
    slow = [f"https://rennes.example/slow/{number}" for number in range(16)]
    shown = [Picture(PictureId(f"p-{url[-2:]}"), url, "image/jpeg", "", 640, 480, None) for url in slow]
    honest = Picture(PictureId("p-ok"), "https://lyon.example/ok", "image/jpeg", "", 640, 480, None)
    await store.write(listings.mark_deleted, "listing-1")
    await fetched(store, world)
    author = "actor-yann@rennes.example"
    for number, pictures_of_one in enumerate([shown, [honest]], 2):
        far = a_listing(number, author=author, is_local=False, group_id=None, pictures=tuple(pictures_of_one))
        await put_listings(store, far)
    world.publish(honest.url, b"jpeg")
    over = asyncio.Event()

    async def fetch(url: str, **asked: Any) -> Response:
        if url not in slow:
            over.set()
            return await world.fetch(url, **asked)
        world.requests.append(Request("GET", url, {}))
        await asyncio.wait_for(over.wait(), 10)
        world.pass_time(seconds=20)
        raise Unreachable("timeout")

    assert await fetch_remote_pictures(store, replace(world.doors, fetch=fetch), Limits()) == 17
    assert over.is_set()
    assert len([one for one in world.requests if one.url in slow]) == 1
    async with store.read() as tx:
        assert set(await pictures.kept_copies(tx, [honest.url, *slow])) == {honest.url}
    # The others are asked for soon, and no try was counted.
    world.pages |= {url: Response(url, 200, {}, b"jpeg") for url in slow}
    world.pass_time(seconds=20)
    assert await fetched(store, world) == 15
    world.pass_time(minutes=4)
    assert await fetched(store, world) == 1
    async with store.read() as tx:
        assert len(await pictures.kept_copies(tx, slow)) == 16
