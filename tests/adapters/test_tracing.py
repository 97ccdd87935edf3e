"""How far one gets: each way in which a host can be out of reach has its own word."""

from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp.abc import AbstractResolver

from fedivoisin.adapters.network import Times
from fedivoisin.adapters.tracing import Reached, Tracer, _fault
from fedivoisin.app import utc_now
from fedivoisin.errors import Unreachable
from tests.adapters.loopback import certificates, hello, serving
from tests.adapters.test_network_guard import Answers, Silent
from tests.federation.towns import free_socket

HOST = "nantes.localhost"
QUICK = Times(dns=0.05, connect=2)


def _tracer(*hosts: str, ca_file: str = "", resolver: type[AbstractResolver] = Silent) -> Tracer:
    return Tracer(lab_hosts=frozenset(hosts), ca_file=ca_file, times=QUICK, resolver=resolver)


async def test_a_host_of_the_lab_answers() -> None:
    async with serving(hello) as port:
        assert await _tracer(HOST).trace(f"http://{HOST}:{port}") == [Reached("127.0.0.1")]
        assert await _tracer(f"{HOST}:{port}").trace(f"http://{HOST}:{port}") == [Reached("127.0.0.1")]


async def test_outside_the_lab_only_https_on_its_port_is_spoken() -> None:
    for url in ("http://x.example", "https://x.example:8443"):
        assert await _tracer(HOST).trace(url) == [Reached("x.example", "forbidden-port")]


async def test_a_name_that_leads_nowhere_is_unknown() -> None:
    with pytest.raises(Unreachable, match="unknown-name"):
        await _tracer().trace("https://x.example")


@pytest.mark.parametrize("literal", ["10.0.0.1", "127.0.0.1", "169.254.169.254"])
async def test_a_private_address_is_never_gone_to(literal: str) -> None:
    tracer = Tracer(times=QUICK, resolver=lambda: Answers(literal))
    assert await tracer.trace("https://x.example") == [Reached(literal, "forbidden-address")]


async def test_a_port_where_nobody_listens_refuses() -> None:
    with free_socket() as taken:
        port = taken.getsockname()[1]
    assert await _tracer(HOST).trace(f"http://{HOST}:{port}") == [Reached("127.0.0.1", "connection-refused")]


async def test_a_host_that_swallows_is_too_slow() -> None:
    with free_socket() as listening:
        listening.listen(1)
        port = listening.getsockname()[1]
        hasty = Tracer(lab_hosts=frozenset({HOST}), times=Times(connect=0.1))
        assert await hasty.trace(f"https://{HOST}:{port}") == [Reached("127.0.0.1", "timeout")]


async def test_a_good_certificate_tells_how_long(tmp_path: Path) -> None:
    tls, shown = certificates(tmp_path, HOST, ends=30)
    async with serving(hello, tls) as port:
        (reached,) = await _tracer(HOST, ca_file=shown).trace(f"https://{HOST}:{port}")
    assert reached.fault == ""
    assert reached.certificate_until is not None
    assert timedelta(days=29) < reached.certificate_until - utc_now() < timedelta(days=31)


@pytest.mark.parametrize(
    ("begins", "ends", "host", "is_known", "fault"),
    [
        (-1, 30, HOST, False, "certificate-unknown-issuer"),
        (-1, 30, "rennes.localhost", True, "certificate-other-name"),
        (-30, -1, HOST, True, "certificate-expired"),
        (2, 30, HOST, True, "certificate-not-yet"),
    ],
)
async def test_each_bad_certificate_has_its_word(
    tmp_path: Path, begins: int, ends: int, host: str, is_known: bool, fault: str
) -> None:
    tls, shown = certificates(tmp_path, host, begins=begins, ends=ends)
    async with serving(hello, tls) as port:
        tracer = _tracer(HOST, ca_file=shown if is_known else "")
        assert await tracer.trace(f"https://{HOST}:{port}") == [Reached("127.0.0.1", fault)]


async def test_http_where_https_is_due_is_no_tls() -> None:
    async with serving(hello) as port:
        (reached,) = await _tracer(HOST).trace(f"https://{HOST}:{port}")
    assert reached.fault == "no-tls"


def test_any_other_failure_is_no_connection() -> None:
    assert _fault(OSError("network is unreachable")) == "no-connection"
