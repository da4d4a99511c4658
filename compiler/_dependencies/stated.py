"""A requirement as a project states it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from packaging.requirements import InvalidRequirement, Requirement

from remotemedia.compiler._dependencies.files import Broken, TextFile

if TYPE_CHECKING:
    from collections.abc import Iterable

    from remotemedia.compiler._diagnostic import Span

__all__ = ["Declared", "applies", "parse", "requirement"]

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
        return applies(self.requirement)


def requirement(file: TextFile, stated: Any) -> Declared:
    """Return a requirement that a file states.

    Raises:
        Broken: it is no requirement (PEP 508).
    """
    if not isinstance(stated, str):
        raise Broken(f"expected requirements in `{file.name}`, got a value of type `{type(stated).__name__}`", None)
    return Declared(parse(stated, file.name, file.find(stated)), file.name, file.find(stated))


def parse(text: str, name: str, span: Span | None) -> Requirement:
    """Return a requirement that stands in a file of that name.

    Raises:
        Broken: it is no requirement (PEP 508), or longer than any that is meant.
    """
    if len(text) > _LONGEST:
        raise Broken(f"expected a requirement of at most {_LONGEST} characters in `{name}`, got {len(text)}", span)
    try:
        found = Requirement(text)
        applies(found)
    except InvalidRequirement as error:
        raise Broken(f"expected a requirement in `{name}`, got `{text[:_SHOWN]}`", span) from error
    except ValueError as error:
        message = f"expected a marker that compares what can be compared in `{name}`, got `{found.marker}`"
        raise Broken(message, span) from error
    return found


def applies(requirement: Requirement, extras: Iterable[str] = ()) -> bool:
    """Return whether a requirement's marker holds in this environment, without an extra or with one of some.

    Raises:
        ValueError: the marker compares what cannot be compared: `os_name ~= "x"`.
    """
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras))
