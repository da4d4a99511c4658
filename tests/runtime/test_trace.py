"""Programs whose pipeline is known only when they run."""

from __future__ import annotations

import json
import tarfile
import textwrap
import time
from typing import TYPE_CHECKING, Any

import pytest

from remotemedia.errors import CompileError, PipelineError, UsageError
from remotemedia.runtime.program import Reading, program_of
from remotemedia.runtime.publish import BuildRequest, build_package

if TYPE_CHECKING:
    from pathlib import Path

_HEAD = "import asyncio, os, sys\nfrom remotemedia import AudioMixNode, Node, Pipeline\n"


def _traced(directory: Path, text: str, *arguments: str, pipeline: str | None = None) -> dict[str, Any]:
    source = directory / "pipeline.py"
    source.write_text(_HEAD + textwrap.dedent(text), encoding="utf-8")
    reading = Reading(pipeline, trace=True, arguments=arguments)
    return program_of(source, reading, environ={}).manifest


def _member(package: Path, name: str) -> dict[str, Any]:
    with tarfile.open(package) as archive:
        file = archive.extractfile(name)
        assert file is not None
        document: dict[str, Any] = json.load(file)
        return document


def test_arguments_of_the_program(tmp_path: Path) -> None:
    manifest = _traced(tmp_path, "p = Pipeline('p').add(AudioMixNode(int(sys.argv[1])))", "3")
    assert manifest["metadata"] == {"name": "p", "traced": True}
    assert manifest["nodes"] == [{"id": "AudioMixNode", "node_type": "AudioMixNode", "params": {"channels": 3}}]


@pytest.mark.parametrize(
    "start",
    [
        "p.run([1])",
        "p.run_sync([1])",
        "asyncio.run(p.run([1]))",
        "async def main():\n    async for _ in p.process([1]): pass\nasyncio.run(main())",
        "async def main():\n    async with p.managed_execution(): pass\nasyncio.run(main())",
        "with p.managed_execution(): pass",
        "p.initialize()",
    ],
)
def test_ends_where_the_pipeline_would_start(tmp_path: Path, start: str) -> None:
    after = f"\nopen({str(tmp_path / 'reached')!r}, 'w')"
    manifest = _traced(tmp_path, "p = Pipeline('p').add(AudioMixNode())\nPipeline('other')\n" + start + after)
    assert manifest["metadata"] == {"name": "p", "traced": True}
    assert not (tmp_path / "reached").exists()


def test_pipeline_by_name(tmp_path: Path) -> None:
    text = """
        a, b = Pipeline('first'), Pipeline('second')
        async def main():
            await a.run([1])
            async with a.managed_execution():
                async for _ in a.process([1]): pass
            b.run([1])
        asyncio.run(main())
    """
    for name in ("b", "second"):
        assert _traced(tmp_path, text, pipeline=name)["metadata"] == {"name": "second", "traced": True}


def test_classes_of_the_program_and_of_modules(tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text(
        "from remotemedia import Node\nclass Far(Node):\n    def process(self, v): ...\n"
    )
    text = """
        import helper
        class Near(Node):
            def process(self, v): ...
        p = Pipeline("p").add(Near()).add(helper.Far())
    """
    nodes = _traced(tmp_path, text)["nodes"]
    assert [node["entry"] for node in nodes] == ["pipeline:Near", "helper:Far"]


def test_package_says_that_it_was_traced(tmp_path: Path) -> None:
    source = tmp_path / "pipeline.py"
    source.write_text(_HEAD + "p = Pipeline('p').add(AudioMixNode(int(sys.argv[1])))\n")
    asked = BuildRequest(reading=Reading(trace=True, arguments=("2",)))
    built = build_package(source, tmp_path, environ={}, request=asked)
    assert _member(built.path, "manifest.json")["metadata"]["traced"] is True
    assert _member(built.path, "meta/provenance.json")["traced"] is True


def test_program_that_fails(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(PipelineError) as caught:
        _traced(tmp_path, "print('on the way')\n1 / 0")
    assert caught.value.code == "RM704"
    said = capfd.readouterr()
    assert "ZeroDivisionError" in said.err
    assert "on the way" in said.err
    assert "_traced" not in said.err
    assert said.out == ""


def test_program_that_builds_nothing(tmp_path: Path) -> None:
    with pytest.raises(CompileError) as caught:
        _traced(tmp_path, "pass")
    assert caught.value.code == "RM102"


def test_program_that_takes_too_much_memory(tmp_path: Path) -> None:
    with pytest.raises(PipelineError) as caught:
        _traced(tmp_path, "x = bytearray(64 << 30)")
    assert caught.value.code == "RM704"


def test_what_a_program_starts_ends_with_it(tmp_path: Path) -> None:
    text = f"""
        import subprocess, time
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        open({str(tmp_path / "pid")!r}, "w").write(str(child.pid))
        p = Pipeline("p").add(AudioMixNode())
        p.run([1])
    """
    _traced(tmp_path, text)
    status = tmp_path.joinpath("/proc", (tmp_path / "pid").read_text(), "status")
    # A process that was killed has still to be scheduled to end.
    until = time.monotonic() + 5
    while status.exists() and "State:\tZ" not in status.read_text():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_value_that_cannot_be_stated(tmp_path: Path) -> None:
    text = """
        class Keep(Node):
            def __init__(self, value): super().__init__()
            def process(self, v): ...
        Pipeline("p").add(Keep(lambda: 0)).run([1])
    """
    with pytest.raises(CompileError) as caught:
        _traced(tmp_path, text)
    assert caught.value.code == "RM108"


def test_arguments_need_trace(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        program_of(tmp_path / "pipeline.py", Reading(arguments=("1",)), environ={})
