"""Independent programs, real registries and one package for all tests of this directory."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from remotemedia.compiler import compile_file
from remotemedia.packager import Attest, BuildOptions, build
from remotemedia.trust import SigningKey, sign_statement
from tests.full.authorities import Organisation
from tests.full.ours import Ours
from tests.full.registries import KINDS, LOGINS, Endpoint, serve
from tests.full.tools import INSTALLER, Signed, Tools

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
SMALL_PIPELINE = """\
from remotemedia import Node, Pipeline


class Loud(Node):
    def process(self, value):
        return value


p = Pipeline("loud")
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
    attest = partial(sign_statement, key)
    package = build(program, base, BuildOptions(os.environ, tool_version="1.2.3", version="1.0", attest=attest))
    (base / "cosign.pub").write_bytes(key.public.to_pem())
    (base / "layout").mkdir()
    subprocess.run(["/bin/tar", "-xf", package.path, "-C", base / "layout"], check=True)
    return Signed(package, base / "layout", base / "cosign.pub")


@pytest.fixture
def layout(tmp_path: Path) -> Callable[[Attest], Path]:
    """Makes a small package with somebody's signature, and unpacks it."""

    def make(attest: Attest) -> Path:
        (tmp_path / "pipeline.py").write_text(SMALL_PIPELINE)
        options = BuildOptions(os.environ, tool_version="1.2.3", version="1.0", attest=attest)
        package = build(compile_file(tmp_path / "pipeline.py"), tmp_path, options)
        (tmp_path / "layout").mkdir()
        subprocess.run(["/bin/tar", "-xf", package.path, "-C", tmp_path / "layout"], check=True)
        return tmp_path / "layout"

    return make


@pytest.fixture
def organisation(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Organisation:
    """A certificate authority and a clock of its own."""
    return Organisation.found(tmp_path_factory.mktemp("organisation"), tools)


@pytest.fixture(scope="session")
def cosign_key(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A private key of cosign's, of the password `password`; its public half is beside it, `.pub`."""
    prefix = tmp_path_factory.mktemp("cosign") / "theirs"
    arguments = ["generate-key-pair", "--output-key-prefix", prefix]
    tools.run("cosign", *arguments, environ={"COSIGN_PASSWORD": "password"})
    return prefix.with_suffix(".key")


@pytest.fixture(
    scope="session",
    params=[(kind, login) for kind in KINDS for login in LOGINS],
    ids="-".join,
)
def endpoint(
    request: pytest.FixtureRequest, tools: Tools, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Endpoint]:
    """A real registry with a login, or none."""
    kind, login = request.param
    with serve(kind, login, tmp_path_factory.mktemp(f"{kind}-{login}"), tools) as running:
        yield running


@pytest.fixture
def ours(home: Path, signed: Signed) -> Ours:
    """Our command line in a fresh home that trusts the package's signer: `ours("pull", reference, at=endpoint)`."""
    (home / "trust").mkdir(parents=True)
    (home / "trust/builder.pub").write_bytes(signed.public_key.read_bytes())
    home.chmod(0o700)
    return Ours(home)


@pytest.fixture(scope="session")
def pushed(endpoint: Endpoint, signed: Signed, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The repository that our client pushed the package to, as `HOST:PORT/NAME`."""
    repository = f"{endpoint.host}/voice/tts"
    Ours(tmp_path_factory.mktemp("pusher"))("push", f"oci://{repository}:1.0", signed.package.path, at=endpoint)
    return repository


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Note where each test stands in the table that `scripts/interop.py` prints."""
    for item in items:
        if (mark := item.get_closest_marker("interop")) is not None:
            place = getattr(item, "callspec", None)
            given = place.params if place else {}
            kind, login = given.get("endpoint") or (given.get("registry", ""), "none")
            item.user_properties += [("section", mark.args[0]), ("row", mark.args[1])]
            item.user_properties += [("registry", kind), ("login", login)]
