"""The package that is moved about, in the shapes that the clients take it in."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.large_model import compiled
from benchmarks.transfers.processes import measured

PIPELINE = """\
from remotemedia import OnnxNode, Pipeline

Pipeline("big").add(OnnxNode(model="big.onnx"))
"""
# modctl makes a package of its own kind, of the same model.
MODELFILE = """\
NAME big
MODEL big.onnx
"""


@dataclass(frozen=True)
class Subject:
    """One package.

    Attributes:
        place: the directory of all that follows, and of our home directory, `home`, whose key has signed.
        file: the package.
    """

    place: Path
    file: Path

    @property
    def project(self) -> Path:
        """The sources: `pipeline.py`, `big.onnx` and `Modelfile`."""
        return self.place / "project"

    @property
    def layout(self) -> Path:
        """The package as an image layout, and as a plain tree."""
        return self.place / "layout"

    @property
    def single(self) -> Path:
        """The same layout with one entry in its index, as crane wants it."""
        return self.place / "single"

    @property
    def public_key(self) -> Path:
        """Who signed."""
        return self.place / "signer.pub"

    @property
    def model(self) -> Path:
        """The model: nearly all of the package."""
        return self.project / "big.onnx"

    def titled(self) -> Iterator[Path]:
        """The files of the plain tree, relative to `layout`."""
        for name in ("manifest.json", "modules", "models", "meta"):
            path = self.layout / name
            files = [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file()]
            yield from (one.relative_to(self.layout) for one in sorted(files))


def our_environ(home: Path) -> dict[str, str]:
    """The environment of our commands."""
    return compiled() | {"REMOTEMEDIA_HOME": str(home), "REMOTEMEDIA_ENV": "development"}


def our_command(*arguments: object) -> list[object]:
    """The command line of one of our commands."""
    return [sys.executable, "-m", "remotemedia.cli", *arguments]


def make(place: Path, mib: int) -> Subject:
    """Build a package with a model of random bytes, and unpack it for the others."""
    project, layout, single = place / "project", place / "layout", place / "single"
    for directory in (project, layout, single):
        directory.mkdir()
    (project / "pipeline.py").write_text(PIPELINE)
    (project / "Modelfile").write_text(MODELFILE)
    with (project / "big.onnx").open("wb") as model:
        for _ in range(mib):
            model.write(os.urandom(1 << 20))
    environ = our_environ(place / "home")
    measured(our_command("build", project / "pipeline.py", "--output", place), environ, place)
    (package,) = place.glob("*.rmpkg")
    with tarfile.open(package) as archive:
        archive.extractall(layout, filter="data")
    # Stored once.
    (project / "big.onnx").unlink()
    os.link(layout / "models/big.onnx", project / "big.onnx")
    _single_out(layout, single)
    exported = our_command("keys", "export", "--public")
    answer = subprocess.run([*map(str, exported)], env=environ, check=True, stdout=subprocess.PIPE)
    subject = Subject(place, package)
    subject.public_key.write_bytes(answer.stdout)
    return subject


def _single_out(layout: Path, single: Path) -> None:
    """A layout of the same blobs, with the package's entry alone."""
    shutil.copy(layout / "oci-layout", single)
    (single / "blobs").symlink_to(layout / "blobs")
    index = json.loads((layout / "index.json").read_bytes())
    (single / "index.json").write_text(json.dumps({**index, "manifests": index["manifests"][:1]}))
