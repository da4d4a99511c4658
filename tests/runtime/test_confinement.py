"""The executor in its own confinement, and programs that it confines."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from remotemedia.packager import BuiltPackage
from remotemedia.runtime.executor import RUNNER, Executor
from remotemedia.runtime.publish import build_package

SOURCE = """\
from remotemedia import Pipeline
from remotemedia.nodes import PassThroughNode

p = Pipeline("confined")
p.add(PassThroughNode())
"""
LIBRARIES = ["/lib", "/lib64", "/usr/lib", "/etc/ld.so.cache", str(Path(sys.base_prefix)), "/etc/localtime"]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux confines")


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> BuiltPackage:
    place = tmp_path_factory.mktemp("confined")
    (place / "pipeline.py").write_text(SOURCE)
    return build_package(place / "pipeline.py", place, environ={"REMOTEMEDIA_HOME": str(place / "home")})


def status(task: Path) -> dict[str, str]:
    """The fields of one thread's `status`."""
    return dict(line.split(":\t", 1) for line in (task / "status").read_text().splitlines() if ":\t" in line)


def test_every_thread_of_the_executor_is_confined(package: BuiltPackage, tmp_path: Path) -> None:
    command = [str(Executor.find().path), "run", "--package", str(package.path), "--digest", package.digest]
    command += ["--runner", str(RUNNER), "--home", str(tmp_path), "--input", "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={}) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(b"1\n")
        child.stdin.flush()
        assert child.stdout.readline() == b"1\n"
        threads = [status(it) for it in Path(f"/proc/{child.pid}/task").iterdir()]
        child.stdin.close()
    assert child.returncode == 0
    assert len(threads) > 1
    for thread in threads:
        assert (thread["Seccomp"], thread["NoNewPrivs"]) == ("2", "1"), thread["Name"]
        # Nothing of root is left but the way through file permissions.
        assert int(thread["CapPrm"], 16) & ~0b110 == 0


def confined(confinement: dict[str, object], *words: str) -> subprocess.CompletedProcess[str]:
    command = [str(Executor.find().path), "confined", "--confinement", json.dumps(confinement), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)


def python(code: str, **fields: object) -> subprocess.CompletedProcess[str]:
    """What a confined Python that runs some code says."""
    interpreter = str(Path(sys.executable).resolve())
    confinement = {"profile": "worker", "read": LIBRARIES, **fields}
    return confined(confinement, "--env", "WHO=me", "--", interpreter, "-I", "-S", "-c", code)


def test_a_confined_python_has_its_library_and_nothing_else() -> None:
    code = (
        "import asyncio, json, os; print(dict(os.environ)['WHO'], len(os.environ) < 3); asyncio.run(asyncio.sleep(0))"
    )
    done = python(code)
    assert (done.stdout, done.stderr) == ("me True\n", "")
    for code in (
        "open('/etc/passwd')",
        "import os; os.listdir('/')",
        "import os; os.fork()",
        "import os; os.execv('/bin/true', ['true'])",
        "import os; os.kill(os.getppid(), 0)",
        "import socket; socket.socket()",
        "import subprocess; subprocess.run(['/bin/true'])",
    ):
        assert "PermissionError" in python(code).stderr, code


def test_memory_of_a_confined_python_is_bounded() -> None:
    done = python("x = bytearray(1 << 30)", memory=256 << 20)
    assert done.stderr.strip().endswith("MemoryError")


def test_what_cannot_be_confined_is_said_by_its_code() -> None:
    missing = confined({"profile": "worker"}, "--", "/nonexistent")
    assert "error[RM630]: `/nonexistent` cannot be started" in missing.stderr
    assert "error[RM630]" in confined({}, "--", "true").stderr
    unknown = confined({"anything": 1}, "--", "/bin/true")
    assert (unknown.returncode, "error[RM701]" in unknown.stderr) == (2, True)


def test_doctor_tells_what_this_system_can_do() -> None:
    support = Executor.find().doctor()["confinement"]
    assert support.keys() == {"landlock_abi", "seccomp"}
    assert support["seccomp"] is True
