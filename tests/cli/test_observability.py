"""`remotemedia run`: figures, pictures, log lines and telemetry of a run, and what becomes of them when it fails."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sysconfig
import time
from pathlib import Path

import pytest

from remotemedia.schemas.report import RunReport
from tests.cli.conftest import Build
from tests.conftest import Command
from tests.simulators.otlp import collector, plain

SCRIPT = Path(sysconfig.get_path("scripts")) / "remotemedia"
SPEECH = Path(__file__).parents[2] / "testdata" / "speech" / "sense_0880.wav"

CHECK = """\
import logging
import time

from remotemedia import Node, Pipeline

log = logging.getLogger(__name__)


class Twice(Node):
    def process(self, value):
        return 2 * value


class Check(Node):
    def process(self, value):
        if value < 0:
            time.sleep(60)
        log.warning("looking at %s", value)
        log.debug("closely")
        return 1 / (value - 6)


p = Pipeline("checks")
p.add(Twice()).add(Check())
"""
SOUND = """\
from remotemedia import AudioResampleNode, AudioSource, Pipeline, VADNode

p = Pipeline("telephone")
p.add(AudioSource()).add(AudioResampleNode(target_sample_rate=8000)).add(VADNode(frame_duration_ms=30))
"""


@pytest.fixture
def checks(build: Build) -> Path:
    return build(CHECK)


def read(path: Path) -> RunReport:
    return RunReport.model_validate_json(path.read_bytes())


def test_figures_of_nodes_and_edges_go_to_a_file(checks: Path, remotemedia: Command, tmp_path: Path) -> None:
    done = remotemedia("run", checks, "-i", "-", "--metrics", tmp_path / "m.json", stdin="1\n2\n")
    assert (done.returncode, done.stdout) == (0, "-0.25\n-0.5\n"), done.stderr
    document = read(tmp_path / "m.json")
    assert (document.outcome, document.package.name) == ("done", "checks")
    assert [it.name for it in document.stages] == ["open", "load", "start", "first output"]
    assert document.report is not None
    twice, check = document.report.nodes
    assert (twice.id, twice.packets_in, twice.packets_out) == ("Twice", 2, 2)
    assert 0 < check.call_ns.p50 <= check.call_ns.p95 <= check.call_ns.p99 <= check.call_ns.max
    assert sum(count for _, count in check.call_ns.histogram) == check.calls
    (edge,) = document.report.edges
    assert (edge.from_, edge.to, edge.packets, edge.depth) == ("Twice", "Check", 2, 0)
    assert edge.bytes == twice.bytes_out == check.bytes_in > 0


def test_a_failed_run_keeps_what_was_counted(checks: Path, remotemedia: Command, tmp_path: Path) -> None:
    files = ("--metrics", tmp_path / "m.json", "--report", tmp_path / "r.html")
    done = remotemedia("run", checks, "-i", "-", *files, stdin="1\n2\n3\n4\n")
    assert done.returncode == 1
    document = read(tmp_path / "m.json")
    assert document.outcome == "failed"
    assert document.error is not None
    assert document.error.code == "RM602"
    assert document.report is not None
    assert document.report.nodes[1].errors == 1
    assert "ZeroDivisionError" in (tmp_path / "r.html").read_text()


def test_an_interrupted_run_keeps_what_was_counted(checks: Path, home: Path, tmp_path: Path) -> None:
    command: list[str | Path] = [
        SCRIPT,
        "run",
        checks,
        "-i",
        "-",
        "--metrics",
        tmp_path / "m.json",
        "--report",
        tmp_path / "r.html",
    ]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, process_group=0) as child:
        assert child.stdin is not None
        assert child.stderr is not None
        child.stdin.write(b"1\n-1\n")
        child.stdin.flush()
        assert b"looking" in child.stderr.readline()
        os.killpg(child.pid, signal.SIGINT)
        time.sleep(0.2)
        os.killpg(child.pid, signal.SIGINT)  # the first one would let the node end
        assert child.wait(timeout=20) == 130
    document = read(tmp_path / "m.json")
    assert document.outcome == "interrupted"
    assert document.report is not None
    assert document.report.nodes[0].packets_out == 2
    assert "interrupted" in (tmp_path / "r.html").read_text()


def test_a_run_whose_executor_is_killed_keeps_what_was_told_last(checks: Path, home: Path, tmp_path: Path) -> None:
    command: list[str | Path] = [SCRIPT, "run", checks, "-i", "-", "--metrics", tmp_path / "m.json", "--watch"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) as child:
        assert child.stdin is not None
        assert child.stderr is not None
        child.stdin.write(b"1\n-1\n")
        child.stdin.flush()
        assert b"looking" in child.stderr.readline()
        time.sleep(0.5)
        children = Path(f"/proc/{child.pid}/task/{child.pid}/children").read_text().split()
        for executor in children:
            os.kill(int(executor), signal.SIGKILL)
        assert child.wait(timeout=20) == 1
    document = read(tmp_path / "m.json")
    assert document.error is not None
    assert document.error.code == "RM613"
    assert document.report is not None
    assert document.report.nodes[0].packets_out == 2


def test_files_that_cannot_be_written_are_refused_before_the_run(
    checks: Path, remotemedia: Command, tmp_path: Path
) -> None:
    for flag in ("--metrics", "--report"):
        done = remotemedia("run", checks, "-i", "-", flag, tmp_path / "no" / "file", stdin="1\n")
        assert (done.returncode, done.stdout) == (1, "")
        assert "error[RM616]" in done.stderr


def test_a_report_shows_sound_and_what_was_found(build: Build, remotemedia: Command, tmp_path: Path) -> None:
    done = remotemedia("run", build(SOUND), "-i", SPEECH, "-o", tmp_path / "out.wav", "--report", tmp_path / "r.html")
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "r.html").read_text()
    for said in ("input · 16000 Hz · mono · peak", "VADNode · is_speech · 0 to 1", "AudioResampleNode · 8000 Hz"):
        assert said in text


def test_log_lines_come_with_node_level_and_place(checks: Path, remotemedia: Command) -> None:
    done = remotemedia("run", checks, "-i", "-", stdin="1\n")
    assert done.stderr == "[Check] warning: pipeline: looking at 2 (pipeline.py:18)\n"
    assert remotemedia("run", checks, "-i", "-", "--log-level", "error", stdin="1\n").stderr == ""


def test_without_a_terminal_watching_is_a_line_at_the_end(checks: Path, remotemedia: Command) -> None:
    done = remotemedia("run", checks, "-i", "-", "--watch", "--log-level", "error", stdin="1\n2\n")
    assert done.stdout == "-0.25\n-0.5\n"
    (line,) = done.stderr.splitlines()
    assert line.endswith("waiting 0  errors 0")


@pytest.mark.parametrize("columns", [80, 140])
def test_on_a_terminal_watching_is_a_table(columns: int, checks: Path, home: Path) -> None:
    leader, follower = pty.openpty()
    os.set_blocking(leader, False)
    environ = {**os.environ, "COLUMNS": str(columns), "LINES": "30", "TERM": "xterm-256color"}
    command: list[str | Path] = [SCRIPT, "run", checks, "-i", "-", "--watch"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=follower, stderr=follower, env=environ) as child:
        os.close(follower)
        assert child.stdin is not None
        child.stdin.write(b"1\n")
        child.stdin.close()
        shown = b""
        while child.poll() is None or shown[-1:] == b"":
            try:
                shown += os.read(leader, 65536)
            except BlockingIOError:
                time.sleep(0.01)
            except OSError:
                break
        assert child.wait(timeout=20) == 0
    os.close(leader)
    text = shown.decode()
    for said in ("-0.25", "looking at 2 (pipeline.py:18)", "node", "Twice", "Twice → Check", "p99"):
        assert said in text
    assert ("restarts" in text) == (columns == 140)
    assert text.index("-0.25") < text.rindex("Twice → Check")


def test_a_full_disk_is_told_without_a_traceback(checks: Path, home: Path) -> None:
    with Path("/dev/full").open("w") as full:
        for words in (["run", checks, "-i", "-"], ["inspect", checks], ["--version"]):
            done = subprocess.run(
                [SCRIPT, *words], stdout=full, stderr=subprocess.PIPE, input="1\n", text=True, check=False, timeout=60
            )
            assert done.returncode == 1
            assert "error[RM616]" in done.stderr
            assert "Traceback" not in done.stderr


def test_a_collector_is_sent_traces_and_metrics(checks: Path, remotemedia: Command) -> None:
    with collector() as server:
        environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": server.url, "OTEL_SERVICE_NAME": "notes"}
        done = remotemedia("run", checks, "-i", "-", "--log-level", "error", stdin="1\n", env=environ)
        assert (done.returncode, done.stderr) == (0, "")
        spans, last = server.spans(), server.last_metrics()
    assert {"verify", "open", "load", "run", "Twice", "Check", "run checks"} <= set(spans)
    counted = last["remotemedia.node.packets.out"].sum.data_points
    assert {plain(it.attributes)["remotemedia.node"]: it.as_int for it in counted} == {"Twice": 1, "Check": 1}


def test_a_failure_is_told_as_json_where_it_is_asked_for(checks: Path, remotemedia: Command, tmp_path: Path) -> None:
    remotemedia("run", checks, "-i", "-", "--metrics", tmp_path / "m.json", stdin="x\n")
    document = json.loads((tmp_path / "m.json").read_text())
    assert document["error"]["code"] == "RM612"
    assert "signer" in document["package"]
