"""What the built-in nodes need that run on the host's Python alone: libraries that are extras of `remotemedia`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from remotemedia.compiler._dependencies.model import Distribution

__all__ = ["built_in_distributions"]

_LIBRARIES: Final = {
    "remotemedia.nodes.ml": ("numpy", "torch", "transformers"),
    "remotemedia.nodes.sink": ("av", "numpy"),
    "remotemedia.nodes.source": ("av", "numpy"),
    "remotemedia.nodes.video": ("av", "numpy"),
}


def built_in_distributions(modules: Iterable[str]) -> tuple[Distribution, ...]:
    """Return what nodes of these modules need, with all that this requires, as far as it is installed, by name."""
    names = {name for module in modules for name in _LIBRARIES.get(module, ())}
    if not names:
        return ()
    # Few programs need any, and these load `packaging`.
    from remotemedia.compiler._dependencies.declared import Declarations  # noqa: PLC0415
    from remotemedia.compiler._dependencies.installed import Environment  # noqa: PLC0415
    from remotemedia.compiler._dependencies.required import close_over  # noqa: PLC0415

    environment = Environment()
    return close_over(sorted(name for name in names if environment.named(name)), environment, Declarations())
