"""Packages that are nodes of packages: which, how many, and what they are granted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from remotemedia.errors import PackageError, RegistryError
from remotemedia.registry._workers import GivenUpError
from remotemedia.runtime._at_once import Check
from remotemedia.runtime._push import push_package
from remotemedia.runtime.network import Network
from remotemedia.runtime.publish import build_package
from remotemedia.runtime.resolve import ResolvedPackage, Resolver
from remotemedia.runtime.run import NodeChoice, RunOptions, choose, granted, make_plan, resolve_nested
from tests.simulators.registry import RegistrySimulator

PLUS = """\
from remotemedia import HFPipelineNode, Node, Pipeline


class Plus(Node):
    def process(self, value):
        return value + 1


p = Pipeline("{name}")
p.add(Plus())
{calls}
"""

Make = Callable[..., str]


@pytest.fixture
def make(tmp_path: Path, home: Path) -> Make:
    """Build a package of a node and of the packages at these paths: its path."""

    def run(name: str, *inner: str) -> str:
        calls = "\n".join(f'p.add(HFPipelineNode("n{index}", remote_ref="{path}"))' for index, path in enumerate(inner))
        file = tmp_path / name / "pipeline.py"
        file.parent.mkdir()
        file.write_text(PLUS.format(name=name, calls=calls))
        environ = {"REMOTEMEDIA_HOME": str(home), "REMOTEMEDIA_ENV": "development"}
        return str(build_package(file, tmp_path, environ=environ).path)

    return run


@pytest.fixture
def resolver(home: Path) -> Resolver:
    environ = {"REMOTEMEDIA_HOME": str(home), "REMOTEMEDIA_ENV": "development"}
    return Resolver(environ, Network(offline=True))


def test_packages_nest_eight_deep_and_no_deeper(make: Make, resolver: Resolver) -> None:
    path = make("level-0")
    for depth in range(1, 9):
        path = make(f"level-{depth}", path)
    found = resolve_nested(resolver.resolve(path), resolver.resolve)
    assert list(found) == ["/".join(["n0"] * depth) for depth in range(1, 9)]
    deeper = resolver.resolve(make("level-9", path))
    with pytest.raises(PackageError, match="nested at most 8 deep") as caught:
        resolve_nested(deeper, resolver.resolve)
    assert caught.value.code == "RM634"


def test_a_run_has_at_most_64_packages(make: Make, resolver: Resolver) -> None:
    leaf = make("leaf")
    assert len(resolve_nested(resolver.resolve(make("many", *[leaf] * 63)), resolver.resolve)) == 63
    with pytest.raises(PackageError, match="at most 64 packages") as caught:
        resolve_nested(resolver.resolve(make("more", *[leaf] * 64)), resolver.resolve)
    assert caught.value.code == "RM634"


def test_scenario_parallel_package_fetching(make: Make, resolver: Resolver) -> None:
    package = resolver.resolve(make("outer", *(make(f"inner-{n}") for n in range(3))))
    met = threading.Barrier(3, timeout=20)

    def resolve(text: str, *, check: Check) -> ResolvedPackage:
        met.wait()  # nobody goes on before all three are here
        return resolver.resolve(text, check=check)

    assert len(resolve_nested(package, resolve)) == 3


def test_each_package_is_fetched_once_whoever_names_it(make: Make, home: Path) -> None:
    """Two nodes, one of them in another package, name the same one; a third names it by another tag."""
    environ = {"REMOTEMEDIA_HOME": str(home), "REMOTEMEDIA_ENV": "development"}
    with RegistrySimulator() as registry:
        inner, place = Path(make("inner")), f"oci://{registry.host}"
        middle = f"{place}/middle:1"
        for tag in ("1", "2"):
            push_package(f"{place}/inner:{tag}", inner, network=Network())
        push_package(middle, Path(make("middle", f"{place}/inner:1")), network=Network())
        package = Resolver(environ, Network()).resolve(make("outer", f"{place}/inner:1", middle, f"{place}/inner:2"))
        registry.requests.clear()
        found = resolve_nested(package, Resolver(environ, Network(environ=environ)).resolve)
        assert list(found) == ["n0", "n1", "n1/n0", "n2"]
        assert len({found[name].package.digest for name in ("n0", "n1/n0", "n2")}) == 1
        layers = [path.rpartition("/")[2] for path in registry.paths("GET") if "/inner/blobs/" in path]
        wanted = [layer.digest for layer in found["n0"].package.manifest.blobs]
        assert sorted(it for it in layers if it in wanted) == sorted(wanted)
        assert len([path for path in registry.paths("HEAD") if path.endswith("/inner/manifests/1")]) == 1


def test_a_package_that_is_not_there_is_told_with_its_node(make: Make, resolver: Resolver, tmp_path: Path) -> None:
    package = resolver.resolve(make("outer", f"oci-layout:{tmp_path / 'nowhere'}:1"))
    with pytest.raises(PackageError, match=r"^node `n0`: ") as caught:
        resolve_nested(package, resolver.resolve)
    assert caught.value.details["node"] == "n0"


def test_one_that_fails_does_not_wait_for_the_others(make: Make, resolver: Resolver) -> None:
    package = resolver.resolve(make("outer", "oci://registry.example/slow:1", "oci://registry.example/gone:1"))
    arrived, enough = threading.Event(), threading.Event()

    def resolve(text: str, *, check: Check) -> ResolvedPackage:
        if "gone" in text:
            arrived.wait(20)
            raise RegistryError("there is no such package", code="RM402")
        arrived.set()
        assert enough.wait(60), "nobody waits for this one"
        return resolver.resolve(text, check=check)

    with pytest.raises(RegistryError, match=r"^node `n1`: `oci://registry.example/gone:1`: there is no such package"):
        resolve_nested(package, resolve)
    assert not enough.is_set()
    enough.set()


def until_told(check: Check) -> None:
    """Take long, and ask now and then."""
    for _ in range(20_000):
        check()
        time.sleep(0.001)
    raise TimeoutError


def test_one_that_fails_ends_what_is_under_way(make: Make, resolver: Resolver) -> None:
    """Packages that are nodes of one of them are told too."""
    package = resolver.resolve(make("outer", "oci://registry.example/slow:1", "oci://registry.example/gone:1"))
    inner = resolver.resolve(make("inner", "oci://registry.example/deep:1", "oci://registry.example/deeper:1"))
    arrived, ended = threading.Barrier(3, timeout=20), list[str]()

    def resolve(text: str, *, check: Check) -> ResolvedPackage:
        if "gone" in text:
            arrived.wait()
            raise RegistryError("there is no such package", code="RM402")
        if "slow" in text:
            resolve_nested(inner, resolve, check=check)
        arrived.wait()
        try:
            until_told(check)
        except GivenUpError:
            ended.append(text)
            raise
        return inner

    with pytest.raises(RegistryError, match=r"^node `n1`"):
        resolve_nested(package, resolve)
    assert sorted(ended) == ["oci://registry.example/deep:1", "oci://registry.example/deeper:1"]


class EnoughError(Exception):
    """Somebody has had enough."""


def test_a_pull_ends_when_it_is_told_and_goes_on_the_next_time(make: Make, home: Path) -> None:
    environ = {"REMOTEMEDIA_HOME": str(home), "REMOTEMEDIA_ENV": "development"}
    resolver, calls = Resolver(environ, Network(environ=environ)), list[int]()

    def check() -> None:
        calls.append(1)
        if len(calls) > 3:
            raise EnoughError

    with RegistrySimulator() as registry:
        reference = f"oci://{registry.host}/inner:1"
        push_package(reference, Path(make("inner")), network=Network())
        with pytest.raises(EnoughError):
            resolver.resolve(reference, check=check)
        assert not list((home / "pipelines").glob("[0-9a-f]*"))
        assert resolver.resolve(reference).digest


def test_grants_and_policies_reach_what_they_name(make: Make, resolver: Resolver, home: Path) -> None:
    inner = make("inner")
    package = resolver.resolve(make("outer", make("middle", inner), inner))
    nested = resolve_nested(package, resolver.resolve)
    words = ("read=/all", "n0:read=/n0", "n0/n0/Plus:read=/deep", "Plus:read=/own")
    options = RunOptions(allow=words, on_error={"": "skip", "n0": "fail", "n0/n0/Plus": "restart:2"})
    choices = choose(package, nested=nested)
    grants, _ = granted(package, words, home, nested=nested)
    plan = make_plan(choices, options, grants=grants, nested=nested)["nodes"]
    assert {name: (it["grants"], it["on_error"]) for name, it in plan.items()} == {
        "Plus": (["read=/all", "read=/own"], "skip"),
        "n0": (["read=/all", "read=/n0"], "fail"),
        "n0/Plus": (["read=/n0"], "fail"),
        "n0/n0": (["read=/n0"], "fail"),
        "n0/n0/Plus": (["read=/deep"], "restart:2"),
        "n1": (["read=/all"], "skip"),
        "n1/Plus": ([], "skip"),
    }
    assert plan["n1"]["pipeline"] == {"package": inner, "digest": nested["n1"].package.digest}
    assert "pipeline" not in plan["Plus"]


def test_a_runtime_is_chosen_for_nested_nodes_too(make: Make, resolver: Resolver) -> None:
    package = resolver.resolve(make("outer", make("inner")))
    nested = resolve_nested(package, resolver.resolve)

    def kinds(*words: str) -> dict[str, str]:
        chosen: tuple[NodeChoice, ...] = choose(package, words, nested=nested)
        return {it.id: it.runtime for it in chosen}

    assert kinds("python") == {"Plus": "python", "n0": "pipeline", "n0/Plus": "python"}
    assert kinds("n0/Plus=rustpython") == {"Plus": "python-wasm", "n0": "pipeline", "n0/Plus": "rustpython"}
