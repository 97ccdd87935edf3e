"""The guarded client against real servers on this machine."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from aiohttp import web

from fedivoisin.activitypub import delivery
from fedivoisin.adapters import network
from fedivoisin.adapters.network import MAX_ANSWER, Times
from fedivoisin.errors import BadActivity, Unreachable
from tests.adapters.loopback import Handler, certificates, get, hello, lab, network_to, serving


async def test_a_lab_host_under_localhost_is_fetched_over_plain_http() -> None:
    async with lab(hello) as (network, base):
        response = await network.fetch(f"{base}/users/amina#main-key", accept="text/html", max_bytes=100)
    assert response.url == f"{base}/users/amina"
    assert (response.status, response.body, response.headers["x-town"]) == (200, b"bonjour", "Nantes")


async def test_the_path_goes_out_exactly_as_it_was_given_with_our_name_and_no_cookie() -> None:
    seen: list[web.Request] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        seen.append(request)
        return web.Response(headers={"Set-Cookie": "spy=1; Path=/"})

    async with lab(handler) as (network, base):
        await get(network, f"{base}/a%2Fb/%C3%A9?q=%41+b&x=1")
        await get(network, base)
    assert seen[0].raw_path == "/a%2Fb/%C3%A9?q=%41+b&x=1"
    assert seen[0].headers["User-Agent"] == "fedivoisin/test"
    assert seen[0].headers["Accept"] == "application/activity+json"
    assert "Cookie" not in seen[1].headers


async def test_fields_sent_twice_are_joined() -> None:
    async def handler(_request: web.Request) -> web.StreamResponse:
        response = web.Response()
        response.headers.extend([("Link", "<a>"), ("Link", "<b>")])
        return response

    async with lab(handler) as (network, base):
        response = await network.fetch(base, accept="*/*", max_bytes=10)
    assert response.headers["link"] == "<a>, <b>"


async def test_however_many_answers_to_fetches_are_slow_a_delivery_finds_a_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(network.PLACES, "GET", 1)
    asked, over = asyncio.Event(), asyncio.Event()

    async def handler(request: web.Request) -> web.StreamResponse:
        if request.method == "GET":
            asked.set()
            await over.wait()
        return web.Response(status=202)

    async with lab(handler, times=Times(total=5)) as (client, base):
        fetching = asyncio.create_task(get(client, base))
        await asked.wait()
        assert (await client.post(f"{base}/inbox", body=b"{}", headers={})).status == 202
        assert not fetching.done()
        over.set()
        await fetching
    assert network.PLACES["POST"] >= delivery.MOST_HOSTS


async def test_a_port_where_nobody_listens_is_unreachable() -> None:
    async with serving(hello) as port:
        pass
    async with network_to("nantes.localhost") as network:
        with pytest.raises(Unreachable, match="no-connection"):
            await get(network, f"http://nantes.localhost:{port}/")


async def test_each_hop_of_a_redirection_is_signed_anew() -> None:
    signed: list[str] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        if request.path == "/a":
            raise web.HTTPFound("/b")
        return web.Response(text=request.headers["Signature"])

    def sign(method: str, url: str, body: bytes | None) -> Mapping[str, str]:
        assert (method, body) == ("GET", None)
        signed.append(url)
        return {"Signature": url}

    async with lab(handler) as (network, base):
        response = await network.fetch(f"{base}/a", accept="*/*", max_bytes=100, sign=sign)
    assert signed == [f"{base}/a", f"{base}/b"]
    assert (response.url, response.body.decode()) == (f"{base}/b", f"{base}/b")


async def test_the_fourth_redirection_is_refused() -> None:
    hops: list[str] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        hops.append(request.path)
        raise web.HTTPFound(f"{request.path}x")

    async with lab(handler) as (network, base):
        with pytest.raises(BadActivity, match="too-many-redirects"):
            await get(network, f"{base}/")
    assert len(hops) == 4


async def test_a_redirection_without_address_is_an_answer_like_another() -> None:
    async def handler(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, text="perdu")

    async with lab(handler) as (network, base):
        assert await get(network, base) == b"perdu"


@pytest.mark.parametrize("location", ["http://[", "//[x"])
async def test_a_redirection_to_no_address_is_refused(location: str) -> None:
    async def handler(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": location})

    async with lab(handler) as (network, base):
        with pytest.raises(BadActivity, match="bad-url"):
            await get(network, base)


async def test_a_post_is_never_redirected() -> None:
    seen: list[tuple[str, bytes, str]] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        assert request.headers["Accept-Encoding"] == "identity"
        seen.append((request.path, await request.read(), request.headers["Digest"]))
        return web.Response(status=307, headers={"Location": "/elsewhere"})

    async with lab(handler) as (network, base):
        response = await network.post(f"{base}/inbox", body=b"{}", headers={"Digest": "SHA-256=x"})
    assert (response.status, response.headers["location"]) == (307, "/elsewhere")
    assert seen == [("/inbox", b"{}", "SHA-256=x")]


async def test_of_the_answer_to_a_post_only_the_beginning_is_read() -> None:
    async def handler(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=b"x" * (MAX_ANSWER * 4))

    async with lab(handler) as (network, base):
        assert len((await network.post(base, body=b"", headers={})).body) == MAX_ANSWER


async def test_an_answer_without_a_body_leaves_its_connection_to_the_next() -> None:
    ports: set[int] = set()

    async def handler(request: web.Request) -> web.StreamResponse:
        ports.add(request.transport.get_extra_info("peername")[1] if request.transport else 0)
        return web.Response(status=202)

    async with lab(handler) as (network, base):
        answers = [await network.post(base, body=b"{}", headers={}) for _ in range(2)]
    assert [(one.status, one.body) for one in answers] == [(202, b"")] * 2
    assert len(ports) == 1


async def test_a_body_may_be_as_large_as_allowed_and_no_larger() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        return web.Response(body=b"x" * int(request.path[1:]))

    async with lab(handler) as (network, base):
        assert len(await get(network, f"{base}/1000")) == 1000
        with pytest.raises(Unreachable, match="too-large"):
            await get(network, f"{base}/1001")


async def test_a_body_without_length_that_never_ends_is_cut() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        with suppress(ConnectionError):
            while True:
                await response.write(b"x" * 65536)
        return response

    async with lab(handler) as (network, base):
        with pytest.raises(Unreachable, match="too-large"):
            await get(network, base)


def packed(body: bytes, encoding: str = "gzip") -> Handler:
    async def handler(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=body, headers={"Content-Encoding": encoding})

    return handler


async def test_a_packed_body_is_unpacked() -> None:
    async with lab(packed(gzip.compress(b"bonjour" * 100, mtime=0))) as (network, base):
        assert await get(network, base) == b"bonjour" * 100


async def test_an_empty_answer_may_say_that_it_is_packed() -> None:
    async with lab(packed(b"")) as (network, base):
        assert await get(network, base) == b""


async def test_a_gzip_bomb_is_cut_at_the_limit() -> None:
    async with lab(packed(gzip.compress(bytes(200_000_000), 1))) as (network, base):
        with pytest.raises(Unreachable, match="too-large"):
            await get(network, base, max_bytes=1_000_000)


@pytest.mark.parametrize(
    ("body", "encoding", "code"),
    [
        (b"not packed at all", "gzip", "bad-encoding"),
        (gzip.compress(b"bonjour" * 100, mtime=0)[:-10], "gzip", "bad-encoding"),
        (b"x", "br", "unknown-encoding"),
        (gzip.compress(gzip.compress(b"x", mtime=0), mtime=0), "gzip, gzip", "unknown-encoding"),
    ],
)
async def test_a_badly_packed_body_is_unreachable(body: bytes, encoding: str, code: str) -> None:
    async with lab(packed(body, encoding)) as (network, base):
        with pytest.raises(Unreachable, match=code) as refusal:
            await get(network, base)
        assert refusal.value.status == 200


async def endless(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Encoding": "gzip"})
    await response.prepare(request)
    await response.write(gzip.compress(b"bonjour"))
    while True:
        await response.write(bytes(65_536))


async def test_what_comes_behind_the_end_of_what_was_packed_is_not_kept() -> None:
    async with lab(endless) as (network, base):
        with pytest.raises(Unreachable, match="bad-encoding"):
            await get(network, base)


async def dripping(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b"x")
        await asyncio.sleep(0.02)


async def test_a_slow_drip_ends_with_the_total_time_out() -> None:
    async with lab(dripping, Times(read=5, total=0.3)) as (network, base):
        with pytest.raises(Unreachable, match="timeout"):
            await get(network, base)


async def test_a_server_that_stops_in_the_middle_ends_with_the_read_time_out() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"x")
        await asyncio.Event().wait()
        return response

    async with lab(handler, Times(read=0.1)) as (network, base):
        with pytest.raises(Unreachable, match="timeout"):
            await get(network, base)


@asynccontextmanager
async def raw_server(answer: bytes) -> AsyncIterator[int]:
    """A server that answers anything with these bytes and closes."""

    async def answer_all(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(answer_all, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", b"nonsense\r\n\r\n"])
async def test_an_answer_that_is_no_http_or_ends_early_is_unreachable(answer: bytes) -> None:
    async with raw_server(answer) as port, network_to("nantes.localhost") as network:
        with pytest.raises(Unreachable, match="network"):
            await get(network, f"http://nantes.localhost:{port}/")


async def test_connections_are_kept_for_the_next_request() -> None:
    peers: set[object] = set()

    async def handler(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        peers.add(request.transport.get_extra_info("peername"))
        return web.Response(body=b"x")

    async with lab(handler) as (network, base):
        for _ in range(3):
            await get(network, base)
    assert len(peers) == 1


async def test_https_in_the_lab_needs_the_extra_authority_and_the_right_name(tmp_path: Path) -> None:
    tls, authority = certificates(tmp_path, "nantes.localhost")
    async with serving(hello, tls) as port:
        async with network_to("nantes.localhost", "rennes.localhost", ca_file=authority) as network:
            assert await get(network, f"https://nantes.localhost:{port}/") == b"bonjour"
            with pytest.raises(Unreachable, match="no-connection"):
                await get(network, f"https://rennes.localhost:{port}/")
        async with network_to("nantes.localhost") as network:
            with pytest.raises(Unreachable, match="no-connection"):
                await get(network, f"https://nantes.localhost:{port}/")
