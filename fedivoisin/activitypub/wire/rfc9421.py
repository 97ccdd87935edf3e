"""RFC 9421 HTTP message signatures on requests: the signature base, read strictly, and made."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, quote

import http_sf

from fedivoisin.activitypub.wire.digest import content_digest
from fedivoisin.activitypub.wire.keys import PrivateKey, algorithm_of, sign_bytes
from fedivoisin.activitypub.wire.origins import origin_of
from fedivoisin.activitypub.wire.request import NOTHING, Claim, Part, SignedRequest, lines_of, refused
from fedivoisin.activitypub.wire.strict_json import is_list
from fedivoisin.urls import parse

Component = tuple[str, dict[str, Any]]
"""A covered component: its name and its parameters (§2)."""

_TEXTS = frozenset({"alg", "keyid", "nonce", "tag"})
_TIMES = frozenset({"created", "expires"})
_PARTS: dict[str, tuple[Part, ...]] = {
    "@method": ("method",),
    "@target-uri": ("target", "host"),
    "@request-target": ("target",),
    "@authority": ("host",),
    "host": ("host",),
    "date": ("date",),
    "digest": ("digest",),
    "content-digest": ("content-digest",),
    "collection-synchronization": ("collection-synchronization",),
}


def claim(request: SignedRequest) -> Claim:
    """Takes `Signature-Input` and `Signature` apart: one label, no component parameters but a query's name."""
    label, (components, parameters) = _single(_dictionary(request, "signature-input"))
    signature_label, (signature, _) = _single(_dictionary(request, "signature"))
    if label != signature_label or not is_list(components) or not isinstance(signature, bytes):
        raise refused("bad-signature-header")
    covered = _components(components)
    _check_parameters(parameters)
    base = signature_base(covered, parameters, lambda component: component_value(request, component))
    return Claim(
        scheme="rfc9421",
        key_id=parameters["keyid"],
        algorithm=parameters.get("alg"),
        covers=_covers(request, [name for name, _ in covered], parameters),
        created=parameters.get("created"),
        expires=parameters.get("expires"),
        signature=signature,
        bases=(base,),
    )


def sign(
    method: str, url: str, body: bytes | None, key: PrivateKey, now: datetime, also: Mapping[str, str] = NOTHING
) -> dict[str, str]:
    """The headers to send: the components that Mastodon asks for, which cover all of §4's list, and those of `also`."""
    headers = {**also} if body is None else {"Content-Digest": content_digest(body), **also}
    request = SignedRequest(method, parse(url).target, lines_of(headers.items()), body or b"", origin_of(url))
    components: list[Component] = [("@method", {}), ("@target-uri", {}), *((name.lower(), {}) for name in headers)]
    parameters = {"created": int(now.timestamp()), "keyid": key.id, "alg": algorithm_of(key.key).value}
    base = signature_base(components, parameters, lambda component: component_value(request, component))
    headers["Signature-Input"] = _text({"sig1": (list(components), parameters)})
    headers["Signature"] = _text({"sig1": sign_bytes(key.key, base)})
    return headers


def signature_base(
    components: Sequence[Component], parameters: dict[str, Any], value_of: Callable[[Component], str]
) -> bytes:
    """§2.5: one line per component, then the parameters. Raises BadActivity on a value that is not ASCII."""
    lines = [f"{_text(component)}: {value_of(component)}" for component in components]
    lines.append(f'"@signature-params": {_text([(list(components), parameters)])}')
    try:
        return "\n".join(lines).encode("ascii")
    except UnicodeEncodeError:
        raise refused("bad-signature-header") from None


def _text(structure: Any) -> str:
    return http_sf.ser(structure)


def component_value(request: SignedRequest, component: Component) -> str:
    """§2.1 and §2.2, from the configured origin and the raw target."""
    name, parameters = component
    match name:
        case "@method":
            return request.method
        case "@target-uri":
            return request.base + request.target
        case "@authority":
            return request.authority
        case "@query-param":
            return _query_parameter(request, parameters.get("name"))
        case _ if name.startswith("@"):
            return _of_target(request, name)
        case _:
            return request.value(name)


def _of_target(request: SignedRequest, name: str) -> str:
    values = {"@scheme": request.origin[0], "@request-target": request.target, "@path": request.path}
    values["@query"] = f"?{request.query}"
    if name not in values:
        raise refused("unknown-component")
    return values[name]


def _query_parameter(request: SignedRequest, name: object) -> str:
    values = [value for key, value in parse_qsl(request.query, keep_blank_values=True) if key == name]
    if len(values) != 1:
        raise refused("unknown-component")
    return quote(values[0], safe="*-._")


def _dictionary(request: SignedRequest, name: str) -> dict[str, Any]:
    def refuse_duplicate(_key: str, _context: str) -> None:
        raise refused("duplicate-signature-parameter")

    try:
        parsed: Any = http_sf.parse(
            request.value(name).encode("ascii"), tltype="dictionary", on_duplicate_key=refuse_duplicate
        )
    except ValueError:  # StructuredFieldError and UnicodeEncodeError are two
        raise refused("bad-signature-header") from None
    return dict(parsed)


def _single(members: dict[str, Any]) -> tuple[str, Any]:
    # A second signature could be one that nobody checked: refuse rather than choose.
    if len(members) != 1:
        raise refused("bad-signature-header")
    return next(iter(members.items()))


def _components(items: list[tuple[Any, dict[str, Any]]]) -> list[Component]:
    if len({str(item) for item in items}) != len(items):
        raise refused("bad-signature-header")
    for name, parameters in items:
        allowed = {"name"} if name == "@query-param" else set[str]()
        if not isinstance(name, str) or name != name.lower() or parameters.keys() - allowed:
            raise refused("unknown-component")
    return items


def _check_parameters(parameters: dict[str, Any]) -> None:
    if "keyid" not in parameters or parameters.keys() - _TEXTS - _TIMES:
        raise refused("bad-signature-header")
    # `type is`: a Token is no String, a Boolean no Integer (§2.3).
    if any(type(value) is not (int if name in _TIMES else str) for name, value in parameters.items()):
        raise refused("bad-signature-header")


def _covers(request: SignedRequest, names: list[str], parameters: dict[str, Any]) -> frozenset[Part]:
    parts: set[Part] = {part for name in names for part in _PARTS.get(name, ())}
    if "created" in parameters:
        parts.add("created")
    if "@path" in names and ("@query" in names or not request.query or request.may_omit_query):
        parts.add("target")
    return frozenset(parts)
