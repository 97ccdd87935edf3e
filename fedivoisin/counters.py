"""What this process has done, as plain numbers: added to where it happens, read only when somebody asks."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter

CHECKING = (0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05)
ASKING = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0)
"""Seconds: a signature takes tens of microseconds, another server up to its time-out."""

INBOX, FETCH, WORK, PAGE = "inbox", "fetch", "work", "page"
"""Where a limit may be met."""
_JSON = {
    "bad-json": "json-strict",
    "json-not-an-object": "json-strict",
    "json-duplicate-key": "json-strict",
    "json-not-a-number": "json-strict",
    "json-huge-number": "json-strict",
    "json-too-deep": "json-depth",
    "json-too-many-nodes": "json-nodes",
    "context-too-large": "jsonld-size",
    "jsonld-too-large": "jsonld-size",
}
_LIMITS: dict[str, dict[str, str]] = {
    INBOX: {**_JSON, "too-large": "inbox-body", "too-slow": "body-time", "busy": "queue"},
    FETCH: {
        **_JSON,
        "too-large": "document-size",
        "timeout": "timeout",
        "too-many-redirects": "redirects",
        "redirect-to-other-scheme": "redirects",
        "forbidden-address": "address",
        "bad-encoding": "encoding",
        "unknown-encoding": "encoding",
    },
    WORK: {"too-many-fetches": "discovery", "too-many-attempts": "flags", "bad-html": "html"},
    PAGE: {
        "too-many-requests": "page-requests",
        "too-large": "form-size",
        "too-slow": "form-time",
        "too-many-attempts": "attempts",
        "picture-too-large": "picture",
        "picture-unreadable": "picture",
    },
}
ALONE = ("inbox-unknown", "inbox-known", "inbox-strangers", "delivery-tries", "breaker")
"""Limits that are counted by their name, for no code tells them."""
LIMITS = tuple(sorted({*ALONE, *(limit for codes in _LIMITS.values() for limit in codes.values())}))
"""Every limit of FEDERATION.md, section 6, as it is called in the metrics."""


@dataclass(slots=True)
class Spread:
    """How many took how long: counts below each bound (in seconds) and above the last, and the sum of all."""

    bounds: tuple[float, ...]
    counts: list[int] = field(default_factory=list[int])
    total: float = 0.0

    def __post_init__(self) -> None:
        self.counts = [0] * (len(self.bounds) + 1)

    def add(self, seconds: float) -> None:
        """One more."""
        self.counts[bisect_left(self.bounds, seconds)] += 1
        self.total += seconds


def _times() -> defaultdict[str, int]:
    return defaultdict(int)


def _pairs() -> defaultdict[tuple[str, str], int]:
    return defaultdict(int)


@dataclass(slots=True)
class Counters:
    """One per process, handed on with the `World`. A word that peers choose is never a key: keys do not grow."""

    clock: Callable[[], float] = perf_counter
    """Seconds from anywhere: measures how long things take, decides nothing."""
    inbox: defaultdict[str, int] = field(default_factory=_times)
    """What was answered at the door: `accepted`, or the code of the refusal."""
    carried_out: defaultdict[str, int] = field(default_factory=_times)
    """How what was accepted ended: `done`, `ignored`, `later`, or why not."""
    limits: defaultdict[str, int] = field(default_factory=_times)
    """How often each of `LIMITS` was met."""
    signatures: defaultdict[tuple[str, str], int] = field(default_factory=_pairs)
    """(scheme, `held` or the code) of what others signed."""
    requests: defaultdict[tuple[str, str], int] = field(default_factory=_pairs)
    """(method, `2xx` or the code) of what we asked others."""
    deliveries: defaultdict[tuple[str, str], int] = field(default_factory=_pairs)
    """(state of the host, result)."""
    checking: Spread = field(default_factory=lambda: Spread(CHECKING))
    """Of one signature."""
    asking: Spread = field(default_factory=lambda: Spread(ASKING))
    """Of one request to another server, redirections included."""

    def refused(self, code: str, *, is_limit: bool = True) -> None:
        """An inbox said no."""
        self.inbox[_plain(code)] += 1
        if is_limit:
            self.limit(INBOX, code)

    def ended(self, outcome: str) -> None:
        """An activity was carried out, or not."""
        self.carried_out[_plain(outcome)] += 1
        self.limit(WORK, outcome)

    def limit(self, where: str, code: str) -> None:
        """Count a refusal, if `code` is that of a limit: most refusals are none."""
        if (met := _LIMITS[where].get(code)) is not None:
            self.limits[met] += 1


def _plain(code: str) -> str:
    # Codes that quote a peer's status (`status-418`) are counted by its class.
    return f"{code[:8]}xx" if code.startswith("status-") else code
