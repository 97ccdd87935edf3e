"""How many requests an address may make: a counter per window, bounded in number."""

from dataclasses import dataclass, field

from aiohttp import web

from fedivoisin.urls import network_of

MOST_ADDRESSES = 50_000


def client_network(request: web.Request) -> str:
    """The visitor's IPv4 address, or the /64 of an IPv6 one: a household, not a device."""
    return network_of(request.remote or "")


@dataclass(slots=True)
class Throttle:
    """Counts per address and window; forgets the oldest window whole."""

    most: int
    window: int
    _current: int = 0
    _counts: dict[str, int] = field(default_factory=dict[str, int])

    def seconds_to_wait(self, subject: str, *, at: float) -> int:
        """Count one request at `at` (seconds); 0 if it may pass, else how long to wait."""
        window = int(at // self.window)
        if window != self._current or len(self._counts) > MOST_ADDRESSES:
            self._current = window
            self._counts.clear()
        count = self._counts.get(subject, 0) + 1
        self._counts[subject] = count
        if count <= self.most:
            return 0
        return max(1, int((window + 1) * self.window - at))
