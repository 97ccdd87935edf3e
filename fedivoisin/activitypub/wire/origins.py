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
