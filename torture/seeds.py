"""What the fuzzers begin with: for each target, files of tests/data that its reader takes, or refuses for a reason."""

from collections.abc import Iterator
from pathlib import Path

from torture.targets import DATA, SIGNED

CRASHES = DATA / "crashes"
"""`crashes/TARGET/…`: what once was a finding. Every test run reads them all again."""
MARKUP = (
    "<p>Bonjour <a href='https://a.example/x?y=1#z' class='u-url'>a.example</a></p>",
    "<script>alert(1)</script><svg onload=x><math><mi>a</mi></math></svg><style>@import 'x'</style>",
    "<h1>Un</h1><div><ul><li>deux<li>trois</ul></div><pre>  quatre\n</pre>&lt;b&gt;&amp;#x202e;\u202e",
    '<a href="javascript:alert(1)">https://bank.example</a><span class="invisible">https://</span>',
    '<a href="mailto:a@b.example">b</a><img src=x onerror=y><p style="x">&nbsp;</p><!-- x --><![CDATA[ y ]]>',
)
ADDRESSES = (
    "https://nantes.example:8443/users/amina?page=1&x=%C3%A9#main-key",
    "http://[2001:db8::1]:80/a",
    "HTTPS://café.example./%7Ea",
    "http://0x7f.1/",
    "https://xn--caf-dma.example",
)
HEADERS = (
    f'collectionId="https://a.example/followers", url="https://a.example/part", digest="{"0a" * 32}"',
    'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
    "Sun, 06 Nov 1994 08:49:37 GMT",
    "3600",
    "SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
    "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:, sha-512=:eA==:",
)
KEYS = (
    "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
    "z6Mk",
    "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
)


def seeds(target: str) -> Iterator[bytes]:
    """The seeds of one target, its former findings included."""
    for path in sorted(_files(target)):
        yield path.read_bytes()
    for text in _TEXTS.get(target, ()):
        yield text.encode()


def crashes() -> list[tuple[str, Path]]:
    """Every former finding, with its target."""
    return [(path.parent.name, path) for path in sorted(CRASHES.glob("*/*"))]


def _files(target: str) -> Iterator[Path]:
    yield from CRASHES.glob(f"{target}/*")
    if target == "signatures":
        yield from SIGNED.glob("*.http")
    if target in ("json", "documents", "proofs"):
        yield from DATA.glob("activities/*/*.json")
    if target in ("json", "documents", "discovery", "proofs"):
        yield from DATA.glob("wire/*.json")
    if target == "keys":
        yield from SIGNED.glob("*.pem")


_TEXTS = {"html": MARKUP, "addresses": ADDRESSES, "headers": HEADERS, "keys": KEYS}
