"""What is about to leave: with a proof, where there is a key for one."""

from fedivoisin.activitypub import posting
from fedivoisin.store import actors
from fedivoisin.store.db import Store, Tx
from tests.makers import put_actor


async def test_who_has_no_key_for_proofs_says_it_without_one(store: Store) -> None:
    async def say(tx: Tx) -> object:
        speaker = await actors.by_id(tx, await put_actor(tx, "nobody"))
        assert speaker is not None
        return await posting.proved(tx, {"@context": [], "type": "Create"}, speaker)

    assert await store.write(say) == {"@context": [], "type": "Create"}
