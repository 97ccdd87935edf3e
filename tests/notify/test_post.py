"""The mails that wait meet a server that takes them, or does not."""

from datetime import timedelta

import pytest

from fedivoisin.errors import Unreachable
from fedivoisin.notify import post
from fedivoisin.store import mails, neighbourhoods
from fedivoisin.store.db import Store
from fedivoisin.store.mails import NewMail
from tests.fakes import FakeWorld

SERVER = {"host": "smtp.example", "port": 587, "security": "starttls", "sender": "q@voisins.example"}


@pytest.fixture
async def letter(store: Store) -> None:
    """A founded row and one mail that waits."""
    await store.write(neighbourhoods.prepare, origin="", setup_hash="0" * 64)
    await store.write(mails.put, [NewMail("lea@example.fr", "Bonjour", "Un mot.")])


async def _waiting(store: Store) -> int:
    async with store.read() as tx:
        return (await mails.queue(tx)).waiting


@pytest.mark.usefixtures("letter")
async def test_without_a_mail_server_mails_wait(store: Store, world: FakeWorld) -> None:
    assert await post.send_due(store, world.doors) == 0
    assert await _waiting(store) == 1


@pytest.mark.usefixtures("letter")
async def test_a_mail_is_sent_once(store: Store, world: FakeWorld) -> None:
    await store.write(neighbourhoods.change, mail=SERVER)
    assert await post.send_due(store, world.doors) == 1
    assert await post.send_due(store, world.doors) == 0
    assert [(mail.to, mail.subject, mail.text) for mail in world.mails] == [("lea@example.fr", "Bonjour", "Un mot.")]
    assert world.mail_servers[0].host == "smtp.example"


@pytest.mark.usefixtures("letter")
async def test_a_server_that_is_down_is_asked_again_later(store: Store, world: FakeWorld) -> None:
    await store.write(neighbourhoods.change, mail=SERVER)
    world.mail_answer = Unreachable("mail-connection")
    await post.send_due(store, world.doors)
    assert await post.send_due(store, world.doors) == 0
    world.mail_answer = None
    world.pass_time(minutes=2)
    assert await post.send_due(store, world.doors) == 1
    assert len(world.mails) == 1


@pytest.mark.usefixtures("letter")
async def test_a_mailbox_that_does_not_exist_is_asked_once(store: Store, world: FakeWorld) -> None:
    await store.write(neighbourhoods.change, mail=SERVER)
    world.mail_answer = Unreachable("mail-recipient", status=550)
    await post.send_due(store, world.doors)
    assert await _waiting(store) == 0


@pytest.mark.usefixtures("letter")
async def test_after_twelve_tries_a_mail_is_given_up(store: Store, world: FakeWorld) -> None:
    await store.write(neighbourhoods.change, mail=SERVER)
    world.mail_answer = Unreachable("mail-login", status=535)
    for _ in range(post.MAX_TRIES):
        await post.send_due(store, world.doors)
        world.pass_time(hours=7)
    assert await _waiting(store) == 0
    assert len(world.mail_servers) == post.MAX_TRIES


def test_waits_double_up_to_six_hours() -> None:
    assert [post.wait_after(tries) for tries in (1, 2, 3, 12)] == [
        timedelta(minutes=1),
        timedelta(minutes=2),
        timedelta(minutes=4),
        timedelta(hours=6),
    ]
