"""What a Prometheus asks for at `/metrics`: drawn only when it asks, on a port that the outside does not reach."""

import os
import resource
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from fedivoisin import VERSION
from fedivoisin.counters import LIMITS, Counters, Spread
from fedivoisin.store import gauges
from fedivoisin.store.db import Store
from fedivoisin.store.gauges import HOST_STATES, Gauges, Line
from fedivoisin.world import World

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""Prometheus' text format, which every collector reads."""
OUR_STATES = ("well", "failing")
RESULTS = ("sent", "refused", "failed", "given-up")
SCHEMES = ("cavage", "rfc9421")

Sample = tuple[str, Mapping[str, str], float]
"""What follows the family's name, the labels, the value."""


@dataclass(frozen=True, slots=True)
class Family:
    """One metric with all its samples."""

    name: str
    kind: str
    """`counter`, `gauge` or `histogram`."""
    words: str
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class Watched:
    """One process: what it counted, and the database that it shares with others."""

    store: Store
    world: World
    role: str
    """`serve` or `work`."""
    began_at: float
    """Seconds since 1970."""


def application(store: Store, world: World, *, role: str) -> web.Application:
    """Answers `GET /metrics`, and nothing else."""
    watched = Watched(store, world, role, world.now().timestamp())

    async def show(_request: web.Request) -> web.Response:
        text = written(await families(watched))
        return web.Response(body=text.encode(), headers={"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store"})

    app = web.Application()
    app.router.add_get("/metrics", show)
    return app


async def families(watched: Watched) -> list[Family]:
    """Everything, as of now."""
    seen = await gauges.look(watched.store)
    return [
        *_of_process(watched),
        *_counted(watched.world.counters),
        Family(
            "fedivoisin_database_up", "gauge", "Whether the database answers.", (("", {}, float(seen is not None)),)
        ),
        *(_seen(seen) if seen is not None else ()),
    ]


def written(found: Iterable[Family]) -> str:
    """The text format."""
    return "".join(line for family in found for line in _lines(family))


def _lines(family: Family) -> Iterator[str]:
    yield f"# HELP {family.name} {family.words}\n"
    yield f"# TYPE {family.name} {family.kind}\n"
    for suffix, labels, value in family.samples:
        words = ",".join(f'{name}="{_escaped(label)}"' for name, label in labels.items())
        yield f"{family.name}{suffix}{{{words}}} {value:.17g}\n" if words else f"{family.name}{suffix} {value:.17g}\n"


def _escaped(label: str) -> str:
    return label.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _counted(counters: Counters) -> Iterator[Family]:
    # What is not in the table yet shows as nought from the start: a rate needs a beginning.
    none = dict.fromkeys(LIMITS, 0)
    fetched = {("get", "2xx"): 0, ("post", "2xx"): 0}
    signed = dict.fromkeys(((scheme, "held") for scheme in SCHEMES), 0)
    sent = {(state, result): 0 for state in OUR_STATES for result in RESULTS}
    yield _one_label("inbox_requests_total", "outcome", {"accepted": 0, **counters.inbox},
                     "Activities posted to our inboxes, by what was answered: accepted, or why not.")  # fmt: skip
    yield _one_label("inbox_carried_out_total", "outcome", {"done": 0, **counters.carried_out},
                     "Accepted activities, by how they ended.")  # fmt: skip
    yield _one_label("limits_total", "limit", {**none, **counters.limits},
                     "Times that a limit was met (docs/design/FEDERATION.md, section 6).")  # fmt: skip
    yield _two_labels("signatures_total", ("scheme", "outcome"), {**signed, **counters.signatures},
                      "Signatures of others that were checked.")  # fmt: skip
    yield _two_labels("requests_total", ("method", "outcome"), {**fetched, **counters.requests},
                      "Our requests to other servers, by the class of the answer, or why there was none.")  # fmt: skip
    yield _two_labels("deliveries_total", ("host", "result"), {**sent, **counters.deliveries},
                      "Deliveries tried, by how their host stood before and by the result.")  # fmt: skip
    yield _histogram("signature_seconds", counters.checking, "Time to check one signature.")
    yield _histogram("request_seconds", counters.asking, "Time of one request to another server.")


def _seen(seen: Gauges) -> Iterator[Family]:
    yield from _queue("queue", "queue", seen.queues, "in each queue")
    yield from _queue("delivery", "host", seen.deliveries, "of the deliveries, by how their host stands")
    yield _one_label("hosts", "state", {state: seen.hosts[state] for state in HOST_STATES},
                     "Known hosts, by how they stand; paused: the breaker is open.", kind="gauge")  # fmt: skip
    yield Family("fedivoisin_blocked_domains", "gauge", "Domains shut out.", (("", {}, seen.blocked),))


def _queue(name: str, label: str, lines: Mapping[str, Line], words: str) -> Iterator[Family]:
    waiting = {key: line.waiting for key, line in lines.items()}
    oldest = {key: line.oldest for key, line in lines.items()}
    late = {key: line.late for key, line in lines.items()}
    yield _one_label(f"{name}_waiting", label, waiting, f"Rows that wait {words}.", kind="gauge")
    yield _one_label(f"{name}_oldest_seconds", label, oldest, f"Age of the oldest row {words}.", kind="gauge")
    yield _one_label(f"{name}_late_seconds", label, late, f"For how long a row has been due {words}.", kind="gauge")


def _of_process(watched: Watched) -> Iterator[Family]:
    said = {"version": VERSION, "role": watched.role}
    yield Family("fedivoisin_info", "gauge", "What runs here.", (("", said, 1),))
    yield Family("process_resident_memory_bytes", "gauge", "Memory held.", (("", {}, resident()),))
    yield Family("process_cpu_seconds_total", "counter", "Processor time spent.", (("", {}, time.process_time()),))
    yield Family("process_start_time_seconds", "gauge", "When it began.", (("", {}, watched.began_at),))


def resident(statm: Path = Path("/proc/self/statm")) -> int:
    """Bytes held now; where the system does not say, the most that were ever held."""
    try:
        pages = int(statm.read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return pages * os.sysconf("SC_PAGE_SIZE")


def _one_label(name: str, label: str, values: Mapping[str, float], words: str, *, kind: str = "counter") -> Family:
    samples = tuple(("", {label: key}, value) for key, value in sorted(values.items()))
    return Family(f"fedivoisin_{name}", kind, words, samples)


def _two_labels(name: str, labels: tuple[str, str], values: Mapping[tuple[str, str], float], words: str) -> Family:
    samples = tuple(("", dict(zip(labels, key, strict=True)), value) for key, value in sorted(values.items()))
    return Family(f"fedivoisin_{name}", "counter", words, samples)


def _histogram(name: str, spread: Spread, words: str) -> Family:
    samples: list[Sample] = []
    below = 0
    for bound, count in zip((*spread.bounds, None), spread.counts, strict=True):
        below += count
        samples.append(("_bucket", {"le": "+Inf" if bound is None else f"{bound:g}"}, below))
    return Family(
        f"fedivoisin_{name}", "histogram", words, (*samples, ("_sum", {}, spread.total), ("_count", {}, below))
    )
