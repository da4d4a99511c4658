"""Independent programs, real registries and one package for all tests of this directory."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from remotemedia.compiler import compile_file
from remotemedia.packager import build
from remotemedia.trust import SigningKey
from tests.full.tools import INSTALLER, Signed, Tools

START_SECONDS = 15

PIPELINE = """\
from pathlib import Path

from remotemedia import AudioSource, Node, OnnxNode, Pipeline


class Loud(Node):
    def process(self, value):
        return value


p = Pipeline("speech")
p.add(AudioSource(path=Path(__file__).parent / "sound" / "voix été.wav"))
p.add(OnnxNode(model="vad.onnx"))
p.add(Loud())
"""


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Tools:
    listed = subprocess.run([sys.executable, INSTALLER, "--paths"], check=True, capture_output=True, text=True).stdout
    return Tools(json.loads(listed), tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Signed:
    base = tmp_path_factory.mktemp("package")
    project = base / "project"
    (project / "sound").mkdir(parents=True)
    (project / "pipeline.py").write_text(PIPELINE)
    (project / "sound/voix été.wav").write_bytes(b"RIFF")
    (project / "vad.onnx").write_bytes(bytes(range(256)) * 4096)
    key = SigningKey.generate()
    program = compile_file(project / "pipeline.py")
    package = build(program, base, key=key, environ=os.environ, tool_version="1.2.3", version="1.0")
    (base / "cosign.pub").write_bytes(key.public.to_pem())
    (base / "layout").mkdir()
    subprocess.run(["/bin/tar", "-xf", package.path, "-C", base / "layout"], check=True)
    return Signed(package, base / "layout", base / "cosign.pub")


@pytest.fixture(params=["docker-registry", "registry"])
def registry(request: pytest.FixtureRequest, tools: Tools, tmp_path: Path) -> Iterator[str]:
    """A real registry on loopback, as `127.0.0.1:PORT`; neither of the two knows the referrers API."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    settings = {
        "version": "0.1",
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(tmp_path / "storage")}},
        "http": {"addr": address},
    }
    (tmp_path / "registry.yml").write_text(json.dumps(settings))
    with (tmp_path / "registry.log").open("wb") as log:
        process = subprocess.Popen(
            [tools.path(request.param), "serve", tmp_path / "registry.yml"],
            stdout=log,
            stderr=log,
            env={"HOME": str(tmp_path), "OTEL_TRACES_EXPORTER": "none"},
        )
    try:
        await_port(address, process, tmp_path / "registry.log")
        yield address
    finally:
        process.terminate()
        process.wait(timeout=10)


def await_port(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    host, port = address.split(":")
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"the registry did not start:\n{log.read_text()}", pytrace=False)
            time.sleep(0.05)
        else:
            return
