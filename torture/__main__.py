"""`python -m torture [--minutes 30] [--only fuzz|soak]`: fuzzers for a third of the time, the soak for the rest.

Nothing leaves loopback. It ends with 1 when there is a finding: a crash that a fuzzer found stays in tests/data/crashes
as a test; the soak says what was lost, doubled or grown.
"""

import argparse
import asyncio
import sys
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.processes import ROOT, python
from torture import soak
from torture.targets import TARGETS

AT_ONCE = 2
FUZZ_SHARE = 1 / 3
MINUTE = 60.0
LAST_LINES = 25


async def fuzz(seconds: float) -> list[str]:
    """All targets in turn, two at a time; the names of those with a finding."""
    each = max(1, int(seconds * AT_ONCE / len(TARGETS)))
    places = asyncio.Semaphore(AT_ONCE)
    found = await asyncio.gather(*(_one(name, each, places) for name in TARGETS))
    return [finding for finding in found if finding]


async def _one(name: str, seconds: int, places: asyncio.Semaphore) -> str:
    async with places:
        command = python("-m", "torture.fuzz", name, str(seconds))
        process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=PIPE, stderr=STDOUT)
        output, _ = await process.communicate()
        lines = output.decode("utf-8", "replace").splitlines()
        runs = [line.rpartition(" ")[2] for line in lines if "number_of_executed_units" in line]
        print(f"  {name:12} {seconds} s, {' '.join(runs) or '?'} inputs", flush=True)
        if process.returncode == 0:
            return ""
        print("\n".join(lines[-LAST_LINES:]))
        return f"fuzzing {name}: see tests/data/crashes/{name}"


async def main(minutes: float, only: str) -> int:
    """0, or 1 when something was found."""
    findings: list[str] = []
    if only != "soak":
        print("Fuzzing every reader of foreign bytes …", flush=True)
        findings += await fuzz(minutes * MINUTE * (1 if only == "fuzz" else FUZZ_SHARE))
    if only != "fuzz":
        print("A town under load, with failing hosts and kill -9 …", flush=True)
        with TemporaryDirectory() as folder:
            findings += await soak.run(Path(folder), minutes * MINUTE * (1 if only == "soak" else 1 - FUZZ_SHARE))
    print("\n".join(["Findings:", *(f"  {one}" for one in findings)]) if findings else "Nothing was found.")
    return 1 if findings else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--only", choices=("all", "fuzz", "soak"), default="all")
    chosen = parser.parse_args()
    sys.exit(asyncio.run(main(chosen.minutes, chosen.only)))
