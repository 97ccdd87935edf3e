"""What tests with a Fedify neighbour do again and again."""

from fedivoisin.actions import following
from fedivoisin.ids import ActorId
from fedivoisin.market.listing import Listing
from fedivoisin.store import follows, inbox
from fedivoisin.store import listings as rows
from fedivoisin.store.db import Tx
from tests.federation.towns import Town
from tests.peers.conftest import Fedify


def group_of(town: Town) -> str:
    """The URL of the neighbourhood's Group."""
    return f"{town.origin}/groups/localhost"


def person(town: Town, name: str = "awa") -> str:
    """The URL of a member."""
    return f"{town.origin}/users/{name}"


async def member(town: Town, name: str) -> ActorId:
    """Somebody who lives here already."""
    return (await town.actor(person(town, name))).id


async def followed_by(town: Town, member: ActorId, url: str) -> None:
    """A member follows somebody there, who accepts."""
    await town.store.write(following.follow_address, member_id=member, typed=url)

    async def accepted(tx: Tx) -> bool:
        return any(
            who.url == url and standing.state == "accepted" for standing, who in await follows.followed_by(tx, member)
        )

    assert await town.eventually(accepted, that="the Accept")


async def our_listing(town: Town, fedify: Fedify) -> Listing:
    """Zoe follows the neighbourhood, Awa publishes, and zoe hears of it in both forms."""
    awa = await town.member("awa")
    await fedify.send("follow", to=group_of(town))
    assert await fedify.received("Accept")
    published = await town.publish(awa)
    assert len(await fedify.received("Announce", count=2)) == 2
    return published


async def their_listing(town: Town, fedify: Fedify) -> Listing:
    """Awa follows zoe, who offers a ladder."""
    await followed_by(town, await town.member("awa"), fedify.actor)
    offered = await fedify.send("listing", to=person(town), title="Échelle")
    return await listing_at(town, offered["object"])


async def listing_at(town: Town, url: str, *, title: str = "Échelle") -> Listing:
    """The listing of that address, once it is called so."""

    async def look(tx: Tx) -> Listing | None:
        found = await rows.find_by_url(tx, url)
        return found if found is not None and found.title == title else None

    found = await town.eventually(look, that=f"the listing « {title} »")
    assert found is not None
    return found


async def gone_from(town: Town, url: str) -> None:
    """Wait until the listing of that address is deleted."""

    async def look(tx: Tx) -> bool:
        found = await rows.find_by_url(tx, url)
        return found is not None and found.deleted_at is not None

    assert await town.eventually(look, that="the deletion")


async def settled(town: Town) -> dict[str, int]:
    """How everything that was taken ended."""

    async def done(tx: Tx) -> bool:
        return await inbox.waiting(tx) == 0

    await town.eventually(done, that="the end of the queue")
    return await town.read(inbox.outcomes)
