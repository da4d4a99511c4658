"""`p.export()` and `p.push()`, in a process of the author's own, and what `remotemedia` makes of the result."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from remotemedia import Pipeline
from remotemedia.errors import ManifestError, RemoteMediaError
from remotemedia.runtime.network import Network
from remotemedia.runtime.publish import build_package
from tests.conftest import Command
from tests.simulators.registry import RegistrySimulator

SOURCE = """\
import sys

from remotemedia import Node, Pipeline


class Shout(Node):
    def process(self, text):
        return text.upper()


p = Pipeline("shout")
p.add(Shout())

if __name__ == "__main__":
    print({call})
"""


def run(tmp_path: Path, call: str) -> str:
    """Run the pipeline's file with one call under `__main__`."""
    file = tmp_path / "project" / "pipeline.py"
    file.parent.mkdir()
    file.write_text(SOURCE.replace("{call}", call))
    return subprocess.run(
        [sys.executable, str(file)], capture_output=True, text=True, check=True, cwd=tmp_path
    ).stdout.strip()


def test_export_writes_a_package_that_runs(remotemedia: Command, tmp_path: Path) -> None:
    assert run(tmp_path, "p.export('shout.rmpkg')") == "shout.rmpkg"
    done = remotemedia("run", tmp_path / "shout.rmpkg", "--input", "-", stdin='"a"\n')
    assert done.stdout == '"A"\n', done.stderr


def test_export_into_a_directory_gives_the_package_its_own_name(remotemedia: Command, tmp_path: Path) -> None:
    path = Path(run(tmp_path, "p.export('.')"))
    assert path.name.startswith("shout-")
    assert remotemedia("verify", tmp_path / path).returncode == 0


def test_push_gives_the_digest_of_what_was_pushed(remotemedia: Command, tmp_path: Path) -> None:
    digest = run(tmp_path, f"p.push('oci-layout:{tmp_path}/store:1')")
    assert remotemedia("inspect", f"oci-layout:{tmp_path}/store@{digest}").stdout.startswith("shout 0.0.0")


def test_what_the_engine_would_refuse_is_not_packed(tmp_path: Path) -> None:
    source = tmp_path / "pipeline.py"
    source.write_text(
        "from remotemedia import HFPipelineNode, Pipeline\np = Pipeline('p').add(HFPipelineNode('x', host='a/b'))\n"
    )
    with pytest.raises(ManifestError) as caught:
        build_package(source, tmp_path, environ={"HOME": str(tmp_path)})
    assert caught.value.code == "RM205"
    assert not list(tmp_path.glob("*.rmpkg"))


def test_a_program_says_how_registries_are_reached(home: Path) -> None:
    pipeline = Pipeline("shout")
    with RegistrySimulator() as registry:
        for call in (pipeline.push, pipeline.export):
            with pytest.raises(RemoteMediaError) as caught:
                call(f"oci://{registry.host}/shout:1", lock_python=True, network=Network(offline=True))
            assert caught.value.code == "RM416"
        assert registry.requests == []
