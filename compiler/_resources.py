"""The data files of the project's packages that its sources read through `importlib.resources` or `pkgutil`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import libcst as cst

from remotemedia.compiler._dynamic import has_calls, named_resources
from remotemedia.compiler._ignore import Ignored
from remotemedia.compiler._source import Place
from remotemedia.compiler._tree import children
from remotemedia.compiler._watch import saw

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remotemedia.compiler._dynamic import NamedResource
    from remotemedia.compiler._findings import Findings
    from remotemedia.compiler._imports import Closure
    from remotemedia.compiler._modules import Modules
    from remotemedia.compiler._source import Source

__all__ = ["find_resources"]

_MAX_FILES: Final = 1000
_CODE: Final = frozenset({".py", ".pyc", ".pyi", ".so", ".pyd"})


def find_resources(closure: Closure, modules: Modules, findings: Findings) -> tuple[str, ...]:
    """Return the paths of all data files that the sources name, from the project's root, sorted.

    Where only the beginning of a path is known, all below it is taken. What is missing is among the findings (RM109),
    and so is a package that is not known by name (RM134).
    """
    root = modules.project.root
    ignored = Ignored(root)
    found: set[str] = set()
    for source in closure.sources:
        if not has_calls(source.text):
            continue
        for named in _named(source.tree):
            package = _package(named.anchor, source, closure)
            place = Place(source, named.node)
            if package is None:
                message = "data is read of a package that is not known before run time"
                help_ = "name the package by a string, by `__package__`, or by a module of the project"
                findings.add("RM134", message, place, "not packed", help=help_, severity="warning")
            elif modules.exists(package):
                path = root.joinpath(*package.split("."), *named.parts)
                found |= set(_files(path, root, ignored, place, findings))
    return tuple(sorted(found))


def _named(tree: cst.CSTNode) -> Iterator[NamedResource]:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, cst.BaseExpression):
            yield from named_resources(node)
        else:
            waiting.extend(children(node))


def _package(anchor: cst.BaseExpression | None, source: Source, closure: Closure) -> str | None:
    """Return the dotted name of the package that an expression stands for."""
    match anchor:
        case None | cst.Name(value="__package__" | "__name__"):
            return source.package
        case cst.SimpleString() | cst.ConcatenatedString():
            return anchor.evaluated_value if isinstance(anchor.evaluated_value, str) else None
        case cst.Name(value=name):
            return _imported(name, source, closure)
        case cst.Attribute(value=cst.Name(), attr=cst.Name(value="__package__" | "__name__")):
            return None
        case cst.Attribute():
            return source.tree.code_for_node(anchor)
    return None


def _imported(name: str, source: Source, closure: Closure) -> str | None:
    """Return the module that an import of this source binds to a name."""
    for use in closure.uses[source.name]:
        if use.bound and name in use.bound and use.name is not None:
            if not use.members:
                return use.name if use.bound != {use.name.partition(".")[0]} else name
            reached = {found.module for found in closure.inside[use]}
            member = f"{use.name}.{name}"
            return member if member in reached else None
    return None


def _files(path: Path, root: Path, ignored: Ignored, place: Place, findings: Findings) -> Iterator[str]:
    saw(path)
    inside = ".." not in path.parts and path.resolve().is_relative_to(root)
    if inside and path.is_file():
        if ignored.excluding_line(name := path.relative_to(root).as_posix()) is None:
            yield name
        return
    if not inside or not path.is_dir():
        message = f"expected a file of the project at `{path.relative_to(root).as_posix()}`, found none"
        findings.add("RM109", message, place, "not a file of the project")
        return
    count = 0
    for directory, names, files in os.walk(path):
        saw(directory)
        here = Path(directory).relative_to(root)
        seen = (name for name in names if not name.startswith(".") and not ignored.excludes(f"{here / name}/"))
        names[:] = sorted(seen)
        for name in sorted(files):
            file = path.joinpath(directory, name)
            if file.suffix in _CODE or not file.is_file() or not file.resolve().is_relative_to(root):
                continue
            if ignored.excludes(f"{here / name}"):
                continue
            count += 1
            if count > _MAX_FILES:
                message = f"expected at most {_MAX_FILES} data files below `{path.relative_to(root).as_posix()}`"
                findings.add("RM114", f"{message}, got more", place, "all of it would be packed")
                return
            yield file.relative_to(root).as_posix()
