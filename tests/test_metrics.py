"""What a Prometheus reads: every figure there from the start, in the form that its own parser takes."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from fedivoisin import VERSION, app, metrics
from fedivoisin.counters import LIMITS
from fedivoisin.metrics import Family
from fedivoisin.store.db import Store
from fedivoisin.store.gauges import HOST_STATES
from tests.fakes import START, FakeWorld
from tests.shape.source import ROOT

Client = TestClient[web.Request, web.Application]
DASHBOARD = ROOT / "deploy/grafana/fedivoisin.json"
ALERTS = ROOT / "deploy/prometheus/fedivoisin-alerts.yml"
_QUERIED = re.compile(r"\b((?:fedivoisin|process)_[a-z0-9_]+)(?:\{([^}]*)\})?")


@pytest.fixture
def database_kind() -> str:
    """The figures are the store's, which is tested on both databases: once is enough here."""
    return "sqlite"


@pytest.fixture
async def client(store: Store, world: FakeWorld) -> AsyncIterator[Client]:
    async with TestClient(TestServer(metrics.application(store, world.doors, role="serve"))) as opened:
        yield opened


async def _scraped(client: Client) -> dict[str, Metric]:
    async with client.get("/metrics") as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"] == metrics.CONTENT_TYPE
        return {family.name: family for family in text_string_to_metric_families(await answer.text())}


def _values(family: Metric) -> dict[tuple[str, ...], float]:
    return {tuple(one.labels.values()): one.value for one in family.samples}


async def test_everything_is_there_before_anything_happened(client: Client) -> None:
    found = await _scraped(client)
    assert _values(found["fedivoisin_inbox_requests"]) == {("accepted",): 0}
    assert set(_values(found["fedivoisin_limits"])) == {(limit,) for limit in LIMITS}
    assert _values(found["fedivoisin_info"]) == {(VERSION, "serve"): 1}
    assert _values(found["fedivoisin_database_up"]) == {(): 1}
    assert _values(found["fedivoisin_hosts"]) == {(state,): 0 for state in HOST_STATES}
    assert set(_values(found["fedivoisin_queue_waiting"])) == {("inbox",), ("effects",), ("delivery",), ("mail",)}
    assert _values(found["process_start_time_seconds"]) == {(): START.timestamp()}
    assert _values(found["process_resident_memory_bytes"])[()] > 10_000_000
    assert all(family.documentation for family in found.values())


async def test_what_was_counted_is_told(client: Client, world: FakeWorld) -> None:
    counters = world.counters
    counters.inbox["accepted"] += 3
    counters.refused("too-large")
    counters.signatures["rfc9421", "held"] += 2
    counters.requests["get", "timeout"] += 1
    counters.deliveries["failing", "given-up"] += 1
    counters.checking.add(0.0003)
    counters.checking.add(9)
    found = await _scraped(client)
    assert _values(found["fedivoisin_inbox_requests"]) == {("accepted",): 3, ("too-large",): 1}
    assert _values(found["fedivoisin_limits"])["inbox-body",] == 1
    assert _values(found["fedivoisin_signatures"])["rfc9421", "held"] == 2
    assert _values(found["fedivoisin_requests"])["get", "timeout"] == 1
    assert _values(found["fedivoisin_deliveries"])["failing", "given-up"] == 1
    spread = {one.labels.get("le", one.name): one.value for one in found["fedivoisin_signature_seconds"].samples}
    assert (spread["0.0002"], spread["0.0005"], spread["0.05"], spread["+Inf"]) == (0, 1, 1, 2)
    assert (spread["fedivoisin_signature_seconds_count"], spread["fedivoisin_signature_seconds_sum"]) == (2, 9.0003)


async def test_where_the_database_does_not_answer_the_process_still_does(tmp_path: Path, world: FakeWorld) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'empty.db'}", now=app.utc_now, new_id=app.new_id)
    async with TestClient(TestServer(metrics.application(store, world.doors, role="work"))) as client:
        found = await _scraped(client)
    await store.close()
    assert _values(found["fedivoisin_database_up"]) == {(): 0}
    assert "fedivoisin_queue_waiting" not in found
    assert "fedivoisin_inbox_requests" in found


async def test_nothing_else_answers_there(client: Client) -> None:
    async with client.get("/") as answer:
        assert answer.status == 404


def test_odd_labels_are_escaped() -> None:
    odd = Family("x", "gauge", "Odd.", (("", {"label": 'a\\b"c\nd'}, 1),))
    (found,) = text_string_to_metric_families(metrics.written([odd]))
    assert found.samples[0].labels == {"label": 'a\\b"c\nd'}


def test_memory_is_told_even_where_there_is_no_proc(tmp_path: Path) -> None:
    assert metrics.resident(tmp_path / "none") > 10_000_000


async def test_the_dashboard_asks_only_for_what_is_there(client: Client) -> None:
    found = await _scraped(client)
    labels: dict[str, set[str]] = {}
    for family in found.values():
        for one in family.samples:
            labels.setdefault(one.name, {"job", "instance"}).update(one.labels)
    asked = _expressions(json.loads(DASHBOARD.read_text(encoding="utf-8")))
    asked += re.findall(r"expr: (.+)", ALERTS.read_text(encoding="utf-8"))
    assert len(asked) > 25
    queried = [(name, selector) for expression in asked for name, selector in _QUERIED.findall(expression)]
    assert sorted({name for name, _ in queried} - set(labels)) == []
    for name, selector in queried:
        assert set(re.findall(r"(\w+)=", selector)) <= labels[name], (name, selector)
    shown = {name.removesuffix("_bucket").removesuffix("_total") for name, _ in queried}
    assert sorted(set(found) - {name.removesuffix("_total") for name in shown}) == []


async def test_every_figure_and_every_limit_is_documented(client: Client) -> None:
    page = (ROOT / "docs/watching.md").read_text(encoding="utf-8")
    said = set(re.findall(r"`([^`]+)`", page))
    names = {family.name: f"{family.name}_total" for family in (await _scraped(client)).values()}
    assert [name for name, counted in names.items() if not {name, counted} & said] == []
    assert [limit for limit in LIMITS if f"`{limit}`" not in page] == []


def test_each_panel_says_what_it_shows() -> None:
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    assert all(panel["title"] for panel in panels)
    assert len({panel["id"] for panel in panels}) == len(panels)
    places = [tuple(panel["gridPos"].values()) for panel in panels]
    assert len(set(places)) == len(places)


def _expressions(dashboard: dict[str, Any]) -> list[str]:
    targets = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ())]
    return targets + [one["definition"] for one in dashboard["templating"]["list"] if "definition" in one]
