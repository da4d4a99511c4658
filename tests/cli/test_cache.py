"""The cache on the command line: what it tells, keeps, drops and mends."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from remotemedia.runtime._push import push_package
from remotemedia.runtime.network import Network
from remotemedia.runtime.publish import build_package
from remotemedia.runtime.resolve import Resolver
from tests.cli.conftest import DOUBLE
from tests.conftest import Command
from tests.simulators.registry import RegistrySimulator

CALL = """\
from remotemedia import HFPipelineNode, Pipeline

p = Pipeline("{name}")
p.add(HFPipelineNode("n", remote_ref="{reference}"))
"""

Push = Callable[[str, str], str]


@pytest.fixture
def registry() -> Iterator[RegistrySimulator]:
    with RegistrySimulator() as simulator:
        yield simulator


@pytest.fixture
def push(registry: RegistrySimulator, home: Path, tmp_path: Path) -> Push:
    """Build a source and push it, in this process: its reference."""

    def run(name: str, source: str) -> str:
        file, reference = tmp_path / name / "pipeline.py", f"oci://{registry.host}/team/{name}:1.0"
        file.parent.mkdir()
        file.write_text(source)
        push_package(reference, build_package(file, tmp_path, environ=os.environ).path, network=Network())
        return reference

    return run


@pytest.fixture
def pulled(push: Push) -> str:
    reference = push("double", DOUBLE)
    Resolver(os.environ, Network()).resolve(reference)
    return reference


def test_packages_are_listed_pinned_and_removed(pulled: str, home: Path, remotemedia: Command) -> None:
    assert json.loads(remotemedia("cache", "pin", pulled, "--json").stdout)["pinned"]
    limited = {"REMOTEMEDIA_CACHE_SIZE": "1kB"}
    assert json.loads(remotemedia("cache", "gc", "--json", env=limited).stdout)["removed"] == []
    (package,) = json.loads(remotemedia("cache", "list", "--json").stdout)["packages"]
    assert package["references"] == [pulled]
    assert package["pinned"]
    done = remotemedia("cache", "gc", "--to-size", "0")
    assert done.stdout.splitlines()[1].endswith(" are pinned, and stay")
    done = remotemedia("cache", "clear", "--json")
    assert json.loads(done.stdout)["pinned"] == [package["digest"]]
    assert "is pinned, and stays; `--pinned` removes it" in done.stderr
    assert not json.loads(remotemedia("cache", "unpin", package["digest"], "--json").stdout)["pinned"]
    gone = json.loads(remotemedia("cache", "gc", "--to-size", "0", "--json").stdout)["removed"]
    assert [it["name"] for it in gone if it["kind"] == "package"] == [package["digest"]]
    assert not list((home / "pipelines").glob("[0-9a-f]*"))


def test_a_name_is_forgotten_where_the_package_has_another(pulled: str, push: Push, remotemedia: Command) -> None:
    again = push("again", DOUBLE)
    other = again.replace("/team/again", "/team/double").replace(":1.0", ":1.1")
    assert remotemedia("copy", pulled, other).returncode == 0
    assert remotemedia("pull", other).returncode == 0
    done = remotemedia("cache", "clear", pulled)
    assert done.stdout == f"forgot {pulled}; the package stays as {other}\n"


def test_the_digest_that_a_list_shows_names_the_package(pulled: str, remotemedia: Command) -> None:
    short = remotemedia("cache", "list").stdout.split()[0]
    assert len(short) == len("sha256:") + 12
    digest = json.loads(remotemedia("cache", "pin", short, "--json").stdout)["digest"]
    assert digest.startswith(short)
    assert json.loads(remotemedia("inspect", short, "--json").stdout)["digest"] == digest
    assert "error[RM501]" in remotemedia("verify", short).stderr  # it was found, and is not signed
    assert remotemedia("run", short, "--input", "-", stdin="1\n").returncode == 0
    assert remotemedia("approve", short, "--allow", "net=a:1").returncode == 0
    assert remotemedia("cache", "clear", "--pinned").returncode == 0
    assert f"{digest}: forgotten" in remotemedia("approve", "--revoke", short).stdout
    unknown = remotemedia("cache", "pin", "sha256:0123456789ab")
    assert "whose digest begins with `sha256:0123456789ab`, got none" in unknown.stderr


def test_damage_is_told_by_name_and_mended(pulled: str, home: Path, remotemedia: Command) -> None:
    """Bytes that rot without a trace are found when they are run; the run after that fetches them."""
    (module,) = (it for it in home.glob("pipelines/*/blobs/sha256/*") if it.read_bytes().startswith(b"PK"))
    before, content = module.stat(), module.read_bytes()
    module.chmod(0o644)
    module.write_bytes(content.replace(b"value * self", b"value + self"))
    os.utime(module, ns=(before.st_atime_ns, before.st_mtime_ns))
    refused = remotemedia("run", pulled, "--input", "-", stdin="5\n")
    assert refused.returncode == 3
    assert refused.stdout == ""
    assert "error[RM302]" in refused.stderr
    assert "the next run, or `remotemedia pull`, fetches it" in refused.stderr
    mended = remotemedia("run", pulled, "--input", "-", stdin="5\n")
    assert mended.stdout == "15\n"
    assert mended.stderr.startswith(f"warning: `{pulled}` was damaged in the cache, `modules/double.pynode` of it")
    assert json.loads(remotemedia("cache", "verify", "--json").stdout) == {"damaged": []}


def test_damage_is_told_once(pulled: str, home: Path, remotemedia: Command) -> None:
    (entry,) = home.glob("pipelines/[0-9a-f]*")
    (entry / "blobs/sha256" / entry.name).unlink()
    mended = remotemedia("run", pulled, "--input", "-", stdin="5\n")
    assert (mended.stdout, mended.stderr.count("damaged in the cache")) == ("15\n", 1)


def test_pull_fetches_what_the_nodes_are(push: Push, remotemedia: Command) -> None:
    inner = push("inner", DOUBLE)
    outer = push("outer", CALL.format(name="outer", reference=inner))
    done = remotemedia("pull", outer, "--json")
    assert done.returncode == 0, done.stderr
    (package,) = json.loads(done.stdout)["packages"]
    assert (package["node"], package["reference"]) == ("n", inner)
    again = remotemedia("run", outer, "--offline", "--input", "-", stdin="1\n")
    assert again.stdout == "3\n", again.stderr


def test_a_nested_package_out_of_reach_is_told_with_what_would_work(push: Push, remotemedia: Command) -> None:
    outer = push("outer", CALL.format(name="outer", reference="oci://127.0.0.1:9/tts:1"))
    done = remotemedia("run", outer, "--input", "-", stdin="1\n")
    assert done.returncode == 4
    assert "error[RM404]: node `n`: `oci://127.0.0.1:9/tts:1`: registry" in done.stderr
    assert "--mirror 127.0.0.1:9=HOST" in done.stderr
    assert "python FILE" in done.stderr
