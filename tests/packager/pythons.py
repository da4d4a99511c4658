"""Other versions of Python on this machine, each made able to import what this one imports.

Found are `python3.N` on the path and in pyenv's versions; `REMOTEMEDIA_OTHER_PYTHON` names one instead. The compiled
distributions that a build needs are installed for each minor version, as `requirements/dev.txt` pins them, into
`${XDG_CACHE_HOME:-~/.cache}/remotemedia/pythons/`: some 10 MB the first time, nothing later. The package `remotemedia`
is the one under test, its extension under the name that every version from 3.11 on takes (the stable ABI).
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import remotemedia
from tests.conftest import REPOSITORY

LOCK = REPOSITORY / "requirements/dev.txt"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "remotemedia/pythons"
# What a build imports. numpy is left out: it is large, and only imported for a pipeline that has it.
NEEDS = ("cryptography", "libcst", "packaging", "pathspec", "pydantic")
OLDEST = (3, 11)
ASK = "import sys; print(sys.implementation.name, *sys.version_info[:3])"


@dataclass(frozen=True)
class OtherPython:
    """An interpreter of another version than the one that runs this.

    Attributes:
        program: its path.
        version: as in `(3, 13, 0)`.
    """

    program: str
    version: tuple[int, ...]

    @property
    def name(self) -> str:
        """As in `3.13.0`."""
        return ".".join(map(str, self.version))

    def search_path(self, scratch: Path) -> str:
        """A `PYTHONPATH` with which it imports the package under test.

        Args:
            scratch: a directory that exists, for links to the package.
        """
        _link_package(scratch)
        return os.pathsep.join([str(scratch), str(self._installed())])

    def _installed(self) -> Path:
        """The directory of what was installed for this minor version and this lock."""
        minor = ".".join(map(str, self.version[:2]))
        installed = CACHE / f"{minor}-{hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]}"
        if not installed.is_dir():
            CACHE.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=CACHE) as unfinished:
                command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--only-binary", ":all:"]
                command += ["--python", self.program, "--target", f"{unfinished}/packages", "--constraint", str(LOCK)]
                done = subprocess.run([*command, *NEEDS], capture_output=True, text=True, check=False)
                assert done.returncode == 0, done.stderr
                # Another process may have been first.
                if not installed.is_dir():
                    Path(unfinished, "packages").rename(installed)
        return installed


@cache
def other_pythons() -> tuple[OtherPython, ...]:
    """The interpreters found, one for each version that is not this one's, oldest first."""
    found: dict[tuple[int, ...], str] = {sys.version_info[:3]: ""}
    for program in _programs():
        asked = subprocess.run([program, "-c", ASK], capture_output=True, text=True, check=False)
        # A shim of pyenv stands on the path for versions that are not switched on, and fails.
        implementation, *numbers = asked.stdout.split() if asked.returncode == 0 else [""]
        version = tuple(map(int, numbers))
        if implementation == "cpython" and version[:2] >= OLDEST:
            found.setdefault(version, program)
    return tuple(OtherPython(program, version) for version, program in sorted(found.items()) if program)


def _programs() -> Iterator[str]:
    if named := os.environ.get("REMOTEMEDIA_OTHER_PYTHON"):
        program = shutil.which(named)
        assert program is not None, f"`REMOTEMEDIA_OTHER_PYTHON` is `{named}`, which is no program"
        yield program
        return
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    for directory in [*map(Path, os.get_exec_path()), *sorted(pyenv.glob("*/bin"))]:
        # No `python3.13t`: free of the lock, it has no stable ABI.
        yield from (str(it) for it in sorted(directory.glob("python3.*")) if re.fullmatch(r"python3\.\d+", it.name))


def _link_package(scratch: Path) -> None:
    """Link the package and its extension, and state its version, into a directory to be imported from."""
    package = scratch / "remotemedia"
    package.mkdir()
    for path in Path(remotemedia.__path__[0]).iterdir():
        if path.name != "__pycache__":
            extension = path.name.startswith("_native.") and path.suffix == ".so"
            (package / ("_native.abi3.so" if extension else path.name)).symlink_to(path)
    version = importlib.metadata.version("remotemedia")
    metadata = scratch / f"remotemedia-{version}.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text(f"Metadata-Version: 2.1\nName: remotemedia\nVersion: {version}\n")
