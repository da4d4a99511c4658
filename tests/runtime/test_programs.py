"""A node that is written thrice: as a class, as a component, and as native programs, one per platform."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from remotemedia.errors import PackageError
from remotemedia.runtime._explain import explain_run
from remotemedia.runtime.executor import Executor
from remotemedia.runtime.network import Network
from remotemedia.runtime.publish import build_package
from remotemedia.runtime.resolve import Resolver
from remotemedia.runtime.run import RunOptions
from remotemedia.schemas.modules import platform
from tests.conftest import REPOSITORY, Command

COMPILER = shutil.which("cc")
EXAMPLE = REPOSITORY / "examples/native_gain"
OTHER = "linux/amd64" if platform() == "linux/arm64" else "linux/arm64"
MACHINES = {"linux/amd64": 62, "linux/arm64": 183}

SOURCE = """\
from pathlib import Path

from remotemedia import Array, AudioSource, Node, Pipeline, ProgramNode, WasmNode
import os


class Gain(Node):
    def __init__(self, factor, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def process(self, sound):
        array, rate = sound
        return Array([value * self.factor for value in array.tolist()]), rate


p = Pipeline("thrice")
p.add(AudioSource(path="sound.wav")).add(NODE)
"""
ALL = "component=Path('gain.wasm'), programs={HERE: Path('gain')}"

pytestmark = pytest.mark.skipif(COMPILER is None, reason="there is no C compiler")

Project = Callable[..., Path]
"""`project("factor=0.5, …")` gives the file of a pipeline with such a node."""


@pytest.fixture(scope="module")
def gain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example's program, compiled for this machine."""
    program = tmp_path_factory.mktemp("gain") / "gain"
    subprocess.run([str(COMPILER), "-O1", "-o", str(program), str(EXAMPLE / "gain.c")], check=True)
    return program


@pytest.fixture
def project(tmp_path: Path, gain: Path) -> Project:
    root = tmp_path / "project"
    root.mkdir()
    shutil.copy(REPOSITORY / "examples/wasm_gain/gain.wasm", root)
    shutil.copy(gain, root)
    (root / "other").write_bytes(header(OTHER))
    with wave.open(str(root / "sound.wav"), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(b"".join(struct.pack("<h", 1024 * (at % 16 - 8)) for at in range(64)))

    def written(forms: str, kind: str = "Gain", source: str = SOURCE) -> Path:
        node = f"{kind}(factor=0.5, {forms}, name='Gain')".replace("HERE", repr(platform()))
        (root / "pipeline.py").write_text(source.replace("NODE", node.replace("OTHER", repr(OTHER))))
        return root / "pipeline.py"

    return written


def header(name: str, *, bits: int = 2, kind: int = 2, entry: int = 64) -> bytes:
    """An ELF file of headers alone."""
    return struct.pack("<4sBBBB8xHHIQ32x", b"\x7fELF", bits, 1, 1, 0, kind, MACHINES[name], 1, entry)


def built(remotemedia: Command, source: Path, place: Path) -> str:
    done = remotemedia("build", source, "-o", place, "--json")
    assert done.returncode == 0, done.stderr
    return str(json.loads(done.stdout)["path"])


def ran(remotemedia: Command, package: str, place: Path, *words: str) -> tuple[str, str]:
    """The runtime that the node had, and what it gave."""
    done = remotemedia("run", package, "--metrics", place / "metrics.json", *words)
    assert done.returncode == 0, done.stderr
    nodes = json.loads((place / "metrics.json").read_text())["report"]["nodes"]
    return next(it["runtime"] for it in nodes if it["id"] == "Gain"), done.stdout


def test_a_program_runs_where_it_is_granted_and_gives_what_the_other_forms_give(
    project: Project, remotemedia: Command, tmp_path: Path
) -> None:
    package = built(remotemedia, project(ALL), tmp_path)
    expected = ran(remotemedia, package, tmp_path, "--runtime", "Gain=python-wasm")
    assert expected[0] == "python-wasm"
    assert expected[1]
    assert ran(remotemedia, package, tmp_path) == ("wasm", expected[1])
    assert ran(remotemedia, package, tmp_path, "--allow", "program") == ("program", expected[1])


def test_explain_says_which_form_runs_and_why(project: Project, tmp_path: Path, home: Path) -> None:
    environ = {"REMOTEMEDIA_HOME": str(home), "REMOTEMEDIA_ENV": "development"}
    package = Resolver(environ, Network()).resolve(str(build_package(project(ALL), tmp_path, environ=environ).path))

    def row(*allow: str, runtimes: tuple[str, ...] = ()) -> dict[str, Any]:
        return explain_run(package, RunOptions(allow=allow, runtimes=runtimes), home=home)[1]

    assert row()["why"] == "it has the component `gain.wasm`"
    granted = row("Gain:program")
    assert granted["why"] == f"it has the program `gain` for `{platform()}`"
    assert granted["wants"] == {"program": "`gain` is native code of its author"}
    assert granted["missing"] == []
    assert row("AudioSource:program")["runtime"] == "wasm"
    assert row("host")["runtime"] == "wasm"
    assert row("program", runtimes=("Gain=wasm",))["runtime"] == "wasm"
    assert row(runtimes=("program",))["missing"] == ["program"]


def test_inspect_shows_the_forms_by_kind_and_platform(project: Project, remotemedia: Command, tmp_path: Path) -> None:
    forms = ALL.replace("{", "{OTHER: Path('other'), ")
    package = built(remotemedia, project(forms), tmp_path)
    (row,) = (it for it in json.loads(remotemedia("inspect", package, "--json").stdout)["nodes"] if it["id"] == "Gain")
    programs = {platform(): "gain", OTHER: "other"}
    assert row["modules"] == [
        {"kind": "wasm", "file": "gain.wasm"},
        *({"kind": "program", "file": programs[it], "platform": it} for it in sorted(programs)),
    ]
    text = remotemedia("inspect", package).stdout
    assert "has wasm: gain.wasm" in text
    assert f"has program for {OTHER}: other" in text
    assert "modules/files/gain " in text


def test_a_node_that_is_a_program_alone_says_which_grant_it_needs(
    project: Project, remotemedia: Command, tmp_path: Path
) -> None:
    package = built(remotemedia, project("programs={HERE: 'gain'}", "ProgramNode"), tmp_path)
    refused = remotemedia("run", package)
    assert refused.returncode == 3
    assert "error[RM507]: package `thrice` wants `program` for `Gain` (`gain` is native code" in refused.stderr
    assert "--allow Gain:program" in refused.stderr
    assert ran(remotemedia, package, tmp_path, "--allow", "Gain:program")[0] == "program"
    assert remotemedia("approve", package).returncode == 0
    assert ran(remotemedia, package, tmp_path)[0] == "program"


def test_a_component_node_may_have_programs_too(project: Project, remotemedia: Command, tmp_path: Path) -> None:
    package = built(remotemedia, project("component='gain.wasm', programs={HERE: 'gain'}", "WasmNode"), tmp_path)
    component = ran(remotemedia, package, tmp_path)
    assert component[0] == "wasm"
    assert ran(remotemedia, package, tmp_path, "--allow", "program") == ("program", component[1])


def test_programs_for_another_platform_alone_leave_the_other_forms(
    project: Project, remotemedia: Command, tmp_path: Path
) -> None:
    package = built(remotemedia, project("programs={OTHER: Path('other')}"), tmp_path)
    assert ran(remotemedia, package, tmp_path, "--allow", "program")[0] == "python-wasm"
    refused = remotemedia("run", package, "--runtime", "Gain=program", "--allow", "program")
    assert refused.returncode == 1
    assert f"error[RM637]: expected a program of node `Gain` for this platform: it has programs for `{OTHER}`, " in (
        refused.stderr
    )
    package = built(remotemedia, project("programs={OTHER: 'other'}", "ProgramNode"), tmp_path)
    refused = remotemedia("run", package, "--allow", "program")
    assert (refused.returncode, "RM637" in refused.stderr) == (1, True)


def test_a_class_that_the_sandbox_cannot_run_wants_the_lesser_grant(
    project: Project, remotemedia: Command, tmp_path: Path
) -> None:
    source = SOURCE.replace("array, rate = sound", "array, rate = sound; os.fork()")
    package = built(remotemedia, project("programs={HERE: Path('gain')}", source=source), tmp_path)
    refused = remotemedia("run", package)
    assert "--allow Gain:program" in refused.stderr
    shown = json.loads(remotemedia("run", package, "--explain", "--json", "--allow", "python").stdout)
    assert shown["nodes"][1]["runtime"] == "python"
    assert json.loads(remotemedia("approve", package, "--json").stdout)["grants"] == ["Gain:program"]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (header(OTHER), f"got {OTHER}"),
        (b"#!/bin/sh\n", "got a script"),
        (b"", "got an empty file"),
        (b"MZ\x90\x00" + bytes(60), "got no ELF file"),
        (header(platform())[:30], "got an ELF file that is cut short"),
        (header(platform(), bits=1), "got an ELF file of another system"),
        (header(platform(), kind=3, entry=0), "got an ELF file that is no executable"),
    ],
)
def test_what_is_no_program_of_its_platform_is_not_packed(
    project: Project, tmp_path: Path, content: bytes, found: str
) -> None:
    source = project("programs={HERE: Path('gain')}")
    (source.parent / "gain").write_bytes(content)
    with pytest.raises(PackageError) as caught:
        build_package(source, tmp_path, environ={})
    assert caught.value.code == "RM636"
    assert caught.value.message == (f"expected a program for `{platform()}` as `gain` of node `Gain`, {found}")


@pytest.mark.parametrize("name", ["linux/x86_64", "darwin/arm64", "linux/arm64/v8"])
def test_platforms_have_the_names_that_oci_gives_them(project: Project, tmp_path: Path, name: str) -> None:
    source = project(f"programs={{{name!r}: Path('gain')}}")
    with pytest.raises(PackageError) as caught:
        build_package(source, tmp_path, environ={})
    assert (caught.value.code, f"got one for `{name}`" in caught.value.message) == ("RM636", True)


def test_another_argument_of_that_name_is_the_authors_own(project: Project) -> None:
    from remotemedia.compiler import compile_file, explain

    placement = explain(compile_file(project("programs=['news', 'weather']")))[1]
    assert (placement.runtime, placement.modules) == ("python-wasm", ())
    assert "modules" not in placement.to_json()


def test_the_note_on_a_class_that_the_sandbox_lacks_something_for_knows_its_other_forms(project: Project) -> None:
    from remotemedia.compiler import compile_file

    source = SOURCE.replace("array, rate = sound", "array, rate = sound; os.fork()")
    for forms, expected in (
        (ALL, "a component runs in the place of `Gain`; the class itself is left to `python`"),
        (
            "programs={HERE: Path('gain')}",
            "the runtimes left for `Gain` are `program` and `python`, which its users have to allow",
        ),
        ("state_ttl=5", "the runtime left for `Gain` is `python`, which its users have to allow"),
    ):
        (warning,) = compile_file(project(forms, source=source)).diagnostics
        assert (warning.code, warning.notes[-1]) == ("RM111", expected)


def test_programs_are_packed_as_they_are(project: Project, gain: Path, tmp_path: Path) -> None:
    import tarfile

    source = project(ALL)
    package = build_package(source, tmp_path, environ={})
    (source.parent / "gain").chmod(0o700)
    assert build_package(source, tmp_path, environ={}).digest == package.digest
    with tarfile.open(package.path) as archive:
        packed = archive.extractfile("modules/files/gain")
        assert packed is not None
        assert packed.read() == gain.read_bytes()


def test_changed_bytes_never_run(project: Project, remotemedia: Command, gain: Path, tmp_path: Path) -> None:
    package = Path(built(remotemedia, project("programs={HERE: 'gain'}", "ProgramNode"), tmp_path))
    content = package.read_bytes()
    place = content.index(gain.read_bytes()) + 4096
    package.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
    refused = remotemedia("run", package, "--allow", "program")
    assert (refused.returncode, "error[RM302]" in refused.stderr) == (3, True)


def executed(package: Path, digest: str, plan: dict[str, object] | None, place: Path) -> str:
    """What the executor says, alone: nobody has looked at the package or the plan before."""
    words = [str(Executor.find().path), "run", "--package", str(package), "--digest", digest, "--events-fd", "2"]
    if plan is not None:
        (place / "plan.json").write_text(json.dumps({"version": 1, "nodes": plan}))
        words += ["--plan", str(place / "plan.json")]
    return subprocess.run(words, capture_output=True, text=True, check=False, env={"HOME": str(place)}).stderr


def test_the_executor_alone_takes_a_component_and_runs_no_program_without_its_grant(
    project: Project, tmp_path: Path
) -> None:
    package = build_package(project(ALL), tmp_path, environ={})
    assert '"id":"Gain","runtime":"wasm"' in executed(package.path, package.digest, None, tmp_path)
    plan: dict[str, object] = {"Gain": {"runtime": "program", "grants": ["host", "python"]}}
    said = executed(package.path, package.digest, plan, tmp_path)
    assert '"code":"RM507","message":"node `Gain` wants the grant `program`' in said


def test_the_executor_looks_at_a_program_again(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = project("programs={HERE: 'gain'}", "ProgramNode")
    (source.parent / "gain").write_bytes(header(OTHER))
    monkeypatch.setattr("remotemedia.packager._assemble.check_programs", lambda _: None)  # a builder of another's
    package = build_package(source, tmp_path, environ={})
    said = executed(package.path, package.digest, {"Gain": {"grants": ["program"]}}, tmp_path)
    assert f'"code":"RM636","message":"node `Gain` failed in init: expected a program for `{platform()}`' in said
    assert f"got one for `{OTHER}`" in said
