"""Imports: of the project's modules, which are evaluated, of `remotemedia`, and of everything else."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import libcst as cst

from remotemedia.compiler._evaluate.library import refuse_library_name
from remotemedia.compiler._library import is_library, library_attribute, library_module_exists, library_names
from remotemedia.compiler._modules import absolute_name
from remotemedia.compiler._tree import dotted_name, targets
from remotemedia.compiler._values import External, Items, Known, ProjectModule, Scope, Unknown, Value

if TYPE_CHECKING:
    from remotemedia.compiler._evaluate.evaluator import Evaluator

__all__ = ["can_import", "import_", "import_from"]


def import_(ev: Evaluator, node: cst.Import) -> None:
    """Execute `import a.b, c as d`."""
    for alias in node.names:
        dotted = dotted_name(alias.name)
        if dotted is None:
            continue
        value = _module(ev, dotted, alias)
        if alias.asname is not None:
            for target in targets(alias.asname.name):
                ev.scope.bind(target.value, value)
        else:
            first = dotted.partition(".")[0]
            ev.scope.bind(first, _module(ev, first, alias))


def import_from(ev: Evaluator, node: cst.ImportFrom) -> None:
    """Execute `from a import b, c as d` and `from a import *`."""
    base = absolute_name(ev.source, dotted_name(node.module) or "", len(node.relative))
    module = ev.unknown("a relative import that leads nowhere", node) if base is None else _module(ev, base, node)
    if isinstance(node.names, cst.ImportStar):
        _import_all(ev, module, node)
        return
    for alias in node.names:
        name = cst.ensure_type(alias.name, cst.Name).value
        value = _member(ev, module, name, alias)
        for target in targets(alias.asname.name) if alias.asname is not None else (cst.Name(name),):
            ev.scope.bind(target.value, value)


def can_import(ev: Evaluator, node: cst.CSTNode) -> bool:
    """Return whether an import certainly succeeds: what it names belongs to the project or to `remotemedia`."""
    if isinstance(node, cst.Import):
        names = [dotted_name(alias.name) or "" for alias in node.names]
    elif isinstance(node, cst.ImportFrom):
        names = [absolute_name(ev.source, dotted_name(node.module) or "", len(node.relative)) or ""]
    else:
        return False
    return all(
        library_module_exists(name) if is_library(name) else name in sys.stdlib_module_names or ev.modules.exists(name)
        for name in names
    )


def _module(ev: Evaluator, name: str, node: cst.CSTNode) -> Value:
    """Return a module by dotted name, evaluated with all packages around it; what is missing is reported elsewhere."""
    first = name.partition(".")[0]
    if is_library(name):
        parent, _, last = name.rpartition(".")
        if parent and not library_module_exists(name):
            refuse_library_name(ev, parent, last, node)
            return Unknown(f"`{name}`, which does not exist", ev.place(node), reported=True)
        return External(name, ev.place(node))
    if first in sys.stdlib_module_names or not ev.modules.owns(first):
        return External(name, ev.place(node))
    module: Value = ev.unknown(f"`{name}`", node)
    parts = name.split(".")
    for count in range(1, len(parts) + 1):
        module = _project_module(ev, ".".join(parts[:count]), module)
        if isinstance(module, Unknown):
            return ev.unknown(f"`{name}`, which cannot be imported", node)
    return module


def _project_module(ev: Evaluator, name: str, package: Value) -> Value:
    if not ev.modules.exists(name):
        return Unknown(f"`{name}`")
    source = ev.modules.get(name)
    module = ProjectModule(name, Scope()) if source is None else ev.module(source)
    if isinstance(package, ProjectModule):
        package.scope.names.setdefault(name.rpartition(".")[2], module)
    return module


def _member(  # noqa: PLR0911 - one a kind of module
    ev: Evaluator, module: Value, name: str, node: cst.CSTNode
) -> Value:
    """Return what `from module import name` binds."""
    match module:
        case Unknown():
            return module
        case External() if is_library(module.name):
            found = library_attribute(module.name, name)
            if found is None:
                refuse_library_name(ev, module.name, name, node)
                return Unknown(f"`{module.name}.{name}`, which does not exist", ev.place(node), reported=True)
            return found
        case External():
            return External(f"{module.name}.{name}", ev.place(node))
        case ProjectModule():
            found = module.scope.find(name)
            if found is not None:
                return found
            submodule = f"{module.name}.{name}"
            if ev.modules.exists(submodule):
                return _module(ev, submodule, node)
            return _absent(ev, module, name, node)
    return ev.unknown(f"`{name}`", node)


def _absent(ev: Evaluator, module: ProjectModule, name: str, node: cst.CSTNode) -> Unknown:
    """Report a name that a module of the project does not define (RM110), unless it is still being evaluated."""
    settled = ev.is_settled(module) and "__getattr__" not in module.scope.names
    if settled:
        ev.findings.add("RM110", f"`{module.name}` has no `{name}`", ev.place(node), "not found")
    because = f"`{name}`, which `{module.name}` does not define"
    return Unknown(because, ev.place(node), reported=settled)


def _import_all(ev: Evaluator, module: Value, node: cst.ImportFrom) -> None:
    if isinstance(module, ProjectModule):
        names = module.scope.names
        listed = names.get("__all__")
        if isinstance(listed, Items) and listed.lost is None:
            public = [item.value for item in listed.items if isinstance(item, Known)]
        else:
            public = [name for name in names if not name.startswith("_")]
        ev.scope.names |= {name: names[name] for name in public if name in names}
        ev.scope.others = ev.scope.others or module.scope.others
    elif isinstance(module, External) and is_library(module.name):
        ev.scope.names |= library_names(module.name)
    else:
        name = module.name if isinstance(module, External) else "a module that is not known"
        ev.scope.others = ev.unknown(f"what `from {name} import *` defines", node)
