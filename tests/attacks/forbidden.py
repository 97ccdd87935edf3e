"""Where no way out of the program may lead: addresses, and a service that nobody may ever reach."""

from dataclasses import dataclass, field

FORBIDDEN = "forbidden-address"
LITERALS = (
    "127.0.0.1",
    "10.0.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "0.0.0.0",
    "100.64.0.1",
    "224.0.0.1",
    "[::]",
    "[::1]",
    "[::127.0.0.1]",
    "[::ffff:127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[2001:0:7f00:1::]",
    "[fe80::1]",
    "[fd00::1]",
)
"""B19 and B21: loopback, private, link-local, shared, multicast, and the ways to write an IPv4 address in IPv6."""


@dataclass(slots=True)
class Canary:
    """A service on loopback that lab mode does not list: nobody may ever connect to it."""

    port: int
    touched: list[str] = field(default_factory=list[str])

    @property
    def origins(self) -> tuple[str, ...]:
        """Ways to say where it is."""
        names = ("127.0.0.1", "localhost", "canary.localhost", "mallory.localhost", "nantes.localhost")
        numbers = ("[::ffff:127.0.0.1]", "0.0.0.0", "0x7f.1", "2130706433")
        return tuple(f"http://{name}:{self.port}" for name in (*names, *numbers))
