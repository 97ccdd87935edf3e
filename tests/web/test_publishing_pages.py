"""Publishing in three screens without script: everything is kept, nothing is published before « Relire »."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from aiohttp import FormData

from fedivoisin.errors import Reason, Refused
from fedivoisin.market.listing import Kind, Listing, Purpose, Unit
from fedivoisin.store import search
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.search import Query
from tests.browsing import Browser, browsers
from tests.fakes import FakeWorld
from tests.makers import put_account, put_candidate, put_member, put_neighbourhood

SITE = "http://doulon.localhost"
WHAT: dict[str, Any] = {"kind": "lend", "title": "Échelle double, 4 m", "text": "Elle monte au premier."}
WHERE: dict[str, Any] = {
    "category": "entraide/pret",
    "place": "Nantes",
    "quarter": "Doulon",
    "latitude": "47.23",
    "longitude": "-1.52",
}


@pytest.fixture
def database_kind() -> str:
    """Pages ask the store, which is tested on both databases: once is enough here."""
    return "sqlite"


@pytest.fixture
async def awa(store: Store, world: FakeWorld) -> AsyncIterator[Browser]:
    async def put(tx: Tx) -> None:
        await put_neighbourhood(tx, origin=SITE, help_name="Paul", help_telephone="02 61 91 00 12")
        await put_account(tx, await put_member(tx, "awa"))

    await store.write(put)
    async with browsers(store, world, 1) as (opened,):
        await opened.sign_in("awa@example.org")
        yield opened


async def published(store: Store) -> list[Listing]:
    async with store.read() as tx:
        return list((await search.find(tx, Query())).listings)


async def second_screen(browser: Browser, what: dict[str, Any] | FormData) -> str:
    """Send the first screen; the address of the draft."""
    await browser.get("/publier")
    answer = await browser.post("/publier", what)
    assert answer.status == 303, answer.text
    assert answer.location.endswith("/ou")
    await browser.get(answer.location)
    return answer.location.removesuffix("/ou")


async def test_three_screens_publish_a_listing(awa: Browser, store: Store) -> None:
    draft = await second_screen(awa, WHAT)
    assert await published(store) == []
    review = await awa.send(f"{draft}/ou", {**WHERE, "max_days": "3", "deposit": "40", "ends_at": "2026-05-01"})
    assert "Échelle double, 4 m" in review.text
    assert "Tout près · Doulon" in review.text
    shown = await awa.send(f"{draft}/relire")
    assert "C’est publié. Vos voisins la voient déjà." in shown.text
    assert "3 jours au plus" in shown.text
    assert "40 €, rendus au retour" in shown.text
    (listing,) = await published(store)
    assert (listing.kind, listing.latitude, listing.max_days) == (Kind.LEND, 47.23, 3)
    assert (await awa.get(f"{draft}/ou")).status == 404
    assert "Échelle double" in (await awa.get("/annonces?q=echelles")).text


async def test_a_wrong_field_is_told_and_the_rest_is_still_there(awa: Browser, store: Store) -> None:
    await awa.get("/publier")
    answer = await awa.post("/publier", {"kind": "", "title": "A", "text": "Mon texte à garder"})
    assert answer.status == 422
    assert "Choisissez dans la liste." in answer.text
    assert "Trop court : 3 caractères au moins." in answer.text
    assert "Mon texte à garder" in answer.html
    draft = await second_screen(awa, {**WHAT, "kind": "sell"})
    answer = await awa.post(f"{draft}/ou", {**WHERE, "price": "beaucoup", "availability": "le soir"})
    assert answer.status == 422
    assert "Écrivez un montant" in answer.text
    assert 'value="beaucoup"' in answer.html
    assert 'value="le soir"' in answer.html
    answer = await awa.post(f"{draft}/ou", {**WHERE, "price": "", "availability": "le soir"})
    assert (answer.status, "Écrivez un prix" in answer.text) == (422, True)
    assert await published(store) == []


async def test_a_category_with_a_rule_is_read_before_publishing(awa: Browser, store: Store) -> None:
    draft = await second_screen(awa, {**WHAT, "kind": "service", "title": "Ménage le mardi"})
    review = await awa.send(
        f"{draft}/ou", {**WHERE, "category": "services/menage", "price": "15", "price_unit": "hour"}
    )
    assert "le particulier employeur déclare" in review.text
    assert "15 € de l’heure" in review.text
    refused = await awa.post(f"{draft}/relire")
    assert (refused.status, "cochez la case" in refused.text) == (422, True)
    assert await published(store) == []
    shown = await awa.send(f"{draft}/relire", {"notice": "cesu"})
    assert "le particulier employeur déclare" in shown.text
    (listing,) = await published(store)
    assert listing.price is not None
    assert listing.price.unit is Unit.HOUR


async def test_a_draft_waits_and_can_be_thrown_away(awa: Browser, store: Store) -> None:
    await awa.get("/publier")
    later = await awa.send("/publier", {"title": "Une idée", "plus_tard": "1"})
    assert "C’est gardé" in later.text
    assert "Une idée" in later.text
    draft = await second_screen(awa, WHAT)
    later = await awa.send(f"{draft}/ou", {"price": "pas un prix", "plus_tard": "1"})
    assert "Échelle double, 4 m" in later.text
    gone = await awa.send(f"{draft}/jeter")
    assert draft not in gone.html
    assert "Une idée" in gone.text


async def test_photos_are_drawn_anew_at_once_and_described(awa: Browser, store: Store, world: FakeWorld) -> None:
    form = FormData(WHAT)
    form.add_field("alt", "Une échelle contre un mur")
    for number in (1, 2):
        form.add_field("pictures", b"jpeg %d" % number, filename="photo.jpg", content_type="image/jpeg")
    draft = await second_screen(awa, form)
    assert max(world.media.files.values()).startswith(b"webp:jpeg")
    review = await awa.send(f"{draft}/ou", WHERE)
    (name,) = [part.split('"')[0] for part in review.html.split('name="alt-')[1:]]
    shown = await awa.send(f"{draft}/relire", {f"alt-{name}": "La même, pliée"})
    (listing,) = await published(store)
    assert [one.alt for one in listing.pictures] == ["Une échelle contre un mur", "La même, pliée"]
    path = listing.pictures[0].url.removeprefix(SITE)
    assert path in shown.html
    picture = await awa.get(path)
    assert picture.headers["Content-Type"] == "image/webp"
    assert picture.headers["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in picture.headers["Cache-Control"]


async def test_a_picture_that_cannot_be_read_is_told_and_the_words_stay(awa: Browser, world: FakeWorld) -> None:
    world.picture_answer = Refused(Reason.PICTURE_UNREADABLE)
    form = FormData(WHAT)
    form.add_field("pictures", b"<svg/>", filename="photo.svg", content_type="image/svg+xml")
    await awa.get("/publier")
    answer = await awa.post("/publier", form)
    assert answer.status == 422
    assert "Nous ne pouvons pas lire cette photo" in answer.text
    assert "Échelle double, 4 m" in answer.html


async def test_no_more_than_four_pictures_are_taken(awa: Browser, world: FakeWorld) -> None:
    form = FormData(WHAT)
    for number in range(5):
        form.add_field("pictures", b"%d" % number, filename="photo.jpg", content_type="image/jpeg")
    await awa.get("/publier")
    answer = await awa.post("/publier", form)
    assert (answer.status, "Quatre photos au plus" in answer.text) == (422, True)
    assert len(world.media.files) == 8  # four, each with its small copy


async def test_another_commune_is_found_by_its_name_and_the_map_wins(awa: Browser, store: Store) -> None:
    draft = await second_screen(awa, WHAT)
    await awa.send(f"{draft}/ou", {**WHERE, "place": "Carquefou", "quarter": ""})
    await awa.send(f"{draft}/relire")
    draft = await second_screen(awa, WHAT)
    await awa.send(f"{draft}/ou", {**WHERE, "place": "Rezé", "latitude": "47.1856", "longitude": "-1.5503"})
    await awa.send(f"{draft}/relire")
    places = {(one.place_name, one.latitude, one.longitude) for one in await published(store)}
    assert places == {("Carquefou", 47.30, -1.49), ("Doulon", 47.19, -1.55)}


async def test_an_unknown_commune_asks_for_the_map(awa: Browser) -> None:
    draft = await second_screen(awa, WHAT)
    answer = await awa.post(f"{draft}/ou", {**WHERE, "place": "Trifouillis"})
    assert answer.status == 422
    assert "Choisissez une commune dans la liste, ou touchez la carte." in answer.text
    assert 'value="Trifouillis"' in answer.html


async def test_a_request_and_a_group_purchase_ask_for_their_own_fields(awa: Browser, store: Store) -> None:
    await awa.get("/publier?kind=request&titre=scie+sauteuse")
    draft = await second_screen(awa, {**WHAT, "kind": "request", "title": "Scie sauteuse"})
    await awa.send(f"{draft}/ou", {**WHERE, "category": "vide-grenier/bricolage"})
    await awa.send(f"{draft}/relire")
    draft = await second_screen(awa, {**WHAT, "kind": "group-purchase", "title": "Pommes"})
    answer = await awa.post(f"{draft}/ou", {**WHERE, "category": "agir/projets", "price": "1,20"})
    assert "quelle quantité" in answer.text
    await awa.send(f"{draft}/ou", {**WHERE, "category": "agir/projets", "price": "1,20", "goal_quantity": "200"})
    shown = await awa.send(f"{draft}/relire")
    assert "1,20 € pièce" in shown.text
    assert {(one.title, one.purpose) for one in await published(store)} == {
        ("Scie sauteuse", Purpose.REQUEST),
        ("Pommes", Purpose.OFFER),
    }


async def test_an_edit_uses_the_same_screens(awa: Browser, store: Store) -> None:
    draft = await second_screen(awa, {**WHAT, "kind": "sell"})
    await awa.send(f"{draft}/ou", {**WHERE, "price": "12,50", "negotiable": "1"})
    page = await awa.send(f"{draft}/relire")
    (listing,) = await published(store)
    assert "12,50 €, à discuter" in page.text
    first = await awa.send(f"/annonces/{listing.id}/modifier")
    assert "Elle monte au premier." in first.html
    second = await awa.send(first.path, {**WHAT, "kind": "sell", "title": "Échelle simple"})
    assert 'value="12,50"' in second.html
    await awa.send(second.path, {**WHERE, "place": "Doulon", "price": "10"})
    shown = await awa.send(second.path.replace("/ou", "/relire"))
    assert "Vos changements sont publiés." in shown.text
    (listing,) = await published(store)
    assert (listing.title, listing.price and listing.price.amount, listing.place_name) == (
        "Échelle simple",
        Decimal(10),
        "Doulon",
    )


async def test_drafts_of_others_do_not_exist_and_candidates_may_not_publish(
    awa: Browser, store: Store, world: FakeWorld
) -> None:
    draft = await second_screen(awa, WHAT)

    async def put(tx: Tx) -> None:
        await put_account(tx, await put_member(tx, "leo"))
        await put_account(tx, await put_candidate(tx, "ines"))

    await store.write(put)
    async with browsers(store, world, 3) as (leo, ines, nobody):
        await leo.sign_in("leo@example.org")
        assert (await leo.get(f"{draft}/ou")).status == 404
        assert (await leo.post(f"{draft}/jeter")).status == 404
        await ines.sign_in("ines@example.org")
        assert (await ines.get("/publier")).status == 403
        assert (await nobody.get("/publier")).location == "/connexion?suite=%2Fpublier"
