"""Requests that are not what was signed, to both sides, and a side that takes only one of the two signatures."""

import json
from datetime import timedelta
from uuid import uuid4

import aiohttp
import pytest

from fedivoisin.activitypub import signing
from fedivoisin.activitypub.wire import signatures
from fedivoisin.activitypub.wire.keys import PrivateKey, load_private_pem
from fedivoisin.app import utc_now
from fedivoisin.store import peers
from fedivoisin.store.db import Tx
from tests.fakes import key_pair
from tests.federation.towns import Town
from tests.peers.conftest import Fedify
from tests.peers.steps import followed_by, group_of, person, settled

pytestmark = pytest.mark.peer

FLAWS = ("unsigned", "tampered", "redigested", "rerouted", "stale", "another-key")


async def test_what_fedify_did_not_sign_so_is_refused(town: Town, fedify: Fedify) -> None:
    order = {"to": f"{town.origin}/inbox", "object": group_of(town)}
    answers = {flaw: (await fedify.ask("forge", flaw=flaw, **order))["status"] for flaw in FLAWS}
    assert answers == dict.fromkeys(FLAWS, 401)
    assert await settled(town) == {}
    assert await fedify.ask("forge", flaw="none", **order) == {"status": 202}
    assert await settled(town) == {"done": 1}


async def test_what_we_did_not_sign_so_is_refused_by_fedify(town: Town, fedify: Fedify) -> None:
    awa = await town.member("awa")
    key = await town.read(lambda tx: signing.key_of(tx, awa))
    assert key is not None
    another = PrivateKey(key.id, load_private_pem(key_pair(2).rsa_private))
    inbox, now = f"{fedify.origin}/inbox", utc_now()
    headers = {"Content-Type": "application/activity+json"}

    def follow(to: str) -> bytes:
        said = {"type": "Follow", "actor": person(town), "object": to, "id": f"{person(town)}/activities/{uuid4()}"}
        return json.dumps({"@context": "https://www.w3.org/ns/activitystreams", **said}).encode()

    def signed(body: bytes, *, to: str = inbox, by: PrivateKey = key, days: int = 0) -> dict[str, str]:
        at, scheme = now - timedelta(days=days), signing.OTHER[signing.OTHER[fedify.knock]]
        return headers | signatures.sign("POST", to, body, key=by, now=at, scheme=scheme)

    honest, other = follow(fedify.actor), follow(fedify.group)
    digests = {"Digest", "Content-Digest"}
    forgeries = {
        "unsigned": headers,
        "tampered": signed(other),
        "redigested": signed(other) | {name: value for name, value in signed(honest).items() if name in digests},
        "rerouted": signed(honest, to=f"{fedify.actor}/inbox"),
        "stale": signed(honest, days=1),
        "another-key": signed(honest, by=another),
    }
    async with aiohttp.ClientSession() as session:
        answers = {
            flaw: (await session.post(inbox, data=honest, headers=forged)).status for flaw, forged in forgeries.items()
        }
        assert answers == dict.fromkeys(FLAWS, 401)
        assert (await fedify.received(), await fedify.followers()) == ([], [])
        assert (await session.post(inbox, data=honest, headers=signed(honest))).status == 202
    assert await fedify.followers() == [person(town)]


async def test_a_server_that_is_deaf_to_the_first_signature_is_knocked_at_again(town: Town, fedify: Fedify) -> None:
    await fedify.ask("deaf", to=fedify.knock)
    await followed_by(town, await town.member("awa"), fedify.actor)
    knocks = [(post["scheme"], post["status"]) for post in await fedify.posts()]
    other = signing.OTHER[fedify.knock]
    assert knocks == [(fedify.knock, 401), (other, 202)]

    async def remembered(tx: Tx) -> bool:
        return (await peers.by_hosts(tx, [fedify.host]))[fedify.host].scheme == other

    assert await town.eventually(remembered, that="what it takes")
