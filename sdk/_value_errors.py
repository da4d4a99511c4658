"""Why a value has no body, or a body no value."""

from __future__ import annotations

__all__ = ["MalformedBodyError", "UnsupportedValueError", "malformed"]


class UnsupportedValueError(ValueError):
    """A value is not in the table of `schemas/packet.md`.

    Attributes:
        type_name: the type of the offending value, or what is wrong with it.
        path: where it stands inside the value that was given, such as `value["scores"][3]`.
    """

    def __init__(self, type_name: str) -> None:
        super().__init__(type_name)
        self.type_name = type_name
        self.path = "value"

    def __str__(self) -> str:
        return f"expected a value that can travel on an edge, got `{self.type_name}` at `{self.path}`"

    def inside(self, step: str) -> None:
        """Note that the value stands under an index or a key."""
        self.path = f"value{step}{self.path.removeprefix('value')}"


class MalformedBodyError(ValueError):
    """A packet's body is not what `schemas/packet.md` allows."""


def malformed(expected: str, got: str) -> MalformedBodyError:
    """Return the error of a body that is something else."""
    return MalformedBodyError(f"expected {expected}, got `{got[:80]}`")
