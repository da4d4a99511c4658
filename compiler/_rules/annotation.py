"""RM116: an argument contradicts the parameter's annotation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from remotemedia.compiler._rules._rule import Finding, Graph, Rule
from remotemedia.compiler._values import ProjectClass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remotemedia.compiler._rules._annotations import Annotated

__all__ = ["RULE"]


def _check(graph: Graph) -> Iterator[Finding]:
    from remotemedia.compiler._rules._annotations import annotated  # noqa: PLC0415 - takes libcst, as the next
    from remotemedia.compiler._rules._fitting import described  # noqa: PLC0415

    known: dict[ProjectClass, dict[str, Annotated]] = {}
    for node in (stated.node for stated in graph.stated):
        if not isinstance(node.cls, ProjectClass):
            continue
        if node.cls not in known:
            known[node.cls] = annotated(node.cls)
        for name, parameter in known[node.cls].items():
            value = node.arguments.get(name)
            if value is not None and not parameter.fits(value):
                yield Finding(
                    f"argument `{name}` of `{node.cls.name}` contradicts its annotation",
                    node.places[name],
                    f"expected `{parameter.place.code()}`, got {described(value)}",
                    help="pass what the annotation says, or correct it",
                    related=((parameter.place, "annotated here"),),
                )


_NODE: Final = """\
from remotemedia import Node, Pipeline


class Gain(Node):
    def __init__(self, factor: float, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def process(self, value):
        return value * self.factor


p = Pipeline("louder")
"""

RULE: Final = Rule(
    "RM116",
    "warning",
    "A parameter of one's own class says in its annotation what it takes. Judged are `str`, `int`, `float`, `bool`, "
    "`bytes`, containers, `Path`, `Literal`, `Optional`, `Union`, `Callable`, and classes and enumerations of the "
    "project; an integer is accepted for `float`, as PEP 484 has it. Annotations that are not known are not judged.",
    bad=_NODE + 'p.add(Gain("2.5"))\n',
    good=_NODE + "p.add(Gain(2.5))\n",
    check=_check,
)
