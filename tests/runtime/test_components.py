"""A node that is written twice: as a class, and as a WebAssembly component that does the same."""

from __future__ import annotations

import json
import shutil
import struct
import wave
from pathlib import Path

import pytest

from remotemedia.compiler import compile_file
from tests.conftest import REPOSITORY, Command

SOURCE = """\
from pathlib import Path

from remotemedia import Array, AudioSource, Node, Pipeline


class Gain(Node):
    def __init__(self, factor, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def process(self, sound):
        array, rate = sound
        return Array([value * self.factor for value in array.tolist()]), rate


p = Pipeline("twice")
p.add(AudioSource(path="sound.wav")).add(Gain(factor=0.5, component=Path("gain.wasm")))
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    shutil.copy(REPOSITORY / "examples/wasm_gain/gain.wasm", root)
    with wave.open(str(root / "sound.wav"), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(b"".join(struct.pack("<h", 1024 * (at % 16 - 8)) for at in range(64)))
    (root / "pipeline.py").write_text(SOURCE)
    return root / "pipeline.py"


def test_the_component_runs_by_default_and_the_class_where_it_is_asked_for(
    source: Path, remotemedia: Command, tmp_path: Path
) -> None:
    package = json.loads(remotemedia("build", source, "-o", tmp_path, "--json").stdout)
    assert package["runtimes"]["Gain"] == "wasm"
    shown = json.loads(remotemedia("inspect", package["path"], "--json").stdout)
    (row,) = (row for row in shown["nodes"] if row["id"] == "Gain")
    assert row["why"] == "it has the component `gain.wasm`"
    assert row["others"] == ["python-wasm", "rustpython", "python"]
    outputs = []
    for runtime in ([], ["--runtime", "Gain=python-wasm"]):
        done = remotemedia("run", package["path"], *runtime)
        assert done.returncode == 0, done.stderr
        outputs.append(done.stdout)
    assert outputs[0]
    assert outputs[0] == outputs[1]


def test_a_class_that_needs_native_code_needs_no_grant_where_it_has_a_component(source: Path) -> None:
    source.write_text(
        SOURCE.replace("array, rate = sound", "import numpy; array, rate = numpy.array(sound[0]), sound[1]")
    )
    from remotemedia.compiler import default_runtimes, explain

    program = compile_file(source)
    assert default_runtimes(program)["Gain"] == "wasm"
    placement = explain(program)[1]
    assert placement.others == ("python",)
    assert placement.grants == ()


def test_only_a_wasm_file_is_a_component(source: Path) -> None:
    from remotemedia.compiler import default_runtimes

    (source.parent / "gain.wasm").rename(source.parent / "gain.json")
    source.write_text(SOURCE.replace("gain.wasm", "gain.json"))
    assert default_runtimes(compile_file(source))["Gain"] == "python-wasm"
