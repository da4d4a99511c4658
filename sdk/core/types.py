"""What older programs mark the end of a queue with."""

from typing import Final

__all__ = ["_SENTINEL"]


class _Sentinel:
    """The end of a queue; told by identity, also of a copy."""

    def __repr__(self) -> str:
        return "_SENTINEL"

    def __reduce__(self) -> str:
        """Be the same object again, in whatever process."""
        return "_SENTINEL"


_SENTINEL: Final = _Sentinel()
