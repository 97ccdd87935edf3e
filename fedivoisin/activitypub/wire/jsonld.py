"""Reading JSON-LD without a network: plain keys where they mean what ours mean, expansion only where they do not."""

import importlib
import warnings
from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import lru_cache
from typing import Any

import msgspec

from fedivoisin.activitypub.wire.contexts import bundled
from fedivoisin.activitypub.wire.strict_json import Document, is_list, is_object
from fedivoisin.activitypub.wire.vocabulary import aliases, canonical, is_renaming, our_context, our_key
from fedivoisin.errors import BadActivity

MAX_TERMS = 1000
# Expansion costs up to 4 ms a context, each time that it stands there, and 0.2 ms a node: what a peer may make us spend
# on one document stays under a quarter of a second.
MAX_ENTRIES = 32
MAX_TRANSLATED_NODES = 500
# Where a type or a key brings a context of its own (`credentials/v1`), that is read anew at each use: 1 ms.
MAX_SCOPED_NODES = 200
# Of all contexts together: each key that they lengthen holds as much of them.
LARGEST_CONTEXTS = 8192

# Keywords that let a document say, once expanded, what its plain keys do not (CVE-2026-46349, -42462, -46713).
_RESTRUCTURING = frozenset({"@graph", "@reverse", "@included"})
# A context with these is laid over another one (PyLD writes into the one below, which all documents share), is read
# again at each use of a term, or is laid under each relative address. No peer that we know needs any of it.
_REACHING = frozenset({"@import", "@context", "@base"})
# Our own contexts by an address, so that PyLD keeps their parsed form: 5 ms a document instead of 20.
_READING = "https://w3id.org/fedivoisin/ours/reading"
_WRITING = "https://w3id.org/fedivoisin/ours/writing"
# PyLD makes every reference absolute; what was relative is given back as it came, for plain readers to refuse.
_RELATIVE = "http://relative.invalid/"
_NESTING = (dict, list)
_MAPS = {"contentMap": "content", "nameMap": "name", "summaryMap": "summary"}


def normalise(document: Document) -> Document:
    """Takes a document as `strict_json` loaded it; gives one whose plain keys are ours, without a @context of its own
    where it had to be translated. Nothing is ever fetched. Raises BadActivity on what restructures or cannot be read.
    """
    contexts, has_keywords = _survey(document)
    if not _redefine(contexts) and not has_keywords:
        return document
    _bound(document, contexts)
    if _says(contexts, _REACHING):
        raise BadActivity("jsonld-restructuring")
    if not has_keywords and len(contexts) == 1 and "@context" in document:
        names = _aliases(msgspec.json.encode(contexts[0]))
        if names is not None and not _has_short_addresses(document):
            renamed: Document = _under_our_names(document, names)
            return renamed
    return _translate(document)


def is_surely_plain(document: Document, text: bytes) -> bool:
    """Whether `normalise` would give it back as it is: what nearly all servers send needs no look at each node."""
    # A keyword begins with an @, spelt out or escaped; whoever quotes one in a text gets the closer look.
    has_no_other = text.count(b'"@') == ("@context" in document) and b"\\u0040" not in text
    return has_no_other and _is_by_name(document.get("@context", ""))


def _redefine(contexts: list[Any]) -> bool:
    """Whether they give our words another meaning. A server sends the same contexts with all that it says."""
    if all(map(_is_by_name, contexts)):
        return False
    # A page of an outbox says the same context with each of its activities: once is enough, for judging and counting.
    distinct = list({msgspec.json.encode(context): context for context in contexts}.values())
    encoded = msgspec.json.encode(distinct)
    return _redefines(encoded) if len(encoded) <= LARGEST_CONTEXTS else _judge(distinct)


def _is_by_name(context: Any) -> bool:
    """Addresses alone: the bundled contexts behind them do not redefine each other's words, and others say nothing."""
    return isinstance(context, str) or (is_list(context) and all(isinstance(entry, str) for entry in context))


@lru_cache(maxsize=256)
def _redefines(encoded: bytes) -> bool:
    return _judge(msgspec.json.decode(encoded))


def _judge(contexts: list[Any]) -> bool:
    inline = [_inline(context) for context in contexts]
    if sum(map(len, inline)) > MAX_TERMS:
        raise BadActivity("context-too-large")
    # Many empty ones, each laid over a large first one, would be quadratic.
    return any(is_renaming(terms, inline[0]) for terms in inline if terms)


@lru_cache(maxsize=256)
def _aliases(encoded: bytes) -> Mapping[str, str] | None:
    return aliases(msgspec.json.decode(encoded))


def _has_short_addresses(document: Document) -> bool:
    """Whether a key or a type is short for an address (`as:to`): only expansion knows which."""
    for node in _objects(document):
        types: list[Any] = node["type"] if is_list(node.get("type")) else [node.get("type", "")]
        if any(not isinstance(one, str) or ":" in one for one in types) or any(":" in name for name in node):
            return True
    return False


def _under_our_names(value: Any, names: Mapping[str, str]) -> Any:
    if is_list(value):
        return [_under_our_names(item, names) for item in value]
    if not is_object(value):
        return value
    plain: Document = {}
    for theirs, item in value.items():
        ours = names.get(theirs, theirs)
        if ours in plain:
            raise BadActivity("jsonld-ambiguous")
        if ours == "type":
            plain[ours] = [names.get(one, one) for one in item] if is_list(item) else names.get(item, item)
        elif ours != "@context":
            plain[ours] = _under_our_names(item, names)
    return plain


def _survey(document: Document) -> tuple[list[Any], bool]:
    """Every @context, and whether data is said with keywords (`@id`, `@type`, `@value`…) instead of plain keys."""
    contexts: list[Any] = []
    keywords: set[str] = set()
    for node in _objects(document):
        keywords.update([word for word in node if word.startswith("@")])
        if "@context" in node:
            contexts.append(node["@context"])
    if not _RESTRUCTURING.isdisjoint(keywords):
        raise BadActivity("jsonld-restructuring")
    return contexts, bool(keywords - {"@context"})


def _objects(value: Any) -> Iterator[Document]:
    """Every object of the document, in order, contexts left out; depth is bounded by `strict_json`."""
    pending = [value]
    for node in pending:
        if not is_object(node):
            pending += [item for item in node if isinstance(item, _NESTING)]
            continue
        yield node
        pending += [item for name, item in node.items() if isinstance(item, _NESTING) and name != "@context"]


def _bound(document: Document, contexts: list[Any]) -> None:
    entries = [entry for context in contexts for entry in (context if is_list(context) else [context])]
    if len(entries) > MAX_ENTRIES or len(msgspec.json.encode(entries)) > LARGEST_CONTEXTS:
        raise BadActivity("context-too-large")
    is_scoped = any(isinstance(entry, str) and _brings_scopes(entry) for entry in entries)
    if _size(document) > (MAX_SCOPED_NODES if is_scoped else MAX_TRANSLATED_NODES):
        raise BadActivity("jsonld-too-large")


def _brings_scopes(address: str) -> bool:
    """Whether a term of the context behind it has a context of its own; `/x/../` may lead to any."""
    known = bundled(address)
    return "/." in address or (known is not None and _says(known["@context"], frozenset({"@context"})))


def _size(document: Document) -> int:
    lists = (len(item) for node in _objects(document) for item in node.values() if is_list(item))
    return sum(map(len, _objects(document))) + sum(lists)


def _says(context: Any, keywords: frozenset[str]) -> bool:
    """Whether one of them stands in it, at any depth."""
    pending = [context]
    for node in pending:
        if is_object(node):
            if not keywords.isdisjoint(node):
                return True
            pending.extend(node.values())
        elif is_list(node):
            pending.extend(node)
    return False


def _inline(context: Any) -> dict[str, Any]:
    """The terms that one @context defines itself; an alias of a restructuring keyword is refused like the keyword."""
    entries = context if is_list(context) else [context]
    terms = {name: value for entry in entries if is_object(entry) for name, value in entry.items()}
    names = {*terms, *(name for value in terms.values() for name in _meanings(value))}
    if not _RESTRUCTURING.isdisjoint(names):
        raise BadActivity("jsonld-restructuring")
    return terms


def _meanings(definition: Any) -> set[str]:
    """The words that a term's definition consists of, and the one that it stands for."""
    target = definition.get("@id") if is_object(definition) else definition
    words = set(definition) if is_object(definition) else set[str]()
    return {*words, target} if isinstance(target, str) else words


def _translate(document: Document) -> Document:
    # PyLD costs 10 MB and 60 ms to import: most processes never need it.
    jsonld: Any = importlib.import_module("pyld.jsonld")
    options = {"documentLoader": _load, "base": _RELATIVE}
    try:
        with warnings.catch_warnings(action="ignore"):  # a hostile context shall not fill the log
            expanded = jsonld.expand(document, {**options, "expandContext": _READING})
            compacted = jsonld.compact(_same_words(expanded), _WRITING, {**options, "skipExpansion": True})
    except (jsonld.JsonLdError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        # PyLD answers some malformed contexts with Python's own errors.
        raise BadActivity("bad-jsonld") from None
    compacted.pop("@context", None)
    result = _plain(compacted)
    if not is_object(result) or any(not _RESTRUCTURING.isdisjoint(node) for node in _objects(result)):
        raise BadActivity("jsonld-restructuring")
    return result


def _load(url: str, _options: object) -> dict[str, Any]:
    """A context from the bundle; one that we do not have says nothing. `tag` lets PyLD keep the parsed form."""
    return {
        "contentType": "application/ld+json",
        "contextUrl": None,
        "documentUrl": url,
        # A copy: PyLD writes into what it is given.
        "document": deepcopy(_own(url) or bundled(url)) or {"@context": {}},
        "tag": "static",
    }


def _own(url: str) -> dict[str, Any] | None:
    if url == _READING:
        return bundled("ours")
    return {"@context": our_context()} if url == _WRITING else None


def _same_words(value: Any) -> Any:
    """The expanded document with the spellings of a namespace that peers use replaced by the one that we use."""
    if is_list(value):
        return [_same_words(item) for item in value]
    if isinstance(value, str):
        return value.removeprefix(_RELATIVE)
    if not is_object(value) or value.get("@type") == "@json":
        return value
    words = {canonical(name): _same_words(item) for name, item in value.items()}
    if is_list(types := value.get("@type")):
        words["@type"] = [canonical(name) for name in types]
    return words


def _plain(value: Any) -> Any:
    """What compaction leaves behind as whole IRIs, `_:name`, `@value`, `@list` said with plain keys."""
    if is_list(value):
        return [_plain(item) for item in value]
    if not is_object(value):
        return value
    for wrapper in ("@value", "@list", "@set"):
        if wrapper in value:
            return value[wrapper] if wrapper == "@value" else _plain(value[wrapper])
    return _without_maps(_renamed(value))


def _renamed(value: Document) -> Document:
    plain: Document = {}
    for name, item in value.items():
        key = our_key(name)
        if key in plain or (key != name and key in value):
            raise BadActivity("jsonld-ambiguous")
        plain[key] = _plain(item)
    return plain


def _without_maps(value: Document) -> Document:
    """A text that came with a language only has its `…Map`: plain readers want the text too."""
    texts: Mapping[str, str] = {
        plain: next(iter(value[name].values()), "")
        for name, plain in _MAPS.items()
        if is_object(value.get(name)) and plain not in value
    }
    return {**value, **texts}
