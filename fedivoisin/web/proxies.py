"""Behind a reverse proxy: whose word is believed about the visitor's address and the scheme."""

import ipaddress
from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache

from aiohttp import web
from aiohttp.typedefs import Middleware

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def believing(trusted: Sequence[str]) -> Middleware:
    """A layer that reads `X-Forwarded-For` and `X-Forwarded-Proto`, from the proxies at these addresses alone."""
    networks = [ipaddress.ip_network(one) for one in trusted]

    @lru_cache(maxsize=1024)
    def is_trusted(address: Address) -> bool:
        return any(address in network for network in networks)

    @web.middleware
    async def read(request: web.Request, handler: Handler) -> web.StreamResponse:
        address = _address(request.remote or "")
        if address is None or not is_trusted(address):
            return await handler(request)
        for told in reversed(_words(request, "X-Forwarded-For")):
            # Each proxy appends who asked it: from the right, what trusted ones wrote is true, up to the first other.
            found = _address(told)
            if found is None or not is_trusted(address):
                break
            address = found
        scheme = next(reversed(_words(request, "X-Forwarded-Proto")), request.scheme)
        known = scheme if scheme in ("http", "https") else request.scheme
        return await handler(request.clone(remote=str(address), scheme=known))

    return read


def _words(request: web.Request, name: str) -> list[str]:
    return [word.strip() for word in ",".join(request.headers.getall(name, [])).split(",") if word.strip()]


@lru_cache(maxsize=1024)
def _address(text: str) -> Address | None:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found
