"""The Fedify neighbour itself: what it answers alone, so that a failure with us is a failure of ours."""

import aiohttp
import pytest

from tests.peers.conftest import Fedify

pytestmark = pytest.mark.peer


async def test_the_neighbour_shows_its_one_person(fedify: Fedify) -> None:
    assert (await fedify.fetch(fedify.actor))["preferredUsername"] == "zoe"
    assert await fedify.followers() == []


async def test_the_neighbour_refuses_what_is_not_signed(fedify: Fedify) -> None:
    like = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": f"{fedify.origin}/activities/forged",
        "type": "Like",
        "actor": fedify.actor,
        "object": fedify.actor,
    }
    async with aiohttp.ClientSession() as session:
        answer = await session.post(f"{fedify.origin}/inbox", json=like)
    assert answer.status == 401
    assert [each["reason"] for each in await fedify.refused()] == ["noSignature"]
    assert await fedify.received() == []
