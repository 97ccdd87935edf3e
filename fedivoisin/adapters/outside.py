"""The way outside, opened when somebody first goes: aiohttp's client costs 6 MB and a tenth of a second of CPU."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from fedivoisin.counters import Counters
from fedivoisin.world import MayGo, Response, Sign

if TYPE_CHECKING:
    from fedivoisin.adapters.network import Network


class Outside:
    """`world.Fetch` and `world.Post` through one `Network`, made when first needed."""

    def __init__(self, *, counters: Counters, lab_hosts: frozenset[str], ca_file: str) -> None:
        self._counters = counters
        self._lab_hosts = lab_hosts
        self._ca_file = ca_file
        self._opened: Network | None = None

    async def fetch(
        self, url: str, *, accept: str, max_bytes: int, sign: Sign | None = None, may_go: MayGo | None = None
    ) -> Response:
        """`Network.fetch`."""
        return await self._network().fetch(url, accept=accept, max_bytes=max_bytes, sign=sign, may_go=may_go)

    async def post(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> Response:
        """`Network.post`."""
        return await self._network().post(url, body=body, headers=headers)

    async def close(self) -> None:
        """Hang up, if anybody went."""
        if self._opened is not None:
            await self._opened.close()

    def _network(self) -> "Network":
        if self._opened is None:
            from fedivoisin.adapters.network import Network

            self._opened = Network(counters=self._counters, lab_hosts=self._lab_hosts, ca_file=self._ca_file)
        return self._opened
