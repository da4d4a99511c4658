"""How nodes come by their ids; the compiler and `Pipeline` share this one rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remotemedia.errors import PipelineError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["assign_ids", "chosen_name", "duplicate_name"]


def chosen_name(arguments: Mapping[str, object]) -> str | None:
    """Return the name that the author gave a node, or None.

    Args:
        arguments: the constructor's arguments, bound to names, without defaults.
    """
    name = arguments.get("name")
    return name if isinstance(name, str) and name else None


def duplicate_name(name: str, **places: int) -> PipelineError:
    """Return the error of two nodes that were given the same name (RM112)."""
    return PipelineError(
        f"expected a name for each node, got `{name}` twice",
        code="RM112",
        hint="give each node its own `name`",
        name=name,
        **places,
    )


def assign_ids(nodes: Iterable[tuple[str | None, str]]) -> list[str]:
    """Return the id of each node, in the order given.

    A chosen name is the id. A node without one is called after its class: `Gain`, then `Gain_2`, `Gain_3` …, passing
    over what is taken, so that ids depend on the program alone.

    Args:
        nodes: for each node its chosen name, if any, and its class's name.

    Raises:
        PipelineError: RM112, two nodes were given the same name; details `name`, `first` and `second` (positions).
    """
    listed = list(nodes)
    first: dict[str, int] = {}
    for position, (chosen, _) in enumerate(listed):
        if chosen is None:
            continue
        if chosen in first:
            raise duplicate_name(chosen, first=first[chosen], second=position)
        first[chosen] = position
    taken = set(first)
    counts: dict[str, int] = {}
    ids = []
    for chosen, class_name in listed:
        name = chosen
        while name is None:
            count = counts[class_name] = counts.get(class_name, 0) + 1
            candidate = class_name if count == 1 else f"{class_name}_{count}"
            if candidate not in taken:
                name = candidate
                taken.add(name)
        ids.append(name)
    return ids
