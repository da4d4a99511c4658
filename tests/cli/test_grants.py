"""What a package wants, what it is granted, and where its nodes run, on the command line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.cli.conftest import Build
from tests.conftest import Command
from tests.runtime.tiny import PROGRAM, install, make_wheel

MIXED = (
    PROGRAM.replace('p = Pipeline("tiny")\np.add(Double())\n', "")
    + """\
class Same(Node):
    def process(self, value):
        return value


p = Pipeline("tiny")
p.add(Double()).add(Same())
"""
)


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with the tiny distribution, which is installed, as the only one that pip finds."""
    directory, site = tmp_path / "index", tmp_path / "site"
    directory.mkdir()
    install(make_wheel(directory), site)
    monkeypatch.setenv("PYTHONPATH", str(site), prepend=":")
    for name, value in {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(directory)}.items():
        monkeypatch.setenv(name, value)
    return directory


@pytest.fixture
def package(build: Build, index: Path) -> Path:
    """A node that needs native code, and one that needs nothing; the wheel is in the package."""
    assert index.is_dir()
    return build(MIXED, "--vendor-wheels")


def rows(remotemedia: Command, *words: object, env: Mapping[str, str] | None = None) -> dict[str, dict[str, object]]:
    done = remotemedia("run", *words, "--explain", "--json", env=env)
    assert done.returncode == 0, done.stderr
    return {row["node"]: row for row in json.loads(done.stdout)["nodes"]}


def test_a_refusal_says_what_is_wanted_by_whom_why_and_how_to_agree(package: Path, remotemedia: Command) -> None:
    done = remotemedia("run", package, "--input", "-", stdin="1\n")
    assert done.returncode == 3
    assert done.stdout == ""
    assert done.stderr == (
        "error[RM507]: package `tiny` wants `python` for `Double` (`tinynative._bisect`: it is native code of "
        "`tinynative` 1.0), which it was not granted\n"
        "  = help: if you agree, run it again with `--allow Double:python`; `remotemedia approve` remembers it\n"
    )


def test_inspect_shows_what_is_wanted_by_whom(package: Path, remotemedia: Command) -> None:
    shown = remotemedia("inspect", package)
    assert "wants --allow Double:python" in shown.stdout
    assert "tinynative 1.0" in shown.stdout
    report = json.loads(remotemedia("inspect", package, "--json").stdout)
    assert report["environment"]["packages"][0]["wheel"] == "tinynative-1.0-py3-none-any.whl"


def test_an_approval_is_remembered_for_this_package_alone(
    package: Path, build: Build, remotemedia: Command, index: Path
) -> None:
    assert index.is_dir()
    approved = remotemedia("approve", package, "--json")
    assert json.loads(approved.stdout)["grants"] == ["Double:python"]
    explained = rows(remotemedia, package)
    assert explained["Double"]["grants"] == ["python"]
    assert explained["Double"]["missing"] == []
    assert explained["Same"]["grants"] == []
    changed = build(MIXED.replace("return value", "return [value]"), "--vendor-wheels", name="changed")
    assert rows(remotemedia, changed)["Double"]["missing"] == ["python"]
    (listed,) = json.loads(remotemedia("approve", "--list", "--json").stdout)["approvals"]
    assert listed["reference"] == str(package)
    assert remotemedia("approve", listed["digest"], "--revoke").returncode == 0
    assert rows(remotemedia, package)["Double"]["missing"] == ["python"]
    assert "was not approved" in remotemedia("approve", package, "--revoke").stdout


def test_an_approval_may_give_less_and_says_what_is_missing(package: Path, remotemedia: Command) -> None:
    done = remotemedia("approve", package, "--allow", "read=/data")
    assert "still wants Double:python" in done.stdout
    assert rows(remotemedia, package)["Double"]["missing"] == ["python"]


def test_explain_shows_runtimes_reasons_grants_and_limits(package: Path, remotemedia: Command) -> None:
    done = remotemedia("run", package, "--explain", "--timeout", "2", "--allow", "Double:python")
    assert done.returncode == 0, done.stderr
    reason = "`tinynative._bisect`: it is native code of `tinynative` 1.0"
    assert done.stdout.splitlines() == [
        f"  Double  python       {reason}",
        "                       not as native, onnx, wasm, program, pipeline: it has no form for that",
        f"                       not as python-wasm, rustpython: {reason}",
        f"                       wants python, granted: {reason}",
        "                       granted python",
        "                       limits timeout_s=2.0",
        "                       on error fail",
        "  Same    python-wasm  the standard library is enough",
        "                       could run as rustpython, python",
        "                       not as native, onnx, wasm, program, pipeline: it has no form for that",
        "                       limits timeout_s=2.0",
        "                       on error fail",
    ]


def test_a_runtime_is_asked_for_by_node_or_for_all_that_can(package: Path, remotemedia: Command) -> None:
    one = rows(remotemedia, package, "--runtime", "Same=python")
    assert (one["Same"]["runtime"], one["Same"]["why"]) == ("python", "it was asked for")
    assert one["Same"]["missing"] == ["python"]
    every = rows(remotemedia, package, "--runtime", "rustpython")
    assert (every["Double"]["runtime"], every["Same"]["runtime"]) == ("python", "rustpython")


@pytest.mark.parametrize(
    ("word", "code", "said"),
    [
        ("Double=python-wasm", "RM509", "it is native code of `tinynative`"),
        ("Same=onnx", "RM509", "it has no form for that"),
        ("onnx", "RM509", "expected a node that can run in `onnx`"),
        ("Same=jvm", "RM701", "with a kind of `native`"),
        ("Other=python", "RM701", "expected one of the nodes `Double`, `Same`"),
    ],
)
def test_a_runtime_that_cannot_be_is_refused_with_the_reason(
    word: str, code: str, said: str, package: Path, remotemedia: Command
) -> None:
    done = remotemedia("run", package, "--runtime", word)
    assert done.returncode == {"RM509": 3, "RM701": 2}[code]
    assert f"error[{code}]" in done.stderr
    assert said in done.stderr


def test_a_granted_node_runs_in_what_its_package_locks_and_sees_nothing_else(
    build: Build, index: Path, remotemedia: Command
) -> None:
    source = PROGRAM.replace(
        "        return double(value)\n",
        "        try:\n            import pydantic\n        except ImportError:\n            return double(value)\n"
        "        return 'the host is seen'\n",
    )
    package = build(source, "--vendor-wheels")
    for wheel in index.iterdir():
        wheel.unlink()
    assert remotemedia("approve", package).returncode == 0
    done = remotemedia("run", package, "--offline", "--input", "-", stdin="21\n")
    assert (done.returncode, done.stdout) == (0, "42\n"), done.stderr
    assert "granted as approved before: Double:python" in done.stderr
    assert "making the Python environment of `tiny`: " in done.stderr


def test_an_approvals_file_that_is_damaged_stops_a_run(package: Path, remotemedia: Command, home: Path) -> None:
    (home / "approvals.json").write_text("{")
    done = remotemedia("run", package, "--allow", "python")
    assert done.returncode == 1
    assert "error[RM508]" in done.stderr


def test_a_build_without_hashes_warns(build: Build, index: Path, remotemedia: Command) -> None:
    assert index.is_dir()
    done = remotemedia("run", build(MIXED), "--allow", "Double:python", "--input", "-")
    assert done.returncode == 1
    assert "error[RM510]" in done.stderr
    assert "--vendor-wheels" in done.stderr


def test_cache_gc_tells_what_it_removes(remotemedia: Command, home: Path) -> None:
    stray = home / "blobs" / "sha256" / ("0" * 64)
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"12345")
    report = json.loads(remotemedia("cache", "gc", "--dry-run", "--json").stdout)
    assert report == {
        "removed": [{"kind": "blob", "name": f"sha256:{'0' * 64}", "size": 5, "why": "of no cached package"}],
        "freed": 5,
        "pinned": 0,
        "dry_run": True,
    }
    assert "freed 5 B" in remotemedia("cache", "gc").stdout
    assert not stray.exists()
