"""How far one gets towards a host: its addresses, whether they may be reached, who answers, with which certificate."""

import asyncio
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from aiohttp.abc import AbstractResolver
from aiohttp.resolver import AsyncResolver

from fedivoisin.adapters.network import Names, Times
from fedivoisin.adapters.public_ip import is_loopback, is_public
from fedivoisin.errors import Unreachable
from fedivoisin.urls import Url, parse

MOST_ADDRESSES = 4
_CERTIFICATE_FAULTS = {
    9: "certificate-not-yet",
    10: "certificate-expired",
    18: "certificate-unknown-issuer",
    19: "certificate-unknown-issuer",
    20: "certificate-unknown-issuer",
    21: "certificate-unknown-issuer",
    62: "certificate-other-name",
}
"""By OpenSSL's number (X509_V_ERR_…)."""


USUAL = Times()


@dataclass(frozen=True, slots=True)
class Reached:
    """One address of the host. `fault` is empty where somebody answers as they should."""

    literal: str
    fault: str = ""
    certificate_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Tracer:
    """Goes where `Network` would go, by the same rules, and says what it meets on the way."""

    lab_hosts: frozenset[str] = frozenset()
    ca_file: str = ""
    times: Times = USUAL
    resolver: Callable[[], AbstractResolver] = AsyncResolver

    async def trace(self, url: str) -> list[Reached]:
        """The first addresses of the host at `url`, each tried. Raises Unreachable when its name leads nowhere."""
        address = parse(url)
        is_lab = address.host in self.lab_hosts or f"{address.host}:{address.port}" in self.lab_hosts
        if not is_lab and (address.scheme, address.port) != ("https", 443):
            return [Reached(address.host, "forbidden-port")]
        literals = await self._addresses(address, is_lab=is_lab)
        may_reach = is_loopback if is_lab else is_public
        return [
            await self._reach(address, literal) if may_reach(literal) else Reached(literal, "forbidden-address")
            for literal in literals[:MOST_ADDRESSES]
        ]

    async def _addresses(self, address: Url, *, is_lab: bool) -> Sequence[str]:
        names = Names(self.resolver(), self.times.dns, is_lab)
        try:
            found = await names.resolve(address.host, address.port)
        except OSError:
            raise Unreachable("unknown-name") from None
        finally:
            await names.close()
        return list(dict.fromkeys(one["host"] for one in found))

    async def _reach(self, address: Url, literal: str) -> Reached:
        tls = await asyncio.to_thread(self._tls) if address.scheme == "https" else None
        name = address.host if tls else None
        try:
            async with asyncio.timeout(self.times.connect):
                # To the very address that was looked at: a second look-up might lead elsewhere.
                _, writer = await asyncio.open_connection(literal, address.port, ssl=tls, server_hostname=name)
        except ssl.SSLCertVerificationError as error:
            return Reached(literal, _CERTIFICATE_FAULTS.get(error.verify_code, "certificate-wrong"))
        except (OSError, TimeoutError) as error:
            return Reached(literal, _fault(error))
        until = _until(writer.get_extra_info("peercert"))
        writer.transport.abort()
        return Reached(literal, "", until)

    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self.ca_file:
            context.load_verify_locations(self.ca_file)
        return context


def _fault(error: OSError) -> str:
    match error:
        case TimeoutError():
            return "timeout"
        case ssl.SSLError():
            return "no-tls"
        case ConnectionRefusedError():
            return "connection-refused"
        case _:
            return "no-connection"


def _until(certificate: dict[str, str] | None) -> datetime | None:
    if not certificate:
        return None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)
