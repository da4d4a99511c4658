"""`remotemedia push`, again, after the machine went down in the middle of one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import Command
from tests.registry.samples import MODEL_SIZE, signed_package
from tests.simulators.fault_proxy import FaultProxy
from tests.simulators.registry import RegistrySimulator

SECONDS = 30


def test_a_push_goes_on_where_one_before_it_was_killed(remotemedia: Command, home: Path, tmp_path: Path) -> None:
    package = signed_package()
    path = package.pack(tmp_path / "speech.rmpkg")
    with RegistrySimulator() as simulator, FaultProxy(simulator.host) as proxy:
        reference = f"oci://{proxy.host}/voice/tts:1.0"
        proxy.hold(MODEL_SIZE // 2)
        killed = subprocess.Popen([sys.executable, "-m", "remotemedia.cli", "push", reference, path], env=os.environ)
        assert proxy.wait_for(MODEL_SIZE // 2, SECONDS)
        killed.kill()
        killed.wait(SECONDS)
        proxy.cut()
        (kept,) = (home / "uploads").iterdir()
        done = remotemedia("push", reference, path)
        assert done.returncode == 0, done.stderr
        assert simulator.repository("voice/tts").tags == {"1.0": package.digest}
        assert simulator.received == sum(len(data) for data in package.blobs.values())
        assert not kept.exists()
