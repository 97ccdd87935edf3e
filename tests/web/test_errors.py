"""Every answer has its safety headers, and every failure says what to do, in the visitor's language."""

import logging
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from fedivoisin.store.db import Store
from fedivoisin.web import errors
from fedivoisin.web.errors import HEADERS, HSTS
from fedivoisin.web.visit import Visit
from tests.fakes import FakeWorld
from tests.web.framing import HTML, Client, framed, put_awa, tell

TOO_MUCH = b"x" * (300 * 1024)


async def _break(_visit: Visit) -> web.StreamResponse:
    raise LookupError("what nobody thought of")


async def _not_here(_visit: Visit) -> web.StreamResponse:
    raise web.HTTPNotFound(headers={"Cache-Control": "public, max-age=60"})


async def _later(_visit: Visit) -> web.StreamResponse:
    raise web.HTTPServiceUnavailable(headers={"Retry-After": "30"})


async def _elsewhere(_visit: Visit) -> web.StreamResponse:
    raise web.HTTPSeeOther("/")


async def _odd(_visit: Visit) -> web.StreamResponse:
    raise web.HTTPBadRequest


VIEWS = {
    "/": tell,
    "/casse": _break,
    "/casse/{token}": _break,
    "/absent": _not_here,
    "/tard": _later,
    "/ailleurs": _elsewhere,
    "/etrange": _odd,
}


@pytest.fixture
def database_kind() -> str:
    """No store is asked here: once is enough."""
    return "sqlite"


@pytest.fixture
async def client(store: Store, world: FakeWorld) -> AsyncIterator[Client]:
    await put_awa(store)
    async with framed(store, world, VIEWS) as opened:
        yield opened


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("HEAD", "/", 200),
        ("GET", "/livez", 200),
        ("GET", "/ailleurs", 303),
        ("GET", "/etrange", 400),
        ("POST", "/", 403),
        ("GET", "/nulle-part", 404),
        ("GET", "/absent", 404),
        ("PUT", "/", 405),
        ("DELETE", "/livez", 405),
        ("GET", "/casse", 500),
        ("GET", "/tard", 503),
    ],
)
@pytest.mark.parametrize("accept", ["text/html", "application/activity+json", "*/*"])
async def test_every_answer_has_its_safety_headers(
    client: Client, method: str, path: str, status: int, accept: str
) -> None:
    headers = {"Accept": accept, "X-Forwarded-Proto": "https"}
    async with client.request(method, path, headers=headers, allow_redirects=False) as answer:
        assert answer.status == status
        assert {name: answer.headers.get(name) for name in HEADERS if name != "Content-Security-Policy"} == {
            name: value for name, value in HEADERS.items() if name != "Content-Security-Policy"
        }
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; ")
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Strict-Transport-Security"] == HSTS


async def test_over_plain_http_nothing_is_said_about_https(client: Client) -> None:
    async with client.get("/") as answer:
        assert "Strict-Transport-Security" not in answer.headers


@pytest.mark.parametrize(
    ("method", "path", "status", "sentence"),
    [
        ("GET", "/nulle-part", 404, "Cette page n’existe pas, ou plus."),
        ("GET", "/absent", 404, "Cette page n’existe pas, ou plus."),
        ("PUT", "/", 405, "Cette adresse ne se demande pas ainsi."),
        ("GET", "/etrange", 400, "Nous n’avons pas compris cette demande."),
        ("GET", "/casse", 500, "Ça n’a pas marché, et c’est notre faute."),
        ("GET", "/tard", 503, "Ça n’a pas marché, et c’est notre faute."),
    ],
)
async def test_a_person_gets_a_page_that_says_what_to_do(
    client: Client, method: str, path: str, status: int, sentence: str
) -> None:
    async with client.request(method, path, headers=HTML) as answer:
        html = await answer.text()
        assert (answer.status, answer.content_type) == (status, "text/html")
        assert answer.headers["Cache-Control"] == "no-store"
    assert f"<h1>{sentence}</h1>" in html
    assert '<html lang="fr">' in html


async def test_a_failure_speaks_the_visitors_language(client: Client) -> None:
    async with client.get("/nulle-part", headers=HTML | {"Accept-Language": "en-GB"}) as answer:
        assert '<html lang="en">' in await answer.text()


async def test_a_program_gets_a_short_answer(client: Client) -> None:
    async with client.get("/casse", headers={"Accept": "application/json"}) as answer:
        assert (answer.content_type, await answer.text()) == ("text/plain", "500\n")
    async with client.get("/nulle-part") as answer:
        assert answer.content_type == "text/plain"


async def test_what_the_answer_must_tell_stays(client: Client) -> None:
    async with client.get("/tard", headers=HTML) as answer:
        assert answer.headers["Retry-After"] == "30"
    async with client.put("/", headers=HTML) as answer:
        assert set(answer.headers["Allow"].split(",")) == {"GET", "HEAD", "POST"}
    async with client.get("/absent") as answer:
        assert answer.headers["Cache-Control"] == "public, max-age=60"


async def test_our_own_failure_is_logged_whole(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        async with client.get("/casse", headers=HTML) as answer:
            assert "nobody thought" not in await answer.text()
    [record] = caplog.records
    assert (record.name, record.levelname) == (errors.__name__, "ERROR")
    assert (record.__dict__["method"], record.__dict__["path"]) == ("GET", "/casse")
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], LookupError)


async def test_no_log_holds_the_word_of_a_link(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        async with client.get("/casse/a-word-that-signs-in", headers=HTML) as answer:
            assert answer.status == 500
    [record] = [one for one in caplog.records if one.name == errors.__name__]
    assert record.__dict__["path"] == "/casse/{token}"
    assert "a-word-that-signs-in" not in str(record.__dict__)


async def test_a_page_that_failed_does_not_hinder_the_next(client: Client) -> None:
    for _ in range(3):
        async with client.get("/casse") as answer:
            assert answer.status == 500
    async with client.get("/") as answer:
        assert answer.status == 200


async def test_too_long_a_form_is_said_to_be_too_long(client: Client) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    async with client.post("/", data=TOO_MUCH, headers=HTML | form) as answer:
        assert answer.status == 413
        assert "C’est trop lourd. Choisissez une photo plus petite" in await answer.text()
