"""The author's class: imported from what the parent gives, and made with its arguments."""

from __future__ import annotations

import random
import sys
from collections.abc import Mapping
from importlib.abc import MetaPathFinder
from importlib.machinery import BuiltinImporter, FrozenImporter, PathFinder
from typing import TYPE_CHECKING, Any, Final

from remotemedia._sandbox.arguments import arguments, hold, make, named
from remotemedia._sandbox.importer import MissingFinder, SourceFinder
from remotemedia._sandbox.missing import end_building

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

__all__ = ["Code"]

_SDK: Final = "remotemedia"


class _OwnFinder(MetaPathFinder):
    """Finds this SDK before a project's file of the same name."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a module of this SDK."""
        return PathFinder.find_spec(name, path, target) if name.partition(".")[0] == _SDK else None


class Code:
    """The modules that a node's class comes from.

    The standard library comes first, then this SDK, the author's modules, and those of the environment.

    Args:
        sources: text by project-relative posix path.
    """

    def __init__(self, sources: Mapping[str, str]) -> None:
        finder = SourceFinder(sources)
        sys.meta_path[:] = [
            BuiltinImporter,
            FrozenImporter,
            _OwnFinder(),
            finder,
            PathFinder,
            MissingFinder(finder),
        ]
        files = [path.removesuffix(".py").removesuffix("/__init__") for path in sources if path.endswith(".py")]
        self.modules = [file.replace("/", ".") for file in files]

    def node(self, entry: str, params: Mapping[str, Any], arrays: Mapping[str, bytes], *, seed: int, name: str) -> Any:
        """Make the node.

        Args:
            entry: `module:Class`.
            params: its arguments as a manifest has them.
            arrays: the npy files that they refer to, by path.
            seed: of the random numbers of `random`, and of numpy where the author's modules import it.
            name: what the node is called if it has no name of its own.

        Raises:
            Exception: whatever the author's modules and constructors raise.
        """
        found = named(entry)
        if not isinstance(found, type):
            raise TypeError(f"expected `{entry}` to be a class, got {type(found).__name__}")
        if getattr(found, "process", None) is None:
            raise TypeError(f"expected `{entry}` to have a `process`")
        random.seed(seed)
        if (numpy := sys.modules.get("numpy")) is not None:
            numpy.random.seed(seed % (1 << 32))
        hold(arrays)
        values = arguments(params)
        end_building()
        node = make(found, values)
        if getattr(node, "name", None) in {None, found.__name__} and hasattr(node, "__dict__"):
            node.name = name
        return node
