"""Our words and their addresses, and whether a peer's inline context gives them another meaning."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from fedivoisin.activitypub.wire.contexts import bundled
from fedivoisin.activitypub.wire.strict_json import is_list, is_object

# One namespace, several spellings in use: the same words are meant.
_SPELLINGS = {
    "https://w3id.org/valueflows#": "https://w3id.org/valueflows/ont/vf#",
    "https://w3id.org/valueflows/": "https://w3id.org/valueflows/ont/vf#",
    "http://schema.org/": "http://schema.org#",
    "https://schema.org/": "http://schema.org#",
    "https://schema.org#": "http://schema.org#",
    "https://joinmastodon.org/ns#": "http://joinmastodon.org/ns#",
    "http://www.w3.org/ns/activitystreams#": "https://www.w3.org/ns/activitystreams#",
}
# Language, direction and bookkeeping: they change no key.
_HARMLESS = frozenset({"@language", "@direction", "@version", "@protected", "@propagate"})
_HARMLESS_CONTAINERS = frozenset({"@list", "@set", "@language"})
_HARMLESS_VOCABULARIES = frozenset({"_:", "https://www.w3.org/ns/activitystreams#"})
# The gen-delims of RFC 3986 §2.2.
_BEFORE_A_SUFFIX = tuple(":/?#[]@")
# How many steps a definition may take through other terms; more than any honest context needs.
_MAX_STEPS = 6


def canonical(iri: str) -> str:
    """The IRI in our spelling of its namespace."""
    if iri.startswith("https://w3id.org/valueflows/ont/vf#"):
        return iri
    for theirs, ours in _SPELLINGS.items():
        if iri.startswith(theirs):
            return ours + iri.removeprefix(theirs)
    return iri


@cache
def our_words() -> Mapping[str, str]:
    """Term -> IRI (or keyword): every key, type and prefix that plain reading gives a meaning to."""
    terms = _definitions()
    return {name: _iri(_target(name, value) or name, terms, _MAX_STEPS, {}) for name, value in terms.items()}


@cache
def our_context() -> Mapping[str, Any]:
    """Our context without its prefixes, for compaction: keys are named, no value is shortened (`as:Public`)."""
    context: dict[str, Any] = {"@vocab": "_:"}
    for name, value in _definitions().items():
        iri = our_words()[name]
        if iri.startswith("@"):
            context[name] = iri
        elif not _is_namespace(iri):
            # `flohmarkt:data` would need its prefix: it goes by its whole IRI, and `our_key` names it.
            context[iri if ":" in name else name] = {**_coercion(value), "@id": iri}
    return context


def our_key(name: str) -> str:
    """The plain key for what compaction could not name: a word of ours under another type, or `prefix:word`."""
    if name.startswith("_:"):
        return name.removeprefix("_:")
    if name in _our_terms():
        return _our_terms()[name]
    for prefix, base in our_words().items():
        if _is_namespace(base) and name.startswith(base):
            return f"{prefix}:{name.removeprefix(base)}"
    return name


@cache
def _our_terms() -> Mapping[str, str]:
    """IRI -> term; a language map is never what a plain value means."""
    terms: dict[str, str] = {}
    for name, iri in our_words().items():
        if not name.endswith("Map") and not iri.startswith("@"):
            terms.setdefault(iri, name)
    return terms


def _is_namespace(iri: str) -> bool:
    return iri.endswith(("#", "/"))


def _coercion(definition: Any) -> dict[str, Any]:
    if not is_object(definition):
        return {}
    kind = {"@type": _iri(definition["@type"], _definitions(), _MAX_STEPS, {})} if "@type" in definition else {}
    return {name: value for name, value in definition.items() if name == "@container"} | kind


@cache
def _our_iris() -> frozenset[str]:
    return frozenset(our_words().values())


def is_renaming(terms: Mapping[str, Any], outer: Mapping[str, Any]) -> bool:
    """Whether one inline context gives a word of ours another meaning, or another name to what we have a word for.

    `outer` are the terms of the document's own @context, which an embedded one builds upon.
    """
    scope = {**outer, **terms}
    return any(_changes(name, value, scope) for name, value in terms.items())


def aliases(context: Any) -> Mapping[str, str] | None:
    """Their name -> ours, of a context that does nothing but give other names to words of ours; None if it does more.

    Such a document needs no expansion: its keys, and the names of its types, are replaced.
    """
    entries: list[Any] = context if is_list(context) else [context]
    inline = [entry for entry in entries if is_object(entry)]
    if inline != entries[len(entries) - len(inline) :] or not all(
        isinstance(one, str) or one in inline for one in entries
    ):
        return None  # an address behind them could take their names away again
    scope = {name: value for terms in inline for name, value in terms.items()}
    if len(scope) != sum(map(len, inline)):
        return None  # what stands between two definitions of a term is read under the first
    found: dict[str, str] = {}
    for name, definition in scope.items():
        ours = _plain_alias(name, definition, scope)
        if ours is None:
            return None
        found |= {name: ours} if ours else {}
    return found


def _plain_alias(name: str, definition: Any, scope: Mapping[str, Any]) -> str | None:
    """Our name for it; empty where we have none; None where it is more than another name."""
    if is_object(definition):
        if definition.keys() - {"@id", "@type"} or definition.get("@type", "@id") != "@id":
            return None
        definition = definition.get("@id")
    if not isinstance(definition, str) or not name or name[0] == "@" or ":" in name or name in our_words():
        return None
    iri = _iri(definition, scope, _MAX_STEPS, our_words())
    if iri.startswith("@"):
        return {"@id": "id", "@type": "type"}.get(iri)
    if _is_namespace(iri):
        return ""
    return _our_terms().get(iri, "")


def _changes(name: str, value: Any, scope: Mapping[str, Any]) -> bool:
    if name.startswith("@"):
        return name not in _HARMLESS and not (name == "@vocab" and value in _HARMLESS_VOCABULARIES)
    target = _target(name, value)
    if target is None or _restructures(value):
        return True
    iri = _iri(target, scope, _MAX_STEPS, our_words())
    if name in our_words():
        return iri != our_words()[name]
    return iri in _our_iris() or iri.startswith("@")


def _restructures(definition: Any) -> bool:
    """Whether its values are nested, indexed or read in a context of their own (a proof is a graph: FEP-8b32)."""
    if not is_object(definition):
        return False
    container: Any = definition.get("@container", [])
    containers = set(container if is_list(container) else [container])
    if str(definition.get("@id")).endswith(("security#proof", "sec:proof")):
        containers.discard("@graph")
    return bool(containers - _HARMLESS_CONTAINERS) or "@nest" in definition or "@context" in definition


def _target(name: str, definition: Any) -> str | None:
    """What a definition says its term stands for; None where it unsays it or leaves it to @vocab."""
    if is_object(definition):
        definition = definition.get("@id", name if ":" in name else None)
    return definition if isinstance(definition, str) else None


def _iri(text: str, scope: Mapping[str, Any], steps: int, known: Mapping[str, str]) -> str:
    """The IRI that a term, a compact IRI or an IRI stands for."""
    target = _target(text, scope[text]) if text in scope else known.get(text)
    if target is not None and target != text and steps:
        return _iri(target, scope, steps - 1, known)
    prefix, colon, rest = text.partition(":")
    if colon and (prefix in scope or prefix in known) and not rest.startswith("//") and steps:
        namespace = _iri(prefix, scope, steps - 1, known)
        if _is_prefix(scope.get(prefix), namespace):
            return canonical(namespace + rest)
    return canonical(text)


def _is_prefix(definition: Any, iri: str) -> bool:
    """Whether a term of ours, or so defined, may begin a compact IRI (JSON-LD 1.1 API §4.2.2, the prefix flag)."""
    return definition.get("@prefix") is True if is_object(definition) else iri.endswith(_BEFORE_A_SUFFIX)


@cache
def _definitions() -> Mapping[str, Any]:
    """Our terms as `ours.json` defines them, the contexts that it names first; later ones win."""
    entries = [_terms(entry) for entry in _terms("ours")]
    return {name: value for entry in entries for name, value in entry.items() if not name.startswith("@")}


def _terms(entry: Any) -> Any:
    return (bundled(entry) or {})["@context"] if isinstance(entry, str) else entry
