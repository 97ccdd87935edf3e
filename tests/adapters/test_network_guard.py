"""What the guarded client never reaches: whatever is not on the public internet, by any name or redirection."""

import asyncio
import socket

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from fedivoisin.adapters.network import Network, Times
from fedivoisin.adapters.public_ip import is_loopback, is_public
from fedivoisin.errors import BadActivity, Unreachable
from tests.adapters.loopback import get, hello, lab, network_to, serving

NOT_PUBLIC = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.254",
    "127.0.0.1",
    "127.255.255.255",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.170",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:93.184.216.34",
    "64:ff9b::7f00:1",
    "64:ff9b::5db8:d822",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:0:7f00:1::",
    "2001:2::1",
    "2001:10::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:5db8:d822::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "2a00:1450:4007::1%1",
    "fec0::1",
    "ff02::1",
    "nantes.example",
    "",
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_on_the_public_internet_is_told_apart(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "93.184.216.34",
        "100.63.255.255",
        "100.128.0.1",
        "172.32.0.1",
        "192.0.1.1",
        "223.255.255.255",
        "2001:4860:4860::8888",
        "2606:4700::1111",
        "2a00:1450:4007::1",
        "2001:200::1",
    ],
)
def test_an_address_on_the_public_internet_may_be_reached(address: str) -> None:
    assert is_public(address)


def test_loopback_is_two_things_only() -> None:
    assert is_loopback("127.0.0.1")
    assert is_loopback("::1")
    assert not any(is_loopback(address) for address in ("::ffff:127.0.0.1", "0.0.0.0", "::", "10.0.0.1", "localhost"))


@pytest.mark.parametrize("address", NOT_PUBLIC[:-2])
async def test_a_literal_address_inside_is_refused(address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    async with network_to() as network:
        with pytest.raises(BadActivity, match=r"forbidden-address|bad-url"):
            await get(network, f"https://{host}/")


@pytest.mark.parametrize(
    "url",
    [
        "http://nantes.example/",
        "https://nantes.example:8443/",
        "http://nantes.example:443/",
        "https://nantes.example:80/",
    ],
)
async def test_only_https_on_its_own_port_is_reached(url: str) -> None:
    async with network_to() as network:
        with pytest.raises(BadActivity, match="forbidden-address"):
            await get(network, url)


@pytest.mark.parametrize(
    "url", ["https://nantes.example/\r\nX: y", "https://a\nb/", "ftp://nantes.example/", "file:///etc/passwd"]
)
async def test_an_address_with_a_line_break_or_of_another_scheme_is_refused(url: str) -> None:
    async with network_to() as network:
        with pytest.raises(BadActivity, match="bad-url"):
            await get(network, url)
        with pytest.raises(BadActivity, match="bad-url"):
            await network.post(url, body=b"", headers={})


async def test_loopback_that_is_not_listed_is_refused_though_others_are() -> None:
    async with serving(hello) as port, network_to(f"nantes.localhost:{port}") as network:
        for host in (f"127.0.0.1:{port}", f"rennes.localhost:{port}", f"localhost:{port}", "nantes.localhost:1"):
            with pytest.raises(BadActivity, match="forbidden-address"):
                await get(network, f"http://{host}/")


async def test_a_listed_host_without_port_may_be_reached_on_any_port() -> None:
    async with serving(hello) as port, network_to("127.0.0.1") as network:
        assert await get(network, f"http://127.0.0.1:{port}/") == b"bonjour"


class Answers(AbstractResolver):
    """Answers each question with the next address."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = list(addresses)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        address = self.addresses.pop(0)
        return [ResolveResult(hostname=host, host=address, port=port, family=socket.AF_INET, proto=0, flags=0)]

    async def close(self) -> None:
        self.addresses.clear()


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254"])
async def test_a_public_name_that_resolves_inside_is_refused(address: str) -> None:
    network = Network(resolver=lambda: Answers(address))
    with pytest.raises(BadActivity, match="forbidden-address"):
        await get(network, "https://nantes.example/")
    await network.close()


async def test_a_lab_name_that_resolves_outside_the_lab_is_refused() -> None:
    network = Network(resolver=lambda: Answers("10.0.0.1"), lab_hosts=frozenset({"nantes.test"}))
    with pytest.raises(BadActivity, match="forbidden-address"):
        await get(network, "http://nantes.test/")
    await network.close()


async def test_a_name_that_changes_its_address_between_two_requests_is_checked_again() -> None:
    async with serving(hello) as port:
        network = Network(resolver=lambda: Answers("127.0.0.1", "10.0.0.1"), lab_hosts=frozenset({"nantes.test"}))
        assert await get(network, f"http://nantes.test:{port}/") == b"bonjour"
        with pytest.raises(BadActivity, match="forbidden-address"):
            await get(network, f"http://nantes.test:{port + 1}/")
        await network.close()


class Silent(Answers):
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        await asyncio.Event().wait()
        return await super().resolve(host, port, family)


async def test_a_name_server_that_does_not_answer_is_given_up() -> None:
    network = Network(resolver=Silent, times=Times(dns=0.05))
    with pytest.raises(Unreachable, match="no-connection"):
        await get(network, "https://nantes.example/")
    await network.close()


@pytest.mark.parametrize(
    ("location", "code"),
    [
        ("http://127.0.0.1:22/", "forbidden-address"),
        ("http://[::1]/", "forbidden-address"),
        ("http://nantes.localhost:1/", "forbidden-address"),
        ("http://10.0.0.1/", "forbidden-address"),
        ("https://nantes.example/", "redirect-to-other-scheme"),
        ("ftp://nantes.example/", "bad-url"),
        ("//user@nantes.example/", "bad-url"),
    ],
)
async def test_a_redirection_inside_or_to_another_scheme_is_refused(location: str, code: str) -> None:
    async def handler(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": location})

    async with lab(handler) as (network, base):
        with pytest.raises(BadActivity, match=code):
            await get(network, base)
