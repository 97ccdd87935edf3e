"""Origins: the same for every spelling, different as soon as scheme, host or port is."""

import pytest

from fedivoisin.activitypub.wire.origins import base_of, normalise, origin_of, same_origin
from fedivoisin.errors import BadActivity


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
