"""RM111: a node's code needs what the sandbox does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from remotemedia.compiler._dependencies.model import Lack, Needs
from remotemedia.compiler._loaded import loaded_with
from remotemedia.compiler.sandbox import absence, component_of, is_standard, uselessness
from remotemedia.schemas.modules import programs

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from remotemedia.compiler._dependencies.reach import Reach
    from remotemedia.compiler._findings import Findings
    from remotemedia.compiler._imports import Closure, ImportUse
    from remotemedia.compiler._loaded import Part
    from remotemedia.compiler._values import Function, ProjectClass

__all__ = ["find_needs", "left_for"]

_SHOWN: Final = 3


def find_needs(
    closure: Closure,
    code: Mapping[str, ProjectClass | Function],
    reach: Reach | None,
    nodes: Collection[dict[str, Any]],
    findings: Findings,
) -> dict[str, Needs]:
    """Return what each class or function needs, and warn of each import that keeps one out of the sandbox.

    A class needs what is imported inside it, and what the modules loaded with it import at their top. An import counts
    only if it has no fallback, and if its name is used for the class: in the sandbox an unused one does no harm, and
    what only builds the pipeline (`p.add(Filter(np.hanning(512)))`) none either.

    Args:
        closure: the project's sources.
        code: the project's classes and functions that nodes name, by their name.
        reach: answers for installed distributions; None if nothing is imported of any.
        nodes: of the manifest.
        findings: takes the warnings.
    """
    needs = {}
    for name, user in code.items():
        lacks: dict[Lack, None] = {}
        distributions: set[str] = set()
        for use, part in _needed(closure, user):
            found = _standard(use, part.names) if _is_standard(use) else _foreign(use, reach)
            if found.lacks and not part.uses(use):
                continue
            if any(lack.is_installed or lack.via for lack in found.lacks):  # the others are said to be missing already
                _warn(user, use, found.lacks, left_for(user.name, name, nodes), findings)
            lacks |= dict.fromkeys(found.lacks)
            distributions |= set(found.distributions)
        needs[name] = Needs(tuple(lacks), tuple(sorted(distributions)))
    return needs


def left_for(shown: str, name: str, nodes: Collection[dict[str, Any]]) -> str:
    """Return where a class or function can run that the sandbox cannot run, as a note.

    Args:
        shown: what it is called in messages.
        name: `module:qualname`.
        nodes: of the manifest.
    """
    its = [node for node in nodes if node.get("entry") == name]
    if its and all(component_of(node) for node in its):
        return f"a component runs in the place of `{shown}`; the class itself is left to `python`"
    if its and all(programs(node.get("params", {})) for node in its):
        return f"the runtimes left for `{shown}` are `program` and `python`, which its users have to allow"
    return f"the runtime left for `{shown}` is `python`, which its users have to allow"


def _warn(
    user: ProjectClass | Function, use: ImportUse, lacks: tuple[Lack, ...], left: str, findings: Findings
) -> None:
    module = (use.name or "").partition(".")[0]
    if _is_standard(use):
        module = lacks[0].module
        notes = [f"`{lacks[0].module}`: {lacks[0].why}"]
        help_ = "do without it in the node"
    else:
        shown = [f"{_way(lack)}: {lack.why}" for lack in lacks[:_SHOWN]]
        notes = [*shown, *([f"and {len(lacks) - _SHOWN} more"] if len(lacks) > _SHOWN else [])]
        help_ = "use the standard library, pure Python and `remotemedia.Array` in the node"
    findings.add(
        "RM111",
        f"`{user.name}` needs `{module}`, which the sandbox does not have",
        use.place,
        "imported here",
        notes=(*notes, left),
        help=help_,
        severity="warning",
    )


def _way(lack: Lack) -> str:
    """Return how a module is reached: `a`, which imports `b`."""
    first = [module for module in lack.via if module.partition(".")[0] != lack.module.partition(".")[0]]
    return f"`{lack.module}`" + (f", imported by `{first[-1]}`" if first else "")


def _is_standard(use: ImportUse) -> bool:
    return is_standard((use.name or "").partition(".")[0])


def _standard(use: ImportUse, names: set[str]) -> Needs:
    """Return what an import of the standard library lacks: a module, or a name that is there and of no use."""
    name = use.name or ""
    mentioned = {it for it in names if it.startswith(f"{name}.")} if not use.members else set()
    for module in [name, *(f"{name}.{member}" for member in use.members), *sorted(mentioned)]:
        why = absence(module) or uselessness(module)
        if why is not None:
            return Needs((Lack(module, why),))
    return Needs()


def _foreign(use: ImportUse, reach: Reach | None) -> Needs:
    if reach is None:
        return Needs()
    name = use.name or ""
    return reach.of([f"{name}.{member}" for member in use.members] or [name])


def _needed(closure: Closure, user: ProjectClass | Function) -> Iterator[tuple[ImportUse, Part]]:
    """Give the imports from outside the project that run for a class or function, with what of their module does."""
    for source, part in loaded_with(closure, user).items():
        for use in closure.uses[source.name]:
            top = (use.name or "").partition(".")[0]
            foreign = not closure.inside[use] and top not in closure.own and top not in {"", "remotemedia"}
            if foreign and not use.optional and part.runs(use) and (part.uses(use) or part.names_at_load(use)):
                yield use, part
