"""One fuzzer: `python -m torture.fuzz TARGET SECONDS` changes the seeds of a target, again and again, and watches.

It ends with something else than 0 on a finding, whose bytes it leaves in tests/data/crashes/TARGET for every later run.
What it learnt of the code is kept in var/torture, so that the next run goes on from there.
"""

import sys
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any

CORPUS = Path("var/torture/corpus")
LONGEST_INPUT = 16_384
LONGEST_READING = 10
"""Seconds: whoever keeps a reader busy for longer stops the server (FEDERATION.md §7, B29)."""
MOST_MEMORY = 1024
WATCHED = ["fedivoisin.activitypub", "fedivoisin.urls", "http_sf", "base58", "rfc8785"]


def main(name: str, seconds: int) -> None:
    """Does not return: the fuzzer ends the process."""
    # Known to the torture alone (requirements/torture.txt), and written in C.
    atheris: Any = import_module("atheris")
    with atheris.instrument_imports(include=WATCHED):
        targets = import_module("torture.targets")
    from torture.seeds import CRASHES, seeds

    corpus = CORPUS / name
    corpus.mkdir(parents=True, exist_ok=True)
    for seed in seeds(name):
        (corpus / sha256(seed).hexdigest()).write_bytes(seed)
    found = CRASHES / name
    found.mkdir(parents=True, exist_ok=True)
    options = {
        "max_total_time": seconds,
        "max_len": LONGEST_INPUT,
        "timeout": LONGEST_READING,
        "rss_limit_mb": MOST_MEMORY,
        "artifact_prefix": f"{found}/",
        "print_final_stats": 1,
        "verbosity": 0,
    }
    arguments = [sys.argv[0], str(corpus), *(f"-{key}={value}" for key, value in options.items())]
    atheris.Setup(arguments, targets.TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
