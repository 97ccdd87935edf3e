"""The first meeting of three towns: each follows the others, and some of their people write to each other.

Each town acts on its own database only, as its pages would; what it learns of another comes over HTTP, signed.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from time import monotonic

from fedivoisin import app
from fedivoisin.actions import conversations, following, listings
from fedivoisin.demo.build import placed
from fedivoisin.demo.towns import TOWNS, Person, Town, late_offers, login, people
from fedivoisin.demo.words import ACROSS
from fedivoisin.ids import ActorId
from fedivoisin.market.listing import Listing
from fedivoisin.settings import Settings
from fedivoisin.store import actors, search
from fedivoisin.store.db import Store
from fedivoisin.store.search import Query

LONGEST = 60.0
"""Seconds after which the demonstration goes on with what the towns know so far."""
ENOUGH = 20
"""Listings of the other two that a town knows once they have met."""
Say = Callable[[str], None]


async def meet(settings: Mapping[str, Settings], say: Say, stop: asyncio.Event) -> None:
    """Let the towns follow each other, wait until they know each other, and let people write. Done once."""
    stores = {town.slug: app.open_store(settings[town.slug]) for town in TOWNS}
    try:
        if min([len(await _from_elsewhere(store)) for store in stores.values()]) >= ENOUGH:
            return
        say("Les quartiers font connaissance, par le réseau et signé")
        for town in TOWNS:
            await _follow_the_others(stores[town.slug], town)
        await _until_they_know_each_other(list(stores.values()), stop)
        for number, town in enumerate(TOWNS):
            await _write_across(stores[town.slug], town, number)
    finally:
        for store in stores.values():
            await store.close()


async def _follow_the_others(store: Store, town: Town) -> None:
    for other in TOWNS:
        if other is not town:
            for person in people(town.slug)[:3]:
                await store.write(
                    following.follow_address,
                    member_id=await _id(store, person),
                    typed=f"@{other.group}@{other.host}",
                )


async def _until_they_know_each_other(stores: list[Store], stop: asyncio.Event) -> None:
    deadline = monotonic() + LONGEST
    while not stop.is_set() and monotonic() < deadline:
        if min([len(await _from_elsewhere(store)) for store in stores]) >= ENOUGH:
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), 0.5)


async def _write_across(store: Store, town: Town, number: int) -> None:
    residents = [person for person in people(town.slug) if not person.is_candidate]
    for step, listing in enumerate((await _from_elsewhere(store))[:6:2]):
        writer = await _id(store, residents[9 + step])
        words = ACROSS[step % len(ACROSS)].format(town=town.commune)
        await store.write(conversations.ask, listing_id=listing.id, asker_id=writer, text=words)
    for offer in late_offers()[number : number + 1]:
        author = await _id(store, residents[10])
        draft = placed(town, offer, residents[10])
        await store.write(listings.publish, by=author, draft=draft)


async def _from_elsewhere(store: Store) -> list[Listing]:
    async with store.read() as tx:
        found = await search.find(tx, Query())
        everything = [*found.listings]
        for page in range(2, found.total // search.PAGE + 2):
            everything += (await search.find(tx, Query(), number=page)).listings
    return [listing for listing in everything if not listing.is_local]


async def _id(store: Store, person: Person) -> ActorId:
    async with store.read() as tx:
        found = await actors.by_local_name(tx, login(person))
    if found is None:
        raise RuntimeError(f"{person.name} n'habite pas ici : make demo-reset")
    return found.id
