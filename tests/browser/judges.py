"""Two judges of a page: axe-core for people who do not see or point, html-validate for the markup."""

import asyncio
import json
from asyncio.subprocess import PIPE
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.async_api import Page

ROOT = Path(__file__).resolve().parents[2]
PARTS = ROOT / "tests/peers/node_modules"
WCAG_2_2_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


async def assert_accessible(page: Page, *, rule: str = "") -> None:
    """No violation of WCAG 2.2 AA that a machine can find, on the page as it stands (theme, open parts).

    With `rule`, only of that one: what colours do not change need not be asked twice.

    The page's own policy (CSP) forbids foreign scripts: axe-core enters through the debugger, not through a tag.
    Without JavaScript there is nothing to run it with; check the same page with JavaScript on.
    """
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(_axe())
    run = "only => axe.run(document, { runOnly: only, resultTypes: ['violations'] })"
    only = {"type": "rule", "values": [rule]} if rule else {"type": "tag", "values": WCAG_2_2_AA}
    result: dict[str, Any] = await page.evaluate(run, only)
    assert not result["violations"], f"{page.url}\n" + "\n".join(map(_violation, result["violations"]))


async def assert_valid_html(html: str, *, name: str = "page") -> None:
    """The markup follows the standard, judged by html-validate with the rules of tests/browser/html-validate.json."""
    faults = await html_faults({name: html})
    assert not faults, "\n".join(faults)


async def html_faults(pages: Mapping[str, str]) -> list[str]:
    """What html-validate finds in these pages, all judged by one process: its start is what takes time."""
    with TemporaryDirectory() as folder:
        files = {Path(folder) / f"{number}.html": name for number, name in enumerate(pages)}
        for file, name in files.items():
            file.write_text(pages[name], encoding="utf-8")
        process = await asyncio.create_subprocess_exec(
            ROOT / "tools/node",
            PARTS / "html-validate/bin/html-validate.mjs",
            "--config",
            ROOT / "tests/browser/html-validate.json",
            "--formatter=json",
            *files,
            stdout=PIPE,
            stderr=PIPE,
        )
        output, errors = await process.communicate()
    assert output, errors.decode()
    judged = {files[Path(file["filePath"])]: file["messages"] for file in json.loads(output)}
    return [f"{name}\n{_fault(one, pages[name])}" for name, messages in judged.items() for one in messages]


@cache
def _axe() -> str:
    return (PARTS / "axe-core/axe.min.js").read_text(encoding="utf-8")


def _violation(violation: dict[str, Any]) -> str:
    places = "\n".join(f"    {node['html'][:160]}\n      {node['failureSummary']}" for node in violation["nodes"])
    return f"  {violation['id']}: {violation['help']}\n{places}"


def _fault(message: dict[str, Any], html: str) -> str:
    line = html.splitlines()[message["line"] - 1].strip()[:120] if message.get("line") else ""
    return f"  {message['line']}:{message['column']} {message['ruleId']}: {message['message']}\n    {line}"
