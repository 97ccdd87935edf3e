"""SSRF by name, B19–B22: names that mean something else than a moment ago, or several things at once."""

import asyncio
import socket
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from fedivoisin.adapters.network import Network
from fedivoisin.adapters.tracing import Reached, Tracer
from fedivoisin.errors import BadActivity, Unreachable
from fedivoisin.world import Response, World
from tests.attacks.conftest import Besiege
from tests.attacks.elsewhere import activity
from tests.attacks.forbidden import FORBIDDEN, LITERALS, Canary

pytestmark = pytest.mark.slow


@dataclass(slots=True)
class Names(AbstractResolver):
    """A name server in the attacker's hands: every name has the addresses that come next."""

    answers: list[str]
    asked: list[str] = field(default_factory=list[str])

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        self.asked.append(host)
        return [_resolved(host, port, one) for one in self.answers]

    async def close(self) -> None:
        pass


async def test_b19_b20_names_that_lead_to_forbidden_addresses(besiege: Besiege) -> None:
    """The address is checked when the connection is made: what a name meant a moment before plays no part."""
    names = Names([])
    siege = await besiege(doors=lambda world: _with_names(world, names))
    mallory = siege.elsewhere.person("mallory", "mallory")
    await siege.follow(mallory)
    async with siege.unchanged():
        for number, literal in enumerate(LITERALS):
            names.answers = [literal.strip("[]"), "127.0.0.1"]
            said = activity("Create", mallory.url, f"https://rebound-{number}.example/items/1")
            assert await siege.outcome(said, key=mallory.key) == FORBIDDEN, literal
    assert [name for name in names.asked if "rebound" in name] == [
        f"rebound-{number}.example" for number in range(len(LITERALS))
    ]  # once each


@dataclass(slots=True)
class Rebinding(AbstractResolver):
    """A name server in the attacker's hands that says something else at each question, and at last always the same."""

    turns: list[list[str]]
    asked: int = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        answers = self.turns[min(self.asked, len(self.turns) - 1)]
        self.asked += 1
        return [_resolved(host, port, one) for one in answers]

    async def close(self) -> None:
        pass


@pytest.fixture
async def called(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that somebody tries to connect to: none of them answers, and nothing leaves this machine."""
    found: list[str] = []

    async def connect(_: socket.socket, address: tuple[str, int]) -> None:
        found.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(asyncio.get_running_loop(), "sock_connect", connect)
    return found


PUBLIC, OTHER_PUBLIC = "93.184.216.34", "1.1.1.1"


@pytest.mark.parametrize("literal", ["127.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1"])
@pytest.mark.parametrize("is_post", [False, True], ids=["get", "post"])
async def test_b20_a_name_that_means_something_else_at_the_next_question(
    called: list[str], literal: str, is_post: bool
) -> None:
    """However often it was on the public internet before, what it means now is what counts."""
    names = Rebinding([[PUBLIC], [PUBLIC], [literal]])
    network = Network(resolver=lambda: names)

    async def go() -> Response:
        if is_post:
            return await network.post("https://rebound.example/inbox", body=b"{}", headers={})
        return await network.fetch("https://rebound.example/", accept="*/*", max_bytes=10)

    for number in (1, 2):
        with pytest.raises(Unreachable):
            await go()
        assert (names.asked, called) == (number, [PUBLIC] * number)  # one question for each way out
    for _ in range(3):
        with pytest.raises(BadActivity, match=FORBIDDEN):
            await go()
    assert called == [PUBLIC] * 2
    await network.close()


@pytest.mark.parametrize("literal", ["127.0.0.1", "10.0.0.1", "::1", "64:ff9b::7f00:1"])
async def test_b20_public_addresses_among_which_one_is_not(called: list[str], literal: str) -> None:
    for answers in ([PUBLIC, literal], [literal, PUBLIC], [PUBLIC, literal, OTHER_PUBLIC], [literal, literal]):
        called.clear()
        network = Network(resolver=partial(Names, answers))
        with pytest.raises((Unreachable, BadActivity)):
            await network.fetch("https://mixed.example/", accept="*/*", max_bytes=10)
        assert set(called) == {PUBLIC, OTHER_PUBLIC} & set(answers)
        await network.close()


async def test_b22_the_tracer_of_the_federation_check(called: list[str], canary: Canary) -> None:
    """`federation check` has a client of its own, which goes where the guarded one goes and nowhere else."""
    for literal in (one.strip("[]") for one in LITERALS):
        found = await Tracer(resolver=partial(Names, [literal])).trace("https://x.example/")
        assert found == [Reached(literal, FORBIDDEN)], literal
    for origin in canary.origins:
        with suppress(BadActivity):  # what is no address of a host is not even looked up
            assert {one.fault for one in await Tracer().trace(origin)} == {"forbidden-port"}, origin
    assert called == []
    names = Rebinding([[PUBLIC, "127.0.0.1"], ["127.0.0.1"]])
    tracer = Tracer(resolver=lambda: names)
    first, second = await tracer.trace("https://rebound.example/"), await tracer.trace("https://rebound.example/")
    assert first == [Reached(PUBLIC, "connection-refused"), Reached("127.0.0.1", FORBIDDEN)]
    assert second == [Reached("127.0.0.1", FORBIDDEN)]
    lab = Tracer(lab_hosts=frozenset({"peer.test"}), resolver=lambda: Names(["10.0.0.1"]))
    assert await lab.trace("http://peer.test/") == [Reached("10.0.0.1", FORBIDDEN)]
    assert called == [PUBLIC]


def _resolved(host: str, port: int, literal: str) -> ResolveResult:
    family = socket.AF_INET6 if ":" in literal else socket.AF_INET
    return ResolveResult(hostname=host, host=literal, port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST)


def _with_names(world: World, names: Names) -> World:
    network = Network(lab_hosts=frozenset({"mallory.localhost"}), resolver=lambda: names)
    return replace(world, fetch=network.fetch, post=network.post)
