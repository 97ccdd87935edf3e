"""The one strict reading of a web address: each spelling of a host ends as one text, or is refused (CVE-2023-42451)."""

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import quote

import idna

from fedivoisin.errors import BadActivity

MAX_URL = 2048
DEFAULT_PORTS = {"http": 80, "https": 443}

# Spaces, controls (CR and LF among them) and what RFC 3986 leaves out of every component.
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\xa0\\\"<>^`{|}\u2028\u2029\ud800-\udfff]")
_BEGINNING = re.compile(r"(https?)://([^/?#]*)", re.IGNORECASE | re.ASCII)
_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:@%\[\]]+?)\.?(?::([0-9]{1,5}))?")
_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9_-]{1,63}(?<!-))*")
_ENCODED = re.compile(r"%(?![0-9A-Fa-f]{2})")
# A last label that browsers and inet_aton would read as a number: then all of it must be a dotted quad.
_NUMERIC = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")


@dataclass(frozen=True, slots=True)
class Url:
    """An http(s) address taken apart: lower-case ASCII host without brackets, explicit port, path and query as sent."""

    scheme: str
    host: str
    port: int
    target: str
    fragment: str

    @property
    def authority(self) -> str:
        """The host as a Host header says it: the default port is left out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def address(self) -> str:
        """What is asked for: everything but the fragment."""
        return f"{self.scheme}://{self.authority}{self.target}"

    def __str__(self) -> str:
        return f"{self.address}#{self.fragment}" if self.fragment else self.address


@lru_cache(maxsize=1024)
def parse(text: str) -> Url:
    """Takes any spelling of an http(s) address; raises BadActivity("bad-url") on all that is ambiguous."""
    beginning = _begin(text)
    target, _, fragment = text[beginning.end() :].partition("#")
    target = target if target.startswith("/") else f"/{target}"
    return Url(*_origin(beginning[1], beginning[2]), _ascii(target), _ascii(fragment))


@lru_cache(maxsize=1024)
def authority_of(text: str) -> str:
    """The host of the address, and the port unless it is the usual one; raises as `parse` does."""
    return parse(text).authority


def origin(text: str) -> tuple[str, str, int]:
    """Scheme, host and port of the address, as `parse` has them; raises as it does."""
    beginning = _begin(text)
    return _origin(beginning[1], beginning[2])


@lru_cache(maxsize=1024)
def network_of(literal: str) -> str:
    """An IPv4 address itself, the /64 of an IPv6 one: a household, not a device."""
    try:
        address = ip_address(literal)
    except ValueError:
        return "unknown"
    if isinstance(address, IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ip_network((address, 64), strict=False))


def _begin(text: str) -> re.Match[str]:
    if len(text) > MAX_URL or _FORBIDDEN.search(text) or _ENCODED.search(text):
        raise BadActivity("bad-url")
    beginning = _BEGINNING.match(text)
    if beginning is None:
        raise BadActivity("bad-url")
    return beginning


@lru_cache(maxsize=1024)  # that of most addresses is another one's, too
def _origin(scheme: str, authority: str) -> tuple[str, str, int]:
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None:
        raise BadActivity("bad-url")
    scheme = scheme.lower()
    port = int(parts[2]) if parts[2] else DEFAULT_PORTS[scheme]
    if not 0 < port < 65536:
        raise BadActivity("bad-url")
    return scheme, _host(parts[1]), port


def _ascii(text: str) -> str:
    return text if text.isascii() else quote(text, safe="%/?:@!$&'()*+,;=-._~[]#")


def _host(text: str) -> str:
    try:
        if text.startswith("["):
            return str(IPv6Address(text[1:-1]))
        name = text.lower() if text.isascii() else idna.encode(text, uts46=True).decode()
        if _NUMERIC.fullmatch(name):
            return str(IPv4Address(name))
    except ValueError:  # IDNAError is one too
        raise BadActivity("bad-url") from None
    if len(name) > 253 or not _NAME.fullmatch(name):
        raise BadActivity("bad-url")
    return name
