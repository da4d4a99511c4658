"""`remotemedia run`: values, limits, failures."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sysconfig
import time
import wave
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import Build, Project
from tests.conftest import Command

NODE = """\
from remotemedia import Node, Pipeline


class Probe(Node):
    def process(self, value):
{body}


p = Pipeline("probe")
p.add(Probe())
"""


def probe(*lines: str) -> str:
    """A pipeline of one node whose `process` has these lines."""
    return NODE.format(body="\n".join(f"        {line}" for line in lines))


def test_values_go_in_and_out_as_json_lines(build: Build, remotemedia: Command) -> None:
    done = remotemedia("run", build(), "--input", "-", stdin='1\n2.5\n\n"ab"\n[1, 2]\n')
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["3", "7.5", '"ababab"', "[1,2,1,2,1,2]"]


def test_parameters_are_overridden(build: Build, remotemedia: Command) -> None:
    assert remotemedia("run", build(), "--input", "-", "--set", "Double.factor=10", stdin="7\n").stdout == "70\n"


def test_an_array_is_read_and_written(build: Build, remotemedia: Command, tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.arange(6, dtype=np.float32).reshape(2, 3))
    done = remotemedia("run", build(probe("return [list(value.shape), value.tolist()]")), "--input", tmp_path / "a.npy")
    assert json.loads(done.stdout)[1] == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]


def test_sound_is_written_as_wav(build: Build, remotemedia: Command, tmp_path: Path) -> None:
    source = """\
from remotemedia import AudioResampleNode, AudioSource, Pipeline

p = Pipeline("telephone")
p.add(AudioSource()).add(AudioResampleNode(target_sample_rate=8000))
"""
    sound = Path(__file__).parents[2] / "testdata" / "speech" / "sense_0880.wav"
    out = tmp_path / "out.wav"
    done = remotemedia("run", build(source), "--input", sound, "--output", out)
    assert done.returncode == 0, done.stderr
    with wave.open(str(sound)) as before, wave.open(str(out)) as after:
        assert after.getframerate() == 8000
        assert after.getnframes() == pytest.approx(before.getnframes() / 2, abs=1)


def test_a_failed_run_leaves_no_output_file(build: Build, remotemedia: Command, tmp_path: Path) -> None:
    package = build(probe("return 1 / value"))
    done = remotemedia("run", package, "--input", "-", "--output", tmp_path / "out.jsonl", stdin="1\n0\n")
    assert done.returncode == 1
    assert not list(tmp_path.glob("out.jsonl*"))


def test_an_error_names_node_input_and_cause(build: Build, remotemedia: Command) -> None:
    done = remotemedia("run", build(probe("return 1 / value")), "--input", "-", stdin="4\n0\n")
    assert done.returncode == 1
    assert done.stdout == "0.25\n"
    assert "error[RM602]: node `Probe` failed in process" in done.stderr
    assert "ZeroDivisionError" in done.stderr
    assert "pipeline.py" in done.stderr
    assert "line 6" in done.stderr


@pytest.mark.parametrize(
    ("lines", "flags", "code"),
    [
        pytest.param(["while True:", "    pass"], ["--timeout", "0.5"], "RM603", id="loops for ever"),
        pytest.param(["import time", "time.sleep(1000)"], ["--timeout", "0.5"], "RM603", id="sleeps"),
        pytest.param(
            ["keep = []", "while True:", "    keep.append(bytearray(1 << 20))"],
            ["--memory", "96"],
            "RM604",
            id="eats memory",
        ),
        pytest.param(["return [0] * 50_000_000"], ["--memory", "96"], "RM604", id="one big allocation"),
    ],
)
def test_limits_are_enforced(lines: list[str], flags: list[str], code: str, build: Build, remotemedia: Command) -> None:
    package = build(probe(*lines))
    started = time.monotonic()
    done = remotemedia("run", package, "--input", "-", *flags, stdin="1\n")
    assert done.returncode == 5, done.stderr
    assert f"error[{code}]" in done.stderr
    assert time.monotonic() - started < 20


def test_the_sandbox_sees_nothing_of_the_host(build: Build, remotemedia: Command) -> None:
    lines = (
        "import os",
        "try:",
        "    open('/etc/passwd')",
        "except OSError as e:",
        "    return [type(e).__name__, dict(os.environ)]",
    )
    done = remotemedia("run", build(probe(*lines)), "--input", "-", stdin="1\n", env={"SECRET": "x"})
    kind, environ = json.loads(done.stdout)
    assert kind in {"FileNotFoundError", "PermissionError", "OSError"}
    assert environ == {}


def test_prints_and_logs_reach_the_person_not_the_data(build: Build, remotemedia: Command) -> None:
    package = build(
        probe("import logging", "print('said')", "logging.getLogger('x').warning('careful')", "return value")
    )
    done = remotemedia("run", package, "--input", "-", stdin="1\n")
    assert done.stdout == "1\n"
    assert "said" in done.stderr
    assert "careful" in done.stderr


def test_a_pipeline_that_needs_input_says_so(build: Build, remotemedia: Command) -> None:
    done = remotemedia("run", build())
    assert done.returncode == 2
    assert "error[RM612]" in done.stderr
    assert "--input" in done.stderr


def test_input_that_is_no_value_is_refused_with_its_line(build: Build, remotemedia: Command) -> None:
    done = remotemedia("run", build(), "--input", "-", stdin="1\n{nonsense\n")
    assert done.returncode == 2
    assert "line 2" in done.stderr


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(["print('here')", "return value"], id="waits for input"),
        pytest.param(["print('here')", "while True:", "    pass"], id="is in a node that never returns"),
    ],
)
def test_interruption_ends_a_run_that(lines: list[str], build: Build) -> None:
    command = [str(Path(sysconfig.get_path("scripts")) / "remotemedia"), "run", str(build(probe(*lines))), "-i", "-"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, process_group=0) as child:
        assert child.stdin is not None
        assert child.stderr is not None
        child.stdin.write(b"1\n")
        child.stdin.flush()
        assert b"here" in child.stderr.readline()
        os.killpg(child.pid, signal.SIGINT)
        try:
            assert child.wait(timeout=20) == 130
        finally:
            child.kill()


def test_a_source_is_no_package_and_the_error_says_what_to_do(project: Project, remotemedia: Command) -> None:
    done = remotemedia("run", project())
    assert done.returncode == 2
    assert "remotemedia build" in done.stderr


def test_json_errors_are_for_programs(build: Build, remotemedia: Command) -> None:
    done = remotemedia("inspect", "missing.rmpkg", "--json")
    assert json.loads(done.stderr)["error"]["code"] == "RM319"
    assert done.returncode == 2


def test_scenario_package_structure_validation(remotemedia: Command, tmp_path: Path) -> None:
    import tarfile

    hollow = tmp_path / "hollow.rmpkg"
    with tarfile.open(hollow, "w") as archive:
        archive.addfile(tarfile.TarInfo("modules/x.pynode"))
    done = remotemedia("run", hollow)
    assert done.returncode == 3
    assert "error[RM30" in done.stderr


def source(*lines: str) -> str:
    """A pipeline of a node of these lines, and of one that takes what that gives."""
    count = "\n".join(f"    {line}" for line in lines)
    return (
        "from remotemedia import Node, Pipeline\n\n\n"
        f"class Count(Node):\n{count}\n\n\n"
        "class Double(Node):\n    def process(self, value=None):\n        return value * 2\n\n\n"
        'p = Pipeline("count")\np.add(Count()).add(Double())\n'
    )


def test_an_authors_source_gives_of_its_own_accord(build: Build, remotemedia: Command) -> None:
    package = build(source("def process(self):", "    yield from range(3)"))
    done = remotemedia("run", package)
    assert (done.returncode, done.stdout) == (0, "0\n2\n4\n"), done.stderr
    assert remotemedia("run", package, "--input", "-", stdin="7\n").stdout == "0\n2\n4\n"


def test_an_authors_source_may_take_values_too(build: Build, remotemedia: Command) -> None:
    lines = (
        "async def process(self, value=None):",
        "    for it in range(3) if value is None else [value]:",
        "        yield it",
    )
    package = build(source(*lines))
    done = remotemedia("run", package)
    assert (done.returncode, done.stdout) == (0, "0\n2\n4\n"), done.stderr
    assert remotemedia("run", package, "--input", "-", stdin="7\n8\n").stdout == "14\n16\n"
