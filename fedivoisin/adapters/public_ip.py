"""Which IP addresses are on the public internet: an own list, since `ipaddress.is_global` has several holes."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

# IANA special-purpose registry, plus multicast, the reserved class E and the retired 6to4 relays.
_NOT_PUBLIC_4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
# Global unicast is 2000::/3 and nothing else: so mapped, compatible and NAT64 addresses, which carry an IPv4
# address inside, link-local, unique-local and multicast ones are out from the start.
_UNICAST_6 = IPv6Network("2000::/3")
# Protocol assignments (Teredo, ORCHID, benchmarking), documentation, 6to4 (an IPv4 address inside again).
_NOT_PUBLIC_6 = tuple(IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))


_LOOPBACK = (IPv4Network("127.0.0.0/8"), IPv6Network("::1"))


@lru_cache(maxsize=1024)
def is_public(address: str) -> bool:
    """Whether a literal address may be reached; anything that is no plain literal (a zone, a name) may not."""
    ip = _literal(address)
    if isinstance(ip, IPv4Address):
        return not any(ip in network for network in _NOT_PUBLIC_4)
    return ip is not None and ip in _UNICAST_6 and not any(ip in network for network in _NOT_PUBLIC_6)


@lru_cache(maxsize=64)
def is_loopback(address: str) -> bool:
    """127.0.0.0/8 or ::1, said plainly."""
    ip = _literal(address)
    return ip is not None and any(ip in network for network in _LOOPBACK)


def _literal(address: str) -> IPv4Address | IPv6Address | None:
    try:
        return None if "%" in address else ip_address(address)
    except ValueError:
        return None
