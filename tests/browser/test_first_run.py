"""Journey 1: a bureau founds its neighbourhood in the browser, mail test and admin account included."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope
from playwright.async_api import Page, expect

from fedivoisin.app import create_app, new_id, open_world, prepare, utc_now
from fedivoisin.settings import Settings
from fedivoisin.store import neighbourhoods
from fedivoisin.store.db import Store
from tests.browser.conftest import Keep, OpenContext, each_way
from tests.browser.gestures import PASSWORD, fill, follow, open_page, press, reads, sign_in
from tests.browser.judges import assert_accessible, assert_valid_html
from tests.federation.towns import free_socket


@dataclass(frozen=True, slots=True)
class Fresh:
    """A program that was just installed: where it answers, and the one-time word it printed."""

    origin: str
    word: str
    store: Store


@dataclass(slots=True)
class Postbox:
    """A mail server that keeps what it takes."""

    taken: list[Envelope] = field(default_factory=list[Envelope])

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        """One message."""
        self.taken.append(envelope)
        return "250 OK"


@pytest.fixture
async def fresh(tmp_path: Path, migrated: Path) -> AsyncIterator[Fresh]:
    """The program as `make run` starts it: no address, no answer yet."""
    shutil.copyfile(migrated, tmp_path / "fresh.db")
    settings = Settings(database=f"sqlite:///{tmp_path / 'fresh.db'}", media=str(tmp_path / "media"))
    listening = free_socket()
    async with AsyncExitStack() as stack:
        store = Store.open(settings.database, now=utc_now, new_id=new_id)
        stack.push_async_callback(store.close)
        word = await prepare(settings, store)
        assert word is not None
        world = await stack.enter_async_context(open_world(settings, store))
        runner = web.AppRunner(create_app(settings, store, world), access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.SockSite(runner, listening).start()
        yield Fresh(f"http://localhost:{listening.getsockname()[1]}", word, store)


@pytest.fixture
async def post() -> AsyncIterator[tuple[Postbox, int]]:
    """The association's mail server, and its port."""
    box = Postbox()
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(box, hostname="mail.test", enable_SMTPUTF8=True), "127.0.0.1", 0
    )
    yield box, server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()


async def _judge(page: Page) -> None:
    """The screen as it stands, and the markup that makes it."""
    await assert_accessible(page)
    markup: str = await page.evaluate("async () => (await fetch(location.href)).text()")
    await assert_valid_html(markup, name=page.url)


async def _where(page: Page, *, javascript: bool) -> None:
    await reads(page, "Où est votre quartier ?")
    await fill(page, name="Doulon", commune="Nantes", department="44", contact_email="bonjour@voisins.example")
    await fill(page, help_name="Awa", help_hours="le mardi, 14 h – 17 h", help_telephone="02 61 91 00 12")
    if javascript:
        await page.locator(".plan").click(position={"x": 150, "y": 120})
        await expect(page.locator("[name=latitude]")).not_to_have_value("")
    # One number is wrong: the page says so, and nothing of the rest is lost.
    await fill(page, latitude="147,23", longitude="-1,51")
    await press(page, "Continuer")
    await reads(page, "Une chose est à corriger")
    await expect(page.locator("[name=help_name]")).to_have_value("Awa")
    await fill(page, latitude="47,23")
    await press(page, "Continuer")


async def _who(page: Page) -> None:
    await reads(page, "Qui en répond ?")
    await page.locator("[name=legal_form]").select_option("association-1901")
    await fill(page, legal_name="Les voisins de Doulon", legal_address="1 rue du Moutier\n44300 Nantes")
    await fill(page, legal_number="W442000000", legal_publisher="Awa Diop", sponsors_needed="2")
    await fill(page, legal_host_name="Un hébergeur", legal_host_address="2 rue des Serveurs\n59000 Lille")
    await press(page, "Continuer")


async def _mail(page: Page, box: Postbox, port: int) -> None:
    await reads(page, "Comment vous joindre ?")
    await fill(page, mail_host="127.0.0.1", mail_port=str(port), mail_sender="quartier@voisins.example")
    await page.locator("[name=mail_security]").select_option("none")
    await fill(page, mail_try="awa@voisins.example")
    await press(page, "Essayer")
    await reads(page, "Le message est parti vers awa@voisins.example")
    content = box.taken[0].content
    assert isinstance(content, bytes)
    assert message_from_bytes(content, policy=policy.default)["To"] == "awa@voisins.example"
    await reads(page, "elle ne peut plus changer")
    await press(page, "Continuer")


async def _me(page: Page) -> None:
    await reads(page, "Aucune : mode essai")
    await fill(page, display_name="Awa Diop", name="awa", email="awa@voisins.example")
    await fill(page, password=PASSWORD, password_again=PASSWORD)
    await press(page, "Créer le quartier")


async def test_its_questions_stand_before_the_judges(fresh: Fresh, page: Page) -> None:
    await page.goto(fresh.origin)
    await _judge(page)
    await open_page(page, f"{fresh.origin}/installation?cle={fresh.word}")
    for screen in ("quartier", "association", "courriel", "compte"):
        await open_page(page, f"{fresh.origin}/installation/{screen}")
        await _judge(page)


@each_way
async def test_a_neighbourhood_is_founded(
    fresh: Fresh, post: tuple[Postbox, int], open_context: OpenContext, javascript: bool, keep_screenshot: Keep
) -> None:
    page = await (await open_context(javascript=javascript)).new_page()
    await page.goto(fresh.origin)
    await reads(page, "Ce quartier n’est pas encore ouvert")
    await open_page(page, f"{fresh.origin}/installation?cle={fresh.word}")
    await keep_screenshot(page, "first-run-1")
    await _where(page, javascript=javascript)
    await _who(page)
    await _mail(page, *post)
    await keep_screenshot(page, "first-run-4")
    await _me(page)
    await reads(page, "Votre quartier est ouvert. Inscrivez les premiers membres.")
    await keep_screenshot(page, "first-run-done")
    await follow(page, "Mentions légales")
    await reads(page, "Les voisins de Doulon")
    await open_page(page, f"{fresh.origin}/annonces")
    await reads(page, "Mode essai.")
    async with fresh.store.read() as tx:
        here = await neighbourhoods.current(tx)
    assert (here.name, here.is_trial, here.legal["number"]) == ("Doulon", True, "W442000000")
    other = await (await open_context(javascript=javascript)).new_page()
    await sign_in(other, fresh.origin, "awa@voisins.example")
    await reads(other, "Bonjour, Awa Diop")
