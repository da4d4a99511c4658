"""Every import statement of a source file, and the modules of the project that they reach."""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import libcst as cst

from remotemedia.compiler._dependencies.conditions import HERE, SANDBOX, asks, holds
from remotemedia.compiler._dynamic import has_calls, module_named, named_modules
from remotemedia.compiler._modules import absolute_name
from remotemedia.compiler._source import Place, Source
from remotemedia.compiler._tree import children, dotted_name, targets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remotemedia.compiler._findings import Findings
    from remotemedia.compiler._modules import Modules

__all__ = ["Closure", "ImportUse", "close", "is_main_guard"]

_CATCHES: Final = frozenset({"BaseException", "Exception", "ImportError", "ModuleNotFoundError"})


@dataclass(frozen=True, eq=False)
class ImportUse:
    """One module that an import statement names, or a call of `import_module`.

    Attributes:
        name: dotted and absolute; None for a relative import that leads out of the project.
        members: the names taken `from` it; empty for `import name`, `*` and a call.
        bound: the names that the statement binds; None for `*` and for a call, which may bind any.
        optional: whether the code around it copes without the module: a `try`, a `with suppress(ImportError)`, or an
            `if` that asks for the system, the version of Python or the module, unless it always holds.
        owner: the class or function around it; None at the top of the module.
        is_main: whether it stands under `if __name__ == "__main__"`.
    """

    name: str | None
    members: tuple[str, ...]
    bound: frozenset[str] | None
    optional: bool
    owner: cst.CSTNode | None
    is_main: bool
    place: Place


@dataclass(frozen=True)
class Closure:
    """The sources that are reached from a file, that file first, and what each imports by the source's name.

    `inside` holds the modules of the project that an import reaches; of others, it is empty. `own` has the top-level
    names that the project owns, among those that are imported.
    """

    sources: tuple[Source, ...]
    uses: dict[str, tuple[ImportUse, ...]]
    inside: dict[ImportUse, tuple[Source, ...]]
    own: frozenset[str]


def close(modules: Modules, entry: Source, findings: Findings) -> Closure:
    """Follow all imports from a file, those in functions included, those for type checkers only left out.

    What is missing is among the findings (RM110), and so are modules whose names are computed (RM134).
    """
    sources = {entry.name: entry}
    uses: dict[str, tuple[ImportUse, ...]] = {}
    inside: dict[ImportUse, tuple[Source, ...]] = {}
    waiting = [entry]
    while waiting:
        source = waiting.pop()
        uses[source.name] = tuple(_uses(source, findings))
        for use in uses[source.name]:
            inside[use] = tuple(_reached(modules, use, findings))
            for found in inside[use]:
                if found.name not in sources:
                    sources[found.name] = found
                    waiting.append(found)
    tops = {(use.name or "").partition(".")[0] for use in inside}
    return Closure(tuple(sources.values()), uses, inside, frozenset(top for top in tops if top and modules.owns(top)))


def is_main_guard(test: cst.BaseExpression) -> bool:
    """Return whether a condition is `__name__ == "__main__"`."""
    match test:
        case cst.Comparison(
            left=cst.Name(value="__name__"),
            comparisons=[cst.ComparisonTarget(operator=cst.Equal(), comparator=cst.SimpleString(value=text))],
        ):
            return text[1:-1] == "__main__"
    return False


@dataclass(frozen=True, eq=False)
class _Spot:
    node: cst.CSTNode
    optional: bool = False
    owner: cst.CSTNode | None = None
    is_main: bool = False


def _uses(source: Source, findings: Findings) -> Iterator[ImportUse]:
    calls = has_calls(source.text)
    waiting = [_Spot(source.tree)]
    while waiting:
        spot = waiting.pop()
        match spot.node:
            case cst.Import():
                yield from _named(source, spot, spot.node)
            case cst.ImportFrom():
                yield _taken(source, spot, spot.node)
            case cst.BaseExpression():
                if calls:
                    yield from _called(source, spot, spot.node, findings)
            case _:
                waiting.extend(reversed(list(_below(spot))))


def _below(spot: _Spot) -> Iterator[_Spot]:
    """Give the parts of a statement, with what they say of the imports inside them."""
    node = spot.node
    if isinstance(node, cst.If) and _is_for_type_checkers(node.test):
        if node.orelse is not None:
            yield replace(spot, node=node.orelse)
    elif isinstance(node, cst.If) and is_main_guard(node.test):
        yield replace(spot, node=node.body, is_main=True)
        if node.orelse is not None:
            yield replace(spot, node=node.orelse)
    elif isinstance(node, cst.If) and asks(code := _code(node.test)):
        test = ast.parse(code.strip(), mode="eval").body
        found = {holds(test, HERE), holds(test, SANDBOX)}
        yield replace(spot, node=node.body, optional=spot.optional or found != {True})
        if node.orelse is not None:
            yield replace(spot, node=node.orelse, optional=spot.optional or found != {False})
    elif isinstance(node, (cst.Try, cst.TryStar)):
        caught = any(_catches(handler.type) for handler in node.handlers)
        for child in children(node):
            yield replace(spot, node=child, optional=spot.optional or (caught and child is node.body))
    elif isinstance(node, (cst.FunctionDef, cst.ClassDef)):
        yield replace(spot, node=node.body, owner=spot.owner or node)
    else:
        yield from (replace(spot, node=child, optional=spot.optional or _copes(node)) for child in children(node))


def _copes(node: cst.CSTNode) -> bool:
    """Return whether a `with` goes on without what is imported in it: `with suppress(ImportError)`."""
    calls = [item.item for item in node.items] if isinstance(node, cst.With) else ()
    return any(
        isinstance(call, cst.Call)
        and (dotted_name(call.func) or "").rpartition(".")[2] == "suppress"
        and any(_catches(argument.value) for argument in call.args)
        for call in calls
    )


def _named(source: Source, spot: _Spot, node: cst.Import) -> Iterator[ImportUse]:
    for alias in node.names:
        name = dotted_name(alias.name) or ""
        bound = {target.value for target in targets(alias.asname.name)} if alias.asname else {name.partition(".")[0]}
        place = Place(source, alias)
        yield ImportUse(name, (), frozenset(bound), spot.optional, spot.owner, spot.is_main, place)


def _taken(source: Source, spot: _Spot, node: cst.ImportFrom) -> ImportUse:
    name = absolute_name(source, dotted_name(node.module) or "", len(node.relative))
    place = Place(source, node)
    if isinstance(node.names, cst.ImportStar):
        return ImportUse(name, (), None, spot.optional, spot.owner, spot.is_main, place)
    members = tuple(dotted_name(alias.name) or "" for alias in node.names)
    renamed = [list(targets(alias.asname.name)) if alias.asname else [] for alias in node.names]
    bound = {names[0].value if names else member for names, member in zip(renamed, members, strict=True)}
    return ImportUse(name, members, frozenset(bound), spot.optional, spot.owner, spot.is_main, place)


def _called(source: Source, spot: _Spot, node: cst.BaseExpression, findings: Findings) -> Iterator[ImportUse]:
    for found in named_modules(node):
        place = Place(source, found.call)
        name = module_named(found, source)
        if name:
            yield ImportUse(name, (), None, spot.optional, spot.owner, spot.is_main, place)
        else:
            message = "a module is imported by a name that is not known before run time"
            help_ = "name it by a string, or import it by a statement as well"
            findings.add("RM134", message, place, "not packed", help=help_, severity="warning")


def _reached(modules: Modules, use: ImportUse, findings: Findings) -> Iterator[Source]:
    """Give the project's modules that an import runs: packages around the one named, and members that are modules."""
    if use.name is None:
        _missing(findings, use, "a relative import leads out of the project", "not in a package there")
        return
    first = use.name.partition(".")[0]
    if first == "remotemedia" or not modules.owns(first):
        return
    if first in sys.stdlib_module_names:
        _missing(findings, use, f"`{first}` of the project has the name of a standard module", "rename it")
        return
    parts = use.name.split(".")
    names = [".".join(parts[: count + 1]) for count in range(len(parts))]
    absent = next((name for name in names if not modules.exists(name)), None)
    if absent is not None and not use.optional:
        _missing(findings, use, f"the project has no module `{absent}`", "not found")
    if absent is None:
        members = (f"{use.name}.{member}" for member in use.members)
        names += [member for member in members if modules.exists(member)]
    found = (modules.get(name) for name in names if modules.exists(name))
    yield from (source for source in found if source is not None)


def _missing(findings: Findings, use: ImportUse, message: str, label: str) -> None:
    findings.add("RM110", message, use.place, label)


def _catches(node: cst.BaseExpression | None) -> bool:
    if isinstance(node, cst.Tuple):
        return any(_catches(element.value) for element in node.elements)
    return node is None or (dotted_name(node) or "").rpartition(".")[2] in _CATCHES


def _code(node: cst.CSTNode) -> str:
    return cst.Module([]).code_for_node(node)


def _is_for_type_checkers(test: cst.BaseExpression) -> bool:
    return (dotted_name(test) or "").rpartition(".")[2] == "TYPE_CHECKING"
