"""What a person does on a page: read, fill, press. Fields and buttons are found by the words that stand on them."""

from dataclasses import replace

from playwright.async_api import Locator, Page, expect

from fedivoisin.world import World
from tests.fakes import FakeWorld

PASSWORD = "cheval agrafe batterie"
PATIENCE = 30.0
"""Seconds that a test waits for something on its way from another town."""


def readable_passwords(world: World) -> World:
    """Real doors, but for passwords: people made by tests have theirs hashed readably, and at once."""
    fake = FakeWorld()
    return replace(world, hash_password=fake.hash_password, check_password=fake.check_password)


async def open_page(page: Page, url: str) -> None:
    """Go there; the page must be one that answers well."""
    answer = await page.goto(url)
    assert answer is not None
    assert answer.status < 400, f"{answer.status} {url}"


async def fill(page: Page, **fields: str) -> None:
    """Type into fields, by the name of the input."""
    for name, words in fields.items():
        await page.locator(f"main [name={name}]").fill(words)


async def press(page: Page, words: str) -> None:
    """The button with these words, in the middle of the page."""
    await page.locator("main").get_by_role("button", name=words).first.click()
    await page.wait_for_load_state()


async def follow(page: Page, words: str) -> None:
    """The link with these words, wherever it stands."""
    await page.get_by_role("link", name=words).first.click()
    await page.wait_for_load_state()


async def reads(page: Page | Locator, words: str) -> None:
    """These words stand on the page."""
    await expect(page.get_by_text(words).first).to_be_visible()


async def reads_nowhere(page: Page, words: str) -> None:
    """These words do not stand on the page."""
    await expect(page.get_by_text(words)).to_have_count(0)


async def sign_in(page: Page, origin: str, name: str) -> None:
    """As somebody of this site, who then opens « Moi »."""
    await open_page(page, f"{origin}/connexion")
    await fill(page, email=name, password=PASSWORD)
    await press(page, "Me connecter")
    await expect(page.get_by_role("link", name="Échanges")).to_be_visible()
    await open_page(page, f"{origin}/moi")
