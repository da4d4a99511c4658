"""Running independent programs on one signed package."""

import os
import subprocess
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

    def run(self, name: str, *arguments: str | Path, succeeds: bool = True) -> str:
        """What the program says on stdout and stderr; its exit status must be as expected."""
        command = [self.path(name), *map(str, arguments)]
        environ = {"HOME": str(self.home), "DOCKER_CONFIG": str(self.home), "PATH": os.environ["PATH"]}
        done = subprocess.run(
            command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False
        )
        assert (done.returncode == 0) == succeeds, f"{' '.join(command)}\n{done.stdout}"
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


def offline(key: Path) -> list[str | Path]:
    """What makes cosign verify with a key alone."""
    return ["--key", key, "--insecure-ignore-tlog=true"]
