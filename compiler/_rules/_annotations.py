"""The annotations of a constructor's parameters."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import libcst as cst

from remotemedia.compiler._rules._fitting import fits
from remotemedia.compiler._values import Function, Known, ProjectClass

if TYPE_CHECKING:
    from collections.abc import Iterable

    from remotemedia.compiler._scope import Scope
    from remotemedia.compiler._source import Place
    from remotemedia.compiler._values import Value

__all__ = ["Annotated", "annotated"]


@dataclass(frozen=True, eq=False)
class Annotated:
    """The annotation of a parameter.

    Attributes:
        place: where it stands.
        scope: where its names are looked up.
        optional: whether the default is None, which is then accepted: `x: int = None` says `int | None`.
    """

    annotation: cst.BaseExpression
    place: Place
    scope: Scope
    optional: bool

    def fits(self, value: Value) -> bool:
        """Return whether a value may be what it says."""
        none = self.optional and isinstance(value, Known) and value.value is None
        return none or fits(value, self.annotation, self.scope)


def annotated(cls: ProjectClass) -> dict[str, Annotated]:
    """Return the annotated parameters of a constructor, by name; of a dataclass, its fields."""
    found: dict[str, Annotated] = {}
    for base in cls.mro:
        if not isinstance(base, ProjectClass) or "__new__" in base.own.names:
            break
        init = base.own.names.get("__init__")
        if isinstance(init, Function):
            params = init.node.params
            listed = [*params.posonly_params, *params.params, *params.kwonly_params]
            found |= _noted(base, init.place, ((it.name.value, it.annotation, it.default) for it in listed))
            break
        if base.is_dataclass:
            lines = [line for line in base.node.body.body if isinstance(line, cst.SimpleStatementLine)]
            fields = [it for line in lines for it in line.body if isinstance(it, cst.AnnAssign)]
            named = [(it.target.value, it.annotation, it.value) for it in fields if isinstance(it.target, cst.Name)]
            found = _noted(base, base.place, named) | found
    return found


def _noted(
    cls: ProjectClass,
    place: Place,
    listed: Iterable[tuple[str, cst.Annotation | None, cst.BaseExpression | None]],
) -> dict[str, Annotated]:
    """Return the annotations that there are."""
    found: dict[str, Annotated] = {}
    for name, it, default in listed:
        if it is not None:
            optional = isinstance(default, cst.Name) and default.value == "None"
            found[name] = Annotated(it.annotation, replace(place, node=it.annotation), cls.own.module, optional)
    return found
