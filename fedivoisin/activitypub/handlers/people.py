"""Who an address names: somebody elsewhere, or somebody of ours."""

from collections.abc import Iterable

from fedivoisin import addresses
from fedivoisin.errors import BadActivity, Missing
from fedivoisin.store import actors, blocks
from fedivoisin.store.actors import Actor
from fedivoisin.store.db import Tx

MOST_NAMED = 20


async def author(tx: Tx, url: str) -> Actor:
    """Somebody elsewhere whose words we may keep; Missing when not known yet."""
    found = await actors.by_url(tx, url)
    if found is None:
        raise Missing(url)
    if found.is_local:
        raise BadActivity("author-is-ours", status=403)
    if found.gone_at is not None or found.hidden_at is not None or await blocks.is_blocked(tx, found.host):
        raise BadActivity("author-refused", status=403)  # also when it comes through a boost (CVE-2026-23961)
    return found


async def ours_among(tx: Tx, origin: str, urls: Iterable[str]) -> list[Actor]:
    """Those of ours, of the first twenty addresses."""
    found = [await ours(tx, origin, url) for url in list(urls)[:MOST_NAMED]]
    return [one for one in found if one is not None]


async def ours(tx: Tx, origin: str, url: str) -> Actor | None:
    """A member, a Group or the instance; None for others, for who is gone and for who is not admitted yet."""
    match addresses.resolve(origin, url):
        case addresses.Person() | addresses.Group() | addresses.Instance():
            found = await actors.by_url(tx, url)
        case _:
            return None
    if found is None or not found.is_local or found.gone_at is not None:
        return None
    if found.type == "Person" and not await actors.is_member(tx, found.id):
        return None
    return found
