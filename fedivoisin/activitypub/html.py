"""Peers' HTML made harmless, and turned into words."""

import re
from html.parser import HTMLParser

import nh3

MAX_BYTES = 65_536

_TAGS = {
    "a", "b", "blockquote", "br", "code", "del", "em", "i", "li", "ol", "p", "pre", "s", "span", "strong", "u", "ul",
}  # fmt: skip
_CLASSES = {"mention", "hashtag", "u-url", "h-card", "invisible", "ellipsis"}
"""Microformats by which other servers mark names, tags and shortened links."""
_LINES = frozenset({"p", "blockquote", "pre", "ul", "ol"})
# Bidi controls can show a text in another order than it is stored; the other controls show nothing at all.
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
# Not kept, but their words stay apart. `[^<>]` and no more: linear in time on "<div<div<div".
_OTHER_BLOCKS = re.compile(
    r"<(/?)(?:div|h[1-6]|tr|section|article|header|footer|dt|dd|figcaption)\b[^<>]*>", re.IGNORECASE
)
_UNFINISHED_TAG = re.compile(r"<[^<>]*\Z")
_BLANK_LINES = re.compile(r"\n{3,}")

_cleaner = nh3.Cleaner(
    tags=_TAGS,
    clean_content_tags={"script", "style", "template", "noscript", "iframe", "svg", "math", "title"},
    attributes={"a": {"href", "class"}, "span": {"class"}},
    attribute_filter=lambda tag, name, value: _kept(name, value),
    url_schemes={"http", "https", "mailto"},
    link_rel="nofollow noopener",
)


def clean(html: str) -> str:
    """At most 64 KiB of `html`: a few plain tags, absolute links, no unseen characters. Safe to show as it is."""
    cleaned = _cleaner.clean(_OTHER_BLOCKS.sub(r"<\1p>", _bounded(html)))
    # Last, because an entity may spell an unseen character.
    return _UNSEEN.sub("", cleaned).replace("<p></p>", "")


def to_text(html: str) -> str:
    """The words alone, a paragraph between blank lines."""
    reader = _Words()
    reader.feed(clean(html))
    reader.close()
    lines = "".join(reader.words).split("\n")
    return _BLANK_LINES.sub("\n\n", "\n".join(line.strip() for line in lines)).strip()


def _bounded(html: str) -> str:
    whole = html.encode("utf-8", "ignore")
    cut = whole[:MAX_BYTES].decode("utf-8", "ignore")
    return cut if len(whole) <= MAX_BYTES else _UNFINISHED_TAG.sub("", cut)


def _kept(name: str, value: str) -> str | None:
    if name == "class":
        return " ".join(word for word in value.split() if word in _CLASSES) or None
    if name == "rel":  # the cleaner's own
        return value
    # A link without a scheme would lead into our own pages.
    return value if value.strip().lower().startswith(("http://", "https://", "mailto:")) else None


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
