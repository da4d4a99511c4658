"""Facts about a value that hold no other values: what it is, or why that is not known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from pathlib import PurePath

    from remotemedia.compiler._source import Place
    from remotemedia.compiler._values._graph import NodeInstance, PipelineInstance

__all__ = ["Builtin", "Declared", "External", "FilePath", "Known", "Link", "Live", "RecordField", "Unknown"]


@dataclass(frozen=True, eq=False)
class Known:
    """A scalar that cannot change."""

    value: Any


@dataclass(frozen=True, eq=False)
class Link:
    """One step on the way of an unknown value: `what` completes "in line 12, …", such as "sets `rate`"."""

    what: str
    place: Place


@dataclass(frozen=True, eq=False)
class Unknown:
    """Anything.

    Attributes:
        because: completes the sentence "it depends on …".
        place: what is to blame.
        foreign: whether it comes from outside the project, or from nowhere: as a node's class it cannot be found.
        reported: whether a finding says already that it does not exist.
        way: how it came from its source to where it is used, the last step last.
        code: of the finding that it leads to, RM107 where absent.
        graph: the pipeline that it may be, or a node like that it may be.
    """

    because: str
    place: Place | None = None
    foreign: bool = False
    reported: bool = False
    way: tuple[Link, ...] = ()
    code: str | None = None
    graph: NodeInstance | PipelineInstance | None = None

    @property
    def chain(self) -> tuple[Link, ...]:
        """The steps from where it is used back to its source, which is the last: "reads `sys.argv`"."""
        source = (Link(f"comes from {self.because}", self.place),) if self.place is not None else ()
        return (*reversed(self.way), *source)

    def remedy(self, name: str | None = None) -> str | None:
        """Return what the author may do about its source, if that is one of the usual ones.

        Args:
            name: the argument that wants the value, after which a parameter may be called.
        """
        quoted = self.because.split("`")[1::2]
        sources = (remedy for source in quoted for names, remedy in _REMEDIES if source.startswith(names))
        found = next(sources, None)
        if found is None or name is None:
            return found
        return found.replace('"rate", 16000', f'"{name}", …').replace("rate=", f"{name}=")

    def told_from(self, place: Place) -> tuple[str, ...]:
        """Return how it came from its source to a place, a line of the program each, the one nearest to it first."""
        here = place.span()
        lines: dict[tuple[str, int], str] = {}
        for link in self.chain:  # the last of one line is nearest to the source
            there = link.place.span()
            if (there.file, there.line) != (here.file, here.line):
                comma = "," if "," in link.what else ""
                text = f"it {link.what}{comma} in line {there.line} of `{there.file}`: `{there.text.strip()}`"
                lines[there.file, there.line] = text
        return tuple(lines.values())

    def set_to(self, name: str, place: Place) -> Unknown:
        """Return the same, bound to a name at a place."""
        if len(self.way) == _MAX_LINKS or self.place is None:
            return self
        return replace(self, way=(*self.way, Link(f"sets `{name}`", place)))


_MAX_LINKS: Final = 8
_DECLARE: Final = 'declare it: `p.param("rate", 16000)`, and override it with `run --set rate=…`'
_REMEDIES: Final = (
    (("sys.argv", "sys.stdin", "input", "argparse.", "click.", "typer.", "getopt."), _DECLARE),
    (("os.environ", "os.getenv"), '`p.secret("NAME")` for secrets, `p.param("rate", 16000)` for settings'),
    (
        ("random.", "time.", "datetime.", "uuid.", "secrets.", "numpy.random", "os.getpid", "os.urandom"),
        "compute it inside a node",
    ),
)


@dataclass(frozen=True, eq=False)
class Declared:
    """A parameter or secret that a pipeline declares; its value is not known before a run."""

    kind: Literal["parameter", "secret"]
    name: str


@dataclass(frozen=True, eq=False)
class FilePath:
    """A `pathlib` path."""

    path: PurePath


@dataclass(frozen=True, eq=False)
class Builtin:
    """One of Python's built-in functions and classes."""

    name: str


@dataclass(frozen=True, eq=False)
class External:
    """A module from outside the project, or something in it, by dotted name."""

    name: str
    place: Place | None = None


@dataclass(frozen=True, eq=False)
class Live:
    """An object that exists only while the program runs; `what` completes "got …"."""

    what: str


@dataclass(frozen=True, eq=False)
class RecordField(Live):
    """What `dataclasses.fields` gives for a field."""

    name: str
