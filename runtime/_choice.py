"""Which runtime each node gets, and why: `choose(package, ["python", "Gain=native"])`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from remotemedia.errors import NodeError, TrustError, UsageError
from remotemedia.runtime._nested import is_package
from remotemedia.runtime._placements import KINDS, PLACEMENTS
from remotemedia.schemas.modules import platform, programs

if TYPE_CHECKING:
    from remotemedia.runtime._grants import Grants
    from remotemedia.runtime._nested import NestedPackage
    from remotemedia.runtime.resolve import Documents

__all__ = ["NodeChoice", "choose", "with_programs"]

_OF_PYTHON: Final = ("python-wasm", "rustpython", "python")


@dataclass(frozen=True)
class NodeChoice:
    """What one node gets.

    Attributes:
        id: the node's, in the manifest.
        runtime: the kind it gets.
        why: the reason, a clause.
        node_type: its class.
        others: kinds that could run it as well.
        excluded: the other kinds, each with what keeps the node out.
        wants: the grants it asks for, each with the reason.
        limits: the package's own bounds.
        instead: what it gets where its program for this platform may run, and nothing else was asked for.
    """

    id: str
    runtime: str
    why: str = ""
    node_type: str = ""
    others: tuple[str, ...] = ()
    excluded: Mapping[str, str] = field(default_factory=dict)
    wants: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, Any] = field(default_factory=dict)
    instead: NodeChoice | None = None


def choose(
    package: Documents, words: Iterable[str] = (), *, nested: Mapping[str, NestedPackage] = MappingProxyType({})
) -> tuple[NodeChoice, ...]:
    """Return what each node of a package gets, in the manifest's order, a package's nodes behind the node that it is.

    Args:
        package: resolved and verified.
        words: `NODE=KIND` for one node, `KIND` for all nodes that can run in it; the last one counts.
        nested: the packages that nodes are, by id.

    Raises:
        UsageError: RM701, there is no such node or kind.
        TrustError: RM509, a node cannot run in what was asked for.
        PackageError: RM306, the package does not say it.
        NodeError: RM637, a node has programs, and none for this platform.
    """
    rows, stated = _all_rows(package, nested)
    asked = _asked(words, [row["id"] for row in rows])
    choices = tuple(_chosen(row, stated.get(row["id"], {}), asked) for row in rows)
    if (kind := asked.get(None)) and all(choice.runtime != kind for choice in choices):
        reasons = "; ".join(f"`{choice.id}`: {choice.excluded.get(kind, 'it got another')}" for choice in choices)
        raise TrustError(f"expected a node that can run in `{kind}`, got none: {reasons}", code="RM509")
    return choices


def with_programs(choices: Iterable[NodeChoice], grants: Grants) -> tuple[NodeChoice, ...]:
    """Return the same where programs run that were granted: native code goes before the other forms of a node.

    A node that would need the host's Python, which it was not granted, wants the lesser grant of its program.
    """
    return tuple(_with_program(it, grants) for it in choices)


def _with_program(choice: NodeChoice, grants: Grants) -> NodeChoice:
    if choice.instead is None:
        return choice
    is_granted = not grants.missing(choice.id, ("program",))
    lacks_python = choice.runtime == "python" and bool(grants.missing(choice.id, ("python",)))
    return choice.instead if is_granted or lacks_python else choice


def _all_rows(
    package: Documents, nested: Mapping[str, NestedPackage], prefix: str = ""
) -> tuple[list[dict[str, Any]], dict[str, dict[str, Any]]]:
    """What packages say of their nodes: as `_rows`, over all of them, by the ids that nodes have in the run."""
    rows, stated = [], {}
    own, said = _rows(package)
    whole = nested.get(prefix.removesuffix("/"))
    for row in own if whole is None else whole.rows(own):
        node, name = said.get(row["id"], {}), f"{prefix}{row['id']}"
        inner = nested.get(name)
        stated[name] = node
        rows.append({**row, "id": name, **(_of_package(node, inner) if is_package(node) else {})})
        if inner is not None:
            below = _all_rows(inner.package, nested, f"{name}/")
            rows += below[0]
            stated |= below[1]
    return rows, stated


def _of_package(node: Mapping[str, Any], inner: NestedPackage | None) -> dict[str, Any]:
    """What is to say of a node that is a package, whatever its class is called."""
    digest = "" if inner is None else f", {inner.package.digest[:19]}"
    part = f"`{inner.node}` of " if inner is not None and inner.node is not None else ""
    why = f"{part}the package `{node['remote_ref']}`{digest}"
    return {"runtime": "pipeline", "why": why, "others": [], "lacks": []}


def _rows(package: Documents) -> tuple[list[dict[str, Any]], dict[str, dict[str, Any]]]:
    """What the package says of its nodes: its own judgement, and its manifest by node id."""
    rows, nodes = package.document(PLACEMENTS)["nodes"], package.document("manifest.json")["nodes"]
    return rows, {node["id"]: node for node in nodes}


def _asked(words: Iterable[str], ids: Sequence[str]) -> dict[str | None, str]:
    """The kind asked for by node; under None that for all."""
    asked: dict[str | None, str] = {}
    for word in words:
        node, equals, kind = word.rpartition("=")
        if kind not in KINDS:
            kinds = ", ".join(f"`{it}`" for it in KINDS)
            raise UsageError(f"expected `KIND` or `NODE=KIND` with a kind of {kinds}, got `{word}`", code="RM701")
        if equals and node not in ids:
            listed = ", ".join(f"`{it}`" for it in ids)
            raise UsageError(f"expected one of the nodes {listed} for `--runtime`, got `{node}`", code="RM701")
        asked[node if equals else None] = kind
    return asked


def _chosen(row: Mapping[str, Any], stated: Mapping[str, Any], asked: Mapping[str | None, str]) -> NodeChoice:
    node = _Node(row, stated)
    able, word = node.able, asked.get(row["id"])
    if word is None:
        word = asked.get(None) if asked.get(None) in able else None
        if word in {None, node.first}:
            return node.by_default()
        return node.choice(str(word), "it was asked for, for all that can")
    if word in able:
        return node.choice(word, "it was asked for")
    if word == "program" and node.programs:
        raise node.nowhere()
    listed = ", ".join(f"`{kind}`" for kind in able)
    raise TrustError(
        f"node `{row['id']}` cannot run in `{word}`: {node.hindrance(word)}",
        code="RM509",
        hint=f"it can run in {listed}",
        node=row["id"],
    )


class _Node:
    """What is known of one node while it is decided where it runs.

    Args:
        row: what the package says of it.
        stated: the node in the manifest.
    """

    def __init__(self, row: Mapping[str, Any], stated: Mapping[str, Any]) -> None:
        self.row = row
        self.stated = stated
        self.programs = programs(stated.get("params", {}))
        kinds = (row["runtime"], *row["others"])
        self.able = tuple(kind for kind in kinds if kind != "program" or platform() in self.programs)
        self.first = row["runtime"]

    def by_default(self) -> NodeChoice:
        """What it gets where nothing was asked for.

        Raises:
            NodeError: RM637.
        """
        if not self.able:
            raise self.nowhere()
        if self.first not in self.able:
            return self.choice(self.able[0], self._elsewhere())
        choice = self.choice(self.first, self.row["why"])
        if "program" not in choice.others or "runtime" in self.stated:
            return choice
        why = f"it has the program `{self.programs[platform()]}` for `{platform()}`"
        return replace(choice, instead=self.choice("program", why))

    def choice(self, runtime: str, why: str) -> NodeChoice:
        """Where it runs in this."""
        return NodeChoice(
            id=self.row["id"],
            runtime=runtime,
            why=why,
            node_type=self.row["node_type"],
            others=tuple(kind for kind in self.able if kind != runtime),
            excluded={kind: self.hindrance(kind) for kind in KINDS if kind not in self.able},
            wants=self._wants(runtime),
            limits=self.stated.get("limits", {}),
        )

    def nowhere(self) -> NodeError:
        """The failure where it is to run as a program, and has none for this platform."""
        return NodeError(
            f"expected a program of node `{self.row['id']}` for this platform: {self._elsewhere()}",
            code="RM637",
            hint=f"it can run in {', '.join(f'`{kind}`' for kind in self.able)}" if self.able else None,
            node=self.row["id"],
        )

    def hindrance(self, kind: str) -> str:
        """What keeps it out of a kind, a clause."""
        if kind == "program" and self.programs:
            return self._elsewhere()
        if kind in {"python-wasm", "rustpython"} and self.row["lacks"]:
            return str(self.row["lacks"][0])
        if kind in _OF_PYTHON and not set(self.able).isdisjoint(_OF_PYTHON):
            return "its class needs what only the host's Python has"
        return "it has no form for that"

    def _elsewhere(self) -> str:
        listed = ", ".join(f"`{it}`" for it in sorted(self.programs)) or "no platform"
        return f"it has programs for {listed}, this is `{platform()}`"

    def _wants(self, runtime: str) -> dict[str, str]:
        wants = dict.fromkeys(self.stated.get("grants", ()), "its author asks for it")
        if runtime == "program":
            wants["program"] = f"`{self.programs[platform()]}` is native code of its author"
        if runtime == "python" and "host" not in wants:
            # What its author did not think of is shown as the reason: native code of a distribution, for instance.
            wants["python"] = self.row["lacks"][0] if self.row["lacks"] else "it runs on the host's Python"
        if "native" in wants:
            wants["host"] = "native code of a package is out of every sandbox's reach"
        return wants
