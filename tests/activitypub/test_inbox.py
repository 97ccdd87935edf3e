"""What arrives: verified, kept once, carried out with what it lacks, put off, given up. On both databases."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import delete, select

from fedivoisin.activitypub import carrying, dispatch, inbox, parse, remote
from fedivoisin.activitypub.carrying import MAX_ATTEMPTS
from fedivoisin.activitypub.handlers.outcome import Outcome
from fedivoisin.activitypub.inbox import TooMany
from fedivoisin.activitypub.parse.activities import Activity, Like
from fedivoisin.activitypub.proven import Proven
from fedivoisin.activitypub.remembered import Kept, Remembered
from fedivoisin.activitypub.wire import jsonld, signatures
from fedivoisin.activitypub.wire.keys import PrivateKey
from fedivoisin.activitypub.wire.origins import origin_of
from fedivoisin.activitypub.wire.request import SignedRequest, lines_of
from fedivoisin.errors import BadActivity, Unreachable
from fedivoisin.settings import Limits
from fedivoisin.store import actors, blocks, follows, outbox, peers
from fedivoisin.store import inbox as rows
from fedivoisin.store.db import Tx
from fedivoisin.store.schema.actors import actor as actor_table
from fedivoisin.store.schema.federation import inbox as table
from fedivoisin.store.sqlite import Undone
from fedivoisin.world import Response
from tests.activitypub.neighbours import CONTEXT, NETWORK, RENNES, Neighbours, bare, note, offer, private_key, says
from tests.makers import ORIGIN

BOB = f"{RENNES}/users/bob"
GROUP = f"{ORIGIN}/groups/doulon"


def _get(here: Neighbours, number: int = 1) -> SignedRequest:
    key = PrivateKey(f"{BOB}#main-key", private_key(number))
    url = f"{ORIGIN}/users/awa"
    signed = signatures.sign("GET", url, None, key=key, now=here.world.now(), scheme="cavage")
    return SignedRequest("GET", "/users/awa", lines_of(signed.items()), b"", origin_of(ORIGIN))


async def _refusal(here: Neighbours, activity: dict[str, Any], number: int = 1) -> str:
    try:
        return f"taken: {await here.hear(activity, number)}"
    except (BadActivity, Unreachable) as error:
        return error.code


async def _row(here: Neighbours) -> tuple[str | None, timedelta | None, int]:
    """How the only row stands: its outcome, its wait, its tries."""
    async with here.store.read() as tx:
        row = (await tx.conn.execute(select(table.c.outcome, table.c.next_at, table.c.attempts))).one()
        return row.outcome, row.next_at - tx.now if row.next_at else None, row.attempts


async def test_an_unknown_actor_is_fetched_once(here: Neighbours) -> None:
    here.actor("bob")
    assert await here.hear(says("Follow", BOB, GROUP)) == "done"
    assert await here.hear(says("Like", BOB, f"{ORIGIN}/nothing")) == "unknown-object"
    assert here.asked() == [BOB]


async def test_who_says_goodbye_without_having_been_met_is_let_go(here: Neighbours) -> None:
    here.world.pages[BOB] = Response(BOB, 410, {}, b"")
    for _ in range(2):
        assert await here.hear(says("Delete", BOB, BOB)) == "nothing"
    assert await _refusal(here, says("Follow", BOB, GROUP)) in ("gone", "key-unreachable")


async def test_nonsense_from_an_unknown_key_is_refused_like_the_rest(here: Neighbours) -> None:
    body = b'{"type": "Delete", nonsense'
    key = PrivateKey(f"{BOB}#main-key", private_key(1))
    signed = signatures.sign("POST", f"{ORIGIN}/inbox", body, key=key, now=here.world.now(), scheme="cavage")
    request = SignedRequest("POST", "/inbox", lines_of(signed.items()), body, origin_of(ORIGIN))
    here.world.pages[BOB] = Response(BOB, 404, {}, b"")
    with pytest.raises(BadActivity, match="gone"):
        await inbox.receive(here.reception, request, network=NETWORK)


async def test_before_a_signature_nothing_but_a_short_farewell_is_read(
    here: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.world.pages[BOB] = Response(BOB, 404, {}, b"")
    looked: list[str] = []
    whole = parse.activity

    def read(document: Any) -> Activity:
        looked.append(document["type"])
        return whole(document)

    monkeypatch.setattr(parse, "activity", read)
    assert await _refusal(here, says("Create", BOB, bare(offer(BOB, summary="Delete")))) == "gone"
    long = says("Delete", BOB, BOB, summary="x" * inbox.LONGEST_FAREWELL)
    assert await _refusal(here, long) == "key-unreachable"
    assert looked == []
    assert await here.hear(says("Delete", BOB, BOB)) == "nothing"
    assert set(looked) == {"Delete"}


async def test_an_oddly_spelt_activity_is_refused(here: Neighbours) -> None:
    here.actor("bob")
    assert await _refusal(here, says("Follow", BOB, GROUP, id=f"{RENNES}:443/1")) == "odd-id"


async def test_a_key_speaks_for_its_owner_and_their_server_alone(here: Neighbours) -> None:
    await here.met("bob")
    forged = says("Follow", f"{RENNES}/users/eve", GROUP)
    with pytest.raises(BadActivity, match="actor-mismatch"):
        await inbox.receive(here.reception, here.request(forged, key_id=f"{BOB}#main-key"), network=NETWORK)
    assert await _refusal(here, says("Follow", BOB, GROUP, id="https://lyon.example/1")) == "foreign-activity-id"


async def test_a_key_that_was_replaced_is_fetched_again_after_a_while(here: Neighbours) -> None:
    await here.met("bob")
    here.actor("bob", 2)
    assert await _refusal(here, says("Follow", BOB, GROUP), 2) == "signature-invalid"
    here.world.pass_time(minutes=6)
    assert await here.hear(says("Follow", BOB, GROUP), 2) == "done"


async def test_a_key_that_was_fetched_again_for_somebody_else_meanwhile_is_believed(
    here: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    await here.met("bob")
    here.actor("bob", 2)
    here.world.pass_time(minutes=6)
    await here.reception.remembered.key(f"{BOB}#main-key")
    look_up = Remembered.key

    async def overtaken(remembered: Remembered, key_id: str) -> Kept:
        await remote.fetch_key(here.reception.remote, key_id)
        return await look_up(remembered, key_id)

    monkeypatch.setattr(Remembered, "key", overtaken)
    assert await inbox.receive(here.reception, here.request(says("Follow", BOB, GROUP), 2), network=NETWORK)


async def test_forgeries_do_not_make_us_ask_a_host_that_does_not_answer_again_and_again(here: Neighbours) -> None:
    await here.met("bob")
    here.world.pages.clear()
    here.world.pass_time(minutes=6)
    refusals = [await _refusal(here, says("Follow", BOB, GROUP), 2) for _ in range(3)]
    assert refusals == ["no-such-page", "signature-invalid", "signature-invalid"]
    assert here.asked() == [BOB, BOB]


async def test_a_bad_request_is_no_reason_to_fetch_a_key(here: Neighbours) -> None:
    await here.met("bob")
    here.world.pass_time(minutes=6)
    signed = here.request(says("Follow", BOB, GROUP))
    with pytest.raises(BadActivity):
        await inbox.receive(here.reception, replace(signed, body=signed.body + b" "), network=NETWORK)
    assert here.asked() == [BOB]


async def test_the_reader_of_a_document_is_known_by_their_key(here: Neighbours) -> None:
    here.actor("bob")
    assert await inbox.reader_of(here.reception, _get(here), network=NETWORK) == BOB
    here.world.pages.clear()
    with pytest.raises(BadActivity, match="signature-invalid"):
        await inbox.reader_of(here.reception, _get(here, 2), network=NETWORK)


async def test_a_key_that_cannot_be_had_now_is_not_refused_for_good(here: Neighbours) -> None:
    assert await _refusal(here, says("Follow", BOB, GROUP)) == "no-such-page"


async def test_all_who_wait_for_a_key_that_cannot_be_had_lengthen_its_pause_once(here: Neighbours) -> None:
    here.actor("bob")
    page, here.world.pages[BOB] = here.world.pages[BOB], Response(BOB, 503, {}, b"")
    said = [says("Follow", BOB, GROUP) for _ in range(12)]
    assert {await one for one in asyncio.as_completed([_refusal(here, one) for one in said])} == {"status-503"}
    assert here.asked() in ([BOB], [BOB, BOB])  # once, but for who comes between the answer and its note
    here.world.pages[BOB] = page
    here.world.pass_time(minutes=1)
    assert await here.hear(says("Follow", BOB, GROUP)) == "done"


async def test_a_key_document_that_is_none_is_refused_as_unproved(here: Neighbours) -> None:
    here.show(note(BOB, id=BOB))
    with pytest.raises(BadActivity) as refusal:
        await here.hear(says("Follow", BOB, GROUP))
    assert (refusal.value.code, refusal.value.status) == ("not-a-key", 401)
    here.world.pass_time(hours=1)
    here.world.pages[BOB] = Response(BOB, 418, {}, b"")
    with pytest.raises(BadActivity) as refusal:
        await here.hear(says("Follow", BOB, GROUP))
    assert refusal.value.status in (401, 403)


async def test_unknown_keys_of_one_network_are_fetched_so_many_times(here: Neighbours) -> None:
    for _ in range(Limits().inbox_strangers):
        here.reception.strangers.count(NETWORK, here.world.now().timestamp())
    here.actor("bob")
    with pytest.raises(TooMany):
        await here.hear(says("Follow", BOB, GROUP))


async def test_whom_somebody_follows_may_say_more(here: Neighbours) -> None:
    limits = here.reception.limits
    await here.followed("bob")
    for _ in range(limits.inbox_unknown):
        here.reception.allowance.count("rennes.example", here.world.now().timestamp())
    assert await here.hear(says("Follow", BOB, GROUP)) == "done"
    for _ in range(limits.inbox_known):
        here.reception.allowance.count("rennes.example", here.world.now().timestamp())
    with pytest.raises(TooMany):
        await here.hear(says("Follow", BOB, GROUP))


async def test_a_stranger_has_the_usual_share(here: Neighbours) -> None:
    here.actor("bob")
    for _ in range(here.reception.limits.inbox_unknown):
        here.reception.allowance.count("rennes.example", here.world.now().timestamp())
    with pytest.raises(TooMany):
        await here.hear(says("Follow", BOB, GROUP))


async def test_what_cannot_be_had_now_is_tried_again_and_at_last_given_up(here: Neighbours) -> None:
    await here.followed("bob")
    assert await here.hear(says("Create", BOB, f"{BOB}/item-1")) == "later"
    assert await _row(here) == (None, timedelta(seconds=16), 1)
    for _ in range(MAX_ATTEMPTS - 2):
        here.world.pass_time(hours=2)
        assert await here.carry_out() == "later"
    here.world.pass_time(hours=2)
    assert await here.carry_out() == "unreachable"
    assert await _row(here) == ("unreachable", None, MAX_ATTEMPTS)


async def test_a_busy_host_is_left_alone_as_long_as_it_asks(here: Neighbours) -> None:
    await here.followed("bob")
    item = f"{BOB}/item-1"
    here.world.pages[item] = Response(item, 503, {"retry-after": "900"}, b"")
    assert await here.hear(says("Create", BOB, item)) == "later"
    assert await _row(here) == (None, timedelta(seconds=900), 1)


async def test_a_document_that_is_not_what_was_needed_ends_it(here: Neighbours) -> None:
    group = await here.followed("bricole", 2, type="Group")
    eve = "https://lyon.example/users/eve"
    here.show(offer(eve))
    here.show(note(eve, id=eve))
    assert await here.hear(says("Announce", group.url, f"{eve}/item-1"), 2) == "not-what-was-needed"


async def test_a_collection_is_no_object(here: Neighbours) -> None:
    await here.followed("bob")
    here.show({"id": f"{BOB}/outbox", "type": "OrderedCollection", "orderedItems": []})
    assert await here.hear(says("Create", BOB, f"{BOB}/outbox")) == "a-collection"


async def test_what_is_gone_by_now_is_a_tombstone(here: Neighbours) -> None:
    await here.followed("bob")
    item = f"{BOB}/item-1"
    here.world.pages[item] = Response(item, 410, {}, b"")
    assert await here.hear(says("Create", BOB, item)) == "ignored"


async def test_whoever_was_hidden_or_left_is_not_heard(here: Neighbours) -> None:
    bob = await here.followed("bob")
    await here.store.write(actors.mark_gone, bob.id)
    assert await here.hear(says("Create", BOB, bare(offer(BOB)))) == "actor-refused"


async def test_a_host_that_was_blocked_meanwhile_is_not_heard(here: Neighbours) -> None:
    await here.followed("bob")
    activity = says("Create", BOB, bare(offer(BOB)))
    await inbox.receive(here.reception, here.request(activity), network=NETWORK)
    await here.store.write(blocks.add, "rennes.example", reason="escroquerie", by=None)
    assert await here.carry_out() == "actor-refused"
    assert await here.known(f"{BOB}/item-1") is None


async def test_what_somebody_else_carried_out_meanwhile_is_not_done_twice(here: Neighbours) -> None:
    await here.followed("bob")
    await here.hear(says("Create", BOB, bare(offer(BOB))))
    activity = says("Delete", BOB, f"{BOB}/item-1")
    await inbox.receive(here.reception, here.request(activity), network=NETWORK)
    (row,) = await here.store.take(rows.claim, limit=5)
    await here.store.write(rows.done_all, {row.id: "done"})
    assert await here.carry_out_all([row]) == []
    kept = await here.known(f"{BOB}/item-1")
    assert kept is not None
    assert kept.deleted_at is None


async def test_who_was_forgotten_meanwhile_is_fetched_again(here: Neighbours) -> None:
    bob = await here.met("bob")
    await inbox.receive(here.reception, here.request(says("Follow", BOB, GROUP)), network=NETWORK)

    async def forget(tx: Tx) -> None:
        await tx.conn.execute(delete(actor_table).where(actor_table.c.id == bob.id))

    await here.store.write(forget)
    assert await here.carry_out() == "done"


async def test_a_document_that_is_refused_to_us_ends_it(here: Neighbours) -> None:
    await here.followed("bob")
    item = f"{BOB}/item-1"
    here.world.pages[item] = Response(item, 403, {}, b"")
    assert await here.hear(says("Create", BOB, item)) == "status-403"


async def test_only_so_many_documents_are_fetched_for_one(here: Neighbours, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying, "MAX_FETCHES", 0)
    await here.followed("bob")
    here.show(offer(BOB))
    assert await here.hear(says("Create", BOB, f"{BOB}/item-1")) == "too-many-fetches"


async def test_a_host_that_speaks_gets_what_waited_for_it(here: Neighbours) -> None:
    await here.met("bob")
    for _ in range(peers.FAILURES_TO_OPEN):
        await here.store.write(peers.did_not_answer, "rennes.example", error="time-out")
    here.world.pass_time(days=8)
    assert await here.store.write(peers.did_not_answer, "rennes.example", error="time-out")
    assert await here.hear(says("Follow", BOB, GROUP)) == "done"
    async with here.store.read() as tx:
        known = await peers.by_host(tx, "rennes.example")
        assert await outbox.waiting(tx) == []
    assert known is not None
    assert known.dead_at is None


async def test_what_went_well_before_the_database_gave_up_is_done_again(
    here: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gives_up(tx: Tx, proven: Proven[Activity]) -> Outcome:
        if not isinstance(proven.activity, Like):
            return await whole(tx, proven)
        if not tx.is_postgres:
            await tx.conn.exec_driver_sql("ROLLBACK")  # as SQLite itself, when the disk is full
        raise Undone

    whole = dispatch.handle
    await here.met("bob")
    asks = says("Follow", BOB, GROUP)
    for activity in (asks, says("Like", BOB, f"{ORIGIN}/nothing")):
        await inbox.receive(here.reception, here.request(activity), network=NETWORK)
    monkeypatch.setattr(dispatch, "handle", gives_up)
    due = await here.store.take(rows.claim, limit=5)
    assert await here.carry_out_all(due) == ["done", "later"]
    async with here.store.read() as tx:
        assert await follows.by_activity(tx, asks["id"]) is not None


async def test_what_cannot_be_read_any_more_does_not_keep_the_others_waiting(
    here: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_document: object) -> Activity:
        raise KeyError

    await here.met("bob")
    await inbox.receive(here.reception, here.request(says("Follow", BOB, GROUP)), network=NETWORK)
    monkeypatch.setattr(parse, "activity", broken)
    assert await here.carry_out() == "our-fault"


async def test_a_kind_that_no_database_can_hold_is_kept_without_what_is_odd(here: Neighbours) -> None:
    await here.met("bob")
    assert await here.hear(says("Odd\0kind", BOB, f"{ORIGIN}/nothing")) == "ignored"
    async with here.store.read() as tx:
        assert (await tx.conn.execute(select(table.c.type))).scalar_one() == "Oddkind"


async def test_what_nobody_has_signed_is_not_expanded(here: Neighbours, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonld, "_translate", None)
    here.world.pages[BOB] = Response(BOB, 410, {}, b"")
    slow = {"@context": [*CONTEXT, {"x": {"@id": "as:to", "@container": "@index"}}]}
    assert await here.hear(says("Delete", BOB, BOB, **slow)) == "nothing"
    assert await here.hear(says("Delete", BOB, BOB, **slow)) == "nothing"
