"""Whole processes under measurement: started, asked, weighed, and ended by their own id."""

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncGenerator, Generator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
LONGEST_START = 60.0
MEGABYTE = 1_000_000
OURS, LOAD = 1, 0
"""The core of what is measured, and the one of the load."""


class DidNotStart(Exception):
    """The process ended, or nobody answered, before it could be measured."""


# A process that may not keep what it compiled pays for it at each start: that would measure the shell, not the program.
COMPILING = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@asynccontextmanager
async def running(
    command: Sequence[str | Path], *, env: Mapping[str, str] | None = None, cpu: int | None = None, quiet: bool = True
) -> AsyncGenerator[Process]:
    """The process until the end of the block; `cpu` is the one core that it may use."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=ROOT,
        env={**COMPILING, **(env or {})},
        stdout=DEVNULL if quiet else None,
    )
    try:
        if cpu is not None:
            os.sched_setaffinity(process.pid, {cpu})
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), 20)
            except TimeoutError:
                process.kill()
                await process.wait()


@contextmanager
def standing_still(processes: Iterable[Process]) -> Generator[None]:
    """They get no time until the end of the block: even who is asked nothing takes some of a core that is shared."""
    pids = [pid for process in processes for pid in family(process.pid)]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def python(*arguments: str) -> list[str]:
    """A Python of this environment."""
    return [sys.executable, *arguments]


def serve() -> list[str]:
    """The server, as anybody starts it."""
    return python("-m", "fedivoisin", "serve")


async def until_listening(process: Process, port: int) -> None:
    """Wait for somebody to take connections; asking costs the process nothing before."""
    deadline = asyncio.get_running_loop().time() + LONGEST_START
    while True:
        if process.returncode is not None or asyncio.get_running_loop().time() > deadline:
            raise DidNotStart(f"nobody answers on port {port}")
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.01)
        else:
            writer.close()
            return


def free_port() -> int:
    """A port of loopback that nobody has right now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def cpu_seconds(pid: int) -> float:
    """User and system time of the process and its children, those that have ended included."""
    return sum(_ticks(one) for one in family(pid)) / TICKS


def cpu_so_far(pid: int) -> float:
    """The same to the nanosecond, for a fraction of a second: what threads that have ended had used is not in it."""
    return sum(_nanoseconds(thread) for one in family(pid) for thread in _threads(one)) / 1e9


def memory(pid: int) -> float:
    """Resident megabytes of the process and its children; what they share is counted in each."""
    return sum(_resident(one) for one in family(pid)) / MEGABYTE


def family(pid: int) -> list[int]:
    """The process and everything below it that lives."""
    found = [pid]
    for one in found:
        found += _children(one)
    return found


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for thread in _threads(pid) for child in (thread / "children").read_text().split()]
    except OSError:
        return []


def _threads(pid: int) -> list[Path]:
    try:
        return list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return []


def _nanoseconds(thread: Path) -> int:
    try:
        return int((thread / "schedstat").read_text(encoding="utf-8").split()[0])
    except OSError:
        return 0


def _ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return 0
    return sum(int(field) for field in fields[11:15])


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1]) * PAGE
    except OSError:
        return 0


async def until_quiet(process: Process, *, seconds: float = 3.0, most: float = 0.2) -> None:
    """Wait until it does next to nothing for so long: what a first start has to do is not part of what is measured."""
    deadline = asyncio.get_running_loop().time() + LONGEST_START
    before = cpu_seconds(process.pid)
    while asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(seconds)
        before, used = (now := cpu_seconds(process.pid)), now - before
        if used < most:
            return
    raise DidNotStart("it never comes to rest")
