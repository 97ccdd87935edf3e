"""« Les autres quartiers » : how each server fares, what waits for it and why, and the two things to do about it."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from fedivoisin.ids import ActivityId, ActorId
from fedivoisin.store import blocks, outbox, peers
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.outbox import Activity, Target
from fedivoisin.web.views import peers as views
from tests.browsing import Browser, browsers
from tests.fakes import FakeWorld
from tests.makers import put_account, put_member, put_neighbourhood

LIST = "/reglages/voisins-federes"
RENNES, LORIENT, MALO = "rennes.example", "lorient.example:8443", "saint-malo.example"


@pytest.fixture
def database_kind() -> str:
    """Pages ask the store, which is tested on both databases: once is enough here."""
    return "sqlite"


async def _say(tx: Tx, number: int, host: str, *, kind: str = "Create", is_public: bool = True) -> None:
    said = Activity(
        id=ActivityId(f"a{number}"),
        url=f"https://x.example/{number}",
        actor_id=ActorId("actor-awa"),
        type=kind,
        object_url="https://x.example/users/awa/items/1",
        body="{}",
        is_public=is_public,
        published_at=tx.now,
    )
    await outbox.put(tx, said, [Target(f"https://{host}/inbox", host)], priority=1)


async def _put(tx: Tx) -> None:
    await put_neighbourhood(tx, origin="http://doulon.localhost")
    await put_account(tx, await put_member(tx, "awa"), roles=["adherent", "admin"])
    await put_account(tx, await put_member(tx, "lea"), email="lea@x.example")
    await peers.answered(tx, MALO, scheme="rfc9421")
    await peers.seen(tx, MALO)
    await peers.describe(tx, MALO, software="gotosocial", version="0.20.1", metadata=None)
    await peers.did_not_answer(tx, RENNES, error="connection-refused")
    await _say(tx, 1, RENNES)
    await _say(tx, 2, RENNES, kind="Flag", is_public=False)
    await _say(tx, 3, LORIENT, kind="Undo")


@pytest.fixture
async def admin(store: Store, world: FakeWorld) -> AsyncIterator[Browser]:
    """Awa, who administers."""
    await store.write(_put)
    async with browsers(store, world, 1) as opened:
        await opened[0].sign_in("awa")
        yield opened[0]


async def _waiting(store: Store) -> dict[str, int]:
    async with store.read() as tx:
        return {one.host: one.deliveries for one in await outbox.waiting(tx)}


async def test_those_that_fail_come_first(admin: Browser) -> None:
    page = await admin.get(LIST)
    assert page.text.index(LORIENT) < page.text.index(RENNES) < page.text.index(MALO)
    for words in ("Un serveur ne répond pas", "3 envois attendent", "Ne répond pas · plus de réponse depuis le",
                  "Rien n’écoute", "2 envois attendent, le premier depuis le", "Pas encore joint", "GoToSocial 0.20.1",
                  "dernière nouvelle le"):  # fmt: skip
        assert words in page.text, words


async def test_many_servers_are_leafed_through(admin: Browser, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "PER_PAGE", 1)
    first = await admin.get(LIST)
    assert (RENNES in first.text, MALO in first.text, LORIENT in first.text) == (True, False, True)
    assert "?page=2" in first.html
    second = await admin.get(f"{LIST}?page=2")
    assert (RENNES in second.text, MALO in second.text, LORIENT in second.text) == (False, True, False)
    assert "?page=1" in second.html
    assert "?page=3" not in second.html
    assert (await admin.get(f"{LIST}?page=x")).status == 200


async def test_one_server_is_shown_with_all_that_is_known(admin: Browser, store: Store) -> None:
    page = await admin.get(f"{LIST}/{MALO}")
    for words in ("Répond", "GoToSocial 0.20.1", "RFC 9421, jusqu’au", "aucun depuis 30 jours", "Rien : tout est parti",
                  f"fedivoisin federation check {MALO}"):  # fmt: skip
        assert words in page.text, words
    assert "Réessayer" not in page.text
    await store.write(blocks.add, "saint-malo.example", reason="essai", by=None)
    assert "Ce domaine est bloqué ici" in (await admin.get(f"{LIST}/{MALO}")).text


async def test_what_waits_is_said_row_by_row_without_private_affairs(admin: Browser, store: Store) -> None:
    async def fail(tx: Tx) -> None:
        await outbox.again(tx, [outbox.Again(1, timedelta(minutes=20), 502, "status-502")])

    await store.write(fail)
    page = await admin.get(f"{LIST}/{RENNES}")
    for words in ("Du nouveau", "de @awa", "/users/awa/items/1", "Pour la boîte /inbox", "1 essai", "prochain le",
                  "Il est en panne (502)", "À une personne : un signalement"):  # fmt: skip
        assert words in page.text, words
    assert page.text.count("@awa") == 1
    assert page.text.count("/users/awa/items/1") == 1


async def test_a_server_that_was_never_reached_has_a_page(admin: Browser) -> None:
    page = await admin.get(f"{LIST}/{LORIENT}")
    assert page.status == 200
    assert "Pas encore joint" in page.text
    assert "Une annulation" in page.text


async def test_only_the_first_rows_are_shown(admin: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "MOST_ROWS", 1)
    assert "Seul le premier est montré." in (await admin.get(f"{LIST}/{RENNES}")).text


async def test_the_state_of_a_server_is_told(admin: Browser, store: Store, world: FakeWorld) -> None:
    for _ in range(peers.FAILURES_TO_OPEN):
        await store.write(peers.did_not_answer, RENNES, error="timeout")
    page = await admin.get(f"{LIST}/{RENNES}")
    assert "En pause : nouvel essai bientôt" in page.text
    assert "Échecs de suite" in page.text
    world.pass_time(days=8)
    await admin.sign_in("awa")
    await store.write(peers.did_not_answer, RENNES, error="timeout")
    assert "Muet depuis une semaine" in (await admin.get(f"{LIST}/{RENNES}")).text
    await store.write(peers.answered, MALO, scheme="cavage")
    world.pass_time(days=8)
    await admin.sign_in("awa")
    assert "draft-cavage-12" in (await admin.get(f"{LIST}/{MALO}")).text


async def test_a_server_is_tried_again(admin: Browser, store: Store) -> None:
    for _ in range(peers.FAILURES_TO_OPEN):
        await store.write(peers.did_not_answer, RENNES, error="timeout")
    await admin.get(f"{LIST}/{RENNES}")
    kept = await admin.send(f"{LIST}/{RENNES}/relancer")
    assert "Nous réessayons tout de suite." in kept.text
    async with store.read() as tx:
        known = await peers.by_host(tx, RENNES)
    assert known is not None
    assert known.open_until is None


async def test_what_waits_is_dropped_after_a_question(admin: Browser, store: Store) -> None:
    page = await admin.get(f"{LIST}/{RENNES}/abandonner")
    assert "Abandonner ces 2 envois ?" in page.text
    assert await _waiting(store) == {RENNES: 2, LORIENT: 1}
    kept = await admin.send(f"{LIST}/{RENNES}/abandonner")
    assert "Ce qui attendait est abandonné." in kept.text
    assert await _waiting(store) == {LORIENT: 1}
    assert "rennes.example" in (await admin.get("/moderation/journal?quoi=voisins")).text
    assert (await admin.get(f"{LIST}/{RENNES}/abandonner")).status == 404


async def test_one_delivery_is_dropped_alone(admin: Browser, store: Store) -> None:
    page = await admin.get(f"{LIST}/{RENNES}")
    address = f"{LIST}/{RENNES}/abandonner?envoi=1"
    assert address in page.html
    assert "Abandonner cet envoi ?" in (await admin.get(address)).text
    await admin.send(f"{LIST}/{RENNES}/abandonner", {"envoi": "1"})
    assert await _waiting(store) == {RENNES: 1, LORIENT: 1}
    for gone in ("1", "3", "x"):  # done already, of another server, no number
        assert (await admin.post(f"{LIST}/{RENNES}/abandonner", {"envoi": gone})).status == 404
    assert await _waiting(store) == {RENNES: 1, LORIENT: 1}


async def test_a_server_that_nobody_knows_has_no_page(admin: Browser) -> None:
    for path in ("", "/abandonner"):
        assert (await admin.get(f"{LIST}/jamais.example{path}")).status == 404
    for path in ("/relancer", "/abandonner"):
        assert (await admin.post(f"{LIST}/jamais.example{path}", {})).status == 404


async def test_only_admins_come_in(store: Store, world: FakeWorld) -> None:
    await store.write(_put)
    async with browsers(store, world, 1) as (lea,):
        await lea.sign_in("lea")
        for path in ("", f"/{RENNES}", f"/{RENNES}/abandonner"):
            assert (await lea.get(f"{LIST}{path}")).status == 403
        for path in ("relancer", "abandonner"):
            assert (await lea.post(f"{LIST}/{RENNES}/{path}", {})).status == 403
    assert await _waiting(store) == {RENNES: 2, LORIENT: 1}
