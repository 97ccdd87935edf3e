"""Peers' HTML made harmless, and turned into words."""

import re
from collections.abc import Iterator
from functools import cache
from html import unescape
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from unicodedata import normalize

from fedivoisin.activitypub.wire.unseen import UNSEEN
from fedivoisin.errors import BadActivity
from fedivoisin.urls import parse

if TYPE_CHECKING:
    from nh3 import Cleaner

MAX_BYTES = 65_536
MAX_TAGS = 5_000
"""The parser's time grows with the square of what is nested: this keeps it under a tenth of a second."""

_TAGS = {
    "a", "b", "blockquote", "br", "code", "del", "em", "i", "li", "ol", "p", "pre", "s", "span", "strong", "u", "ul",
}  # fmt: skip
_CLASSES = {"mention", "hashtag", "u-url", "h-card", "invisible", "ellipsis"}
"""Microformats by which other servers mark names, tags and shortened links."""
_LINES = frozenset({"p", "blockquote", "pre", "ul", "ol"})
# Not kept, but their words stay apart. `[^<>]` and no more: linear in time on "<div<div<div".
_OTHER_BLOCKS = re.compile(
    r"<(/?)(?:div|h[1-6]|tr|section|article|header|footer|dt|dd|figcaption)\b[^<>]*>", re.IGNORECASE
)
_UNFINISHED_TAG = re.compile(r"<[^<>]*\Z")
_BLANK_LINES = re.compile(r"\n{3,}")
_ONE_PARAGRAPH = re.compile(r"<p>([^<&\n]*)</p>")
# Only what browsers and we read alike: no user name, no backslash, nothing that they would leave out.
_HREF = re.compile(
    r"https?://(?P<authority>[^\s\\/?#@<>\"]+)(?:[/?#][^\s\\]*)?"
    r"|mailto:[^\s\\/?#@<>\"]+@(?P<domain>[^\s\\/?#@<>\"]+)(?:\?[^\s\\]*)?",
    re.IGNORECASE,
)
# As the cleaner writes it: attributes in double quotes, every <a> closed, none inside another.
_LINK = re.compile(r"<a((?: [a-z]+=\"[^\"]*\")*)>(.*?)</a>", re.DOTALL)
_LINK_HREF = re.compile(r" href=\"([^\"]*)\"")
# Some show these, some do not: a text must be honest both ways. A class stands there once (`_kept`): linear in time.
_INVISIBLE = re.compile(r"<span class=\"[^\"]*\binvisible\b[^\"]*\">[^<]*</span>")
_MAX_SHOWN = 2000
_BREAKING_TAG = re.compile(r"<(?:br|/?(?:blockquote|li|ol|p|pre|ul))>")
_ANY_TAG = re.compile(r"<[^>]*>")
_DOTS = re.compile(r"[.。]+")
_WIDTHLESS = re.compile(
    "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200d\u2060-\u2064\u3164\ufe00-\ufe0f\uffa0]"
)
_BEGINNING = re.compile(r"\W*(?:[a-z]+:[/\\]*)?", re.IGNORECASE)
_AUTHORITY_END = re.compile(r"[/?#\\]")
# Begun only where a word begins: linear in time on "aaaa" and on "a.a.a.a".
_SHOWN_HOST = re.compile(r"(?<![\w.-])(?:(?:\d{1,3}\.){3}\d{1,3}(?![\w.])|[\w-]+(?:\.[\w-]+)*\.[^\W\d_][\w-]+)")


@cache
def _cleaner() -> "Cleaner":
    # Imported when the first text comes from elsewhere.
    import nh3

    return nh3.Cleaner(
        tags=_TAGS,
        clean_content_tags={"script", "style", "template", "noscript", "iframe", "svg", "math", "title"},
        attributes={"a": {"href", "class"}, "span": {"class"}},
        attribute_filter=lambda tag, name, value: _kept(name, value),
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow noopener",
    )


def clean(html: str) -> str:
    """At most 64 KiB of `html`: a few plain tags, absolute links that show where they lead, no unseen characters.
    Safe to show as it is. BadActivity if the sanitiser gives up.
    """
    if not html:
        return ""
    cleaned = _sanitised(_OTHER_BLOCKS.sub(r"<\1p>", _bounded(html)))
    # Before the links are read, because an entity may spell an unseen character.
    cleaned = UNSEEN.sub("", cleaned).replace("<p></p>", "")
    return _LINK.sub(_honest, cleaned)


def to_text(html: str) -> str:
    """The words alone, a paragraph between blank lines."""
    return words_in(clean(html)) if html else ""


def words_in(cleaned: str) -> str:
    """The same of what `clean` gave."""
    plain = _ONE_PARAGRAPH.fullmatch(cleaned)
    if plain is not None:  # most answers are
        return plain[1].strip()
    reader = _Words()
    reader.feed(cleaned)
    reader.close()
    lines = "".join(reader.words).split("\n")
    return _BLANK_LINES.sub("\n\n", "\n".join(line.strip() for line in lines)).strip()


def _sanitised(html: str) -> str:
    try:
        return _cleaner().clean(html)
    except BaseException as error:
        # A panic of a library in Rust is no Exception: it would end the worker, and again at each start (B33).
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        raise BadActivity("bad-html") from error


def _bounded(html: str) -> str:
    whole = html.encode("utf-8", "ignore")
    cut = whole[:MAX_BYTES].decode("utf-8", "ignore")
    if len(whole) > MAX_BYTES:
        cut = _UNFINISHED_TAG.sub("", cut)
    return "<".join(cut.split("<", MAX_TAGS + 1)[: MAX_TAGS + 1])


def _kept(name: str, value: str) -> str | None:
    # The cleaner keeps a value over which this raises: it must not.
    if name == "class":
        return " ".join(word for word in dict.fromkeys(value.split()) if word in _CLASSES) or None
    if name == "rel":  # the cleaner's own
        return value
    # A link without a scheme would lead into our own pages.
    return value.strip() if _host_of(value.strip()) else None


def _honest(link: re.Match[str]) -> str:
    """The link itself, with the true host behind a text that shows another (CVE-2023-36462)."""
    href = _LINK_HREF.search(link[1])
    target = _host_of(unescape(href[1])) if href else ""
    seen = _shown(_INVISIBLE.sub("", link[2]))
    if not target or seen.endswith(f"[{target}]"):
        return link[0]
    hosts = {_host(host) for text in (seen, _shown(link[2])) for host in _hosts_in(text)}
    is_honest = hosts <= {target, target.removeprefix("www."), f"www.{target}"}
    return link[0] if is_honest else f"<a{link[1]}>{link[2]} [{target}]</a>"


def _shown(inner: str) -> str:
    words = unescape(_ANY_TAG.sub("", _BREAKING_TAG.sub(" ", inner)))[:_MAX_SHOWN]
    return _DOTS.sub(".", normalize("NFKC", _WIDTHLESS.sub("", words)))


def _hosts_in(text: str) -> Iterator[str]:
    """What looks like a host where an address begins: `page.html` at its end is none."""
    for word in text.split():
        rest = _BEGINNING.sub("", word, count=1)
        authority = _AUTHORITY_END.split(rest, maxsplit=1)[0]
        # `jean.dupont@nantes.example` is a mailbox, `https://nantes.example@autre.example` a trick.
        yield from _SHOWN_HOST.findall(authority if ":" in word.removesuffix(rest) else authority.rpartition("@")[2])


def _host_of(href: str) -> str:
    found = _HREF.fullmatch(href)
    return _host(found["authority"] or found["domain"], "") if found else ""


def _host(authority: str, otherwise: str | None = None) -> str:
    """In its one spelling."""
    try:
        return parse(f"https://{authority}/").host
    except BadActivity:
        return authority if otherwise is None else otherwise


class _Words(HTMLParser):
    """Fed with cleaned HTML only: what `nh3` writes is well formed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"br", "li"}:
            self.words.append("\n")
        elif tag in _LINES:
            self.words.append("\n\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _LINES:
            self.words.append("\n\n")

    def handle_data(self, data: str) -> None:
        self.words.append(data)
