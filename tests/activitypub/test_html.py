"""Peers' HTML is harmless once cleaned, and its words can be read alone."""

import re
from collections.abc import Callable
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedivoisin.activitypub import html as cleaning
from fedivoisin.activitypub.html import MAX_BYTES, MAX_TAGS, clean, to_text
from fedivoisin.errors import BadActivity

CLEANED = [
    ("<p>Bonjour</p>", "<p>Bonjour</p>"),
    ("<script>alert(1)</script>a", "a"),
    ("<img src=x onerror=alert(1)>a", "a"),
    ("<p onclick=x style='color:red'>a</p>", "<p>a</p>"),
    ('<a href="javascript:alert(1)">a</a>', '<a rel="nofollow noopener">a</a>'),
    ('<a href="JaVaScRiPt:alert(1)">a</a>', '<a rel="nofollow noopener">a</a>'),
    ('<a href="/logout">a</a>', '<a rel="nofollow noopener">a</a>'),
    ('<a href="//evil.example/">a</a>', '<a rel="nofollow noopener">a</a>'),
    (
        '<a href="https://a.example/" rel="me" target="_top">a</a>',
        '<a href="https://a.example/" rel="nofollow noopener">a</a>',
    ),
    ('<a href="mailto:a@a.example">a</a>', '<a href="mailto:a@a.example" rel="nofollow noopener">a</a>'),
    (
        '<a href="https://a.example/" class="mention hashtag modal">a</a>',
        '<a href="https://a.example/" class="mention hashtag" rel="nofollow noopener">a</a>',
    ),
    ('<span class="modal">a</span><span class="invisible">b</span>', '<span>a</span><span class="invisible">b</span>'),
    # Said thousands of times it would be looked for from each of them to the end.
    ('<span class="invisible  invisible ellipsis invisible">b</span>', '<span class="invisible ellipsis">b</span>'),
    ("a\u202eb&#x202E;c&#8238;d\u2066e\x00f", "abcdef"),
    ("<h1 class=x>Titre</h1><div><div>x</div></div>", "<p>Titre</p><p>x</p>"),
    ("<svg><script>alert(1)</script></svg><math>x</math>a", "a"),
    ("<b>ouvert", "<b>ouvert</b>"),
    ("1 < 2 & 3", "1 &lt; 2 &amp; 3"),
    ("\ud800a", "a"),
]


@pytest.mark.parametrize(("html", "expected"), CLEANED)
def test_what_could_harm_is_gone(html: str, expected: str) -> None:
    assert clean(html) == expected


EVIL = "https://evil.example/x"
HONEST = [
    (EVIL, "evil.example"),
    (EVIL, "https://www.evil.example/a/page.html"),
    (EVIL, "evil.example/?u=https://bank.example"),
    (EVIL, "ici"),
    (EVIL, "à 10.30"),
    (EVIL, "bank.example [evil.example]"),
    ("https://EVIL.example/", "evil.example"),
    ("https://xn--caf-dma.example/", "café.example"),
    ("https://nantes.example/@amina", "@<span>amina</span>"),
    ("https://nantes.example/@amina", "@amina@nantes.example"),
    ("mailto:jean.dupont@nantes.example", "jean.dupont@nantes.example"),
    (
        "https://www.example.com/a/b",
        '<span class="invisible">https://www.</span><span>example.com/a</span><span class="invisible">/b</span>',
    ),
]
DISGUISED = [
    (EVIL, "bank.example"),
    (EVIL, "https://bank.example/login"),
    (EVIL, "Voir bank.example !"),
    (EVIL, "(bank.example)"),
    (EVIL, "BANK.EXAMPLE"),
    (EVIL, "bаnk.example"),  # with a Cyrillic letter
    (EVIL, "127.0.0.1/x"),
    (EVIL, "bank.example/?evil.example"),
    (EVIL, "bank.example/?://evil.example"),
    (EVIL, "bank.example\\evil.example"),
    (EVIL, "https://bank.example@evil.example/"),
    (EVIL, "https://evil.example/a<br>bank.example"),
    (EVIL, "b<b>ank.exam</b>ple"),
    (EVIL, "bank\u200b.example"),
    (EVIL, "bank。example"),
    (EVIL, "bank․example"),
    (EVIL, "é..bank.example"),
    (EVIL, "bank.example…"),
    (EVIL, '<span class="invisible">https://evil.example/?</span><span class="ellipsis">bank.example/login</span>'),
    (EVIL, '<span class="invisible">bank.example</span>'),
    (EVIL, "jean@bank.example"),
    ("mailto:jean@evil.example", "contact@bank.example"),
]


@pytest.mark.parametrize(("href", "text"), HONEST)
def test_a_link_that_shows_where_it_leads_is_left_alone(href: str, text: str) -> None:
    assert clean(f'<a href="{href}">{text}</a>') == f'<a href="{href}" rel="nofollow noopener">{text}</a>'


@pytest.mark.parametrize(("href", "text"), DISGUISED)
def test_a_link_that_shows_another_address_is_followed_by_its_own(href: str, text: str) -> None:
    shown = clean(f'<p><a href="{href}">{text}</a> fin</p>')
    assert shown == f'<p><a href="{href}" rel="nofollow noopener">{text} [evil.example]</a> fin</p>'
    assert clean(shown) == shown


@pytest.mark.parametrize(
    "href",
    [
        "https://evil.example\\@bank.example/",
        "https://bank.example@evil.example/",
        "https:evil.example",
        "https:///evil.example",
        "https://ev il.example/",
        "https://-/",
        "mailto:evil.example",
        "mailto:a@b@evil.example",
    ],
)
def test_an_address_that_browsers_may_read_otherwise_is_no_link(href: str) -> None:
    assert clean(f'<a href="{href}">bank.example</a>') == '<a rel="nofollow noopener">bank.example</a>'


@pytest.mark.parametrize("text", ["a", "a.", "a.1.", "1.", "-", "x:", "ﷺ", "@", "://", "a@", "a.b ", "<b>a.b</b>"])
def test_a_link_of_any_text_is_read_in_no_time(text: str) -> None:
    began = perf_counter()
    clean(f'<a href="{EVIL}">{text * 60_000}</a>')
    assert perf_counter() - began < 1


@pytest.mark.parametrize("tags", ["<b>", "<b><p>", "<ul><li>", "<blockquote>", f'<a href="{EVIL}">', "<i><b></i>", "<"])
def test_fifty_thousand_tags_are_cut_short(tags: str) -> None:
    began = perf_counter()
    assert clean(tags * 50_000).count("<") <= 8 * MAX_TAGS
    assert to_text(tags * 50_000).strip("<") == ""
    assert perf_counter() - began < 2


def test_thousands_of_nested_tags_and_endless_text_are_bounded() -> None:
    assert len(clean("é" * 100_000).encode()) <= MAX_BYTES
    assert clean("<b>" * 50_000).count("<b>") <= MAX_BYTES // 3
    assert to_text("<div>" * 20_000 + "fin") == ""
    assert to_text("<blockquote>" * 4_000 + "fin") == "fin"


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>Un<br>deux</p><p>trois &amp; &lt;quatre&gt;</p>", "Un\ndeux\n\ntrois & <quatre>"),
        ("<ul><li>Un</li><li>Deux</li></ul>fin", "Un\nDeux\n\nfin"),
        ('<p>Voir <a href="https://a.example/">ici</a>&nbsp;!</p>', "Voir ici\xa0!"),
        ("Texte simple\net long", "Texte simple\net long"),
        ("", ""),
    ],
)
def test_the_words_keep_their_paragraphs(html: str, expected: str) -> None:
    assert to_text(html) == expected


@given(st.text(alphabet=st.sampled_from(list("<>/\"'=& abpscriptonjv:;#x0\u202e"))) | st.text())
@settings(deadline=None)
def test_cleaning_is_stable_and_leaves_no_other_tag(html: str) -> None:
    once = clean(html)
    assert clean(once) == once
    assert set(re.findall(r"<([a-z0-9]+)", once)) <= {
        *(
            "a",
            "b",
            "blockquote",
            "br",
            "code",
            "del",
            "em",
            "i",
            "li",
            "ol",
            "p",
            "pre",
            "s",
            "span",
            "strong",
            "u",
            "ul",
        )
    }
    to_text(html)


class Panic(BaseException):
    """As a library in Rust raises it: no Exception, so that nothing above would catch it."""


def _broken(error: BaseException) -> object:
    class Cleaner:
        """Gives up."""

        def clean(self, html: str) -> str:
            """Whatever it is given."""
            raise error

    return Cleaner()


@pytest.mark.parametrize("work", [clean, to_text])
def test_a_sanitiser_that_gives_up_ends_the_activity_and_not_the_worker(
    monkeypatch: pytest.MonkeyPatch, work: Callable[[str], str]
) -> None:
    monkeypatch.setattr(cleaning, "_cleaner", lambda: _broken(Panic("index out of bounds")))
    with pytest.raises(BadActivity) as refused:
        work("<p>Bonjour</p>")
    assert refused.value.code == "bad-html"


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), SystemExit()])
def test_who_stops_the_program_is_obeyed_even_there(monkeypatch: pytest.MonkeyPatch, stop: BaseException) -> None:
    monkeypatch.setattr(cleaning, "_cleaner", lambda: _broken(stop))
    with pytest.raises(type(stop)):
        clean("<p>Bonjour</p>")
