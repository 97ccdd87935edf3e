"""What a Group passes on: believed when it proves itself, else read at its own address. On both databases."""

from typing import Any

import pytest

from fedivoisin.store import blocks
from fedivoisin.store.actors import Actor
from fedivoisin.workers import tasks
from tests.activitypub.neighbours import RENNES, Neighbours, bare, note, offer, proved, says

LYON = "https://lyon.example"
EVE = f"{LYON}/users/eve"


async def _group(here: Neighbours) -> Actor:
    """A Group that Awa follows."""
    return await here.followed("bricole", 1, type="Group")


def _eve(here: Neighbours) -> str:
    """Somebody of a third town, whom nobody here knows."""
    return here.actor("eve", 2, origin=LYON)


def _told(verb: str, thing: Any, **changes: Any) -> dict[str, Any]:
    """An activity of Eve's, with her proof."""
    return proved(says(verb, EVE, thing, **changes), 2)


async def _announce(here: Neighbours, group: Actor, thing: Any) -> str:
    return await here.hear(says("Announce", group.url, thing))


async def test_what_nobody_follows_is_not_heard(here: Neighbours) -> None:
    group = await here.met("bricole", 1, type="Group")
    assert await _announce(here, group, f"{EVE}/item-1") == "unsolicited"
    assert here.asked() == [group.url]


async def test_a_proved_listing_is_kept_without_asking_its_server_for_it(here: Neighbours) -> None:
    group, eve = await _group(here), _eve(here)
    assert await _announce(here, group, _told("Create", bare(offer(EVE)))) == "done"
    kept = await here.known(f"{EVE}/item-1")
    assert kept is not None
    assert (kept.title, kept.group_id, (await here.person(eve)).id) == ("Échelle", group.id, kept.author_id)
    assert here.asked() == [group.url, eve]


async def test_a_proof_that_repeats_the_context_holds_inside_another_activity(here: Neighbours) -> None:
    group, _ = await _group(here), _eve(here)
    assert await _announce(here, group, bare(_told("Create", bare(offer(EVE))))) == "done"
    assert f"{EVE}/item-1" not in here.asked()


async def test_a_proof_that_repeats_no_context_is_read_under_the_one_around_it(here: Neighbours) -> None:
    group, _ = await _group(here), _eve(here)
    told = bare(_told("Create", bare(offer(EVE))))
    del told["proof"]["@context"]
    assert await _announce(here, group, told) == "done"
    assert f"{EVE}/item-1" not in here.asked()


async def test_a_linked_data_signature_beside_the_proof_is_not_covered_by_it(here: Neighbours) -> None:
    group, _ = await _group(here), _eve(here)
    told = bare(_told("Create", bare(offer(EVE)))) | {"signature": {"type": "RsaSignature2017", "creator": EVE}}
    assert await _announce(here, group, told) == "done"
    assert f"{EVE}/item-1" not in here.asked()


async def test_of_a_tampered_listing_only_its_address_is_believed(here: Neighbours) -> None:
    group, _ = await _group(here), _eve(here)
    here.show(offer(EVE))
    forged = _told("Create", bare(offer(EVE)))
    forged["object"] = bare(offer(EVE, publishes={"type": "Intent", "name": "Volée", "action": "transfer"}))
    assert await _announce(here, group, forged) == "done"
    kept = await here.known(f"{EVE}/item-1")
    assert kept is not None
    assert kept.title == "Échelle"
    assert f"{EVE}/item-1" in here.asked()


@pytest.mark.parametrize(
    "changes",
    [
        {"proof": None},
        {"proof": {"type": "DataIntegrityProof"}},
        {"proof": {"verificationMethod": f"{RENNES}/users/bricole#ed25519"}},
        {"proof": {"verificationMethod": f"{EVE}#another"}},
        {"proof": {"verificationMethod": f"{EVE}#main-key"}},
    ],
    ids=["none", "no-method", "key-of-another-host", "key-that-she-does-not-list", "key-for-requests"],
)
async def test_without_a_proof_of_its_author_it_is_read_at_its_address(
    here: Neighbours, changes: dict[str, Any]
) -> None:
    group, _ = await _group(here), _eve(here)
    here.show(offer(EVE))
    unproved = bare(offer(EVE, publishes={"type": "Intent", "name": "Volée", "action": "transfer"}))
    assert await _announce(here, group, says("Create", EVE, unproved, **changes)) == "done"
    kept = await here.known(f"{EVE}/item-1")
    assert kept is not None
    assert kept.title == "Échelle"


async def test_a_proved_change_and_deletion_are_carried_out(here: Neighbours) -> None:
    group, _ = await _group(here), _eve(here)
    await _announce(here, group, _told("Create", bare(offer(EVE))))
    changed = offer(
        EVE, updated="2026-03-02T10:00:00Z", publishes={"type": "Intent", "name": "Lampe", "action": "transfer"}
    )
    assert await _announce(here, group, _told("Update", bare(changed))) == "done"
    kept = await here.known(f"{EVE}/item-1")
    assert kept is not None
    assert kept.title == "Lampe"
    assert await _announce(here, group, _told("Delete", f"{EVE}/item-1")) == "done"
    gone = await here.known(f"{EVE}/item-1")
    assert gone is not None
    assert gone.deleted_at is not None
    assert f"{EVE}/item-1" not in here.asked()


async def test_an_unproved_change_and_deletion_are_looked_at(here: Neighbours) -> None:
    group, _ = await _group(here), _eve(here)
    here.show(offer(EVE))
    await _announce(here, group, f"{EVE}/item-1")
    here.show(
        offer(EVE, updated="2026-03-02T10:00:00Z", publishes={"type": "Intent", "name": "Lampe", "action": "transfer"})
    )
    assert await _announce(here, group, says("Update", EVE, bare(offer(EVE)))) == "done"
    kept = await here.known(f"{EVE}/item-1")
    assert kept is not None
    assert kept.title == "Lampe"
    here.show({"id": f"{EVE}/item-1", "type": "Tombstone"})
    assert await _announce(here, group, says("Delete", EVE, f"{EVE}/item-1")) == "done"
    gone = await here.known(f"{EVE}/item-1")
    assert gone is not None
    assert gone.deleted_at is not None


async def test_a_deletion_of_what_was_never_here_is_nothing(here: Neighbours) -> None:
    group, _ = await _group(here), _eve(here)
    here.show({"id": f"{EVE}/item-1", "type": "Tombstone"})
    assert await _announce(here, group, f"{EVE}/item-1") == "unknown-object"


async def test_what_is_known_is_counted_among_the_groups_own_and_ours_stays_ours(here: Neighbours) -> None:
    eve = await here.followed("eve", 2, origin=LYON)
    assert await here.hear(says("Create", eve.url, bare(offer(EVE))), 2) == "done"
    group, ours = await _group(here), await here.publish()
    assert await _announce(here, group, f"{EVE}/item-1") == "unchanged"
    kept = await here.known(f"{EVE}/item-1")
    assert kept is not None
    assert kept.group_id == group.id
    assert await _announce(here, group, ours.url) == "unchanged"
    again = await here.known(ours.url)
    assert again is not None
    assert again.group_id == here.group


async def test_a_boost_by_a_person_claims_nothing(here: Neighbours) -> None:
    bob, _ = await here.followed("bob", 1), _eve(here)
    here.show(offer(EVE))
    for outcome in ("done", "unchanged"):
        assert await here.hear(says("Announce", bob.url, f"{EVE}/item-1")) == outcome
        kept = await here.known(f"{EVE}/item-1")
        assert kept is not None
        assert kept.group_id is None


async def test_what_is_no_listing_is_left_alone(here: Neighbours) -> None:
    group, _ = await _group(here), _eve(here)
    here.show(note(EVE))
    assert await _announce(here, group, f"{EVE}/note-1") == "ignored"
    assert await _announce(here, group, _told("Create", bare(note(EVE)))) == "ignored"
    assert await _announce(here, group, _told("Like", f"{RENNES}/items/1")) in ("ignored", "gone")


async def test_whom_we_shut_out_is_not_heard_through_others(here: Neighbours) -> None:
    group = await _group(here)
    await here.met("eve", 2, origin=LYON)
    await here.store.write(blocks.add, "lyon.example", reason="escroquerie", by=None)
    assert await _announce(here, group, _told("Create", bare(offer(EVE)))) == "author-refused"
    assert await here.known(f"{EVE}/item-1") is None


async def test_a_proved_listing_that_is_not_for_everyone_is_not_kept(here: Neighbours) -> None:
    group, eve = await _group(here), _eve(here)
    said = _told("Create", bare(offer(EVE, to=[f"{eve}/followers"])))
    assert await _announce(here, group, said) == "unsolicited"
    assert await here.known(f"{EVE}/item-1") is None


async def test_what_was_deleted_before_it_came_is_not_brought_back_by_its_proof_however_late(here: Neighbours) -> None:
    group, eve = await _group(here), (await here.followed("eve", 2, origin=LYON)).url
    said = _told("Create", bare(offer(EVE)))
    assert await here.hear(says("Delete", eve, f"{EVE}/item-1"), number=2) == "unknown-object"
    for _ in range(3):
        here.world.pass_time(days=40)
        await tasks.run_due(here.store)
    assert await _announce(here, group, said) == "deleted"
    assert await here.known(f"{EVE}/item-1") is None


async def test_a_key_that_is_newer_than_what_we_know_is_looked_for(here: Neighbours) -> None:
    group = await _group(here)
    eve = await here.met("eve", 2, origin=LYON, assertionMethod=[])
    assert here.asked().count(eve.url) == 1
    _eve(here)
    assert await _announce(here, group, _told("Create", bare(offer(EVE)))) == "done"
    assert here.asked().count(eve.url) == 2
    assert f"{EVE}/item-1" not in here.asked()


async def test_a_deletion_of_what_was_never_kept_is_not_looked_at(here: Neighbours) -> None:
    group = await _group(here)
    assert await _announce(here, group, says("Delete", EVE, f"{EVE}/item-1")) == "unknown-object"
    assert here.asked() == [group.url]


async def test_a_proof_speaks_for_its_author_alone(here: Neighbours) -> None:
    group, _ = await _group(here), _eve(here)
    of_another = bare(offer(f"{LYON}/users/mallory"))
    assert await _announce(here, group, _told("Create", of_another)) == "not-the-author"


async def test_a_proved_listing_has_one_spelling_too(here: Neighbours) -> None:
    group, _ = await _group(here), _eve(here)
    odd = "https://Lyon.example/users/eve/item-1"
    assert await _announce(here, group, _told("Create", bare(offer(EVE, id=odd)))) == "odd-id"


async def test_nobody_passes_on_what_a_member_of_ours_would_have_said(here: Neighbours) -> None:
    group = await _group(here)
    claimed = says("Create", here.awa_url, bare(offer(here.awa_url)))
    claimed["proof"] = {"verificationMethod": f"{here.awa_url}#ed25519"}
    assert await _announce(here, group, claimed) == "author-is-ours"


async def test_what_has_no_address_cannot_be_taken_back(here: Neighbours) -> None:
    group = await _group(here)
    nameless = says("Announce", group.url, {"type": "Video", "name": "Sans adresse"})
    assert await here.hear(says("Undo", group.url, nameless)) == "no-id"
