"""A package as a node of a pipeline in this process."""

from __future__ import annotations

import asyncio
import json
import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from remotemedia import AddNode, HFPipelineNode, Pipeline, RemoteMediaError
from remotemedia.registry import LayoutDirectory, PackageArchive, copy
from remotemedia.runtime._lines import from_line, to_line
from remotemedia.runtime.publish import build_package

PIPELINE = """\
from remotemedia import Node, Pipeline


class Inner(Node):
    def process(self, value):
        {body}


p = Pipeline("inner")
p.add(Inner())
"""


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REMOTEMEDIA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("REMOTEMEDIA_ENV", "development")


def package(place: Path, body: str) -> str:
    """Build a package of one node and put it into a layout: its reference."""
    file = place / "inner" / "pipeline.py"
    file.parent.mkdir()
    file.write_text(PIPELINE.format(body=body))
    built = build_package(file, place, environ={})
    with PackageArchive(built.path) as archive:
        copy(archive, LayoutDirectory(place / "layout"), archive.resolve(None), tag="1.0")
    return f"oci-layout:{place / 'layout'}:1.0"


def test_scenario_fetch_on_reference(tmp_path: Path) -> None:
    reference = package(tmp_path, "return value * 2")
    p = Pipeline("outer").add(AddNode(1)).add(HFPipelineNode("inner", remote_ref=reference)).add(AddNode(1))
    assert p.run([1, 2, 3]) == [5, 7, 9]
    assert p.run([10]) == 23  # a run of its own


def test_a_package_runs_also_on_a_running_loop(tmp_path: Path) -> None:
    reference = package(tmp_path, "return value * 2")
    p = Pipeline("outer").add(HFPipelineNode("inner", remote_ref=reference))

    async def main() -> Any:
        return await p.run([1, 2])

    assert asyncio.run(main()) == [2, 4]


def test_sound_with_what_is_said_of_it_comes_back(tmp_path: Path) -> None:
    reference = package(tmp_path, "samples, rate, about = value; return samples, rate, {**about, 'seen': True}")
    p = Pipeline("outer").add(HFPipelineNode("inner", remote_ref=reference))
    sound = np.linspace(-1, 1, 320, dtype=np.float32)
    samples, rate, about = p.run((sound, 16000, {"session_id": "a"}))
    assert np.array_equal(samples, sound)
    assert (rate, about) == (16000, {"session_id": "a", "seen": True})


def test_what_fails_in_a_package_fails_the_run_in_its_own_words(tmp_path: Path) -> None:
    reference = package(tmp_path, "return 1 / value")
    p = Pipeline("outer").add(HFPipelineNode("inner", remote_ref=reference))
    with pytest.raises(RemoteMediaError, match="ZeroDivisionError") as caught:
        p.run([1, 0])
    assert caught.value.code == "RM602"


def test_a_package_that_wants_what_nobody_granted_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "host" / "pipeline.py"
    file.parent.mkdir()
    file.write_text(PIPELINE.format(body="import numpy; return float(numpy.sqrt(value))"))
    built = build_package(file, tmp_path, environ={})
    p = Pipeline("outer").add(HFPipelineNode("inner", remote_ref=str(built.path)))
    with pytest.raises(RemoteMediaError, match="python") as caught:
        p.run([4.0])
    assert caught.value.code == "RM507"


def test_a_package_that_is_not_there_is_named(tmp_path: Path) -> None:
    p = Pipeline("outer").add(HFPipelineNode("inner", remote_ref=f"oci-layout:{tmp_path / 'none'}:1.0"))
    with pytest.raises(RemoteMediaError, match="none"):
        p.run([1])


def test_a_run_that_is_left_ends_the_package_too(tmp_path: Path) -> None:
    reference = package(tmp_path, "import time; time.sleep(20)")
    p = Pipeline("outer").add(HFPipelineNode("inner", remote_ref=reference))

    async def main() -> None:
        await asyncio.wait_for(p.run([1]), 2)

    began = time.monotonic()
    with pytest.raises(TimeoutError):
        asyncio.run(main())
    assert time.monotonic() - began < 10  # of the twenty that the node would take


@pytest.mark.parametrize(
    "value",
    [
        "text with \n a line",
        b"\x00bytes",
        3,
        -(2**80),
        2.5,
        1.0,
        math.inf,
        True,
        [1, {"$key": "kept"}],
        (1, "a"),
        {"list": [None, 1.0]},
    ],
)
def test_values_survive_as_lines(value: object) -> None:
    line = to_line(value)
    assert line is not None
    assert line.count(b"\n") == 1
    back = from_line(line)
    assert (type(back), back) == (type(value), value)


def test_arrays_survive_as_lines() -> None:
    tensor = np.arange(6, dtype=np.int16).reshape(2, 3)
    line = to_line(tensor)
    assert line is not None
    assert np.array_equal(from_line(line), tensor)
    mixed = to_line({"weights": tensor})
    assert mixed is not None
    assert np.array_equal(from_line(mixed)["weights"], tensor)
    assert json.loads(line)["value"]["$tensor"]["shape"] == [2, 3]
