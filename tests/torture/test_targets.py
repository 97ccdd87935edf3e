"""Whatever a peer sends is read or refused, by every reader; what once was not, is tried again each time."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from torture import targets
from torture.seeds import crashes, seeds
from torture.targets import SIGNED, TARGETS, Finding

JOINTS = st.binary(max_size=12) | st.sampled_from([b'"', b"\\", b"\n", b"\x00", b"{", b"[", b",", b":", b"<", b"\xff"])


@pytest.mark.parametrize("name", TARGETS)
def test_every_seed_is_read_or_refused(name: str) -> None:
    sown = list(seeds(name))
    assert len(sown) > 2
    for seed in sown:
        TARGETS[name](seed)


@pytest.mark.parametrize(("name", "path"), crashes(), ids=lambda value: str(getattr(value, "name", value)))
def test_what_once_was_a_finding_is_none_any_more(name: str, path: Path) -> None:
    TARGETS[name](path.read_bytes())


@pytest.mark.parametrize("name", TARGETS)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_any_bytes_are_read_or_refused(name: str, data: st.DataObject) -> None:
    TARGETS[name](data.draw(st.binary(max_size=400) | st.text(max_size=400).map(lambda text: text.encode("utf-8"))))


@pytest.mark.parametrize("name", TARGETS)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_seed_with_one_place_spoilt_is_read_or_refused(name: str, data: st.DataObject) -> None:
    seed = data.draw(st.sampled_from(sorted(seeds(name), key=len)[:40]))
    start = data.draw(st.integers(0, len(seed)))
    end = data.draw(st.integers(start, min(len(seed), start + 20)))
    TARGETS[name](seed[:start] + data.draw(JOINTS) + seed[end:])


@pytest.mark.parametrize("path", sorted(SIGNED.glob("*.http")), ids=lambda path: path.stem)
def test_the_signed_seeds_are_truly_believed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = replace(targets.known(), signed=frozenset())
    monkeypatch.setattr(targets, "known", lambda: nothing)
    with pytest.raises(Finding, match="nobody signed"):
        TARGETS["signatures"](path.read_bytes())
