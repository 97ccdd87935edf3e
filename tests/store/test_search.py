"""The same search finds the same listings, in the same order, on SQLite and on PostgreSQL."""

from datetime import timedelta
from typing import Any

import pytest

from fedivoisin.ids import ActorId, PictureId
from fedivoisin.market.listing import Genre, Kind, Listing, Picture, Purpose, State
from fedivoisin.store import actors, blocks, listings, pictures, search
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.search import Around, Query
from tests.fakes import START
from tests.makers import DOULON, GROUP, a_listing, put_actor, put_listings, put_member, put_neighbourhood

RENNES = (48.11, -1.67)
CARQUEFOU = (47.30, -1.49)
PHOTO = Picture(PictureId("p"), "https://nantes.example/media/p.webp", "image/webp", "Un vélo", 640, 480, None)

FILE = pictures.Media(PHOTO.id, ActorId("actor-awa"), "p.webp", "image/webp", 640, 480, 9, "", START)


def numbered(number: int, title: str, **changes: Any) -> Listing:
    return a_listing(number, url=f"https://nantes.example/items/{number}", title=title, **changes)


LISTINGS = (
    numbered(1, "Échelle double, 4 m", text="Pour tailler les haies."),
    numbered(2, "Vélos d’enfants", text="Deux vélos.", kind=Kind.GIVE, category="transport/velo", pictures=(PHOTO,)),
    numbered(3, "Remorque", text="Pour un vélo d’enfant, avec fanion.", category="transport/velo"),
    numbered(4, "Confitures de mûres", kind=Kind.GIVE, category="alimentation/surplus", state=State.RESERVED),
    numbered(5, "Gâteaux", kind=Kind.SELL, category="alimentation/repas", ends_at=START + timedelta(days=2)),
    numbered(6, "Cherche perceuse", purpose=Purpose.REQUEST, text="Une heure.", latitude=47.30, longitude=-1.49),
    numbered(
        7,
        "Vélo de ville",
        is_local=False,
        author="actor-yann@rennes.example",
        group_id=None,
        latitude=RENNES[0],
        longitude=RENNES[1],
    ),
    numbered(8, "Vélo parti", state=State.CLOSED),
    numbered(9, "Vélo caché", hidden_at=START),
    numbered(10, "Vélo effacé", deleted_at=START),
    numbered(11, "Vélo périmé", ends_at=START - timedelta(minutes=1)),
    numbered(12, "Vélo du cercle", reach=2),
)


WORDS: tuple[tuple[str, list[int]], ...] = (
    ("velo", [2, 3, 7]),
    ("VÉLOS", [2, 3, 7]),
    ("vélo enfant", [2, 3]),
    ("le vélo de l’enfant", [2, 3]),
    ("échelles", [1]),
    ("gateau", [5]),
    ("perc", [6]),
    ("entraide", []),
    ("matériel", [1, 6, 7]),
    ("scie sauteuse", []),
    ("de la", []),
    ("'\"*)(-: NOT OR NEAR", []),
    ("velo' OR '1'='1", []),
    ("a" * 500, []),
)

FILTERS: tuple[tuple[Query, list[int]], ...] = (
    (Query(category="transport"), [2, 3]),
    (Query(category="transport/velo"), [2, 3]),
    (Query(category="trans"), []),
    (Query(genres=frozenset({Genre.DONNE})), [2, 4]),
    (Query(genres=frozenset({Genre.CHERCHE, Genre.VENDS})), [5, 6]),
    (Query(purpose=Purpose.REQUEST), [6]),
    (Query(only_free=True), [5, 1, 2, 3, 6, 7]),
    (Query(with_photo=True), [2]),
    (Query(author=ActorId("actor-yann@rennes.example")), [7]),
    (Query(around=Around(*DOULON, 20)), [5, 1, 2, 3, 4, 6]),
    (Query(around=Around(*DOULON, 2)), [5, 1, 2, 3, 4]),
    (Query(around=Around(*DOULON, 2), quarter=GROUP), [5, 1, 2, 3, 4, 6]),
    (Query(around=Around(*CARQUEFOU, 2)), [6]),
    (Query(around=Around(*RENNES, 20), words="vélo"), [7]),
    (Query(around=Around(*DOULON, 20), words="vélo"), [2, 3]),
    (Query(around=Around(*DOULON, 2), quarter=GROUP, words="perceuse"), [6]),
    (Query(category="transport", genres=frozenset({Genre.PRETE}), words="vélo", only_free=True), [3]),
)


@pytest.fixture(autouse=True)
async def board(store: Store) -> None:
    async def people(tx: Tx) -> None:
        await put_neighbourhood(tx)
        await put_member(tx, "awa")
        await put_actor(tx, "yann", host="rennes.example")
        await pictures.keep_media(tx, FILE)

    await store.write(people)
    await put_listings(store, *LISTINGS)


async def numbers(store: Store, query: Query) -> list[int]:
    async with store.read() as tx:
        page = await search.find(tx, query)
        assert page.total == len(page.listings) == await search.count(tx, query)
    return [int(one.id.removeprefix("listing-")) for one in page.listings]


async def test_what_closes_soon_comes_first_then_the_newest(store: Store) -> None:
    assert await numbers(store, Query()) == [5, 1, 2, 3, 4, 6, 7]


async def test_words_are_found_whatever_their_accents_and_number(store: Store) -> None:
    for words, found in WORDS:
        assert (words, await numbers(store, Query(words=words))) == (words, found)


async def test_filters_narrow_what_is_found(store: Store) -> None:
    for query, found in FILTERS:
        assert (query, await numbers(store, query)) == (query, found)


async def test_a_changed_title_is_found_by_its_new_words_only(store: Store) -> None:
    await store.write(listings.replace, numbered(1, "Escabeau"))
    assert await numbers(store, Query(words="double")) == []
    assert await numbers(store, Query(words="escabeaux")) == [1]


async def test_pages_hold_twenty_four_and_say_how_many_there_are(store: Store) -> None:
    await put_listings(store, *(numbered(number, f"Livre {number}") for number in range(100, 150)))
    async with store.read() as tx:
        pages = [await search.find(tx, Query(words="livre"), number=number) for number in (1, 2, 3, 4)]
    assert [len(page.listings) for page in pages] == [24, 24, 2, 0]
    assert [page.has_next for page in pages] == [True, True, False, False]
    assert {page.total for page in pages} == {50}
    assert len({one.id for page in pages for one in page.listings}) == 50


async def test_the_map_counts_by_point(store: Store) -> None:
    async with store.read() as tx:
        spots = await search.spots(tx, Query())
    assert [(spot.latitude, spot.longitude, spot.count) for spot in spots] == [
        (*DOULON, 5),
        (*CARQUEFOU, 1),
        (*RENNES, 1),
    ]
    assert len(spots[0].titles) == 3


async def test_a_person_sees_also_what_is_over(store: Store) -> None:
    async with store.read() as tx:
        shown = {one.title for one in await search.by_author(tx, "actor-awa")}
        own = {one.title for one in await search.by_author(tx, "actor-awa", with_closed=True)}
    assert own - shown == {"Vélo parti", "Vélo caché", "Vélo périmé"}
    assert "Vélo effacé" not in own


@pytest.mark.parametrize("domain", ["rennes.example", "example"])
async def test_a_domain_that_was_shut_out_shows_nothing(store: Store, domain: str) -> None:
    async def shut_out(tx: Tx) -> None:
        await blocks.add(tx, domain, reason="Test", by=None)

    await store.write(shut_out)
    assert 7 not in await numbers(store, Query(words="vélo"))
    assert 1 in await numbers(store, Query())


async def test_who_is_gone_shows_nothing(store: Store) -> None:
    async def leave(tx: Tx) -> None:
        await actors.mark_gone(tx, "actor-awa")

    await store.write(leave)
    assert await numbers(store, Query()) == [7]


async def test_roots_are_counted(store: Store) -> None:
    async with store.read() as tx:
        assert await search.counts_by_root(tx, Query()) == {"entraide": 3, "transport": 2, "alimentation": 2}


async def test_feeds_show_our_own_listings(store: Store) -> None:
    async with store.read() as tx:
        ours = await search.newest_public(tx)
        theirs = await search.newest_public(tx, is_local=False)
        bicycles = await search.newest_public(tx, category="transport")
    assert [one.title for one in theirs] == ["Vélo de ville"]
    assert len(ours) == 6
    assert len(bicycles) == 2
