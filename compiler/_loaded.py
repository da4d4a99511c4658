"""Which parts of a project's sources run on behalf of one class."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias
from weakref import WeakKeyDictionary

import libcst as cst

from remotemedia.compiler._bindings import bound_names, comprehension_names, declared_globals, parameter_names
from remotemedia.compiler._imports import is_main_guard
from remotemedia.compiler._tree import children, dotted_name, targets, walk
from remotemedia.compiler._values import Function

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remotemedia.compiler._imports import Closure, ImportUse
    from remotemedia.compiler._source import Source
    from remotemedia.compiler._values import ProjectClass

__all__ = ["Part", "loaded_with"]

_Starts: TypeAlias = frozenset[str] | None
"""Names of a module that are asked for from outside; None for all."""

_NOTHING: Final[frozenset[str]] = frozenset()


@dataclass
class Part:
    """What of one module runs.

    Attributes:
        names: those that are mentioned on the class's behalf, dotted ones as well. `a.*` says that `a` is mentioned
            without an attribute.
        at_load: those that are mentioned by what stands at the top. In the sandbox, what is missing stands there for
            itself, unless it is iterated, tested or entered: that counts among `names`.
        definitions: the statements that define what is mentioned, directly or through others.
        starts: what is asked for from outside.
    """

    names: set[str] = field(default_factory=set)
    at_load: set[str] = field(default_factory=set)
    definitions: set[cst.CSTNode] = field(default_factory=set)
    starts: _Starts = frozenset()

    def runs(self, use: ImportUse) -> bool:
        """Return whether an import is executed; the part for `__main__` never is in a package."""
        return not use.is_main and (use.owner is None or use.owner in self.definitions)

    def uses(self, use: ImportUse) -> bool:
        """Return whether what an import binds is used on the class's behalf."""
        return use.bound is None or bool(use.bound & self.names)

    def names_at_load(self, use: ImportUse) -> bool:
        """Return whether what an import binds is named by what stands at the top."""
        return use.bound is not None and bool(use.bound & self.at_load)


def loaded_with(closure: Closure, code: ProjectClass | Function) -> dict[Source, Part]:
    """Return the modules that are loaded with a class or function, and what of them runs on its behalf.

    That is the class or function with what it mentions, of other modules what is mentioned of them in turn, and what
    stands at the top of each of these, as far as it names what is imported there. A mention counts as a use.
    """
    parts: dict[Source, Part] = {}
    waiting: list[tuple[Source, _Starts]] = [(code.place.source, frozenset({_top(code)}))]
    while waiting:
        source, starts = waiting.pop()
        known = parts.get(source)
        if known is not None and (known.starts is None or (starts is not None and starts <= known.starts)):
            continue
        part = _part(source, None if starts is None else starts | (known.starts or frozenset() if known else starts))
        parts[source] = part
        for use in closure.uses[source.name]:
            if part.runs(use):
                waiting.extend((found, _asked(use, found, part)) for found in closure.inside[use])
    return parts


def _top(code: ProjectClass | Function) -> str:
    """Return the name at the top of a module under which something is found."""
    if isinstance(code, Function):
        return code.name if code.owner is None else _top(code.owner)
    return code.qualname.partition(".")[0]


def _asked(use: ImportUse, found: Source, part: Part) -> _Starts:
    """Return what an import, as its names are used, asks of a module that it reaches."""
    if use.bound is None:
        return None
    if not use.bound & part.names:
        return frozenset()
    if use.members and found.module == use.name:
        return frozenset(use.members)
    renamed = len(use.bound) == 1 and (not use.members or len(use.members) == 1)
    if use.members:
        bound = next(iter(use.bound)) if renamed else found.module.rpartition(".")[2]
    else:
        bound = found.module if use.bound == {found.module.partition(".")[0]} else next(iter(use.bound))
        if found.module not in {bound, use.name}:
            return frozenset()
    if f"{bound}.*" in part.names:
        return None
    return frozenset(name[len(bound) + 1 :].partition(".")[0] for name in part.names if name.startswith(f"{bound}."))


@dataclass(frozen=True, eq=False)
class _Top:
    """What stands at the top of a module, whatever is wanted of it.

    Attributes:
        definitions: the statements that define a name.
        at_load: the names that its other statements mention.
        demanded: those of them that a stand-in cannot take the place of.
    """

    definitions: dict[str, list[cst.CSTNode]] = field(default_factory=dict)
    at_load: set[str] = field(default_factory=set)
    demanded: set[str] = field(default_factory=set)


_TOPS: WeakKeyDictionary[Source, _Top] = WeakKeyDictionary()


def _top_of(source: Source) -> _Top:
    """Return a module's top, read once: each class of a program asks for it."""
    if source not in _TOPS:
        top = _TOPS[source] = _Top()
        for statement in source.tree.body:
            if isinstance(statement, cst.If) and is_main_guard(statement.test):
                continue
            for name in _defined(statement):
                top.definitions.setdefault(name, []).append(statement)
            if not isinstance(statement, (cst.FunctionDef, cst.ClassDef)):
                _mention([statement], {}, top.at_load, set())
                _mention(_demanding(statement), {}, top.demanded, set())
    return _TOPS[source]


def _part(source: Source, starts: _Starts) -> Part:
    top = _top_of(source)
    definitions = dict(top.definitions)
    part = Part(starts=starts, at_load=set(top.at_load), names=set(top.demanded))
    wanted = definitions.keys() if starts is None else starts & definitions.keys()
    first = [node for name in sorted(wanted) for node in definitions.pop(name)]
    part.definitions.update(first)
    _mention(first, definitions, part.names, part.definitions)
    return part


def _demanding(statement: cst.CSTNode) -> list[cst.CSTNode]:
    """Return the expressions in a statement that a stand-in cannot take the place of."""
    found: list[cst.CSTNode] = []
    for node in walk(statement):
        match node:
            case cst.For(iter=demanding) | cst.CompFor(iter=demanding):
                found.append(demanding)
            case cst.If(test=demanding) | cst.While(test=demanding) | cst.IfExp(test=demanding):
                found.append(demanding)
            case cst.With(items=items):
                found.extend(items)
    return found


def _defined(statement: cst.CSTNode) -> set[str]:
    """Return the names that a statement at the top of a module defines; of a block, also those inside it."""
    if isinstance(statement, (cst.FunctionDef, cst.ClassDef)):
        return {statement.name.value}
    found: set[str] = set()
    for node in walk(statement):
        match node:
            case cst.FunctionDef(name=name) | cst.ClassDef(name=name):
                found.add(name.value)
            case cst.AssignTarget(target=target) | cst.AnnAssign(target=target) | cst.NamedExpr(target=target):
                found |= {name.value for name in targets(target)}
    return found


def _mention(
    nodes: list[cst.CSTNode],
    definitions: dict[str, list[cst.CSTNode]],
    names: set[str],
    followed: set[cst.CSTNode],
) -> None:
    """Add the names in some code that are not its own, and those in the statements that define what it names."""
    waiting = [(node, _NOTHING) for node in nodes]
    while waiting:
        node, local = waiting.pop()
        match node:
            case cst.Name(value=name):
                mentioned = {name, f"{name}.*"}
            case cst.Attribute():
                dotted = dotted_name(node)
                if dotted is None:
                    waiting.append((node.value, local))
                    continue
                parts = dotted.split(".")
                name = parts[0]
                mentioned = {".".join(parts[: count + 1]) for count in range(len(parts))}
            case cst.Import() | cst.ImportFrom():
                continue
            case _:
                waiting.extend(_inside(node, local))
                continue
        if name not in local:
            names |= mentioned
            found = definitions.pop(name, [])
            followed.update(found)
            waiting.extend((definition, _NOTHING) for definition in found)


def _inside(node: cst.CSTNode, local: frozenset[str]) -> Iterator[tuple[cst.CSTNode, frozenset[str]]]:
    """Give the parts of some code that can mention names, each with the names that are its own.

    Annotations of functions and of their variables are left out: they are not looked at, unless by a decorator.
    """
    match node:
        case cst.FunctionDef():
            yield from ((part, local) for part in (*node.decorators, *_defaults(node.params)))
            if node.decorators:
                yield from ((part, local) for part in walk(node.params) if isinstance(part, cst.Annotation))
            yield node.body, local | _own_names(node)
        case cst.Lambda():
            yield from ((part, local) for part in _defaults(node.params))
            yield node.body, local | parameter_names(node.params)
        case cst.BaseComp(for_in=comprehension):
            own = local | comprehension_names(comprehension)
            yield from ((child, own) for child in children(node))
        case cst.Arg(value=value):
            yield value, local
        case cst.AnnAssign(target=target, value=value) if local:
            yield from ((part, local) for part in (target, value) if part is not None)
        case _:
            yield from ((child, local) for child in children(node))


def _defaults(parameters: cst.Parameters) -> Iterator[cst.CSTNode]:
    listed = (*parameters.posonly_params, *parameters.params, *parameters.kwonly_params)
    return (parameter.default for parameter in listed if parameter.default is not None)


def _own_names(function: cst.FunctionDef) -> set[str]:
    """Return the names of a function's own; those of what it imports are left to whoever asks what it imports."""
    own = parameter_names(function.params) | {name.value for name in bound_names(function.body)}
    imports = (node for node in walk(function.body) if isinstance(node, (cst.Import, cst.ImportFrom)))
    return own - declared_globals(function) - {name.value for node in imports for name in bound_names(node)}
