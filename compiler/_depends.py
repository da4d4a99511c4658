"""What a program depends on outside its project, and what of it the sandbox can run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from remotemedia.compiler._dependencies.model import Dependencies, Lack, Needs
from remotemedia.compiler._sandbox_rule import find_needs, left_for

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from remotemedia.compiler._dependencies.collect import Collected
    from remotemedia.compiler._dependencies.model import Distribution, VendoredFile
    from remotemedia.compiler._findings import Findings
    from remotemedia.compiler._imports import Closure
    from remotemedia.compiler._modules import Modules
    from remotemedia.compiler._values import Function, ProjectClass

__all__ = ["find_dependencies"]


def find_dependencies(
    closure: Closure,
    modules: Modules,
    code: Mapping[str, ProjectClass | Function],
    nodes: Collection[dict[str, Any]],
    findings: Findings,
) -> Dependencies:
    """Return what the sources of a program depend on; what is to be said of it is among the findings.

    Args:
        closure: the project's sources, the pipeline's file first.
        modules: the project.
        code: the project's classes and functions that nodes name, by their name.
        nodes: of the manifest.
        findings: takes RM111 and RM130 to RM133.
    """
    collected = _collect(closure, modules, findings)
    if collected is None:
        return Dependencies(needs=find_needs(closure, code, None, nodes, findings))
    from remotemedia.compiler._dependencies.reach import Reach  # noqa: PLC0415 - most programs need none

    needs = find_needs(closure, code, Reach(collected.environment), nodes, findings)
    reached = {name for it in needs.values() if not it.lacks for name in it.distributions}
    distributions = collected.close_over(reached)
    needs, vendored = _vendor(collected, distributions, needs, code, nodes=nodes, findings=findings)
    return Dependencies(collected.imports, distributions, vendored, needs)


def _collect(closure: Closure, modules: Modules, findings: Findings) -> Collected | None:
    """Ask the environment, if there is anything to ask: it takes longer than the rest of a small program."""
    from remotemedia.compiler._dependencies.foreign import foreign_imports, has_inline  # noqa: PLC0415 - the same

    if not has_inline(closure.sources[0].text) and not any(True for _ in foreign_imports(closure)):
        return None
    from remotemedia.compiler._dependencies.collect import collect  # noqa: PLC0415 - it imports `packaging`

    return collect(closure, modules, findings)


def _vendor(
    collected: Collected,
    distributions: tuple[Distribution, ...],
    needs: dict[str, Needs],
    code: Mapping[str, ProjectClass | Function],
    *,
    nodes: Collection[dict[str, Any]],
    findings: Findings,
) -> tuple[dict[str, Needs], tuple[VendoredFile, ...]]:
    """Return the files that travel; a class or function for which there is no more room is left to another runtime."""
    from remotemedia.compiler._dependencies.vendoring import room_for, to_vendor, vendor  # noqa: PLC0415 - as above

    chosen: set[str] = set()
    files: tuple[VendoredFile, ...] = ()
    judged = dict(needs)
    for name, need in needs.items():
        if need.lacks or not need.distributions:
            continue
        wanted = chosen | to_vendor(need.distributions, distributions)
        more = files if wanted == chosen else vendor(wanted, collected.environment)
        why = room_for(more)
        if why is None:
            chosen, files = wanted, more
            continue
        listed = ", ".join(f"`{it}`" for it in sorted(wanted - chosen))
        judged[name] = replace(need, lacks=tuple(Lack(it, why) for it in sorted(wanted - chosen)))
        findings.add(
            "RM111",
            f"`{code[name].name}` needs more than the sandbox can be given: {listed}",
            code[name].place,
            why,
            notes=(left_for(code[name].name, name, nodes),),
            help="import less in the node",
            severity="warning",
        )
    return judged, files
