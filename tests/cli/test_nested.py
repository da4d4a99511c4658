"""Packages that are nodes of packages, on the command line."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from remotemedia.runtime.network import Network
from remotemedia.runtime.resolve import Resolver
from tests.cli.conftest import DOUBLE, Build
from tests.conftest import Command
from tests.simulators.registry import RegistrySimulator

OUTER = """\
from remotemedia import HFPipelineNode, Node, Pipeline
from remotemedia.nodes.remote import RemoteExecutionNode


class Plus(Node):
    def process(self, value):
        return value + 1


p = Pipeline("{name}")
{body}
"""

PARAMETRIC = DOUBLE.replace("factor=3", 'factor=p.param("factor", 3)')

Push = Callable[..., str]


def outer(*lines: str, name: str = "outer") -> str:
    return OUTER.format(body="\n".join(lines), name=name)


def calls(reference: str, name: str = "inner") -> str:
    return f'p.add(HFPipelineNode("{name}", remote_ref="{reference}"))'


@pytest.fixture
def push(build: Build, remotemedia: Command, tmp_path: Path) -> Push:
    """Build a source and push it to a layout directory: its reference."""

    def run(source: str = DOUBLE, *, name: str = "inner") -> str:
        reference = f"oci-layout:{tmp_path / 'layout'}:{name}"
        done = remotemedia("push", reference, build(source, name=name))
        assert done.returncode == 0, done.stderr
        return reference

    return run


def test_a_package_is_a_node(build: Build, push: Push, remotemedia: Command) -> None:
    package = build(outer("p.add(Plus())", calls(push()), "p.add(Plus(name='last'))"))
    done = remotemedia("run", package, "--input", "-", stdin="1\n2\n")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "7\n10\n"


def test_packages_nest_and_show_as_paths(build: Build, push: Push, remotemedia: Command) -> None:
    inner = push()
    middle = push(outer(calls(inner), "p.add(Plus())", name="middle"), name="middle")
    package = build(outer(calls(middle, "middle"), calls(inner, "again")))
    assert remotemedia("run", package, "--input", "-", stdin="1\n").stdout == "12\n"
    explained = json.loads(remotemedia("run", package, "--explain", "--json").stdout)["nodes"]
    ids = ["middle", "middle/inner", "middle/inner/Double", "middle/Plus", "again", "again/Double"]
    assert [row["node"] for row in explained] == ids
    assert inner in explained[1]["why"]
    shown = json.loads(remotemedia("inspect", package, "--json").stdout)
    assert [row["id"] for row in shown["nodes"]] == ids
    assert [(it["node"], it["signature"]["status"]) for it in shown["packages"]] == [
        ("middle", "trusted"),
        ("middle/inner", "trusted"),
        ("again", "trusted"),
    ]
    assert "again/Double" in remotemedia("inspect", package).stdout


def test_a_graph_with_branches_takes_the_place_of_the_node(build: Build, push: Push, remotemedia: Command) -> None:
    lines = ("plus, twice = Plus(), Plus(name='other')", "p.add(plus)", "p.add(twice, after=[])")
    inner = push(outer(*lines, name="branches"), name="branches")
    package = build(outer("p.add(Plus())", calls(inner, "both"), "p.add(Plus(name='last'))"))
    done = remotemedia("run", package, "--input", "-", stdin="1\n")
    assert done.stdout == "4\n4\n", done.stderr


def test_parameters_of_a_nested_package_are_set(build: Build, push: Push, remotemedia: Command) -> None:
    package = build(outer(calls(push(PARAMETRIC))))
    for word, out in [("inner/factor=10", "20\n"), ("inner/Double.factor=5", "10\n")]:
        assert remotemedia("run", package, "--input", "-", "--set", word, stdin="2\n").stdout == out
    wrong = remotemedia("run", package, "--input", "-", "--set", "inner/speed=5", stdin="2\n")
    assert "error[RM214]" in wrong.stderr


def test_one_class_of_a_package_runs_with_the_arguments_it_is_given(
    build: Build, push: Push, remotemedia: Command
) -> None:
    inner = push(DOUBLE + "p.add(Double(name='second'))\n")
    node = f'p.add(RemoteExecutionNode("Double", node_config={{"factor": 7}}, remote_ref="{inner}"))'
    package = build(outer(node))
    assert remotemedia("run", package, "--input", "-", stdin="2\n").stdout == "14\n"
    other = build(outer(node.replace('"Double"', '"Halve"')), name="other")
    refused = remotemedia("run", other, "--input", "-", stdin="2\n")
    assert "error[RM635]: expected a node of the class `Halve`" in refused.stderr


def test_a_nested_node_gets_no_grant_but_by_its_name(build: Build, push: Push, remotemedia: Command) -> None:
    package = build(outer("p.add(Plus())", calls(push())))
    words = ("run", package, "--input", "-", "--runtime", "inner/Double=python")
    for allowed in ([], ["--allow", "python"], ["--allow", "Plus:python"]):
        done = remotemedia(*words, *allowed, stdin="1\n")
        assert done.returncode == 3
        assert "wants `python` for `inner/Double`" in done.stderr
        assert "--allow inner/Double:python" in done.stderr
    for allowed in (["--allow", "inner/Double:python"], ["--allow", "inner:python"]):
        rows = json.loads(remotemedia(*words, "--explain", "--json", *allowed).stdout)["nodes"]
        assert {row["node"]: row["missing"] for row in rows}["inner/Double"] == []
        assert {row["node"]: row["grants"] for row in rows}["Plus"] == []
    assert remotemedia(*words, "--allow", "inner:python", stdin="1\n").stdout == "6\n"


def test_an_approval_of_a_package_holds_where_it_is_a_node(build: Build, push: Push, remotemedia: Command) -> None:
    inner = push()
    assert remotemedia("approve", inner, "--allow", "python").returncode == 0
    package = build(outer("p.add(Plus())", calls(inner)))
    rows = json.loads(remotemedia("run", package, "--explain", "--json").stdout)["nodes"]
    assert {row["node"]: row["grants"] for row in rows} == {"Plus": [], "inner": ["python"], "inner/Double": ["python"]}


def test_an_untrusted_nested_signer_is_refused_in_production(
    build: Build, push: Push, remotemedia: Command, tmp_path: Path
) -> None:
    stranger = {"REMOTEMEDIA_HOME": str(tmp_path / "stranger")}
    theirs = tmp_path / "theirs" / "pipeline.py"
    theirs.parent.mkdir()
    theirs.write_text(DOUBLE)
    assert remotemedia("build", theirs, "-o", tmp_path / "out", env=stranger).returncode == 0
    reference = f"oci-layout:{tmp_path / 'layout'}:theirs"
    assert remotemedia("push", reference, next((tmp_path / "out").glob("*.rmpkg")), env=stranger).returncode == 0
    package = build(outer(calls(reference)))
    done = remotemedia("run", package, "--input", "-", stdin="1\n", env={"REMOTEMEDIA_ENV": "production"})
    assert done.returncode == 3
    assert "error[RM502]: node `inner`:" in done.stderr
    warned = remotemedia("run", package, "--input", "-", stdin="1\n")
    assert warned.stdout == "3\n"
    assert "node `inner`:" in warned.stderr


def test_a_package_inside_itself_is_refused(build: Build, push: Push, remotemedia: Command, tmp_path: Path) -> None:
    first = push()
    itself = build(outer(calls(first)), name="itself")
    layout = tmp_path / "layout"
    assert remotemedia("push", f"oci-layout:{layout}:inner", itself).returncode == 0  # the tag now leads back
    done = remotemedia("run", itself, "--input", "-", stdin="1\n")
    assert done.returncode == 5
    assert "error[RM634]" in done.stderr


def test_a_changed_byte_of_a_nested_package_is_refused(
    build: Build, push: Push, remotemedia: Command, tmp_path: Path
) -> None:
    reference = push()
    package = build(outer(calls(reference)))
    # Its files, one by one; a signature that is changed is refused as such.
    blobs = tmp_path / "layout" / "blobs" / "sha256"
    resolved = Resolver(os.environ, Network(offline=True)).resolve(reference)
    for digest in (resolved.digest, *(it.digest for it in resolved.manifest.blobs)):
        blob = blobs / digest.removeprefix("sha256:")
        data = blob.read_bytes()
        blob.chmod(0o644)
        blob.write_bytes(data[:-2] + bytes([data[-2] ^ 1]) + data[-1:])
        done = remotemedia("run", package, "--input", "-", stdin="1\n")
        assert (done.returncode, done.stdout) == (3, ""), done.stderr
        blob.write_bytes(data)
    assert remotemedia("run", package, "--input", "-", stdin="1\n").stdout == "3\n"


def test_a_digest_pins_the_nested_package(build: Build, push: Push, remotemedia: Command) -> None:
    reference = push()
    digest = Resolver(os.environ, Network(offline=True)).resolve(reference).digest
    package = build(outer(calls(f"{reference}@{digest}")))
    assert remotemedia("run", package, "--input", "-", stdin="1\n").stdout == "3\n"
    layout = Path(reference.removeprefix("oci-layout:").rpartition(":")[0])
    shutil.rmtree(layout)
    changed = build(DOUBLE.replace("factor=3", "factor=4"), name="changed")
    assert remotemedia("push", reference, changed).returncode == 0  # the same tag, another package
    done = remotemedia("run", package, "--input", "-", stdin="1\n")
    assert done.returncode != 0
    assert "error[RM402]: node `inner`:" in done.stderr


def test_secrets_reach_only_packages_that_declare_them(build: Build, push: Push, remotemedia: Command) -> None:
    told = DOUBLE.replace("factor=3", 'factor=p.secret("WORD")').replace("value * self.factor", "self.factor[::-1]")
    package = build(outer("p.add(Plus())", calls(push(told))))
    words = ("run", package, "--input", "-")
    assert "error[RM214]" in remotemedia(*words, stdin="1\n").stderr
    env = {"WORD": "stressed", "OTHER": "x"}
    assert remotemedia(*words, "--secret", "WORD=env:WORD", stdin="1\n", env=env).stdout == '"desserts"\n'
    both = remotemedia(*words, "--secret", "WORD=env:WORD", "--secret", "OTHER=env:OTHER", stdin="1\n", env=env)
    assert "error[RM214]: expected a declared secret" in both.stderr or "OTHER" in both.stderr


def test_scenario_fetch_on_reference(build: Build, remotemedia: Command) -> None:
    with RegistrySimulator() as registry:
        reference = f"oci://{registry.host}/tts:1.0"
        assert remotemedia("push", reference, build(name="inner")).returncode == 0
        package = build(outer("p.add(Plus())", calls(reference)))
        assert remotemedia("run", package, "--offline", "--input", "-", stdin="1\n").returncode == 4
        first = remotemedia("run", package, "--input", "-", stdin="1\n")
        assert first.stdout == "6\n", first.stderr
    again = remotemedia("run", package, "--offline", "--input", "-", stdin="1\n")
    assert again.stdout == "6\n", again.stderr


def test_a_package_of_a_registry_names_no_files_of_this_machine(build: Build, push: Push, remotemedia: Command) -> None:
    with RegistrySimulator() as registry:
        reference = f"oci://{registry.host}/local:1.0"
        assert remotemedia("push", reference, build(outer(calls(push())))).returncode == 0
        done = remotemedia("run", reference, "--input", "-", stdin="1\n")
        assert "error[RM635]: node `inner`: expected a package of a registry" in done.stderr


def test_a_source_in_a_package_takes_nothing(build: Build, push: Push, remotemedia: Command) -> None:
    source = outer("p.add(Count())", name="source").replace(
        "class Plus(Node):",
        "class Count(Node):\n    def process(self):\n        yield from (5, 6)\n\n\nclass Plus(Node):",
    )
    package = build(outer(calls(push(source)), "p.add(Plus())"))
    assert remotemedia("run", package).stdout == "6\n7\n"
    fed = build(outer("p.add(Plus())", calls(push(source, name="fed")), "p.add(Plus(name='b'))"), name="taker")
    done = remotemedia("run", fed, "--input", "-", stdin="1\n")
    assert "error[RM635]: expected the package of node `inner` to take packets" in done.stderr


def test_a_node_on_a_host_is_not_run_here(build: Build, push: Push, remotemedia: Command) -> None:
    node = calls(push()).replace("remote_ref", 'host="far.example:50052", remote_ref')
    done = remotemedia("run", build(outer(node)), "--input", "-", stdin="1\n")
    assert "error[RM610]: node `inner` runs on `far.example:50052`" in done.stderr


def test_a_failure_names_the_nested_node(build: Build, push: Push, remotemedia: Command) -> None:
    package = build(outer("p.add(Plus())", calls(push(DOUBLE.replace("value * self.factor", "1 / (value - 2)")))))
    done = remotemedia("run", package, "--input", "-", stdin="1\n")
    assert "error[RM602]: node `inner/Double` failed in process" in done.stderr
    skipped = remotemedia("run", package, "--input", "-", "--on-error", "inner=skip", stdin="1\n3\n")
    assert skipped.stdout == "0.5\n"


def test_a_checkpoint_is_of_the_nested_packages_too(
    build: Build, push: Push, remotemedia: Command, tmp_path: Path
) -> None:
    reference = push()
    package = build(outer("p.add(Plus())", calls(reference)))
    given, out, place = tmp_path / "in.jsonl", tmp_path / "out.jsonl", tmp_path / "checkpoints"
    given.write_text("1\n2\n")
    words = ("run", package, "--input", given, "--output", out)
    done = remotemedia(*words, "--checkpoint", place)
    assert done.returncode == 0, done.stderr
    assert out.read_text() == "6\n9\n"
    changed = build(DOUBLE.replace("factor=3", "factor=4"), name="changed")
    assert remotemedia("push", reference, changed).returncode == 0
    assert "error[RM623]" in remotemedia(*words, "--resume", place).stderr
