"""Stand-ins for the names of `remotemedia` that have no place in a sandbox.

    p = Pipeline("speech")                         # does nothing
    p.add(AudioResampleNode()).add(SpeechSegments())
    if __name__ == "__main__":                     # never so in a sandbox
        p.run()

The file that builds a pipeline is imported for its classes only, so building must do nothing, whatever it calls. A
built-in node may also be a base class; unless it is real here, its own `process` is not, and says so.
"""

import sys
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from types import ModuleType
from typing import Never, Self


class _InertClass(type):
    """Lets classes be asked for anything, too: `Pipeline.from_manifest(…)`."""

    def __getattr__(cls, name: str) -> "Inert":
        if name.startswith("__"):
            raise AttributeError(name)
        return Inert()


class Inert(metaclass=_InertClass):
    """Takes every call, gives itself for every attribute."""

    def __init__(self, *_args: object, **_kwargs: object) -> None:
        pass

    def __call__(self, *_args: object, **_kwargs: object) -> Self:
        """Do nothing."""
        return self

    def __getattr__(self, name: str) -> Self:
        """Give anything."""
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __iter__(self) -> Iterator[Never]:
        """Be empty."""
        return iter(())

    def __bool__(self) -> bool:
        """Be false: no feature that is asked for is here."""
        return False

    def __enter__(self) -> Self:
        """Do nothing."""
        return self

    def __exit__(self, *_: object) -> None:
        """Do nothing."""

    def process(self, *_args: object, **_kwargs: object) -> Never:
        """Refuse: what a built-in node does is done outside the sandbox."""
        raise NotImplementedError(
            f"expected {type(self).__name__} to have a `process` of its own: its base is not in the sandbox"
        )


@cache
def inert(name: str) -> object:
    """Give what a public name stands for: the real thing if the sandbox has it, else a stand-in class of that name."""
    if name.startswith("__"):
        raise AttributeError(f"module 'remotemedia' has no attribute {name!r}")
    for module, here in list(sys.modules.items()):
        held = vars(here)
        # What a package lists may be inert itself: then the package does not hold it.
        if (
            module.startswith("remotemedia.")
            and "._" not in module
            and name in held
            and name in held.get("__all__", ())
        ):
            return held[name]
    # An `except` clause wants an exception.
    return type(name, (Exception,), {}) if name.endswith("Error") else _InertClass(name, (Inert,), {})


class InertModule(ModuleType):
    """A module of `remotemedia` that the sandbox does not have."""

    def __getattr__(self, name: str) -> object:
        """Give what the name stands for."""
        return inert(name)


class InertFinder(MetaPathFinder, Loader):
    """Makes every `remotemedia.…` that is not here importable."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a module below `remotemedia`."""
        del path, target
        return spec_from_loader(name, self, is_package=True) if name.startswith("remotemedia.") else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Make the stand-in."""
        return InertModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing: a stand-in has no code."""
