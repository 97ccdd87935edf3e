"""The list, the page of a listing, conversations and subscriptions, as neighbours use them."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fedivoisin.actions import conversations, following
from fedivoisin.actions import listings as acting
from fedivoisin.actions.conversations import Words
from fedivoisin.ids import ActorId, ListingId, PictureId
from fedivoisin.market.listing import Kind, Picture, State
from fedivoisin.settings import Limits
from fedivoisin.store import actors, blocks, follows, listings, lookups
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.search import Spot
from fedivoisin.web.views.listings import gathered
from fedivoisin.workers.pictures import fetch_remote_pictures
from tests.browsing import Browser, browsers
from tests.fakes import START, FakeWorld
from tests.makers import a_listing, put_account, put_actor, put_listings, put_member, put_neighbourhood

SITE = "http://doulon.localhost"
LADDER, BICYCLE, FAR = "/annonces/listing-1", "/annonces/listing-2", "/annonces/listing-3"
FAR_PHOTO = Picture(PictureId("p-1"), "https://rennes.example/m/1.jpg", "image/jpeg", "Un clavier", 640, 480, None)


@pytest.fixture
def database_kind() -> str:
    """Pages ask the store, which is tested on both databases: once is enough here."""
    return "sqlite"


@pytest.fixture
async def site(store: Store, world: FakeWorld) -> AsyncIterator[list[Browser]]:
    async def put(tx: Tx) -> None:
        await put_neighbourhood(tx, origin=SITE)
        for name in ("awa", "leo", "paul"):
            await put_account(tx, await put_member(tx, name), roles=["moderateur"] if name == "paul" else ["adherent"])
        await put_actor(tx, "cleunay", id="group-cleunay", type="Group", host="rennes.example", display_name="Cleunay")
        await put_actor(tx, "yann", host="rennes.example")

    await store.write(put)
    far: dict[str, Any] = {"is_local": False, "author": "actor-yann@rennes.example", "group_id": "group-cleunay"}
    await put_listings(
        store,
        a_listing(1, text="<script>alert(1)</script> Solide."),
        a_listing(2, url="https://x.example/2", title="Vélo 16 pouces", kind=Kind.GIVE, category="transport/velo"),
        a_listing(
            3, url="https://rennes.example/3", title="Aide au clavier", pictures=(FAR_PHOTO,), latitude=48.1, **far
        ),
    )
    async with browsers(store, world, 4) as opened:
        for browser, name in zip(opened, ("awa", "leo", "paul"), strict=False):
            await browser.sign_in(f"{name}@example.org")
        yield opened


async def test_anybody_reads_the_list_and_narrows_it(site: list[Browser]) -> None:
    nobody = site[3]
    page = await nobody.get("/annonces")
    assert "2 annonces" in page.text
    assert "Ce qui ferme bientôt, puis le plus récent" in page.text
    assert "Vélo 16 pouces" in page.text
    network = await nobody.get("/annonces?portee=reseau")
    assert "3 annonces" in network.text
    assert "Cleunay" in network.text
    found = await nobody.get("/annonces?q=velos&kind=give&categorie=transport&libre=1&portee=20km")
    assert "1 annonce" in found.text
    assert "Échelle double" not in found.text
    assert "retirer ce filtre" in found.text
    assert 'content="noindex' in found.html


async def test_nothing_found_shows_a_way_out(site: list[Browser]) -> None:
    page = await site[3].get("/annonces?q=scie+sauteuse")
    assert "Rien pour « scie sauteuse » à 20 km" in page.text
    assert "/publier?kind=request&amp;titre=scie+sauteuse" in page.html


@pytest.mark.parametrize(
    "query", ["page=0", "page=99999999", "page=x", "portee=lune&kind=x&categorie=y", "q=%00%ff'\"", "page=400"]
)
async def test_no_address_breaks_the_list(site: list[Browser], query: str) -> None:
    assert (await site[3].get(f"/annonces?{query}")).status == 200


async def test_the_map_has_points_without_addresses(site: list[Browser]) -> None:
    page = await site[3].get("/annonces?vue=carte")
    assert '"latitude": 47.23' in page.html
    points = await site[3].get("/annonces/carte?portee=reseau")
    assert points.headers["Content-Type"].startswith("application/json")
    assert points.html.count('"count"') == 2


async def test_a_wide_map_gathers_what_would_overlap() -> None:
    near = [Spot(47.23, -1.52, 3, ("a",)), Spot(47.21, -1.53, 1, ("b",))]
    assert gathered(near) == near
    assert gathered([]) == []
    wide = gathered([*near, Spot(48.1, -1.7, 2, ("c",))])
    assert [(spot.count, spot.titles) for spot in wide] == [(4, ("a", "b")), (2, ("c",))]


async def test_the_scope_is_remembered_for_a_member(site: list[Browser]) -> None:
    awa = site[0]
    assert "3 annonces" in (await awa.get("/annonces?portee=reseau")).text
    assert "3 annonces" in (await awa.get("/annonces")).text


async def test_the_page_of_a_listing_says_everything_and_runs_nothing(site: list[Browser]) -> None:
    page = await site[3].get(LADDER)
    assert "<script>alert" not in page.html
    assert "Solide." in page.text
    assert 'property="og:title" content="Échelle double, 4 m"' in page.html
    assert 'rel="canonical"' in page.html
    assert "<svg" in page.html
    assert "/signaler?annonce=listing-1" in page.html
    assert "Demander à entrer" in page.text


async def test_an_answer_opens_a_conversation_that_goes_on(site: list[Browser]) -> None:
    awa, leo, paul, _ = site
    await leo.get(LADDER)
    empty = await leo.post(f"{LADDER}/repondre", {"text": "  "})
    assert empty.status == 422
    thread = await leo.send(f"{LADDER}/repondre", {"text": "Samedi matin ?"})
    assert "Votre message est parti." in thread.text
    address = thread.path.partition("?")[0]
    waiting = await awa.get("/echanges")
    assert "1 nouveau message" in waiting.text
    await awa.get(address)
    assert "nouveau message" not in (await awa.get("/echanges")).text
    assert "Oui, 10 h." in (await awa.send(address, {"text": "Oui, 10 h."})).text
    assert "Oui, 10 h." in (await leo.get(address)).text
    assert (await paul.get(address)).status == 404
    assert (await leo.post(address, {"text": ""})).status == 422
    assert "Reprendre votre conversation" in (await leo.get(LADDER)).text


async def test_the_author_reserves_for_who_asked_frees_and_ends(site: list[Browser]) -> None:
    awa, leo, *_ = site
    await leo.get(LADDER)
    await leo.send(f"{LADDER}/repondre", {"text": "Elle me plaît."})
    own = await awa.get(LADDER)
    assert "On vous a répondu" in own.text
    assert "Réservée à Leo" in (await awa.send(f"{LADDER}/reserver", {"pour": "actor-leo"})).text
    assert "Réservé" in (await leo.get("/annonces")).text
    assert "de nouveau libre" in (await awa.send(f"{LADDER}/liberer")).text
    assert "terminée" in (await awa.send(f"{LADDER}/terminer")).text
    assert (await awa.post(f"{LADDER}/reserver")).status == 422
    assert (await leo.post(f"{LADDER}/repondre", {"text": "Et maintenant ?"})).status in (303, 422)
    assert "un mois de plus" in (await awa.send(f"{LADDER}/prolonger")).text


async def test_nobody_acts_for_another(site: list[Browser]) -> None:
    leo = site[1]
    await leo.get(LADDER)
    for act in ("reserver", "terminer", "prolonger", "supprimer"):
        assert (await leo.post(f"{LADDER}/{act}")).status == 403
    assert (await leo.get(f"{LADDER}/supprimer")).status == 404
    assert (await leo.post(f"{LADDER}/modifier")).status == 404


async def test_a_listing_is_deleted_after_a_question(site: list[Browser]) -> None:
    awa = site[0]
    assert "Il n’y a pas de retour en arrière" in (await awa.get(f"{LADDER}/supprimer")).text
    assert "supprimée" in (await awa.send(f"{LADDER}/supprimer")).text
    assert (await awa.get(LADDER)).status == 410
    assert (await awa.get("/annonces/nothing")).status == 404


async def test_likes_and_visible_questions(site: list[Browser]) -> None:
    awa, leo, *_ = site
    await leo.get(LADDER)
    assert "1 j’aime" in (await leo.send(f"{LADDER}/aimer")).text
    assert "0 j’aime" in (await leo.send(f"{LADDER}/aimer", {"retirer": "1"})).text
    asked = await leo.send(f"{LADDER}/question", {"question": "Passe-t-elle au premier ?"})
    assert "Passe-t-elle au premier ?" in asked.text
    answered = await awa.get(LADDER)
    assert 'name="parent"' in answered.html
    assert (await awa.post(f"{LADDER}/question", {"question": ""})).status == 422


async def test_a_hidden_listing_is_there_for_its_author_and_the_moderators_only(
    site: list[Browser], store: Store
) -> None:
    awa, leo, paul, nobody = site
    await store.write(listings.replace, replace(a_listing(1), hidden_at=START, hidden_reason="Adresse visible"))
    assert "Adresse visible" in (await awa.get(LADDER)).text
    assert (await paul.get(LADDER)).status == 200
    assert (await leo.get(LADDER)).status == 404
    assert (await nobody.get(LADDER)).status == 404


async def test_a_town_that_was_shut_out_is_not_shown(site: list[Browser], store: Store) -> None:
    async def shut_out(tx: Tx) -> None:
        await blocks.add(tx, "rennes.example", reason="Test", by=None)

    await store.write(shut_out)
    assert (await site[0].get(FAR)).status == 404
    assert "Aide au clavier" not in (await site[0].get("/annonces?portee=reseau")).text


async def test_a_picture_from_elsewhere_shows_only_once_we_keep_a_copy(
    site: list[Browser], store: Store, world: FakeWorld
) -> None:
    before = await site[3].get(FAR)
    assert "Pas de photo" in before.html
    assert "https://rennes.example/m/1.jpg" not in before.html
    world.publish(FAR_PHOTO.url, b"jpeg")
    await fetch_remote_pictures(store, world.doors, Limits())
    after = await site[3].get(FAR)
    assert "/media-distant/" in after.html
    address = "/media-distant/" + after.html.split("/media-distant/")[1].split('"')[0]
    assert (await site[3].get(address)).headers["Content-Type"] == "image/webp"
    assert (await site[3].get("/media-distant/unknown")).status == 404
    assert (await site[3].get("/media/../settings.toml")).status == 404


async def test_one_click_in_the_mail_renews_without_signing_in(site: list[Browser], store: Store) -> None:
    await store.write(listings.replace, replace(a_listing(1), ends_at=START + timedelta(days=2), state=State.OPEN))

    async def remind(tx: Tx) -> None:
        await listings.reminded(tx, "listing-1", "mot")

    await store.write(remind)
    nobody = site[3]
    assert "Toujours libre ?" in (await nobody.get("/toujours-libre/mot")).text
    assert "un mois de plus" in (await nobody.send("/toujours-libre/mot", {"reponse": "oui"})).text
    assert "déjà servi" in (await nobody.get("/toujours-libre/mot")).text
    await store.write(acting.close, listing_id=ListingId("listing-1"), by=a_listing(1).author_id)


async def test_following_another_town_waits_for_a_worker_and_says_so(site: list[Browser], store: Store) -> None:
    awa = site[0]
    await awa.get("/abonnements")
    assert (await awa.post("/abonnements", {"address": "n’importe quoi"})).status == 422
    waiting = await awa.send("/abonnements", {"address": "@rocabey@malo.example"})
    assert "Nous cherchons @rocabey@malo.example" in waiting.text
    assert "Voir si elle a répondu" in waiting.text
    lookup_id = waiting.path.rpartition("=")[2]
    await store.write(lookups.failed, lookup_id, "no-such-actor")
    failed = await awa.get(waiting.path)
    assert "Nous n’avons trouvé personne à @rocabey@malo.example." in failed.text
    assert "Voir si elle a répondu" not in failed.text
    assert "Nous cherchons" not in (await site[1].get(waiting.path)).text


async def test_a_known_town_is_followed_at_once_and_left_again(site: list[Browser], store: Store) -> None:
    awa = site[0]
    await awa.get("/abonnements")
    page = await awa.send("/abonnements", {"address": "@cleunay@rennes.example"})
    assert "Attend son accord" in page.text
    assert "Vous ne suivez encore personne." in (await awa.send("/abonnements/arreter", {"id": "group-cleunay"})).text


async def test_a_member_lets_followers_in(site: list[Browser], store: Store) -> None:
    async def ask(tx: Tx) -> str:
        yann, awa = await actors.by_id(tx, "actor-yann@rennes.example"), await actors.by_id(tx, "actor-awa")
        assert yann is not None
        assert awa is not None
        asked = replace(awa, approves_followers=True)
        await following.asked_by_peer(tx, follower=yann, followed=asked, activity_url="https://rennes.example/f/1")
        return (await follows.waiting_for(tx, "actor-awa"))[0][0].id

    follow_id = await store.write(ask)
    awa, leo, *_ = site
    assert "On demande à vous suivre" in (await awa.get("/abonnements")).text
    await leo.get("/abonnements")
    assert (await leo.post("/abonnements/repondre", {"demande": follow_id, "reponse": "oui"})).status == 404
    accepted = await awa.send("/abonnements/repondre", {"demande": follow_id, "reponse": "oui"})
    assert "On demande à vous suivre" not in accepted.text


async def test_the_neighbourhood_says_how_to_follow_it(site: list[Browser]) -> None:
    page = await site[3].get("/quartier")
    assert "Doulon, à Nantes" in page.text
    assert "@doulon@doulon.localhost" in page.text
    assert "Transport 1 annonce" in page.text


async def test_the_questions_of_a_blocked_domain_are_shown_no_more(site: list[Browser], store: Store) -> None:
    async def ask(tx: Tx) -> None:
        words = Words("https://rennes.example/n/1", "Insulte publique", "<p>Insulte publique</p>", tx.now)
        yann = ActorId("actor-yann@rennes.example")
        await conversations.receive_question(tx, listing=a_listing(1), writer_id=yann, words=words)

    await store.write(ask)
    assert "Insulte publique" in (await site[3].get(LADDER)).text
    await store.write(blocks.add, "rennes.example", reason="insultes", by=None)
    assert "Insulte publique" not in (await site[3].get(LADDER)).text


async def test_who_is_not_signed_in_does_not_learn_what_there_is(site: list[Browser], store: Store) -> None:
    leo, nobody = site[1], site[3]
    await leo.get(LADDER)
    thread = (await leo.post(f"{LADDER}/repondre", {"text": "Encore libre ?"})).location.partition("?")[0]
    for path in (thread, "/echanges/none", f"{LADDER}/supprimer", "/annonces/none/supprimer"):
        assert (await nobody.get(path)).location.startswith("/connexion?suite="), path
