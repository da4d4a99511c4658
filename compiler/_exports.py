"""What the modules of `remotemedia` define and re-export, read from their source: none of them is imported for it."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import remotemedia
from remotemedia._names import HOMES

__all__ = ["Exports", "exports_of", "module_path"]

_ROOT = "remotemedia"


@dataclass(frozen=True)
class Exports:
    """The names of one module.

    Attributes:
        classes: those that it defines, each with the names of its bases.
        constructors: those of them that define `__init__`.
        functions: those that it defines.
        imported: names that it imports, each with the module and the name there; an empty name means the module itself.
        others: names that it assigns.
        listed: its `__all__`, where it is written out.
    """

    classes: dict[str, list[str]] = field(default_factory=dict)
    constructors: set[str] = field(default_factory=set)
    functions: set[str] = field(default_factory=set)
    imported: dict[str, tuple[str, str]] = field(default_factory=dict)
    others: set[str] = field(default_factory=set)
    listed: list[str] | None = None

    def names(self) -> list[str]:
        """Return the public names, in order."""
        every = {*self.classes, *self.functions, *self.imported, *self.others}
        return sorted(self.listed if self.listed is not None else (name for name in every if not name.startswith("_")))


def module_path(name: str) -> Path | None:
    """Return the source file of a module of `remotemedia` by dotted name; None if there is none."""
    parts = name.split(".")
    if parts[0] != _ROOT:
        return None
    for root in remotemedia.__path__:
        base = Path(root, *parts[1:])
        for path in (base / "__init__.py", base.with_name(base.name + ".py")):
            if path.is_file():
                return path
    return None


@cache
def exports_of(module: str) -> Exports | None:
    """Return the names of a module of `remotemedia`; None if it has no source."""
    path = module_path(module)
    if path is None:
        return None
    tree = ast.parse(path.read_text(encoding="utf-8"))
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    exports = Exports(listed=_listed(tree))
    _collect(tree.body, package, exports)
    if module == _ROOT:  # a lazy table (PEP 562), which a light import has already
        exports.imported.update({name: (home, name) for name, home in HOMES.items()})
        return replace(exports, listed=list(remotemedia.__all__))
    return exports


def _collect(  # noqa: C901 - one a kind of statement
    body: list[ast.stmt], package: str, exports: Exports
) -> None:
    for statement in body:
        match statement:
            case ast.ClassDef(name=name, bases=bases, body=inner):
                exports.classes[name] = [base.id for base in bases if isinstance(base, ast.Name)]
                if any(isinstance(part, ast.FunctionDef) and part.name == "__init__" for part in inner):
                    exports.constructors.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                exports.functions.add(name)
            case ast.ImportFrom(module=module, names=names, level=level):
                base = ".".join(package.split(".")[: len(package.split(".")) - level + 1]) if level else ""
                source = ".".join(part for part in (base, module) if part)
                exports.imported.update({alias.asname or alias.name: (source, alias.name) for alias in names})
            case ast.Import(names=names):
                exports.imported.update({alias.asname: (alias.name, "") for alias in names if alias.asname})
            case ast.Assign(targets=targets):
                exports.others.update(target.id for target in targets if isinstance(target, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name)):
                exports.others.add(name)
            case ast.If(body=inner, orelse=orelse) if "TYPE_CHECKING" not in ast.unparse(statement.test):
                _collect([*inner, *orelse], package, exports)
            case ast.Try(body=inner, handlers=handlers):
                _collect([*inner, *(line for handler in handlers for line in handler.body)], package, exports)


def _listed(tree: ast.Module) -> list[str] | None:
    for statement in tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id="__all__")], value=ast.List(elts=elements)):
                names = [element.value for element in elements if isinstance(element, ast.Constant)]
                return [str(name) for name in names] if len(names) == len(elements) else None
    return None
