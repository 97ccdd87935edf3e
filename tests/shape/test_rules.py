"""What types and import contracts cannot hold: who may prove, who may catch everything, who may open a transaction."""

import ast

from tests.shape.source import Source, called_name, calls, sources

PROOFS = {"Verified", "VerifiedCredential"}
INSIDE = (
    "fedivoisin.trust",
    "fedivoisin.market",
    "fedivoisin.community",
    "fedivoisin.actions",
    "fedivoisin.adapters",
    "fedivoisin.store",
    "fedivoisin.activitypub.dispatch",
    "fedivoisin.activitypub.documents",
    "fedivoisin.activitypub.handlers",
    "fedivoisin.activitypub.parse",
    "fedivoisin.activitypub.publish",
    "fedivoisin.activitypub.wire",
)
# The store itself, how it starts, whether it opens at all (there the opening is the question), and the one writer
# that gathers concurrent requests into a commit.
OPENING_STORE = {
    "fedivoisin.store.db",
    "fedivoisin.store.migrate",
    "fedivoisin.store.readiness",
    "fedivoisin.store.gauges",
    "fedivoisin.store.inbox",
}
# What fails there is ours: it is logged whole, and the next request or turn goes on (docs/decisions/0002).
# The sanitiser is a library in Rust, whose panic is no Exception: it is turned into BadActivity where it happens.
CATCHING = {
    "fedivoisin.workers.loop",
    "fedivoisin.workers.effects",
    "fedivoisin.workers.hosts",
    "fedivoisin.workers.pictures",
    "fedivoisin.activitypub.carrying",
    "fedivoisin.activitypub.delivery",
    "fedivoisin.activitypub.together",
    "fedivoisin.web.errors",
    "fedivoisin.activitypub.html",
    "fedivoisin.store.inbox",
}
OPENERS = {"write", "append", "read"}


def test_only_the_wire_makes_proofs() -> None:
    makers = [
        f"{source.path}:{call.lineno}"
        for source in sources("fedivoisin")
        if not source.module.startswith("fedivoisin.activitypub.wire")
        for call in calls(source.tree)
        if called_name(call) in PROOFS
    ]
    assert makers == []


def test_only_the_outermost_of_pages_and_of_work_catch_everything() -> None:
    catchers = [
        f"{source.path}:{node.lineno}"
        for source in sources("fedivoisin")
        if source.module not in CATCHING
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ExceptHandler) and _catches_everything(node) and not _raises_again(node)
    ]
    assert catchers == []


def test_only_the_edges_open_transactions() -> None:
    openers = [
        f"{source.path}:{call.lineno}"
        for source in sources("fedivoisin")
        if source.module.startswith(INSIDE) and source.module not in OPENING_STORE
        for call in calls(source.tree)
        if _opens_a_transaction(call)
    ]
    assert openers == []


def test_no_function_that_is_handed_a_transaction_opens_another() -> None:
    nested = [
        f"{source.path}:{call.lineno}"
        for source in sources("fedivoisin")
        for function in ast.walk(source.tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and _takes_a_transaction(function)
        for call in calls(function)
        if _opens_a_transaction(call)
    ]
    assert nested == []


def test_nothing_is_opened_inside_a_read() -> None:
    nested = [
        f"{source.path}:{call.lineno}"
        for source in sources("fedivoisin")
        for block in ast.walk(source.tree)
        if isinstance(block, ast.AsyncWith) and _is_a_read(block)
        for statement in block.body
        for call in calls(statement)
        if _opens_a_transaction(call)
    ]
    assert nested == []


def test_each_handler_is_reached_from_the_dispatch() -> None:
    handlers = {_name(source): source for source in sources("fedivoisin/activitypub/handlers")}
    dispatch = next(source for source in sources("fedivoisin") if source.module == "fedivoisin.activitypub.dispatch")
    reached, waiting = {"handlers"}, [dispatch]
    while waiting:
        found = _handlers_imported_by(waiting.pop()) & handlers.keys() - reached
        reached |= found
        waiting += [handlers[name] for name in found]
    assert sorted(handlers.keys() - reached) == []


def test_every_action_takes_its_transaction_first() -> None:
    strays = [
        f"{source.path}:{function.lineno} {function.name}"
        for source in sources("fedivoisin/actions")
        for function in source.tree.body
        if isinstance(function, ast.AsyncFunctionDef)
        if not function.args.args or function.args.args[0].arg != "tx"
    ]
    assert strays == []


def _handlers_imported_by(source: Source) -> set[str]:
    package = "fedivoisin.activitypub.handlers"
    imports = [node for node in ast.walk(source.tree) if isinstance(node, ast.ImportFrom) and node.module]
    direct = {(node.module or "").removeprefix(f"{package}.") for node in imports}
    return direct | {alias.name for node in imports if node.module == package for alias in node.names}


def _name(source: Source) -> str:
    return source.module.rpartition(".")[2]


def _catches_everything(node: ast.ExceptHandler) -> bool:
    caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
    return any(
        kind is None or (isinstance(kind, ast.Name) and kind.id in {"Exception", "BaseException"}) for kind in caught
    )


def _raises_again(node: ast.ExceptHandler) -> bool:
    last = node.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def _opens_a_transaction(call: ast.Call) -> bool:
    # `store.write(…)`, `self.store.read()`, `request.app[STORE].append(…)`: the receiver's last word is the store.
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in OPENERS:
        return False
    match call.func.value:
        case ast.Name(id=word) | ast.Attribute(attr=word):
            return word.lower() == "store"
        case ast.Subscript(slice=ast.Name(id=word) | ast.Attribute(attr=word)):
            return word.lower() == "store"
    return False


def _takes_a_transaction(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(argument.arg == "tx" for argument in (*function.args.args, *function.args.kwonlyargs))


def _is_a_read(block: ast.AsyncWith) -> bool:
    return any(
        isinstance(item.context_expr, ast.Call) and _opens_a_transaction(item.context_expr) for item in block.items
    )
