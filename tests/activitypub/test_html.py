"""Peers' HTML is harmless once cleaned, and its words can be read alone."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedivoisin.activitypub.html import MAX_BYTES, clean, to_text

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
