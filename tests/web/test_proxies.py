"""Whose word counts about the visitor's address and the scheme: trusted proxies' alone."""

from collections.abc import Mapping, Sequence

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from fedivoisin.web.proxies import believing


async def _tell(request: web.Request) -> web.Response:
    return web.json_response([request.remote, request.scheme, request.secure])


async def _told(trusted: Sequence[str], headers: Mapping[str, str | list[str]]) -> list[object]:
    app = web.Application(middlewares=[believing(trusted)])
    app.router.add_get("/", _tell)
    pairs = [(name, one) for name, value in headers.items() for one in ([value] if isinstance(value, str) else value)]
    async with TestClient(TestServer(app)) as client, client.get("/", headers=pairs) as answer:
        assert answer.status == 200
        told: list[object] = await answer.json()
        return told


@pytest.mark.parametrize("trusted", [[], ["10.0.0.0/8"], ["::1"]])
async def test_a_stranger_cannot_say_who_they_are(trusted: list[str]) -> None:
    headers = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https"}
    assert await _told(trusted, headers) == ["127.0.0.1", "http", False]


@pytest.mark.parametrize("trusted", [["127.0.0.1"], ["10.0.0.0/8", "127.0.0.0/8"]])
async def test_a_trusted_proxy_is_believed(trusted: list[str]) -> None:
    headers = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https"}
    assert await _told(trusted, headers) == ["192.0.2.7", "https", True]


@pytest.mark.parametrize(
    ("chain", "address"),
    [
        ("203.0.113.9, 192.0.2.7", "192.0.2.7"),
        ("203.0.113.9, 192.0.2.7, 10.0.0.2", "192.0.2.7"),
        ("10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("192.0.2.7, nonsense, 10.0.0.2", "10.0.0.2"),
        ("192.0.2.7:4711", "127.0.0.1"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("", "127.0.0.1"),
        (" , ", "127.0.0.1"),
    ],
)
async def test_of_a_chain_the_first_that_is_not_ours_counts(chain: str, address: str) -> None:
    # What stands left of it was written by the visitor, who may have made it up.
    told = await _told(["127.0.0.1", "10.0.0.0/8"], {"X-Forwarded-For": chain})
    assert told[0] == address


async def test_a_header_in_several_lines_is_one_chain() -> None:
    told = await _told(["127.0.0.1"], {"X-Forwarded-For": ["203.0.113.9", "192.0.2.7"]})
    assert told[0] == "192.0.2.7"


async def test_without_a_word_about_it_the_scheme_stays() -> None:
    assert await _told(["127.0.0.1"], {"X-Forwarded-For": "192.0.2.7"}) == ["192.0.2.7", "http", False]
    assert await _told(["127.0.0.1"], {"X-Forwarded-Proto": "https"}) == ["127.0.0.1", "https", True]


async def test_a_scheme_that_does_not_exist_is_passed_over() -> None:
    assert (await _told(["127.0.0.1"], {"X-Forwarded-Proto": "gopher"}))[1] == "http"
