"""Origins (FEP-fe34): who shares one with whom, whatever the spelling."""

from functools import lru_cache

from fedivoisin.errors import BadActivity
from fedivoisin.proof import Origin
from fedivoisin.urls import Url, origin, parse


@lru_cache(maxsize=1024)
def origin_of(url: str) -> Origin:
    """(scheme, host, port) of an http(s) URL; BadActivity("bad-url") for anything else."""
    return Origin(origin(url))


def same_origin(first: str, *others: str) -> bool:
    """Whether all these URLs share one origin; a URL that cannot be read shares nothing."""
    try:
        origin = origin_of(first)
        for other in others:
            if origin_of(other) != origin:
                return False
    except BadActivity:
        return False
    return True


def normalise(url: str) -> str:
    """The one spelling under which a URL may be compared or stored."""
    return str(parse(url))


@lru_cache(maxsize=64)
def base_of(origin: Origin) -> str:
    """`https://host`, with the port where it is not the usual one."""
    return Url(*origin, target="", fragment="").address


def is_well_spelt(url: str) -> bool:
    """Whether this is the one spelling of the address: two spellings would be two actors (CVE-2023-42451)."""
    base = base_of(origin_of(url))
    rest = url.removeprefix(base)
    path, mark, fragment = rest.partition("#")
    is_whole = not rest or (path.startswith("/") and bool(mark) == bool(fragment))
    return is_whole and url.startswith(base) and rest.isascii()
