"""An HTTP request as signatures see it, and what its signature claims before anything is believed."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Literal

from msgspec import Struct

from fedivoisin.activitypub.wire.origins import base_of
from fedivoisin.errors import BadActivity
from fedivoisin.proof import Origin

Scheme = Literal["cavage", "rfc9421"]
Part = Literal["method", "target", "host", "created", "date", "digest", "content-digest", "collection-synchronization"]

NOTHING: Mapping[str, str] = MappingProxyType({})

# Mastodon and others sign the path without its query when they page through a collection.
_PAGING = frozenset({"page", "cursor", "limit", "offset", "min_id", "max_id", "since_id", "only_other_accounts"})


def lines_of(headers: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Each field by its name in lower case, with its lines in order."""
    lines: dict[str, list[str]] = {}
    for name, value in headers:
        lines.setdefault(name.lower(), []).append(value.strip(" \t"))
    return lines


def refused(code: str) -> BadActivity:
    """Every failure of a signature is answered 401."""
    return BadActivity(code, status=401)


class SignedRequest(Struct, frozen=True):
    """One request: `target` is the raw path and query, `lines` are its headers as `lines_of` gives them.

    `origin` is our own as configured, never what the Host header says. `lab` allows key ids on plain http.
    """

    method: str
    target: str
    lines: Mapping[str, Sequence[str]]
    body: bytes
    origin: Origin
    lab: bool = False

    def __repr__(self) -> str:
        # Neither what people write nor what would let somebody pass for another.
        return f"SignedRequest({self.method} {self.target})"

    def values(self, name: str) -> Sequence[str]:
        """The field's lines, in order; `name` is lower case."""
        return self.lines.get(name, ())

    def value(self, name: str) -> str:
        """The field as one line (RFC 9110 §5.3); a field that is absent cannot be covered."""
        if name == "host":
            return self.authority
        lines = self.values(name)
        if not lines:
            raise refused("covered-header-missing")
        return ", ".join(lines)

    @property
    def base(self) -> str:
        return base_of(self.origin)

    @property
    def authority(self) -> str:
        return self.base.partition("://")[2]

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    @property
    def may_omit_query(self) -> bool:
        """Whether a signature over the path alone is accepted: on a GET whose whole query is paging."""
        return self.method == "GET" and {pair.partition("=")[0] for pair in self.query.split("&")} <= _PAGING


class Claim(Struct, frozen=True):
    """A signature taken apart: nothing in it is true until `signatures.verify` says so."""

    scheme: Scheme
    key_id: str
    algorithm: str | None
    covers: frozenset[Part]
    created: int | None
    expires: int | None
    signature: bytes
    bases: tuple[bytes, ...]
    """What the signature may have been made over: one text, or two where peers differ about the query."""
