"""What commands that move packages leave alone: moving one that is there takes less time than importing these."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from remotemedia.runtime._push import push_package
from remotemedia.runtime.network import Network
from remotemedia.runtime.publish import build_package
from tests.cli.conftest import DOUBLE
from tests.conftest import Command
from tests.registry.samples import KEY, make_package
from tests.simulators.registry import RegistrySimulator

_MAIN: Final = """
import sys
from remotemedia.cli import main
try:
    main()
finally:
    print(*sorted(sys.modules))
"""
_BUILDING: Final = {"libcst", "numpy", "pydantic", "rich", "remotemedia.compiler", "remotemedia.packager._build"}


def loaded(*words: object) -> set[str]:
    """Run a command, and give the modules that it imported."""
    done = subprocess.run([sys.executable, "-c", _MAIN, *map(str, words)], check=True, capture_output=True, text=True)
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    ("command", "unneeded"), [("push", _BUILDING | {"cryptography"}), ("pull", _BUILDING), ("tags", _BUILDING)]
)
def test_moving_a_package_imports_nothing_that_builds_one(
    home: Path, tmp_path: Path, command: str, unneeded: set[str]
) -> None:
    (tmp_path / "pipeline.py").write_text(DOUBLE)
    package = build_package(tmp_path / "pipeline.py", tmp_path, environ=os.environ).path
    with RegistrySimulator() as simulator:
        reference = f"oci://{simulator.host}/double:1"
        push_package(reference, package, network=Network())
        words = {"push": (reference, package), "pull": (reference,), "tags": (reference.rpartition(":")[0],)}[command]
        assert not unneeded & loaded(command, *words)


def test_verifying_by_a_plain_key_imports_no_certificates_and_no_other_command(home: Path, tmp_path: Path) -> None:
    (home / "trust").mkdir(parents=True)
    (home / "trust" / "release.pub").write_bytes(KEY.public.to_pem())
    package = make_package()
    package.sign()
    unneeded = _BUILDING | {"cryptography.x509", "rfc3161_client", "sigstore", "ssl", "urllib3", "tomllib"}
    unneeded |= {"typer.rich_utils", "remotemedia.cli._build", "remotemedia.cli._run", "remotemedia.registry._remote"}
    found = loaded("verify", package.pack(tmp_path / "speech.rmpkg"))
    assert "remotemedia.trust._by_key" in found
    assert not unneeded & found


def test_words_are_taken_as_they_stand(inside: Command, tmp_path: Path) -> None:
    (tmp_path / "0x10").mkdir()
    done = inside("push", f"oci-layout:{tmp_path}/1e3", tmp_path / "0x10" / "null")
    assert f"`{tmp_path}/0x10/null` cannot be read" in done.stderr
    listed = inside("pull", "oci://127.0.0.1:1/a/b", "--offline", "--mirror", "a", "--mirror", "b=c")
    assert "for `--mirror`, got `a`" in listed.stderr
