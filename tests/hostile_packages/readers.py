"""The two readers of a package: Python, which judges what is pulled, and the executor, which runs it.

    package = build_small(tmp_path)
    readers = Readers(package, tmp_path / "home")
    assert readers.python(package.path) == readers.right

Each gives what a user would get of a file, or the code by which it is refused.
"""

from __future__ import annotations

import io
import json
import os
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from remotemedia.errors import RemoteMediaError
from remotemedia.packager import BuiltPackage
from remotemedia.registry import PackageArchive, bundles_of
from remotemedia.runtime.executor import Executor
from remotemedia.runtime.network import Network
from remotemedia.runtime.resolve import Resolver
from remotemedia.runtime.run import RunOptions, run_package
from tests.packager.projects import Project

REFUSED = {f"RM30{digit}" for digit in "12346"} | {"RM402", "RM503", "RM504", "RM505"}
"""Codes of a file that is no package, or not this one; RM2 is of the manifest in it."""

_SAMPLES = 800


@dataclass(frozen=True)
class Outcome:
    """What became of a file.

    Attributes:
        code: of the refusal; None if it was taken.
        content: what was got: digest, signers and files (Python), or the lines of the run (the executor).
    """

    code: str | None = None
    content: object = None


class Readers:
    """Both readers, with one user's home directory and one plan."""

    def __init__(self, package: BuiltPackage, home: Path) -> None:
        home.mkdir(parents=True)
        self._home = home
        self._digest = package.digest
        environ = {"REMOTEMEDIA_HOME": str(home), "REMOTEMEDIA_ENV": "development"}
        self._resolver = Resolver(environ, Network(offline=True, environ=environ))
        self._plan: dict[str, Any] = {}
        with (home / "right").open("w+b") as output:
            run_package(
                self._resolver.resolve(str(package.path)),
                RunOptions(),
                home=home,
                on_event=lambda _event: None,
                on_plan=self._plan.update,
                stdout=output,
            )
            output.seek(0)
            self.played = output.read()
        assert json.loads(self.played.splitlines()[0])
        self.right = self.python(package.path)
        assert self.right.code is None

    def python(self, path: Path) -> Outcome:
        """Resolve and verify it as `pull` and `run` do, and read every file."""
        try:
            found = self._resolver.resolve(str(path))
            with PackageArchive(path) as archive:
                files = {it.title: b"".join(archive.open_blob(it)) for it in found.manifest.blobs}
                bundles = sorted(bundles_of(archive, found.digest))
        except RemoteMediaError as error:
            return Outcome(error.code)
        return Outcome(content=(found.digest, bundles, files))

    def executor(self, path: Path) -> Outcome:
        """Run it by the digest that was pinned before it was altered."""
        with (self._home / "played").open("w+b") as output, Path(os.devnull).open("rb") as nothing:
            try:
                Executor.find().run(
                    path,
                    self._digest,
                    self._plan,
                    directory=self._home,
                    home=self._home,
                    on_event=lambda _event: None,
                    stdin=nothing,
                    stdout=output,
                )
            except RemoteMediaError as error:
                output.seek(0)
                assert output.read() == b"", "something was given out of a package that is refused"
                return Outcome(error.code)
            output.seek(0)
            return Outcome(content=output.read())


def build_small(directory: Path) -> BuiltPackage:
    """Build a signed package of some blocks that plays a sound, in the executor alone."""
    project = Project(directory / "project", sources={}, entries=(), files={"tone.wav": _tone()}).write()
    return project.build(directory / "out")


def _tone() -> bytes:
    data = io.BytesIO()
    with wave.open(data, "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(range(200)) * (_SAMPLES // 100))
    return data.getvalue()
