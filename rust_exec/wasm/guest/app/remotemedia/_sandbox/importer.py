"""Imports the author's modules, and those of the distributions that came along, from memory.

Names are those of the files from the project's root: `pipeline.py` is `pipeline`, `words/tables.py` is `words.tables`,
and from `site-packages/`, which comes second.
A module's `__file__`, and its name in tracebacks, is that path. The standard library and `remotemedia` come first, so a
project's own `json.py` cannot stand in for them, and there is no `sitecustomize`.
"""

import ast
import inspect
import linecache
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import BuiltinImporter, FrozenImporter, ModuleSpec
from importlib.metadata import Distribution, DistributionFinder
from importlib.util import spec_from_loader
from types import FrameType, ModuleType
from typing import Final

from remotemedia._sandbox.files import VENDORED, Files, Resources, distributions
from remotemedia._sandbox.inert import InertFinder
from remotemedia._sandbox.missing import MissingModule, guarded_lines, unavailable

_BOOTSTRAP: Final = "<frozen importlib._bootstrap"


class SourceFinder(MetaPathFinder, Loader):
    """Finds and executes the modules that came along."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self._sources = Files(sources)
        self.guarded: dict[str, frozenset[int]] = {}

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a module or package."""
        del path, target
        if name.partition(".")[0] in sys.stdlib_module_names:
            return None
        places = [root + name.replace(".", "/") for root in ("", VENDORED)]
        specs = (self._spec(name, place) for place in places)
        found = next((spec for spec in specs if spec is not None), None)
        directories = [place for place in places if place in self._sources.directories]
        if found is None and directories:
            # A directory without `__init__.py` is a namespace package.
            found = ModuleSpec(name, None, is_package=True)
            found.submodule_search_locations = directories
        return found

    def _spec(self, name: str, place: str) -> ModuleSpec | None:
        """Describe the module at a place without a suffix; None if there is none."""
        for file, is_package in ((f"{place}/__init__.py", True), (f"{place}.py", False)):
            if file in self._sources:
                spec = spec_from_loader(name, self, origin=file, is_package=is_package)
                if spec is not None:
                    spec.has_location = True
                    if is_package:
                        spec.submodule_search_locations = [place]
                return spec
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Execute a module's source."""
        spec = module.__spec__
        file = spec.origin if spec else None
        if file is None:
            raise ImportError(f"`{module.__name__}` has no source", name=module.__name__)
        text = self._sources[file]
        # Without a time of change `linecache` never looks for a file; tracebacks show its lines.
        linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
        tree = ast.parse(text, file)
        self.guarded[file] = guarded_lines(tree)
        exec(compile(tree, file, "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - the loader's very task

    def get_data(self, path: str) -> bytes:
        """Give a file that came with the sources, for `pkgutil.get_data`."""
        return self._sources.read(path)

    def get_resource_reader(self, name: str) -> Resources:
        """Give the data of a package, for `importlib.resources`."""
        spec = self.find_spec(name)
        return Resources(self._sources, ((spec and spec.submodule_search_locations) or [""])[0])

    def find_distributions(self, context: DistributionFinder.Context) -> Iterator[Distribution]:
        """Give the distributions that came along, for `importlib.metadata`."""
        return distributions(self._sources, context.name)

    def owns(self, name: str) -> bool:
        """Whether a top-level name is the project's or that of a distribution that came along."""
        places = (name, VENDORED + name)
        return any(f"{place}.py" in self._sources or place in self._sources.directories for place in places)

    def has_file(self, path: str) -> bool:
        """Whether a path is one of the project's sources."""
        return path in self._sources


class MissingFinder(MetaPathFinder, Loader):
    """Comes last: decides what an import that nothing satisfies shall be."""

    def __init__(self, sources: SourceFinder) -> None:
        self._sources = sources

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Give a stub, raise, or leave it to Python to raise; see `remotemedia._sandbox.missing`."""
        del path, target
        top = name.partition(".")[0]
        frame = self._importing_frame()
        if frame is None or self._sources.owns(top):
            return None
        file, line = frame.f_code.co_filename, frame.f_lineno
        if frame.f_code.co_flags & inspect.CO_OPTIMIZED or line in self._sources.guarded.get(file, frozenset()):
            raise unavailable(top)
        return spec_from_loader(name, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Make the stub."""
        return MissingModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing: a stub has no code."""

    def _importing_frame(self) -> FrameType | None:
        """Give the frame of the `import` statement, if it is one of the author's."""
        # The frames of this class are on top, then those of the import machinery.
        frame: FrameType | None = sys._getframe(2)  # noqa: SLF001 - `inspect.stack` reads every source
        while frame is not None and frame.f_code.co_filename.startswith(_BOOTSTRAP):
            frame = frame.f_back
        return frame if frame is not None and self._sources.has_file(frame.f_code.co_filename) else None


def install(sources: Mapping[str, str]) -> None:
    """Make the sources importable, and their lines known to tracebacks."""
    finder = SourceFinder(sources)
    sys.meta_path[:] = [BuiltinImporter, FrozenImporter, InertFinder(), finder, MissingFinder(finder)]
