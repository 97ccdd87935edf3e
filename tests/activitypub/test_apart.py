"""What lacks something is carried out beside all others: in each speaker's order, and bounded; on both databases."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass, field

import pytest

from fedivoisin.activitypub import apart, carrying, inbox, remote
from fedivoisin.activitypub.apart import Apart
from fedivoisin.activitypub.parse.activities import CollectionDocument
from fedivoisin.activitypub.parse.objects import Document
from fedivoisin.activitypub.remote import Remote
from fedivoisin.store import inbox as rows
from fedivoisin.workers import loop
from fedivoisin.world import Response
from tests.activitypub.neighbours import NETWORK, RENNES, Neighbours, bare, offer, says

BOB = f"{RENNES}/users/bob"


@dataclass(slots=True)
class Workshop:
    """A town whose worker can be watched, and servers that drip until they are let go."""

    here: Neighbours
    ends: list[str] = field(default_factory=list[str])
    under_way: list[asyncio.Task[object]] = field(default_factory=list[asyncio.Task[object]])
    let_go: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[str] = field(default_factory=list[str])
    asks: asyncio.Condition = field(default_factory=asyncio.Condition)
    apart: Apart = field(init=False)

    def __post_init__(self) -> None:
        self.apart = Apart(self.here.reception, self._start, self.ends.append)

    def _start(self, work: Coroutine[object, object, None]) -> None:
        self.under_way.append(asyncio.ensure_future(work))

    async def says(self, speaker: str, *names: str, number: int = 1) -> None:
        """They offer things, by their addresses alone."""
        for name in names:
            said = self.here.request(says("Create", speaker, f"{speaker}/{name}"), number)
            await inbox.receive(self.here.reception, said, network=NETWORK)

    async def turn(self) -> int:
        """As the worker takes it; whoever was begun has asked by then."""
        done = await loop.carry_out(self.apart)
        await asyncio.sleep(0)
        return done

    async def asked_for(self, count: int) -> list[str]:
        """The documents that were asked for, once there are so many."""
        async with asyncio.timeout(10), self.asks:
            await self.asks.wait_for(lambda: len(self.asked) >= count)
        return self.asked

    async def rest(self) -> list[str]:
        """How all ended, once nobody is at work."""
        while self.under_way:
            await self.under_way.pop()
        return self.ends


@pytest.fixture
async def shop(here: Neighbours, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Workshop]:
    """Rennes answers nothing until it is let go."""
    shop = Workshop(here)
    whole = remote.fetch_document

    async def drips(way: Remote, url: str) -> Document | CollectionDocument:
        if "/users/" in url and url.count("/") > BOB.count("/"):  # not an actor
            async with shop.asks:
                shop.asked.append(url)
                shop.asks.notify_all()
            if url.startswith(BOB):
                await shop.let_go.wait()
        return await whole(way, url)

    await here.followed("bob")
    monkeypatch.setattr(remote, "fetch_document", drips)
    yield shop
    for task in shop.under_way:
        task.cancel()
    await asyncio.gather(*shop.under_way, return_exceptions=True)


async def _is_deleted(here: Neighbours) -> bool:
    listing = await here.known(f"{BOB}/one")
    return listing is not None and listing.deleted_at is not None


async def _said_and_deleted(shop: Workshop) -> None:
    """Bob offers something, and deletes it while its document is still asked for."""
    shop.here.show(offer(BOB, "one"))
    await shop.says(BOB, "one")
    await shop.turn()
    await shop.asked_for(1)
    gone = shop.here.request(says("Delete", BOB, f"{BOB}/one"))
    await inbox.receive(shop.here.reception, gone, network=NETWORK)


async def test_who_serves_documents_drop_by_drop_holds_up_nobody(shop: Workshop) -> None:
    eve = (await shop.here.followed("eve", 2)).url
    shop.here.show(offer(eve, "ladder"))
    await shop.says(BOB, "one")
    assert await shop.turn() == 1
    await shop.says(eve, "ladder", number=2)
    assert await shop.turn() == 1  # in a turn of its own: what drips is still dripping
    assert await shop.asked_for(2) == [f"{BOB}/one", f"{eve}/ladder"]
    (bob, eves) = shop.under_way
    await eves
    assert (shop.ends, bob.done()) == (["done"], False)
    assert await shop.here.known(f"{eve}/ladder") is not None


async def test_what_they_say_next_waits_until_then(shop: Workshop) -> None:
    await _said_and_deleted(shop)
    # A claim holds until it is over: until then nobody takes what its speaker says.
    assert await shop.turn() == 0
    shop.let_go.set()
    assert await shop.rest() == ["done"]
    assert await shop.turn() == 1
    assert await shop.rest() == ["done", "done"]
    assert await _is_deleted(shop.here)


async def test_nor_does_it_overtake_from_memory(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    await _said_and_deleted(shop)
    monkeypatch.setattr(rows, "CLAIM", rows.CLAIM * 0)
    shop.here.world.pass_time(minutes=3)  # as in memory: the claim is no obstacle
    await shop.turn()
    assert shop.ends == []
    shop.let_go.set()
    assert await shop.rest() == ["done", "done", "done"]  # what was taken twice is done once
    assert await _is_deleted(shop.here)


async def test_who_takes_too_long_tries_again_later(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying, "LONGEST_ALONE", 0.1)
    await shop.says(BOB, "one", "two")
    await shop.turn()
    assert await shop.rest() == ["later", "later"]
    monkeypatch.undo()
    shop.here.show(offer(BOB, "one"))
    shop.here.show(offer(BOB, "two"))
    shop.here.world.pass_time(minutes=1)
    assert await shop.turn() == 2
    assert (await shop.rest())[2:] == ["done", "done"]


async def test_one_host_has_so_many_places_and_no_more(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "MOST_OF_A_HOST", 2)
    monkeypatch.setattr(apart, "MOST_SPEAKERS_OF_A_HOST", 1)
    bobby = (await shop.here.followed("bobby", 3)).url
    await shop.says(BOB, "one")
    await shop.says(bobby, "two", number=3)
    await shop.says(BOB, "three")
    await shop.turn()
    assert shop.ends == ["later"]  # the third
    assert await shop.asked_for(1) == [f"{BOB}/one"]
    shop.let_go.set()
    shop.here.show(offer(BOB, "one"))
    shop.here.show(offer(bobby, "two"))
    assert await shop.rest() == ["later", "done", "done"]


async def test_all_have_so_many_places_and_no_more(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "MOST_SPEAKERS", 1)
    eve = (await shop.here.followed("eve", 2)).url
    shop.here.show(offer(BOB, "one"))
    shop.here.show(offer(eve, "ladder"))
    await shop.says(BOB, "one")
    await shop.says(eve, "ladder", number=2)
    await shop.turn()
    assert await shop.asked_for(1) == [f"{BOB}/one"]
    shop.let_go.set()
    assert await shop.rest() == ["done", "done"]
    assert shop.asked == [f"{BOB}/one", f"{eve}/ladder"]


async def test_what_was_put_off_can_be_taken_back(here: Neighbours) -> None:
    bob = await here.followed("bob", type="Group")
    said = says("Announce", bob.url, f"{bob.url}/one", id=f"{bob.url}/announces/1")
    here.world.pages[f"{bob.url}/one"] = Response(f"{bob.url}/one", 503, {}, b"")
    assert await here.hear(said) == "later"
    assert await here.hear(says("Undo", bob.url, bare(said))) == "done"
    here.show(offer(bob.url, "one"))
    here.world.pass_time(days=1)
    assert await here.carry_out() == "nothing"
    assert await here.known(f"{bob.url}/one") is None
    assert await here.hear(says("Undo", bob.url, f"{bob.url}/announces/2")) == "unknown-object"
