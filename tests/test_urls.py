"""One text for every spelling of an address, and a refusal for what two readers would read two ways (B10, B24)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedivoisin.errors import BadActivity
from fedivoisin.urls import authority_of, origin, parse


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("https://Nantes.Example/Users/A", "https://nantes.example/Users/A"),
        ("HTTPS://nantes.example", "https://nantes.example/"),
        ("https://nantes.example.:443/a", "https://nantes.example/a"),
        ("http://nantes.example:80/", "http://nantes.example/"),
        ("http://nantes.example:443/", "http://nantes.example:443/"),
        ("https://nantes.example?page=1", "https://nantes.example/?page=1"),
        ("https://nantes.example/a?b#c", "https://nantes.example/a?b#c"),
        ("https://nantes.example/a#", "https://nantes.example/a"),
        ("https://Cheminées.example/é", "https://xn--chemines-g1a.example/%C3%A9"),
        ("https://nantes。example/", "https://nantes.example/"),
        ("https://ＮＡＮＴＥＳ.example/", "https://nantes.example/"),
        ("https://[2001:DB8::0:1]:8443/a", "https://[2001:db8::1]:8443/a"),
        ("https://127.0.0.1/", "https://127.0.0.1/"),
        ("https://sub_domain.example/%c3%a9", "https://sub_domain.example/%c3%a9"),
    ],
)
def test_each_spelling_ends_as_one_text(text: str, normal: str) -> None:
    assert str(parse(text)) == normal
    assert str(parse(normal)) == normal
    assert origin(text) == origin(normal) == (parse(text).scheme, parse(text).host, parse(text).port)
    assert authority_of(text) == parse(text).authority


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nantes.example",
        "httpſ://nantes.example/",
        "httpſ://nantes.example:443/",
        "//nantes.example/",
        "ftp://nantes.example/",
        "javascript:alert(1)",
        "https:///a",
        "https://",
        "https:nantes.example",
        "https://user@nantes.example/",
        "https://user:secret@nantes.example/",
        "https://nantes.example@evil.example/",
        "https://nantes.example:0/",
        "https://nantes.example:65536/",
        "https://nantes.example:-1/",
        "https://nantes.example:/",
        "https://nantes.example:80:80/",
        "https://nantes.example\\@evil.example/",
        "https://nantes.example/a b",
        "https://nantes.example/\r\nX-Spy: 1",
        "https://nantes.example/\x00",
        "https://nantes.example/\u2028",
        "https://nantes.example/%zz",
        "https://nantes.example/%",
        "https://nan%74es.example/",
        "https://nantes..example/",
        "https://.nantes.example/",
        "https://-nantes.example/",
        "https://nantes-.example/",
        "https://nan!tes.example/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://1.2.3.4.5/",
        "https://256.0.0.1/",
        "https://a.0x7f/",
        "https://[::1/",
        "https://[fe80::1%25eth0]/",
        "https://[12345::]/",
        "https://☃\u200d.example/",
        "https://" + "a" * 64 + ".example/",
        "https://" + ".".join(["abcdefgh"] * 30) + "/",
        "https://nantes.example/" + "a" * 2048,
    ],
)
def test_an_ambiguous_address_is_refused(text: str) -> None:
    for read in (origin, parse, authority_of):
        with pytest.raises(BadActivity, match="bad-url"):
            read(text)


@given(st.text(max_size=60))
def test_whatever_is_read_is_read_again_alike(rest: str) -> None:
    try:
        url = parse(f"https://{rest}")
    except BadActivity:
        return
    assert parse(str(url)) == url
    assert str(url).isascii()
