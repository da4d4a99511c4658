"""RM127: a path leads out of the project."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from remotemedia.compiler._rules._rule import Finding, Graph, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["RULE"]

_ABSOLUTE: Final = re.compile(
    r"/(?:Applications|Library|Users|Volumes|data|etc|home|media|mnt|opt|private|root|srv|tmp|usr|var)(?:/[^\0\n]+)+"
    r"|[A-Za-z]:[\\/][^\0\n]+"
    r"|~[\w.-]*/[^\0\n]+"
)
"""Paths of a machine; `/v1/chat`, a route on some server, is none."""


def _check(graph: Graph) -> Iterator[Finding]:
    for stated in graph.stated:
        found = dict.fromkeys(argument for argument, _, text in stated.texts if _ABSOLUTE.fullmatch(text))
        for argument in found:
            parameter = stated.builtin.parameter(argument) if stated.builtin is not None else None
            if parameter is None or not parameter.names_file:  # for those it is RM109
                yield Finding(
                    f"argument `{argument}` of `{stated.node.cls.name}` is a path of this machine",
                    stated.node.places[argument],
                    "it does not exist where the package is run",
                    help='put the file beside the program and pass `Path("name")`',
                )


_NODE: Final = """\
from pathlib import Path

from remotemedia import Node, Pipeline


class Words(Node):
    def __init__(self, file=None, **kwargs):
        super().__init__(**kwargs)
        self.file = file

    def process(self, text):
        return text


p = Pipeline("words")
"""

RULE: Final = Rule(
    "RM127",
    "warning",
    "A package runs on other machines, in a sandbox that sees nothing of them. A file of the project that is passed as "
    "a `Path` is packed; a string is only a string.",
    bad=_NODE + 'p.add(Words("/home/me/words.txt"))\n',
    good=_NODE + "p.add(Words())\n",
    check=_check,
)
