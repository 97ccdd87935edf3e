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
_PARTS = re.compile(r"(https?)://([^/?#]*)([^#]*)(?:#(.*))?", re.IGNORECASE)
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
    if len(text) > MAX_URL or _FORBIDDEN.search(text) or _ENCODED.search(text):
        raise BadActivity("bad-url")
    parts = _PARTS.fullmatch(text)
    authority = _AUTHORITY.fullmatch(parts[2]) if parts else None
    if parts is None or authority is None:
        raise BadActivity("bad-url")
    scheme = parts[1].lower()
    port = int(authority[2]) if authority[2] else DEFAULT_PORTS[scheme]
    if not 0 < port < 65536:
        raise BadActivity("bad-url")
    target = parts[3] if parts[3].startswith("/") else f"/{parts[3]}"
    return Url(scheme, _host(authority[1]), port, _ascii(target), _ascii(parts[4] or ""))


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
