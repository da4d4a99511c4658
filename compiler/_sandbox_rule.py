"""RM111: a node's code needs what the sandbox does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from remotemedia.compiler._imports import is_main_guard
from remotemedia.compiler._tree import children
from remotemedia.compiler._values import ProjectClass
from remotemedia.compiler.sandbox import lacks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remotemedia.compiler._findings import Findings
    from remotemedia.compiler._imports import Closure, ImportUse
    from remotemedia.compiler._source import Source

__all__ = ["find_unsandboxed"]


def find_unsandboxed(closure: Closure, classes: dict[str, ProjectClass], findings: Findings) -> tuple[str, ...]:
    """Return the entries that the sandbox cannot run, and warn of each import that is to blame.

    A class needs what is imported inside it, and what the modules loaded with it import at their top. An import counts
    only if it has no fallback, and if its name is used for the class: in the sandbox an unused one does no harm.

    Args:
        closure: the project's sources.
        classes: the class of each entry.
        findings: takes the warnings.
    """
    found = []
    for entry, cls in classes.items():
        needs = list(_needs(closure, cls))
        if needs:
            found.append(entry)
        for use in needs:
            module = (use.name or "").partition(".")[0]
            findings.add(
                "RM111",
                f"`{cls.name}` needs `{module}`, which the sandbox does not have",
                use.place,
                "imported here",
                notes=(f"the runtime left for `{cls.name}` is `python`, which its users have to allow",),
                help="use the standard library and `remotemedia.Array` in the node",
                severity="warning",
            )
    return tuple(found)


def _needs(closure: Closure, cls: ProjectClass) -> Iterator[ImportUse]:
    bodies = {base.node for base in cls.mro if isinstance(base, ProjectClass)}
    for source, used in _loaded(closure, cls).items():
        for use in closure.uses[source.name]:
            if closure.inside[use] or use.optional or use.is_main or not lacks((use.name or "").partition(".")[0]):
                continue
            if use.owner in bodies or (use.owner is None and _is_used(use, used)):
                yield use


def _loaded(closure: Closure, cls: ProjectClass) -> dict[Source, set[str]]:
    """Return the modules that are loaded with a class, and the names that each uses on its behalf."""
    loaded: dict[Source, set[str]] = {}
    waiting = [(cls.place.source, False)]
    wholly: set[Source] = set()
    while waiting:
        source, whole = waiting.pop()
        if source in loaded and (source in wholly or not whole):
            continue
        if whole:
            wholly.add(source)
        at_load, by_class = _names_used(source, cls, whole=whole)
        loaded[source] = loaded.get(source, set()) | at_load | by_class
        for use in closure.uses[source.name]:
            if use.owner is None and not use.is_main:
                waiting.extend((found, _is_used(use, by_class)) for found in closure.inside[use])
    return loaded


def _is_used(use: ImportUse, names: set[str]) -> bool:
    return use.bound is None or bool(use.bound & names)


def _names_used(source: Source, cls: ProjectClass, *, whole: bool) -> tuple[set[str], set[str]]:
    """Return the names that a module mentions when it is loaded, and those that it mentions on behalf of a class.

    The latter are, in the class's own file, those of the class and of the functions and classes that it names, and so
    on; in another they are all or none. The part for `__main__` never runs in the sandbox.
    """
    definitions: dict[str, cst.CSTNode] = {}
    statements: list[cst.CSTNode] = []
    for statement in source.tree.body:
        if isinstance(statement, (cst.FunctionDef, cst.ClassDef)):
            definitions[statement.name.value] = statement
        elif not (isinstance(statement, cst.If) and is_main_guard(statement.test)):
            statements.append(statement)
    at_load = _mentioned(statements, {})
    if whole:
        return at_load, at_load | _mentioned(list(definitions.values()), {})
    if source is not cls.place.source:
        return at_load, set()
    first = definitions.pop(cls.qualname.partition(".")[0], cls.node)
    return at_load, _mentioned([first], definitions)


def _mentioned(waiting: list[cst.CSTNode], definitions: dict[str, cst.CSTNode]) -> set[str]:
    """Return the names in some code, and in the definitions that it names."""
    names: set[str] = set()
    while waiting:
        node = waiting.pop()
        match node:
            case cst.Name():
                names.add(node.value)
                if node.value in definitions:
                    waiting.append(definitions.pop(node.value))
            case cst.Attribute():
                waiting.append(node.value)
            case cst.Import() | cst.ImportFrom():
                pass
            case _:
                waiting.extend(children(node))
    return names
