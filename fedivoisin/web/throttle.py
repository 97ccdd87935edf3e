"""How many requests an address may make: a counter per window, shared between processes."""

from dataclasses import dataclass, field

from aiohttp import web

from fedivoisin.store.tallies import Tally
from fedivoisin.urls import network_of


def client_network(request: web.Request) -> str:
    """The visitor's IPv4 address, or the /64 of an IPv6 one: a household, not a device."""
    return network_of(request.remote or "")


@dataclass(slots=True)
class Throttle:
    """Counts per address and window; forgets the oldest window whole."""

    most: int
    window: int
    tally: Tally = field(init=False)

    def __post_init__(self) -> None:
        self.tally = Tally("pages", self.window, self.most)

    def seconds_to_wait(self, subject: str, *, at: float) -> int:
        """Count one request at `at` (seconds); 0 if it may pass, else how long to wait."""
        if self.tally.count(subject, at) <= self.most:
            return 0
        return max(1, int((self.tally.number + 1) * self.window - at))
