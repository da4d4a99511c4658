"""The files that came with the node's code, in memory: sources, and data of packages.

A file that is not text came in base64, under its name and `.base64`. What lies below `site-packages/` belongs to
distributions: there, modules and data are found as if it stood at the root.
"""

import base64
import io
from collections.abc import Iterator, Mapping
from importlib.metadata import Distribution
from importlib.resources.abc import Traversable, TraversableResources
from os import PathLike
from typing import IO, Any, Final, Literal, overload

VENDORED: Final = "site-packages/"
_ENCODED: Final = ".base64"


class Files(Mapping[str, str]):
    """Texts by posix path."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = dict(texts)
        self.directories = {path[:at] for path in texts for at, letter in enumerate(path) if letter == "/"}

    def __getitem__(self, path: str) -> str:
        """Give a text as it came."""
        return self._texts[path]

    def __iter__(self) -> Iterator[str]:
        """Give the paths."""
        return iter(self._texts)

    def __len__(self) -> int:
        """Count the files."""
        return len(self._texts)

    def read(self, path: str) -> bytes:
        """Give the content of a file.

        Raises:
            FileNotFoundError: there is none.
        """
        if (encoded := self._texts.get(path + _ENCODED)) is not None:
            return base64.b64decode(encoded)
        if path not in self._texts:
            raise FileNotFoundError(f"the sandbox has no file `{path}`")
        return self._texts[path].encode()

    def has(self, path: str) -> bool:
        """Say whether there is a file."""
        return path in self._texts or path + _ENCODED in self._texts

    def below(self, directory: str) -> list[str]:
        """Give the names in a directory, sorted."""
        start = f"{directory}/" if directory else ""
        names = {path[len(start) :].partition("/") for path in self._texts if path.startswith(start)}
        return sorted({name if slash else name.removesuffix(_ENCODED) for name, slash, _ in names})


class Place(Traversable):
    """A file or directory, for `importlib.resources`."""

    def __init__(self, files: Files, path: str) -> None:
        self._files = files
        self._path = path

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self._path.rpartition("/")[2]

    def iterdir(self) -> Iterator["Place"]:
        """Give what is in it."""
        return (self._child(name) for name in self._files.below(self._path))

    def is_dir(self) -> bool:
        """Say whether it is a directory."""
        return self._path in self._files.directories

    def is_file(self) -> bool:
        """Say whether it is a file."""
        return self._files.has(self._path)

    def read_bytes(self) -> bytes:
        """Give its content."""
        return self._files.read(self._path)

    @overload
    def open(self, mode: Literal["r"] = "r", *args: Any, **kwargs: Any) -> IO[str]: ...
    @overload
    def open(self, mode: Literal["rb"], *args: Any, **kwargs: Any) -> IO[bytes]: ...
    def open(self, mode: str = "r", *args: Any, **kwargs: Any) -> IO[str] | IO[bytes]:
        """Open it for reading."""
        stream = io.BytesIO(self.read_bytes())
        return stream if "b" in mode else io.TextIOWrapper(stream, *args, **{"encoding": "utf-8", **kwargs})

    def read_text(self, encoding: str | None = None, errors: str | None = None) -> str:
        """Give its content, decoded."""
        return self.read_bytes().decode(encoding or "utf-8", errors or "strict")

    def joinpath(self, *descendants: str | PathLike[str]) -> "Place":
        """Give what is below it."""
        place = self
        for part in (part for text in descendants for part in str(text).split("/")):
            place = place if part in {"", "."} else place._child(part)
        return place

    def __truediv__(self, child: str | PathLike[str]) -> "Place":
        """Give what is below it."""
        return self.joinpath(child)

    def _child(self, name: str) -> "Place":
        return Place(self._files, f"{self._path}/{name}" if self._path else name)


class Resources(TraversableResources):
    """The data of one package."""

    def __init__(self, files: Files, directory: str) -> None:
        self._place = Place(files, directory)

    def files(self) -> Place:
        """Give the package's directory."""
        return self._place


class Vendored(Distribution):
    """A distribution that came along, for `importlib.metadata`."""

    def __init__(self, files: Files, directory: str) -> None:
        self._files = files
        self._directory = directory

    def read_text(self, filename: str) -> str | None:
        """Give a file of its metadata."""
        return self._files.get(f"{self._directory}/{filename}")

    def locate_file(self, path: Any) -> Any:
        """Give one of its files."""
        return Place(self._files, f"{VENDORED}{path}")


def distributions(files: Files, name: str | None) -> Iterator[Distribution]:
    """Give the distributions that came along, or those of one name."""
    for path in files:
        directory, _, file = path.rpartition("/")
        if file == "METADATA" and directory.startswith(VENDORED) and directory.endswith(".dist-info"):
            found = Vendored(files, directory)
            if name is None or _normal(found.metadata["Name"]) == _normal(name):
                yield found


def _normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")
