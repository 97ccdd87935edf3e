"""Mails as rows: each is sent once, kept until then, and its words are forgotten after."""

from datetime import timedelta

from fedivoisin.store import mails
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.mails import NewMail, WaitingMail
from tests.fakes import FakeWorld

LETTER = NewMail(
    "lea@example.fr", "Bonjour", "Voici votre lien : https://…", {"List-Unsubscribe": "<https://x.example>"}
)


async def _queue(store: Store) -> mails.MailQueue:
    async with store.read() as tx:
        return await mails.queue(tx)


async def _claim(store: Store) -> list[WaitingMail]:
    return await store.append(mails.claim, limit=10)


async def test_a_mail_is_claimed_once(store: Store) -> None:
    await store.write(mails.put, [LETTER])
    first = await _claim(store)
    assert [(one.recipient, one.subject, one.attempts) for one in first] == [("lea@example.fr", "Bonjour", 1)]
    assert first[0].headers == LETTER.headers
    assert await _claim(store) == []


async def test_a_claim_that_died_is_taken_up_again(store: Store, world: FakeWorld) -> None:
    await store.write(mails.put, [LETTER])
    await _claim(store)
    world.pass_time(minutes=6)
    assert [one.attempts for one in await _claim(store)] == [2]


async def test_what_was_sent_is_neither_waiting_nor_readable(store: Store) -> None:
    await store.write(mails.put, [LETTER])
    claimed = await _claim(store)
    await store.append(mails.sent, claimed[0].id)
    assert (await _queue(store)).waiting == 0
    async with store.read() as tx:
        assert "https" not in str((await tx.conn.exec_driver_sql("SELECT text FROM mail")).all())


async def test_a_mail_that_failed_comes_back_after_its_wait(store: Store, world: FakeWorld) -> None:
    await store.write(mails.put, [LETTER])
    claimed = await _claim(store)
    await store.append(mails.again, claimed[0].id, wait=timedelta(minutes=2), error="mail-timeout")
    assert await _claim(store) == []
    assert (await _queue(store)).error == "mail-timeout"
    world.pass_time(minutes=3)
    assert len(await _claim(store)) == 1


async def test_a_new_mail_server_wakes_what_waits(store: Store) -> None:
    await store.write(mails.put, [LETTER])
    claimed = await _claim(store)
    await store.append(mails.again, claimed[0].id, wait=timedelta(hours=6), error="mail-login")
    await store.append(mails.wake)
    assert len(await _claim(store)) == 1


async def test_a_dropped_mail_waits_no_more(store: Store) -> None:
    await store.write(mails.put, [LETTER])
    claimed = await _claim(store)
    await store.append(mails.dropped, claimed[0].id, error="mail-recipient")
    assert (await _queue(store)).waiting == 0


async def test_after_a_month_nobody_knows_to_whom_we_wrote(store: Store, world: FakeWorld) -> None:
    await store.write(mails.put, [LETTER] * 4)
    for one in (await _claim(store))[:3]:
        await store.append(mails.sent, one.id)
    world.pass_time(days=31)
    assert [await store.append(mails.purge, limit=2) for _ in range(3)] == [2, 1, 0]
    assert (await _queue(store)).waiting == 1


async def test_nothing_to_say_writes_nothing(store: Store) -> None:
    async def put_none(tx: Tx) -> None:
        await mails.put(tx, [])

    await store.write(put_none)
    assert await _queue(store) == mails.MailQueue(0, None, None)
