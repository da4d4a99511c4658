"""The Makefile of the recipes does what it says, in the hands of `make`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

MAKE = shutil.which("make")
PIPELINE = """\
from remotemedia import AudioSource, Pipeline
from remotemedia.nodes.audio import AudioResampleNode

p = Pipeline("telephone").add(AudioSource()).add(AudioResampleNode(target_sample_rate=8000))
"""


@pytest.mark.skipif(MAKE is None, reason="there is no make")
def test_the_makefile_builds_pushes_and_verifies(home: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    shutil.copy(REPOSITORY / "docs/recipes/Makefile", work)
    (work / "pipeline.py").write_text(PIPELINE)
    environ = os.environ | {"PATH": os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])}
    command = [str(MAKE), "--no-print-directory", "push", "verify"]
    done = subprocess.run(command, cwd=work, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "pushed telephone-" in done.stdout
    assert "oci-layout:packages:0.1.0 is what `pipeline.py` gives" in done.stdout
