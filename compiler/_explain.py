"""Where each node can run, and why: what `compile --explain` and `inspect` show."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from remotemedia.compiler.sandbox import component_of, default_runtimes, kinds_of, named_code
from remotemedia.schemas import modules
from remotemedia.schemas.tables import node_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remotemedia.compiler._dependencies.model import Dependencies, Lack, Needs
    from remotemedia.compiler._program import Program

__all__ = ["Placement", "explain"]

_SHOWN: Final = 3


@dataclass(frozen=True)
class Module:
    """What can do a node's work in the place of its class.

    Attributes:
        kind: `wasm` or `program`.
        file: of the project.
        platform: that a program is for, as OCI names it.
    """

    kind: str
    file: str
    platform: str | None = None


@dataclass(frozen=True)
class Placement:
    """Where one node runs.

    Attributes:
        id: the node's, in the manifest.
        node_type: its class.
        runtime: the kind it gets.
        why: the reason, a clause.
        others: kinds that could run it as well.
        needs: distributions that its code loads, with their versions.
        lacks: what keeps it out of the sandbox, one clause each.
        grants: what its user has to allow.
        modules: what can do its work in the place of its class.
    """

    id: str
    node_type: str
    runtime: str
    why: str
    others: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    grants: tuple[str, ...] = ()
    modules: tuple[Module, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values, as it stands in `meta/runtime.json`."""
        rows = [{name: value for name, value in asdict(it).items() if value is not None} for it in self.modules]
        fields = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}
        del fields["modules"]
        return {**fields, **({"modules": rows} if rows else {})}


def explain(program: Program) -> tuple[Placement, ...]:
    """Return where each node runs, in the manifest's order."""
    runtimes = default_runtimes(program)
    return tuple(_placement(program, node, runtimes[node["id"]]) for node in program.manifest["nodes"])


def _placement(program: Program, node: dict[str, Any], runtime: str) -> Placement:
    builtin = "entry" not in node and node_type(node["node_type"]) is not None
    needs = program.dependencies.needs_of(named_code(node))
    lacks = tuple(_clause(lack) for lack in needs.lacks)
    grants = set(node.get("grants", ())) | {runtime} & {"program", "python"}
    asked = "its author asks for it" if node.get("runtime") else None
    fits = "built in" if builtin and not needs.distributions else _fits(needs, program.dependencies)
    if runtime == "wasm" and (component := component_of(node)):
        asked = asked or f"it has the component `{component}`"
    return Placement(
        node["id"],
        node["node_type"],
        runtime,
        asked or (lacks[0] if lacks else fits),
        tuple(kind for kind in kinds_of(program, node) if kind != runtime),
        _versions(needs.distributions, program.dependencies),
        lacks,
        tuple(sorted(grants)),
        tuple(_modules(node, builtin=builtin)),
    )


def _modules(node: dict[str, Any], *, builtin: bool) -> Iterator[Module]:
    params = node.get("params", {})
    component = modules.component(params) if builtin else component_of(node)
    if component is not None:
        yield Module("wasm", component)
    for platform, file in sorted(modules.programs(params).items()):
        yield Module("program", file, platform)


def _fits(needs: Needs, dependencies: Dependencies) -> str:
    """Return why the sandbox can run a node."""
    if not needs.distributions:
        return "the standard library is enough"
    names = _versions(needs.distributions, dependencies)
    shown = [*names[:_SHOWN], *([f"{len(names) - _SHOWN} more"] if len(names) > _SHOWN else [])]
    return f"pure Python travels with it: {', '.join(shown)}"


def _versions(names: tuple[str, ...], dependencies: Dependencies) -> tuple[str, ...]:
    versions = {it.name: it.version for it in dependencies.distributions}
    return tuple(f"{name} {versions[name]}" if versions.get(name) else name for name in names)


def _clause(lack: Lack) -> str:
    return f"`{lack.module}`: {lack.why}"
