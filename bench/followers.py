"""People elsewhere who follow somebody of ours: each on a host of its own, so that each gets its own delivery."""

from collections.abc import Sequence

from fedivoisin import app
from fedivoisin.actions import listings
from fedivoisin.activitypub import parse, remote
from fedivoisin.activitypub.parse.objects import ActorDocument
from fedivoisin.ids import ActorId
from fedivoisin.market.draft import Draft
from fedivoisin.market.listing import Kind, Purpose
from fedivoisin.store import follows, peers
from fedivoisin.store.db import Store, Tx

TEXT = "Bonjour, je prête une échelle de trois mètres à qui en a besoin ce week-end. " * 20


async def follow(store: Store, followed: ActorId, hosts: Sequence[str], *, scheme: str, public_key: str) -> None:
    """Somebody on each of these hosts follows this member; the hosts are known for what they are."""

    async def keep(tx: Tx) -> None:
        for host in hosts:
            found = parse.document(_document(f"{scheme}://{host}", public_key))
            if not isinstance(found, ActorDocument):
                raise TypeError(found)
            kept = await remote.keep_actor(tx, found)
            await follows.put(
                tx,
                follow_id=app.new_id(),
                follower_id=kept.id,
                followed_id=followed,
                activity_url=f"{scheme}://{host}/follow",
                state="accepted",
            )
            await peers.describe(tx, host, software="mastodon", version="4.5.0", metadata=None)

    await store.write(keep)


async def publish(store: Store, author: ActorId, title: str) -> None:
    """One listing, for everyone."""
    draft = Draft(
        purpose=Purpose.OFFER, kind=Kind.LEND, title=title, text=TEXT, category="transport/velo",
        place_name="Doulon", latitude=47.23, longitude=-1.52,
    )  # fmt: skip
    await store.write(listings.publish, by=author, draft=draft)


def _document(origin: str, public_key: str) -> dict[str, object]:
    url = f"{origin}/users/p"
    return {
        "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
        "id": url,
        "type": "Person",
        "preferredUsername": "p",
        "inbox": f"{url}/inbox",
        "endpoints": {"sharedInbox": f"{origin}/inbox"},
        "publicKey": {"id": f"{url}#main-key", "owner": url, "publicKeyPem": public_key},
    }
