"""A package that was built without signatures and signed later, as a job does that alone has the key: cosign agrees."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.full.conftest import SMALL_PIPELINE
from tests.full.ours import Ours
from tests.full.registries import Endpoint
from tests.full.tools import Tools, offline

pytestmark = pytest.mark.full

ONE_REGISTRY = pytest.mark.parametrize("endpoint", [("registry", "none")], indirect=True, ids=["registry-none"])
ATTESTED = ("slsaprovenance1", "cyclonedx")


def row(text: str) -> pytest.MarkDecorator:
    """The test's row in the table of signatures."""
    return pytest.mark.interop("signatures", text)


@pytest.fixture
def by(home: Path) -> Ours:
    """Our command line, with a key `release` of its own."""
    command = Ours(home)
    command("keys", "generate", "release")
    return command


@pytest.fixture
def public(by: Ours, tmp_path: Path) -> Path:
    path = tmp_path / "release.pub"
    path.write_text(by("keys", "export", "release", "--public"))
    return path


@pytest.fixture
def built(by: Ours, tmp_path: Path) -> tuple[Path, Path]:
    """A package without signatures, and where it was built."""
    (tmp_path / "pipeline.py").write_text(SMALL_PIPELINE)
    statement = tmp_path / "built.intoto.json"
    given = ["--unsigned", "--provenance", statement, "--output", tmp_path / "out", "--version", "1.0"]
    return Path(by.report("build", tmp_path / "pipeline.py", *given)["path"]), statement


def unpacked(package: Path) -> Path:
    layout = package.parent / "layout"
    layout.mkdir()
    subprocess.run(["/bin/tar", "-xf", package, "-C", layout], check=True)
    return layout


@row("ours by `sign FILE`: `cosign verify --local-image`; nothing else is stated")
def test_cosign_verifies_a_file_that_was_signed(tools: Tools, by: Ours, public: Path, built: tuple[Path, Path]) -> None:
    package, _ = built
    by("sign", package, "--key", "release")
    layout = unpacked(package)
    tools.run("cosign", "verify", *offline(public), "--local-image", layout)
    for kind in ATTESTED:
        arguments = [*offline(public), "--type", kind, "--local-image", layout]
        tools.run("cosign", "verify-attestation", *arguments, succeeds=False)


@row("ours by `sign FILE --provenance --sbom`: `cosign verify-attestation --local-image`, both types")
def test_cosign_verifies_what_was_stated_later(tools: Tools, by: Ours, public: Path, built: tuple[Path, Path]) -> None:
    package, statement = built
    by("sign", package, "--key", "release", "--provenance", statement, "--sbom")
    layout = unpacked(package)
    tools.run("cosign", "verify", *offline(public), "--local-image", layout)
    for kind in ATTESTED:
        tools.run("cosign", "verify-attestation", *offline(public), "--type", kind, "--local-image", layout)


@row("ours by `sign oci://… --provenance --sbom`: `cosign verify` and `verify-attestation`, both types")
@ONE_REGISTRY
def test_cosign_verifies_what_was_stated_in_a_registry(
    tools: Tools, by: Ours, public: Path, built: tuple[Path, Path], endpoint: Endpoint
) -> None:
    package, statement = built
    reference = f"oci://{endpoint.host}/signed-later:1.0"
    by("push", reference, package)
    digest = by.report("sign", reference, "--key", "release", "--provenance", statement, "--sbom")["digest"]
    place = ["--allow-http-registry", f"{endpoint.host}/signed-later@{digest}"]
    tools.run("cosign", "verify", *offline(public), *place)
    for kind in ATTESTED:
        tools.run("cosign", "verify-attestation", *offline(public), "--type", kind, *place)
    assert by.report("verify", reference)["provenance"] == "trusted"
