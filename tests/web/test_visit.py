"""The ways to answer a visitor, and who may go where."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web
from sqlalchemy import update

from fedivoisin.store.db import Store, Tx
from fedivoisin.store.schema.accounts import account
from fedivoisin.store.schema.trust import membership
from fedivoisin.store.visits import Visitor
from fedivoisin.web.notices import NOTICES
from fedivoisin.web.visit import Visit, local_path
from tests.fakes import FakeWorld
from tests.web.framing import HTML, Client, framed, put_awa, show, with_cookies

AWA = with_cookies(fv="token-1")


def _for(who: Callable[[Visit], Visitor]) -> Callable[[Visit], Awaitable[web.StreamResponse]]:
    async def view(visit: Visit) -> web.StreamResponse:
        return web.Response(text=who(visit).name)

    return view


async def _go(visit: Visit) -> web.StreamResponse:
    return visit.redirect(visit.query("to"), notice=visit.query("notice"))


async def _text(visit: Visit) -> web.StreamResponse:
    return web.Response(text=f"{visit.path('name')} {visit.query('q')} {visit.query('none')}.")


VIEWS = {
    "/entre": _for(lambda visit: visit.signed_in),
    "/membre": _for(lambda visit: visit.member),
    "/moderation": _for(lambda visit: visit.moderator),
    "/admin": _for(lambda visit: visit.admin),
    "/vers": _go,
    "/page": show,
    "/nom/{name}": _text,
}


@pytest.fixture
def database_kind() -> str:
    """The frame asks the store, which is tested on both databases: once is enough here."""
    return "sqlite"


@pytest.fixture
async def client(store: Store, world: FakeWorld) -> AsyncIterator[Client]:
    await put_awa(store)
    async with framed(store, world, VIEWS) as opened:
        yield opened


@pytest.mark.parametrize(
    ("roles", "state", "statuses"),
    [
        (["adherent"], "member", [200, 200, 403, 403]),
        (["adherent"], "candidate", [200, 403, 403, 403]),
        (["moderateur"], "member", [200, 200, 200, 403]),
        (["admin"], "member", [200, 200, 200, 200]),
    ],
)
async def test_each_role_opens_its_pages(
    client: Client, store: Store, roles: list[str], state: str, statuses: list[int]
) -> None:
    async def become(tx: Tx) -> None:
        await tx.conn.execute(update(account).values(roles=roles))
        await tx.conn.execute(update(membership).values(state=state))

    await store.write(become)
    found = []
    for path in ("/entre", "/membre", "/moderation", "/admin"):
        async with client.get(path, headers=AWA) as answer:
            found.append(answer.status)
    assert found == statuses


async def test_who_is_not_signed_in_is_led_to_the_door(client: Client) -> None:
    for path in ("/entre", "/membre", "/moderation", "/admin"):
        async with client.get(path, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, f"/connexion?suite=%2F{path[1:]}")


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [
        ("/annonces", "/annonces"),
        ("/annonces?q=v%C3%A9lo&page=2#a", "/annonces?q=v%C3%A9lo&page=2#a"),
        ("/annonces?q=vélo 16", "/annonces?q=v%C3%A9lo%2016"),
        ("/@awa", "/@awa"),
        ("", "/"),
        ("annonces", "/"),
        ("//evil.example", "/"),
        ("///evil.example", "/"),
        ("/\\evil.example", "/"),
        ("\\\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("/\n/evil.example", "/"),
        ("https://evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("//[", "/"),
        ("/a\r\nSet-Cookie: x=1", "/"),
        ("/\u202e", "/"),
    ],
)
def test_a_redirection_never_leaves_the_site(path: str, leads_to: str) -> None:
    assert local_path(path) == leads_to


@pytest.mark.parametrize(
    ("to", "location"),
    [
        ("/moi", "/moi?dit=enregistre"),
        ("/moi?a=1", "/moi?a=1&dit=enregistre"),
        ("/moi#ici", "/moi?dit=enregistre#ici"),
        ("//evil.example", "/?dit=enregistre"),
    ],
)
async def test_a_notice_goes_with_the_redirection(client: Client, to: str, location: str) -> None:
    async with client.get("/vers", params={"to": to, "notice": "enregistre"}, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, location)


async def test_only_notices_of_ours_are_shown(client: Client) -> None:
    for name, words in NOTICES.items():
        async with client.get(f"/page?dit={name}", headers=HTML) as answer:
            assert words.split(" ")[0] in await answer.text()
    async with client.get("/page?dit=Envoyez+vos+sous", headers=HTML) as answer:
        html = await answer.text()
    assert "Envoyez" not in html
    assert 'class="avis-pile"' not in html


async def test_parts_and_parameters_of_the_address_are_read(client: Client) -> None:
    async with client.get("/nom/awa?q=%20v%C3%A9lo%20") as answer:
        assert await answer.text() == "awa vélo ."
