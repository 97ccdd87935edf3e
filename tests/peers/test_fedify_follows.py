"""Our neighbourhood and a server built with Fedify: who follows whom, asked, accepted, refused, ended, both ways."""

import pytest

from fedivoisin.actions import following
from fedivoisin.ids import ActorId
from fedivoisin.store import actors, follows
from fedivoisin.store.db import Tx
from tests.federation.towns import Town
from tests.peers.conftest import Fedify
from tests.peers.steps import followed_by, group_of, person

pytestmark = [pytest.mark.peer, pytest.mark.usefixtures("first_scheme_only")]


async def _asked(town: Town, member: ActorId) -> str:
    """The request that waits for this member."""

    async def waiting(tx: Tx) -> str:
        return next((standing.id for standing, _ in await follows.waiting_for(tx, member)), "")

    return await town.eventually(waiting, that="zoe's request")


async def _no_follow(town: Town, follower: str, followed: str) -> None:
    async def ended(tx: Tx) -> bool:
        known = await actors.by_urls(tx, [follower, followed])
        return await follows.between(tx, known[follower].id, known[followed].id) is None

    assert await town.eventually(ended, that="the end of the follow")


async def test_the_neighbourhood_accepts_zoe_until_she_leaves(town: Town, fedify: Fedify) -> None:
    asked = await fedify.send("follow", to=group_of(town))
    accepted = (await fedify.received("Accept"))[0]
    assert (accepted["actor"], accepted["object"]["id"]) == (group_of(town), asked["id"])
    await fedify.send("undo", to=group_of(town), activity=asked["id"])
    await _no_follow(town, fedify.actor, group_of(town))


async def test_a_member_takes_zoe_in(town: Town, fedify: Fedify) -> None:
    awa = await town.member("awa")
    await fedify.send("follow", to=person(town))
    await town.store.write(following.approve, member_id=awa, follow_id=await _asked(town, awa))
    assert (await fedify.received("Accept"))[0]["actor"] == person(town)


async def test_a_member_refuses_zoe(town: Town, fedify: Fedify) -> None:
    awa = await town.member("awa")
    await fedify.send("follow", to=person(town))
    await town.store.write(following.reject, member_id=awa, follow_id=await _asked(town, awa))
    assert (await fedify.received("Reject"))[0]["actor"] == person(town)


async def test_a_member_follows_zoe_and_leaves(town: Town, fedify: Fedify) -> None:
    awa = await town.member("awa")
    await followed_by(town, awa, fedify.actor)
    assert await fedify.followers() == [person(town)]
    zoe = await town.actor(fedify.actor)
    await town.store.write(following.unfollow, follower_id=awa, followed_id=zoe.id)
    assert (await fedify.received("Undo"))[0]["actor"] == person(town)
    assert await fedify.followers() == []


async def test_a_member_is_refused_by_zoe(town: Town, fedify: Fedify) -> None:
    awa = await town.member("awa")
    await fedify.accept_follows(False)
    await town.store.write(following.follow_address, member_id=awa, typed=fedify.actor)

    async def rejected(tx: Tx) -> bool:
        zoe = await actors.by_url(tx, fedify.actor)
        standing = await follows.between(tx, awa, zoe.id) if zoe is not None else None
        return standing is not None and standing.state == "rejected"

    assert await town.eventually(rejected, that="zoe's Reject")


async def test_whom_zoe_blocks_is_parted_from_her_both_ways(town: Town, fedify: Fedify) -> None:
    awa = await town.member("awa")
    await followed_by(town, awa, fedify.actor)
    await fedify.send("follow", to=person(town))
    await town.store.write(following.approve, member_id=awa, follow_id=await _asked(town, awa))
    assert await fedify.received("Accept")
    await fedify.send("block", to=person(town), object=person(town))
    await _no_follow(town, fedify.actor, person(town))
    await _no_follow(town, person(town), fedify.actor)
