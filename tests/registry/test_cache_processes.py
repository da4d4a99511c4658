"""Several processes at one cache, and processes that are killed at any moment."""

import os
import random
import threading
import time
from pathlib import Path

import pytest

from remotemedia.registry import Cache, HttpRegistry, Reference, copy
from tests.registry.pulling import Puller
from tests.registry.samples import Package, make_package
from tests.registry.transfers import QUICK
from tests.simulators.registry import RegistrySimulator

NAME = "model"
KILLS = int(os.environ.get("KILLS", "6"))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def push(package: Package, simulator: RegistrySimulator, path: Path, tag: str) -> str:
    registry = HttpRegistry(simulator.host, NAME, environ={}, retry=QUICK)
    copy(package.write(path / f"source-{tag}"), registry, package.descriptor, tag=tag)
    simulator.requests.clear()
    return f"oci://{simulator.host}/{NAME}:{tag}"


def test_eight_processes_fetch_each_blob_once(
    registry_simulator: RegistrySimulator, home: Path, tmp_path: Path
) -> None:
    """Half of them pull another version, which has the same model."""
    packages = [make_package(version) for version in ("1", "2")]
    references = [push(package, registry_simulator, tmp_path, tag) for tag, package in zip("ab", packages, strict=True)]
    pullers = [Puller(home, references[index % 2]) for index in range(8)]
    for puller in pullers:
        puller.go()
    assert [puller.end() for puller in pullers] == [packages[index % 2].digest for index in range(8)]
    fetched = [path for path in registry_simulator.paths("GET") if "/blobs/" in path]
    assert len(fetched) == len(set(fetched))
    assert packages[0].model.digest == packages[1].model.digest
    cache = Cache(home)
    assert cache.verify() == ()
    assert len(cache.list()) == 2
    assert cache.unused() == ()


def test_a_process_that_is_killed_leaves_a_cache_that_is_whole(
    registry_simulator: RegistrySimulator, home: Path, tmp_path: Path
) -> None:
    package = make_package(model_size=16 << 20)
    text = push(package, registry_simulator, tmp_path, "a")
    reference = Reference.parse(text)
    cache, chance = Cache(home), random.Random(os.environ.get("SEED", "6"))  # noqa: S311 - moments, not secrets
    longest, survivors = 0.06, 0
    for _ in range(KILLS):
        puller = Puller(home, text)
        puller.go()
        time.sleep(chance.uniform(0, longest))
        puller.kill()
        digest = puller.end()
        assert cache.verify() == ()
        found = cache.get(reference)
        if digest is not None:  # it was too late
            assert found is not None
            survivors += 1
            longest /= 2
        if found is not None:
            assert found.digest == package.digest
            del found
            cache.clear()
    puller = Puller(home, text)
    puller.go()
    assert puller.end() == package.digest
    assert cache.verify() == ()
    assert cache.sweep()
    assert survivors < max(KILLS, 1)
    names = [it.name for it in (home / "pipelines").iterdir()]
    assert len(names) == 2, names  # the entry and the lock
    assert not list((home / "blobs/sha256").glob(".*"))


def test_a_pull_under_way_hinders_nobody(registry_simulator: RegistrySimulator, home: Path, tmp_path: Path) -> None:
    """Listing, removing another package and making room do not wait for it; its blobs are not swept away."""
    other = push(make_package("other", 4000), registry_simulator, tmp_path, "b")
    place = Reference.parse(other)
    registry = HttpRegistry(place.host, place.path, environ={}, retry=QUICK)
    Cache(home).add(registry, registry.resolve("b"), place)
    package = make_package()
    source = package.write(tmp_path / "slow")
    cache = Cache(home)
    removing = threading.Lock()  # blobs are read by several threads

    class Slow:
        """Looks after the cache in the middle of a pull from it."""

        def __getattr__(self, name: str) -> object:
            if name in {"open_blob", "read_blob"}:
                assert not cache.sweep()
                assert cache.unused() == ()
                assert len(cache.list()) <= 1
                with removing:
                    if cache.list():
                        cache.remove(Reference.parse(other))
            return getattr(source, name)

    entry = cache.add(Slow(), package.descriptor, None)  # type: ignore[arg-type] # it is a source by delegation
    assert entry.digest == package.digest
    assert [it.digest for it in cache.list()] == [package.digest]
    assert cache.sweep()
    assert cache.verify() == ()
