"""The judges find what they are there for, and leave good pages alone."""

import pytest
from playwright.async_api import Page

from tests.browser.conftest import Device
from tests.browser.judges import assert_accessible, assert_valid_html

GOOD = """<!DOCTYPE html>
<html lang="fr">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Bonjour</title></head>
<body><main><h1>Bonjour</h1><p>Une page sans reproche.</p></main></body></html>"""
BAD = GOOD.replace("<p>Une page sans reproche.</p>", '<p><img src="data:,"><input type="text"></p></section>')


async def test_a_good_page_passes_both(page: Page, device: Device) -> None:
    await page.set_content(GOOD)
    await assert_accessible(page)
    await assert_valid_html(GOOD)
    assert await page.evaluate("innerWidth") == device.size["width"]


async def test_a_bad_page_passes_neither(page: Page) -> None:
    await page.set_content(BAD)
    with pytest.raises(AssertionError, match="image-alt"):
        await assert_accessible(page)
    with pytest.raises(AssertionError, match="close-order"):
        await assert_valid_html(BAD)
