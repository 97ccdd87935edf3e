"""Chromium for the journeys: a phone and a desk, with JavaScript and without, light and dark."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, async_playwright

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = "/usr/bin/chromium"
SCREENSHOTS = ROOT / "var/screenshots"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--font-render-hinting=none",
)
TIMEOUT_MS = 15_000


@dataclass(frozen=True, slots=True)
class Device:
    """What a person holds or sits at."""

    name: str
    size: ViewportSize
    is_phone: bool


PHONE = Device("phone", {"width": 390, "height": 844}, is_phone=True)
DESK = Device("desk", {"width": 1280, "height": 900}, is_phone=False)

OpenContext = Callable[..., Awaitable[BrowserContext]]
Keep = Callable[[Page, str], Awaitable[Path]]

each_way = pytest.mark.parametrize(
    ("device", "javascript"),
    [
        pytest.param(PHONE, True, id="phone"),
        pytest.param(DESK, True, id="desk"),
        pytest.param(PHONE, False, id="phone-no-javascript"),
        pytest.param(DESK, False, id="desk-no-javascript"),
    ],
    indirect=True,
)
"""The four ways of a journey."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(params=[PHONE, DESK], ids=["phone", "desk"])
def device(request: pytest.FixtureRequest) -> Device:
    """Doubles a test: on a phone and at a desk."""
    found: Device = request.param
    return found


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A Chromium of the test's own."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        await chromium.close()


@pytest.fixture
async def open_context(browser: Browser, device: Device) -> AsyncIterator[OpenContext]:
    """Makes one person's browser, with cookies of its own: `await open_context(javascript=False, dark=True)`."""
    opened: list[BrowserContext] = []

    async def make(*, javascript: bool = True, dark: bool = False, language: str = "fr-FR") -> BrowserContext:
        context = await browser.new_context(
            viewport=device.size,
            is_mobile=device.is_phone,
            has_touch=device.is_phone,
            java_script_enabled=javascript,
            color_scheme="dark" if dark else "light",
            locale=language,
            timezone_id="Europe/Paris",
            reduced_motion="reduce",
        )
        context.set_default_timeout(TIMEOUT_MS)
        opened.append(context)
        return context

    yield make
    for context in opened:
        await context.close()


@pytest.fixture
async def page(open_context: OpenContext) -> Page:
    """One page of one person, on the device at hand, JavaScript on."""
    return await (await open_context()).new_page()


@pytest.fixture(params=[True, False], ids=["javascript", "no-javascript"])
def javascript(request: pytest.FixtureRequest) -> bool:
    """Doubles a test: with JavaScript and without."""
    return bool(request.param)


@pytest.fixture
def keep_screenshot(device: Device, request: pytest.FixtureRequest) -> Keep:
    """`await keep_screenshot(page, "listing")` writes var/screenshots/listing-phone.png, the whole page."""
    plain = "javascript" in request.fixturenames and not request.getfixturevalue("javascript")

    async def keep(page: Page, name: str) -> Path:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / f"{name}-{device.name}{'-plain' if plain else ''}.png"
        await page.screenshot(path=path, full_page=True)
        return path

    return keep
