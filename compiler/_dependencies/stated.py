"""A requirement as a project states it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from packaging.requirements import InvalidRequirement, Requirement

from remotemedia.compiler._dependencies.files import Broken, TextFile

if TYPE_CHECKING:
    from remotemedia.compiler._diagnostic import Span

__all__ = ["Declared", "parse", "requirement"]

_LONGEST: Final = 2000
_SHOWN: Final = 80


@dataclass(frozen=True)
class Declared:
    """One requirement and where it stands.

    Attributes:
        file: what it stands in, as people call it: `pyproject.toml`, or the script's own name.
        span: the line.
        of_script: whether the pipeline's own file states it (PEP 723), which then has to be met as a whole.
    """

    requirement: Requirement
    file: str
    span: Span | None
    of_script: bool = False

    def applies(self) -> bool:
        """Return whether its marker holds in this environment."""
        marker = self.requirement.marker
        return marker is None or marker.evaluate({"extra": ""})


def requirement(file: TextFile, stated: Any) -> Declared:
    """Return a requirement that a file states.

    Raises:
        Broken: it is no requirement (PEP 508).
    """
    if not isinstance(stated, str):
        raise Broken(f"expected requirements in `{file.name}`, got a {type(stated).__name__}", None)
    return Declared(parse(stated, file.name, file.find(stated)), file.name, file.find(stated))


def parse(text: str, name: str, span: Span | None) -> Requirement:
    """Return a requirement that stands in a file of that name.

    Raises:
        Broken: it is no requirement (PEP 508), or longer than any that is meant.
    """
    try:
        if len(text) <= _LONGEST:
            return Requirement(text)
    except InvalidRequirement as error:
        raise Broken(f"expected a requirement in `{name}`, got `{text[:_SHOWN]}`", span) from error
    raise Broken(f"expected a requirement of at most {_LONGEST} characters in `{name}`, got {len(text)}", span)
