"""Running independent programs on one signed package."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from remotemedia.packager import BuiltPackage

INSTALLER = Path(__file__).parents[2] / "scripts/foreign_tools.py"


@dataclass(frozen=True)
class Tools:
    """The programs that `scripts/foreign_tools.py` installs, run in a home of their own."""

    paths: dict[str, str | None]
    home: Path

    def path(self, name: str) -> str:
        found = self.paths[name]
        if found is None:
            pytest.fail(f"{name} is missing: install it with `python scripts/foreign_tools.py {name}`", pytrace=False)
        return found

    def run(
        self, name: str, *arguments: object, environ: Mapping[str, str] | None = None, succeeds: bool = True
    ) -> str:
        """What the program says on stdout; its exit status must be as expected."""
        command = [self.path(name), *map(str, arguments)]
        own = {"HOME": str(self.home), "DOCKER_CONFIG": str(self.home), "PATH": os.environ["PATH"], **(environ or {})}
        done = subprocess.run(command, env=own, capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode == 0) == succeeds, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
        return done.stdout


@dataclass(frozen=True)
class Signed:
    """A package, its unpacked layout and the public key of who signed it."""

    package: BuiltPackage
    layout: Path
    public_key: Path

    @property
    def digest(self) -> str:
        return self.package.digest


PREDICATES = {"https://sigstore.dev/cosign/sign/v1", "https://slsa.dev/provenance/v1", "https://cyclonedx.org/bom"}
"""What `build` states of a package, each in a referrer of its own."""


def offline(key: Path) -> list[str | Path]:
    """What makes cosign verify with a key alone."""
    return ["--key", key, "--insecure-ignore-tlog=true"]
