"""Pictures: decoded in a process of their own, drawn anew as WebP, and kept in a folder."""

import asyncio
import re
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from fedivoisin.adapters import drawing
from fedivoisin.counters import PAGE, Counters
from fedivoisin.errors import Reason, Refused
from fedivoisin.world import EncodedImage

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

PROCESSES = 1
"""One picture at a time costs least memory; a page waits a second more when two arrive together."""
IDLE = 60.0
"""Seconds after which an idle process is sent home: it holds Pillow and what it last drew."""
LONGEST = 30.0
"""Seconds that one picture may take."""
_PATH = re.compile(r"[a-z0-9]{2}/[a-z0-9]{2}/[a-z0-9-]{8,80}\.webp")


@dataclass(slots=True)
class Encoder:
    """Give `encoder.encode` where an `EncodeImage` is wanted. A hostile picture can only harm its own process."""

    counters: Counters = field(default_factory=Counters)
    idle: float = IDLE
    longest: float = LONGEST
    _pool: "ProcessPoolExecutor | None" = None
    _busy: int = 0
    _going_home: asyncio.TimerHandle | None = None
    _turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(PROCESSES))

    async def encode(self, body: bytes, *, max_side: int, max_pixels: int) -> EncodedImage:
        """The picture as WebP with its small copy. Raises Refused: not a picture, too large, too long."""
        self._busy += 1
        try:
            async with self._turn:
                return await self._encode(body, max_side, max_pixels)
        except Refused as refused:
            self.counters.limit(PAGE, refused.reason)
            raise
        finally:
            self._busy -= 1
            if not self._busy:
                self._wait_to_go_home()

    async def close(self) -> None:
        """Send the process home."""
        if self._going_home is not None:
            self._going_home.cancel()
            self._going_home = None
        pool, self._pool = self._pool, None
        if pool is not None:
            await asyncio.to_thread(pool.shutdown, cancel_futures=True)

    async def _encode(self, body: bytes, max_side: int, max_pixels: int) -> EncodedImage:
        if self._going_home is not None:
            self._going_home.cancel()
            self._going_home = None
        drawn = asyncio.get_running_loop().run_in_executor(self._started(), drawing.draw, body, max_side, max_pixels)
        try:
            found = await asyncio.wait_for(drawn, self.longest)
        except (TimeoutError, BrokenExecutor) as error:
            self._kill()
            raise Refused(Reason.PICTURE_UNREADABLE, field="pictures") from error
        if isinstance(found, drawing.Fault):
            raise Refused(Reason(found.reason), field="pictures", **found.details)
        return found

    def _started(self) -> "ProcessPoolExecutor":
        # Most processes never draw a picture: what it takes is imported when one comes.
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context

        # "spawn" inherits nothing: no socket, no database, no key.
        if self._pool is None:
            self._pool = ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn"), initializer=drawing.prepare)
        return self._pool

    def _kill(self) -> None:
        pool, self._pool = self._pool, None
        if pool is None:
            return
        for process in list((pool._processes or {}).values()):  # noqa: SLF001  # public only from Python 3.14 on
            process.kill()
        pool.shutdown(wait=False, cancel_futures=True)

    def _wait_to_go_home(self) -> None:
        self._going_home = asyncio.get_running_loop().call_later(self.idle, self._go_home)

    def _go_home(self) -> None:
        self._going_home = None
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=False)


@dataclass(frozen=True, slots=True)
class MediaFolder:
    """Files by path, `ab/cd/abcd….webp`: names are ours, so nothing a visitor types reaches outside the folder."""

    root: Path

    async def save(self, path: str, body: bytes) -> None:
        """Write the file whole or not at all."""
        await asyncio.to_thread(self._save, path, body)

    async def load(self, path: str) -> bytes | None:
        """The file; None when there is none of that name."""
        return await asyncio.to_thread(self._load, path)

    async def remove(self, path: str) -> None:
        """Take the file away, if it is there."""
        await asyncio.to_thread(self._checked(path).unlink, missing_ok=True)

    def _save(self, path: str, body: bytes) -> None:
        target = self._checked(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = target.with_suffix(".new")
        beside.write_bytes(body)
        beside.replace(target)

    def _load(self, path: str) -> bytes | None:
        if not _PATH.fullmatch(path):
            return None
        try:
            return (self.root / path).read_bytes()
        except FileNotFoundError:
            return None

    def _checked(self, path: str) -> Path:
        if not _PATH.fullmatch(path):
            raise ValueError(f"not a path of the media folder: {path!r}")
        return self.root / path
