"""Two judges of a page: axe-core for people who do not see or point, html-validate for the markup."""

import asyncio
import json
from asyncio.subprocess import PIPE
from functools import cache
from pathlib import Path
from typing import Any

from playwright.async_api import Page

ROOT = Path(__file__).resolve().parents[2]
PARTS = ROOT / "tests/peers/node_modules"
WCAG_2_2_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


async def assert_accessible(page: Page) -> None:
    """No violation of WCAG 2.2 AA that a machine can find, on the page as it stands (theme, open parts).

    The page's own policy (CSP) forbids foreign scripts: axe-core enters through the debugger, not through a tag.
    Without JavaScript there is nothing to run it with; check the same page with JavaScript on.
    """
    await page.evaluate(_axe())
    run = "tags => axe.run(document, { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] })"
    result: dict[str, Any] = await page.evaluate(run, WCAG_2_2_AA)
    assert not result["violations"], f"{page.url}\n" + "\n".join(map(_violation, result["violations"]))


async def assert_valid_html(html: str, *, name: str = "page") -> None:
    """The markup follows the standard, judged by html-validate with the rules of tests/browser/html-validate.json."""
    process = await asyncio.create_subprocess_exec(
        ROOT / "tools/node",
        PARTS / "html-validate/bin/html-validate.mjs",
        "--config",
        ROOT / "tests/browser/html-validate.json",
        "--formatter=json",
        "--stdin",
        f"--stdin-filename={name}.html",
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
    )
    output, errors = await process.communicate(html.encode())
    assert output, errors.decode()
    messages = [message for file in json.loads(output) for message in file["messages"]]
    assert not messages, f"{name}\n" + "\n".join(_fault(message, html) for message in messages)


@cache
def _axe() -> str:
    return (PARTS / "axe-core/axe.min.js").read_text(encoding="utf-8")


def _violation(violation: dict[str, Any]) -> str:
    places = "\n".join(f"    {node['html'][:160]}\n      {node['failureSummary']}" for node in violation["nodes"])
    return f"  {violation['id']}: {violation['help']}\n{places}"


def _fault(message: dict[str, Any], html: str) -> str:
    line = html.splitlines()[message["line"] - 1].strip()[:120] if message.get("line") else ""
    return f"  {message['line']}:{message['column']} {message['ruleId']}: {message['message']}\n    {line}"
