"""Packages that are nodes of a package: found and verified, each like the outermost one.

nested = resolve_nested(package, resolver.resolve)
nested["voice"].package.digest
nested["voice/filter"]  # of a package in that package
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from remotemedia.errors import PackageError, RemoteMediaError
from remotemedia.registry import Reference, Scheme

if TYPE_CHECKING:
    from remotemedia.runtime.resolve import ResolvedPackage

__all__ = ["NestedPackage", "is_package", "resolve_nested"]

MAX_DEPTH: Final = 8
"""Packages within each other at most, the outermost not counted."""
MAX_PACKAGES: Final = 64
"""Packages of one run at most, the outermost counted, and each as often as it stands in the graph."""

_AT_ONCE: Final = 8
_LOCAL: Final = frozenset({Scheme.FILE, Scheme.LAYOUT})


@dataclass(frozen=True)
class NestedPackage:
    """A package that is a node of another.

    Attributes:
        package: verified.
        node: the id of the one node of it that runs; None is all of them.
    """

    package: ResolvedPackage
    node: str | None = None

    def rows(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return those of rows with an `id` whose nodes run."""
        return [row for row in rows if self.node is None or row.get("id") == self.node]


def is_package(node: Mapping[str, Any]) -> bool:
    """Return whether a node of a manifest is a package that runs here, not on another machine."""
    return isinstance(node.get("remote_ref"), str) and node.get("host") is None


def resolve_nested(package: ResolvedPackage, resolve: Callable[[str], ResolvedPackage]) -> Mapping[str, NestedPackage]:
    """Return the packages that nodes are, by the node's id, in the order of the graph; `NODE/ID` where they nest.

    Those of one package are fetched at once.

    Args:
        package: the outermost.
        resolve: finds and verifies one by its reference; called from several threads.

    Raises:
        PackageError: RM634, they are too many or one is in itself; RM635, one cannot be the node that it is.
        RemoteMediaError: one cannot be found, or is not authentic; the message begins with the node.
    """
    walk = _Walk(resolve)
    walk.into(package, prefix="", digests=(package.digest,))
    return walk.found


@dataclass
class _Walk:
    resolve: Callable[[str], ResolvedPackage]
    found: dict[str, NestedPackage] = field(default_factory=dict)

    def into(self, package: ResolvedPackage, *, prefix: str, digests: tuple[str, ...], only: str | None = None) -> None:
        nodes = [it for it in _nodes(package) if is_package(it) and only in {None, it["id"]}]
        names = [f"{prefix}{node['id']}" for node in nodes]
        if nodes and len(digests) > MAX_DEPTH:
            raise _refused(f"expected packages nested at most {MAX_DEPTH} deep, got `{names[0]}`")
        if len(self.found) + len(nodes) + 1 > MAX_PACKAGES:
            raise _refused(f"expected at most {MAX_PACKAGES} packages in a run, got more, the next for `{names[0]}`")
        # One that several nodes are is fetched once.
        wanted = dict(zip((node["remote_ref"] for node in nodes), names, strict=True))
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            resolved = threads.map(lambda it: self._resolved(it[1], it[0], package.reference), wanted.items())
            packages = dict(zip(wanted, resolved, strict=True))
        for name, node in zip(names, nodes, strict=True):
            inner = packages[node["remote_ref"]]
            if inner.digest in digests:
                raise _refused(f"expected another package for node `{name}`, got one that the node is part of")
            selected = _selected(name, node, inner)
            self.found[name] = NestedPackage(inner, selected)
            self.into(inner, prefix=f"{name}/", digests=(*digests, inner.digest), only=selected)

    def _resolved(self, name: str, text: str, within: Reference) -> ResolvedPackage:
        if not text.isprintable():
            raise PackageError(f"expected a reference for node `{name}`, got {text!r:.80}", code="RM303")
        try:
            if within.scheme not in _LOCAL and Reference.parse(text).scheme in _LOCAL:
                raise PackageError(
                    f"expected a package of a registry, as the one is that it is part of, got `{text}`",
                    code="RM635",
                    hint="what comes from elsewhere names no files of this machine",
                )
            return self.resolve(text)
        except RemoteMediaError as error:
            raise type(error)(
                f"node `{name}`: {error.message}",
                code=error.code,
                hint=error.hint,
                **{**error.details, "node": name},
            ) from error


def _nodes(package: ResolvedPackage) -> Iterator[dict[str, Any]]:
    nodes = package.document("manifest.json").get("nodes")
    for node in nodes if isinstance(nodes, list) else ():
        if isinstance(node, dict) and isinstance(node.get("id"), str):
            yield node


def _selected(name: str, node: Mapping[str, Any], package: ResolvedPackage) -> str | None:
    """The id of the node of a class, for a node that stands for a class of a package instead of for all of it."""
    params = node.get("params")
    wanted = params.get("node_to_execute") if isinstance(params, dict) else None
    if node.get("node_type") != "RemoteExecutionNode" or wanted is None:
        return None
    known = list(_nodes(package))
    for inner in known:
        if wanted in {inner.get("node_type"), inner["id"]}:
            return str(inner["id"])
    listed = ", ".join(f"`{it.get('node_type')}`" for it in known)
    raise PackageError(
        f"expected a node of the class `{wanted}` in the package of node `{name}`, got {listed}", code="RM635"
    )


def _refused(message: str) -> PackageError:
    return PackageError(message, code="RM634")
