"""Who says goodbye while their key cannot be had: their own server is believed. On both databases."""

import pytest

from fedivoisin.activitypub import inbox, remote
from fedivoisin.errors import Unreachable
from fedivoisin.world import Response
from tests.activitypub.neighbours import NETWORK, RENNES, Neighbours, says
from tests.fakes import key_pair

BOB = f"{RENNES}/users/bob"


@pytest.mark.parametrize("status", [404, 503])
async def test_the_farewell_of_somebody_known_waits_for_its_key(here: Neighbours, status: int) -> None:
    await here.followed("bob")
    here.actor("bob", 2, publicKey={"id": f"{BOB}#new", "owner": BOB, "publicKeyPem": key_pair(2).rsa_public})
    page, here.world.pages[BOB] = here.world.pages[BOB], Response(BOB, status, {}, b"")
    farewell = here.request(says("Delete", BOB, BOB), 2, key_id=f"{BOB}#new")
    for _ in range(2):
        with pytest.raises(Unreachable):
            await inbox.receive(here.reception, farewell, network=NETWORK)
    here.world.pages[BOB] = page
    here.world.pass_time(minutes=1)
    assert await inbox.receive(here.reception, farewell, network=NETWORK)
    assert await here.carry_out() == "done"
    assert (await here.person(BOB)).gone_at is not None


@pytest.mark.parametrize("key_id", [f"{BOB}#new", f"{BOB}/main-key"])
async def test_the_farewell_of_somebody_known_holds_when_their_own_server_says_so(
    here: Neighbours, key_id: str
) -> None:
    public = {"id": f"{BOB}/main-key", "owner": BOB, "publicKeyPem": key_pair(1).rsa_public}
    await here.followed("bob", publicKey=here.show(public))
    await remote.fetch_key(here.reception.remote, public["id"])
    here.world.pass_time(minutes=6)
    here.world.pages |= dict.fromkeys([BOB, public["id"]], Response(BOB, 410, {}, b""))
    farewell = here.request(says("Delete", BOB, BOB), 2, key_id=key_id)
    assert not await inbox.receive(here.reception, farewell, network=NETWORK)
    assert (await here.person(BOB)).gone_at == here.world.now()
    assert await here.hear(says("Delete", BOB, BOB), 2) == "nothing"


async def test_nobody_else_s_key_that_is_gone_says_that_somebody_is(here: Neighbours) -> None:
    await here.followed("bob")
    eve, lyon = f"{RENNES}/users/eve", "https://lyon.example/key"
    here.world.pages |= dict.fromkeys([eve, lyon], Response(eve, 410, {}, b""))
    with pytest.raises(Unreachable):
        await inbox.receive(
            here.reception, here.request(says("Delete", BOB, BOB), 2, key_id=f"{eve}#main-key"), network=NETWORK
        )
    forged = here.request(says("Delete", BOB, BOB), 2, key_id=lyon)
    assert not await inbox.receive(here.reception, forged, network=NETWORK)
    assert (await here.person(BOB)).gone_at is None
