"""Signed requests as peers send them, made by hand so that each rule can be broken alone."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from typing import Any

import http_sf

from fedivoisin.activitypub.wire import keys
from fedivoisin.activitypub.wire.digest import content_digest, digest
from fedivoisin.activitypub.wire.keys import PrivateKey, PublicKey
from fedivoisin.activitypub.wire.request import SignedRequest, lines_of
from fedivoisin.proof import Origin

NOW = datetime(2026, 8, 20, 9, 12, tzinfo=UTC)
OURS = Origin(("https", "nantes.example", 443))
OWNER = "https://rennes.example/users/bob"
KEY_ID = f"{OWNER}#main-key"
BODY = b'{"type":"Like"}'


@cache
def rsa_key() -> PrivateKey:
    return PrivateKey(KEY_ID, keys.new_rsa())


@cache
def ed25519_key() -> PrivateKey:
    return PrivateKey(KEY_ID, keys.new_ed25519())


def public(key: PrivateKey, owner: str = OWNER) -> PublicKey:
    return keys.public_key(key.id, owner, key.key.public_key())


def http_date(moment: datetime = NOW) -> str:
    return format_datetime(moment, usegmt=True)


def minutes(count: int) -> datetime:
    return NOW + timedelta(minutes=count)


@dataclass
class Cavage:
    """One request signed as draft-cavage-12 says; every field may be set to something wrong."""

    method: str = "POST"
    target: str = "/inbox"
    signed_target: str | None = None
    body: bytes = BODY
    covered: Sequence[str] = ("(request-target)", "host", "date", "digest")
    host: str = "nantes.example"
    date: str = field(default_factory=http_date)
    key: PrivateKey = field(default_factory=rsa_key)
    key_id: str = KEY_ID
    algorithm: str | None = "rsa-sha256"
    times: dict[str, str] = field(default_factory=dict[str, str])
    fields: dict[str, str] = field(default_factory=dict[str, str])
    extra: str = ""
    extra_headers: Sequence[tuple[str, str]] = ()
    origin: Origin = OURS
    lab: bool = False

    def request(self) -> SignedRequest:
        values = {"host": self.host, "date": self.date, "digest": digest(self.body), **self.fields}
        lines = {
            "(request-target)": f"{self.method.lower()} {self.signed_target or self.target}",
            **{f"({name})": value for name, value in self.times.items()},
            **values,
        }
        base = "\n".join(f"{name}: {lines[name]}" for name in self.covered if name in lines)
        parameters = [f'keyId="{self.key_id}"', f'headers="{" ".join(self.covered)}"']
        parameters += [f'algorithm="{self.algorithm}"'] if self.algorithm else []
        parameters += [f"{name}={value}" for name, value in self.times.items()]
        parameters.append(f'signature="{base64.b64encode(keys.sign_bytes(self.key.key, base.encode())).decode()}"')
        headers = [(name.title(), value) for name, value in values.items()]
        headers += [("Signature", ",".join(parameters) + self.extra), *self.extra_headers]
        return SignedRequest(self.method, self.target, lines_of(headers), self.body, self.origin, self.lab)


@dataclass
class Rfc9421:
    """One request signed as RFC 9421 says, as Mastodon does it; every field may be set to something wrong."""

    method: str = "POST"
    target: str = "/inbox"
    body: bytes = BODY
    covered: Sequence[Any] = ("@method", "@target-uri", "content-digest")
    base_lines: dict[str, str] = field(default_factory=dict[str, str])
    fields: dict[str, str] = field(default_factory=dict[str, str])
    parameters: dict[str, Any] = field(default_factory=dict[str, Any])
    key: PrivateKey = field(default_factory=rsa_key)
    input: str | None = None
    signature: str | None = None
    extra_headers: Sequence[tuple[str, str]] = ()
    origin: Origin = OURS
    lab: bool = False

    def request(self) -> SignedRequest:
        path, _, query = self.target.partition("?")
        values = {"content-digest": content_digest(self.body), "host": "nantes.example", "date": http_date()}
        values |= self.fields
        lines = {
            "@method": self.method,
            "@target-uri": f"https://nantes.example{self.target}",
            "@authority": "nantes.example",
            "@scheme": "https",
            "@request-target": self.target,
            "@path": path,
            "@query": f"?{query}",
            **values,
            **self.base_lines,
        }
        components = [item if isinstance(item, tuple) else (item, {}) for item in self.covered]
        parameters = {"created": int(NOW.timestamp()), "keyid": KEY_ID, **self.parameters}
        parameters = {name: value for name, value in parameters.items() if value is not None}
        structure: Any = [(components, parameters)]
        params = http_sf.ser(structure)
        base = "\n".join(f"{http_sf.ser(item)}: {lines.get(str(item[0]), '')}" for item in components)
        base += f'{chr(10) if components else ""}"@signature-params": {params}'
        signed = base64.b64encode(keys.sign_bytes(self.key.key, base.encode())).decode()
        headers = [(name.title(), value) for name, value in values.items()]
        headers.append(("Signature-Input", f"sig1={params}" if self.input is None else self.input))
        headers.append(("Signature", f"sig1=:{signed}:" if self.signature is None else self.signature))
        headers += self.extra_headers
        return SignedRequest(self.method, self.target, lines_of(headers), self.body, self.origin, self.lab)
