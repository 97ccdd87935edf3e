"""Origins: the same for every spelling, different as soon as scheme, host or port is."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fedivoisin.activitypub.wire.origins import base_of, is_well_spelt, normalise, origin_of, same_origin
from fedivoisin.errors import BadActivity
from fedivoisin.urls import parse


def test_an_origin_is_scheme_host_and_port() -> None:
    assert origin_of("https://Nantes.example./users/amina#main-key") == ("https", "nantes.example", 443)
    assert origin_of("http://nantes.localhost:8101") == ("http", "nantes.localhost", 8101)


@pytest.mark.parametrize(
    "other",
    [
        "http://nantes.example/",
        "https://nantes.example:8443/",
        "https://rennes.example/",
        "https://nantes.example.evil.example/",
        "https://evil.example/https://nantes.example/",
        "acct:amina@nantes.example",
        "",
    ],
)
def test_another_scheme_port_or_host_is_another_origin(other: str) -> None:
    assert not same_origin("https://nantes.example/users/amina", other)
    assert not same_origin(other, "https://nantes.example/users/amina")


def test_all_of_several_must_share_the_origin() -> None:
    assert same_origin("https://nantes.example/1", "https://NANTES.example:443/2", "https://nantes.example./3#x")
    assert not same_origin("https://nantes.example/1", "https://nantes.example/2", "https://rennes.example/3")


@pytest.mark.parametrize("base", ["https://nantes.example", "http://nantes.localhost:8101", "http://[::1]:8101"])
def test_the_base_of_an_origin_is_what_it_came_from(base: str) -> None:
    assert base_of(origin_of(f"{base}/users/amina")) == base


def test_normalising_keeps_path_query_and_fragment() -> None:
    assert normalise("HTTPS://NANTES.example/A?b=C#d") == "https://nantes.example/A?b=C#d"
    with pytest.raises(BadActivity, match="bad-url"):
        normalise("nantes.example")


def test_one_spelling_of_an_address_is_the_right_one() -> None:
    assert is_well_spelt("https://rennes.example/users/bob")
    assert is_well_spelt("https://rennes.example")
    assert not is_well_spelt("https://Rennes.example/users/bob")
    assert not is_well_spelt("https://rennes.example:443/users/bob")


_WORDS = ["https", "HTTPS", "://", "rennes.example", "Rennes.example", "été.example", "[::1]", "[::01]", ".", ":443"]
_WORDS += [":8443", "/", "//", "users/bob", "é", "%c3%a9", "?", "a=b", "#", "main-key", " ", ""]


@given(st.lists(st.sampled_from(_WORDS), max_size=5))
@example(["/", "#"])
@example(["#"])
@example(["?", "a=b"])
@example(["/", "#", "#"])
def test_it_is_the_one_that_taking_it_apart_and_putting_it_together_again_gives(words: list[str]) -> None:
    url = "https://rennes.example" + "".join(words)
    for whole in (url, "".join(words)):
        try:
            expected = str(parse(whole)) in (whole, f"{whole}/")
        except BadActivity:
            with pytest.raises(BadActivity):
                is_well_spelt(whole)
        else:
            assert is_well_spelt(whole) is expected
