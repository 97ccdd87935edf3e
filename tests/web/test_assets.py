"""Our own files: right types, kept long, and nothing else of the disk."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from yarl import URL

from fedivoisin.web import assets

Client = TestClient[web.Request, web.Application]


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    app = web.Application()
    assets.add_to(app)
    async with TestClient(TestServer(app)) as opened:
        yield opened


async def test_every_file_is_served_as_it_is(client: Client) -> None:
    for name, path in assets.FILES.items():
        async with client.get(f"/static/{name}") as answer:
            assert (answer.status, await answer.read()) == (200, path.read_bytes()), name


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("style.css", "text/css; charset=utf-8"),
        ("carte.js", "text/javascript; charset=utf-8"),
        ("sprite.svg", "image/svg+xml"),
        ("icon-192.png", "image/png"),
        ("fonts/atkinson-hyperlegible-latin-400-normal.woff2", "font/woff2"),
        ("leaflet/LICENSE", "text/plain; charset=utf-8"),
    ],
)
async def test_a_file_says_what_it_is(client: Client, name: str, kind: str) -> None:
    async with client.head(f"/static/{name}") as answer:
        assert (answer.status, answer.headers["Content-Type"]) == (200, kind)
        assert await answer.read() == b""


async def test_a_named_content_is_kept_for_ever(client: Client) -> None:
    async with client.get(assets.url("style.css")) as answer:
        assert answer.headers["Cache-Control"] == assets.FOR_EVER


@pytest.mark.parametrize("path", ["/static/style.css", "/static/style.css?v=former", "/static/favicon.svg?v=x"])
async def test_what_does_not_name_its_content_is_kept_a_week(client: Client, path: str) -> None:
    async with client.get(path) as answer:
        assert answer.headers["Cache-Control"] == assets.A_WEEK


async def test_what_the_browser_has_is_not_sent_again(client: Client) -> None:
    async with client.get("/static/style.css") as first:
        mark = first.headers["ETag"]
    async with client.get("/static/style.css", headers={"If-None-Match": mark}) as answer:
        assert (answer.status, await answer.read()) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/static/",
        "/static/fonts",
        "/static/fonts/",
        "/static/nothing.css",
        "/static/../routes.py",
        "/static/%2e%2e/routes.py",
        "/static/..%2froutes.py",
        "/static//etc/passwd",
        "/static/%2fetc/passwd",
        "/static/style.css%00",
    ],
)
async def test_nothing_else_is_served_and_no_folder_listed(client: Client, path: str) -> None:
    async with client.get(URL(path, encoded=True)) as answer:
        assert answer.status == 404


def test_files_that_change_name_their_content() -> None:
    assert set(assets.FINGERPRINTS) == {
        "style.css",
        "carte.js",
        "sprite.svg",
        "leaflet/leaflet.css",
        "leaflet/leaflet.js",
    }
    assert assets.url("favicon.svg") == "/static/favicon.svg"
