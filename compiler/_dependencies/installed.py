"""The distributions of the running environment, read from their metadata; nothing of them is imported."""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import re
from dataclasses import dataclass, field
from email import message_from_string
from functools import cached_property
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from remotemedia.compiler._dependencies.licences import licence
from remotemedia.compiler._dependencies.model import Hashes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from email.message import Message

__all__ = ["Environment", "Installed", "InstalledFile"]

_EXTENSION: Final = re.compile(r"(?:\.[\w-]+)?\.(?:so|pyd)$")
_TOP: Final = re.compile(r'(?m)^"?([^\W\d]\w*)(?:/|\.(?:py|[\w.-]*(?:so|pyd)),)')
_NAME: Final = re.compile(r"(?mi)^Name: *(\S+)")
_VERSION: Final = re.compile(r"(?mi)^Version: *(\S+)")
_READ: Final = frozenset({"METADATA", "RECORD", "WHEEL", "direct_url.json"})
_OF_THE_INSTALLATION: Final = frozenset({
    "INSTALLER", "RECORD", "RECORD.jws", "RECORD.p7s", "REQUESTED", "direct_url.json", "uv_build.json", "uv_cache.json",
})  # fmt: skip


@dataclass(frozen=True)
class InstalledFile:
    """One line of a RECORD; `sha256` is hex, and None where the line states none."""

    path: str
    sha256: str | None


@dataclass
class Installed:
    """One installed distribution.

    Attributes:
        name: normalised.
        version: as its metadata has it.
    """

    name: str
    version: str
    _source: metadata.Distribution = field(repr=False)

    @cached_property
    def files(self) -> dict[str, InstalledFile]:
        """Its files below the directory that is on `sys.path`, by posix path, without compiled ones."""
        found = {}
        for path, digest in _rows(self._record):
            inside = not path.startswith("/") and ".." not in path.split("/") and ":" not in path
            if inside and "__pycache__" not in path:
                found[path] = InstalledFile(path, _hex(digest))
        return found

    @property
    def metadata_files(self) -> Iterator[Path]:
        """Where the files lie from which all this is read."""
        for path in self.files:
            if PurePosixPath(path).name in _READ and PurePosixPath(path).parent.suffix == ".dist-info":
                yield self.locate(path)

    @cached_property
    def _record(self) -> str:
        return _text(self._source, "RECORD")

    @cached_property
    def is_editable(self) -> bool:
        """Whether its modules lie elsewhere, in a project that is being worked on (PEP 660)."""
        try:
            url = json.loads(_text(self._source, "direct_url.json") or "{}")
        except (ValueError, RecursionError):
            return False
        directory = url.get("dir_info") if isinstance(url, dict) else None
        return isinstance(directory, dict) and bool(directory.get("editable"))

    def mentions(self, top: str) -> bool:
        """Return whether it may have a top-level module of that name."""
        return top in self.tops if self.tops else canonicalize_name(top) == self.name

    @cached_property
    def tops(self) -> frozenset[str]:
        """The names that it may have at the top, as far as it tells; cheap, for every distribution is asked."""
        if self._record and not self.is_editable:
            return frozenset(_TOP.findall(self._record))
        return frozenset(_text(self._source, "top_level.txt").split())

    def has_module(self, dotted: str) -> bool:
        """Return whether one of its files or directories is that module."""
        return self.has_file(dotted) or dotted.replace(".", "/") in self._directories

    def has_file(self, dotted: str) -> bool:
        """Return whether one of its files is that module."""
        return self.source_of(dotted) is not None or self.extension_of(dotted) is not None

    def source_of(self, dotted: str) -> str | None:
        """Return the path of a module's source; None if it has none."""
        place = dotted.replace(".", "/")
        return next((path for path in (f"{place}/__init__.py", f"{place}.py") if path in self.files), None)

    def extension_of(self, dotted: str) -> str | None:
        """Return the path of an extension module of that name."""
        return self._extensions.get(dotted.replace(".", "/"))

    @cached_property
    def _directories(self) -> frozenset[str]:
        return frozenset(str(parent) for path in self.files for parent in PurePosixPath(path).parents)

    @cached_property
    def _extensions(self) -> dict[str, str]:
        return {_EXTENSION.sub("", path): path for path in self.files if _EXTENSION.search(path)}

    def locate(self, path: str) -> Path:
        """Return where a file lies."""
        return Path(str(self._source.locate_file(path)))

    @cached_property
    def requirements(self) -> tuple[Requirement, ...]:
        """What it requires, by its metadata; what cannot be read is passed over, as installers do."""
        try:
            return tuple(_requirements(self._source.requires or ()))
        except UnicodeDecodeError:
            return tuple(_requirements(self._metadata.get_all("Requires-Dist") or ()))

    @cached_property
    def license(self) -> str | None:
        """The licence that its metadata states."""
        return licence(self._metadata)

    @cached_property
    def _metadata(self) -> Message:
        return message_from_string(_text(self._source, "METADATA") or _text(self._source, "PKG-INFO"))

    @cached_property
    def native(self) -> tuple[str, ...]:
        """Its extension modules, dotted; the programs of a distribution for one platform that has no such modules."""
        found = {
            module.replace("/", ".") for module in self._extensions if all(map(str.isidentifier, module.split("/")))
        }
        if not found and not self._is_for_any_platform:
            rows = (path for path, _ in _rows(self._record))
            found = {PurePosixPath(path).name for path in rows if path.startswith("../")} or {self.name}
        return tuple(sorted(found))

    @property
    def _is_for_any_platform(self) -> bool:
        tags = re.findall(r"(?m)^Tag: *(\S+)", _text(self._source, "WHEEL"))
        return not tags or any(tag.endswith("-any") for tag in tags)

    @cached_property
    def hashes(self) -> Hashes | None:
        """One digest over its files, by path and hash, without what tells of the installation."""
        known = [
            f"{file.sha256}  {file.path}\0"
            for file in sorted(self.files.values(), key=lambda file: file.path)
            if file.sha256 is not None and PurePosixPath(file.path).name not in _OF_THE_INSTALLATION
        ]
        return Hashes("record", (hashlib.sha256("".join(known).encode()).hexdigest(),)) if known else None


class Environment:
    """What is installed where this program runs; of several of one name, what Python would find first."""

    def __init__(self) -> None:
        self._by_top: dict[str, tuple[Installed, ...]] = {}

    @cached_property
    def _by_name(self) -> dict[str, Installed]:
        found: dict[str, Installed] = {}
        for distribution in metadata.distributions():
            # Parsing all of the metadata of all distributions would take longer than the rest of a compilation.
            text = _text(distribution, "METADATA") or _text(distribution, "PKG-INFO")
            name, version = _NAME.search(text), _VERSION.search(text)
            if name and version:  # what an interrupted uninstallation leaves behind has neither
                normalised = canonicalize_name(name[1])
                found.setdefault(normalised, Installed(normalised, version[1], distribution))
        return found

    def named(self, name: str) -> Installed | None:
        """Return a distribution by its name, in any spelling."""
        return self._by_name.get(canonicalize_name(name))

    def owners(self, dotted: str) -> tuple[str, tuple[Installed, ...]]:
        """Return who provides a module, and as much of its name as it takes to tell (`google.protobuf`).

        Several own a name only if they all have the same module. None own a module that is not installed. A namespace
        package (PEP 420) belongs to nobody, so the name goes down to a module that is really there.
        """
        parts = dotted.split(".")
        known, owners = parts[0], self._mentioning(parts[0])
        for count in range(2, len(parts) + 1):
            if len(owners) <= 1:
                break
            name = ".".join(parts[:count])
            narrowed = tuple(owner for owner in owners if owner.has_module(name))
            if not narrowed:
                break
            known, owners = name, narrowed
        return (_owned(owners[0], parts, known) if len(owners) == 1 else known), owners

    def names(self) -> Iterable[str]:
        """Return the top-level names that can be imported from distributions."""
        return sorted({top for installed in self._by_name.values() for top in installed.tops})

    def _mentioning(self, top: str) -> tuple[Installed, ...]:
        if top not in self._by_top:
            found = (self._by_name[name] for name in sorted(self._by_name))
            self._by_top[top] = tuple(owner for owner in found if owner.mentions(top))
        return self._by_top[top]


def _text(distribution: metadata.Distribution, name: str) -> str:
    """Return a file of a distribution's metadata, empty if there is none; what is not UTF-8 in it is replaced."""
    try:
        return distribution.read_text(name) or ""
    except UnicodeDecodeError as error:
        return error.object.decode(errors="replace")  # the file is decoded as a whole


def _rows(record: str) -> Iterator[tuple[str, str]]:
    """Give path and hash of each line of a RECORD, but of those that are damaged."""
    reader = csv.reader(record.splitlines())
    while True:
        try:
            row = next(reader, None)
        except csv.Error:
            continue
        if row is None:
            return
        if row and row[0]:
            yield row[0], row[1] if len(row) > 1 else ""


def _owned(owner: Installed, parts: list[str], known: str) -> str:
    for count in range(known.count(".") + 2, len(parts) + 1):
        name = ".".join(parts[:count])
        if owner.source_of(known) or owner.extension_of(known) or not owner.has_module(name):
            break
        known = name
    return known


def _requirements(lines: Iterable[str]) -> Iterable[Requirement]:
    for line in lines:
        try:
            yield Requirement(line)
        except InvalidRequirement:
            continue


def _hex(text: str) -> str | None:
    """Return the digest of a RECORD's line (`sha256=` and base64 without padding) in hex."""
    algorithm, _, encoded = text.partition("=")
    if algorithm != "sha256":
        return None
    try:
        return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).hex()
    except ValueError:
        return None
