"""Packages that are nodes of a package: found and verified, each like the outermost one.

nested = resolve_nested(package, resolver.resolve)
nested["voice"].package.digest
nested["voice/filter"]  # of a package in that package
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from remotemedia.errors import PackageError, RegistryError, RemoteMediaError
from remotemedia.registry import Reference, Scheme
from remotemedia.runtime._at_once import Ask, Check, ask_each, go_on

if TYPE_CHECKING:
    from remotemedia.runtime.resolve import ResolvedPackage

__all__ = ["NestedPackage", "is_package", "resolve_nested"]

MAX_DEPTH: Final = 8
"""Packages within each other at most, the outermost not counted."""
MAX_PACKAGES: Final = 64
"""Packages of one run at most, the outermost counted, and each as often as it stands in the graph."""

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


def resolve_nested(
    package: ResolvedPackage, resolve: Ask[ResolvedPackage], *, check: Check = go_on
) -> Mapping[str, NestedPackage]:
    """Return the packages that nodes are, by the node's id, in the order of the graph; `NODE/ID` where they nest.

    Those of one depth are fetched at once, and each only once, however many nodes name it.

    Args:
        package: the outermost.
        resolve: finds and verifies one by its reference; called from several threads, and told to end by its `check`
            where another one fails.
        check: of whoever asks for this package beside others.

    Raises:
        PackageError: RM634, they are too many or one is in itself; RM635, one cannot be the node that it is.
        RemoteMediaError: one cannot be found, or is not authentic; the message begins with the node.
    """
    walk = _Walk(resolve, check)
    places = [_Place(package, "", (package.digest,), None)]
    while places:
        places = walk.down(places)
    return dict(walk.in_order(""))


@dataclass(frozen=True)
class _Place:
    """A package in the tree: what its nodes' names begin with, the digests above it with its own, its one node."""

    package: ResolvedPackage
    prefix: str
    digests: tuple[str, ...]
    only: str | None

    def calls(self) -> list[tuple[str, dict[str, Any]]]:
        """Nodes that are packages, with their names."""
        nodes = [it for it in _nodes(self.package) if is_package(it) and self.only in {None, it["id"]}]
        return [(f"{self.prefix}{node['id']}", node) for node in nodes]


@dataclass
class _Walk:
    resolve: Ask[ResolvedPackage]
    check: Check
    found: dict[str, NestedPackage] = field(default_factory=dict)
    below: dict[str, list[str]] = field(default_factory=dict)
    fetched: dict[str, ResolvedPackage] = field(default_factory=dict)

    def down(self, places: list[_Place]) -> list[_Place]:
        """Fetch what the nodes of these packages are; the places of those."""
        called = [(place, place.calls()) for place in places]
        wanted: dict[str, str] = {}
        for place, calls in called:
            self._check(place, calls)
            for name, node in calls:
                wanted.setdefault(node["remote_ref"], name)
        self._fetch(wanted)
        return [self._into(place, name, node) for place, calls in called for name, node in calls]

    def in_order(self, prefix: str) -> Iterator[tuple[str, NestedPackage]]:
        """What was found, each followed by what is in it."""
        for name in self.below.get(prefix, ()):
            yield name, self.found[name]
            yield from self.in_order(f"{name}/")

    def _check(self, place: _Place, calls: list[tuple[str, dict[str, Any]]]) -> None:
        names = self.below[place.prefix] = [name for name, _ in calls]
        if names and len(place.digests) > MAX_DEPTH:
            raise _refused(f"expected packages nested at most {MAX_DEPTH} deep, got `{names[0]}`")
        if sum(map(len, self.below.values())) + 1 > MAX_PACKAGES:
            raise _refused(f"expected at most {MAX_PACKAGES} packages in a run, got more, the next for `{names[0]}`")
        for name, node in calls:
            text = node["remote_ref"]
            if not text.isprintable():
                raise PackageError(f"expected a reference for node `{name}`, got {text!r:.80}", code="RM303")
            with _of_node(name):
                if place.package.reference.scheme not in _LOCAL and Reference.parse(text).scheme in _LOCAL:
                    raise PackageError(
                        f"expected a package of a registry, as the one is that it is part of, got `{text}`",
                        code="RM635",
                        hint="what comes from elsewhere names no files of this machine",
                    )

    def _fetch(self, wanted: Mapping[str, str]) -> None:
        missing = {text: name for text, name in wanted.items() if text not in self.fetched}

        def fetch(text: str, *, check: Check) -> ResolvedPackage:
            with _of_node(missing[text], text):
                return self.resolve(text, check=check)

        self.fetched.update(ask_each(fetch, missing, check=self.check))

    def _into(self, place: _Place, name: str, node: Mapping[str, Any]) -> _Place:
        inner = self.fetched[node["remote_ref"]]
        if inner.digest in place.digests:
            raise _refused(f"expected another package for node `{name}`, got one that the node is part of")
        self.found[name] = NestedPackage(inner, _selected(name, node, inner))
        return _Place(inner, f"{name}/", (*place.digests, inner.digest), self.found[name].node)


@contextmanager
def _of_node(name: str, reference: str | None = None) -> Iterator[None]:
    """Let a failure say which node it is of, and of the registry's which reference."""
    try:
        yield
    except RemoteMediaError as error:
        told = f"`{reference}`: " if reference is not None and isinstance(error, RegistryError) else ""
        raise type(error)(
            f"node `{name}`: {told}{error.message}",
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
