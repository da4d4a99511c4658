"""Pushes and pulls over a network that fails, and processes that are killed on the way."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
from collections.abc import Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from remotemedia.registry import (
    Cache,
    Descriptor,
    HttpRegistry,
    LayoutDirectory,
    Manifest,
    PackageArchive,
    Reference,
    RetryPolicy,
    copy,
    digest_of,
    media_types,
)
from remotemedia.registry._transport import Timeouts
from tests.hostile_packages.faults import FAULTS, SLACK, Row
from tests.registry.pulling import Puller
from tests.registry.samples import Package, manifest_bytes
from tests.registry.transfers import NAME
from tests.simulators.fault_proxy import FaultProxy
from tests.simulators.registry import RegistrySimulator

LAYERS, LAYER_BYTES = 8, 1 << 20
KILLS = int(os.environ.get("KILLS", "8"))
SEED = os.environ.get("SEED", "6")
SHORT = Timeouts(connect=1, stall=0.3, commit=0.3, window=5)
PATIENT = RetryPolicy(attempts=8, base_delay=0.001, max_delay=5)
IN_FLIGHT = 4  # blobs that move at the same time


def make_package() -> Package:
    """Make a signed package of several large blobs, whose bytes cannot be taken for anything else."""
    blobs = [bytes([number]) * LAYER_BYTES for number in range(LAYERS)]
    config = json.dumps({"name": "large"}).encode()
    layers = [
        Descriptor(
            media_types.PACKAGE_MODEL, digest_of(data), len(data), annotations={media_types.TITLE: f"models/{place}"}
        )
        for place, data in enumerate(blobs)
    ]
    raw = manifest_bytes(media_types.PACKAGE, Descriptor.of(media_types.PACKAGE_CONFIG, config), layers, {})
    package = Package(raw, {digest_of(data): data for data in (config, *blobs)})
    package.sign()
    return package


PACKAGE = make_package()
TOTAL = sum(map(len, PACKAGE.blobs.values()))


@pytest.fixture
def simulator() -> Iterator[RegistrySimulator]:
    with RegistrySimulator() as registry:
        yield registry


@pytest.fixture
def proxy(simulator: RegistrySimulator) -> Iterator[FaultProxy]:
    with FaultProxy(simulator.host) as network:
        yield network


def client(host: str, uploads: Path | None = None) -> HttpRegistry:
    return HttpRegistry(host, NAME, environ={}, retry=PATIENT, timeouts=SHORT, uploads=uploads)


def push(host: str, path: Path) -> None:
    with PackageArchive(PACKAGE.pack(path / "x.rmpkg")) as archive:
        copy(archive, client(host), archive.resolve(None), tag="1.0")


def assert_whole(layout: LayoutDirectory) -> None:
    assert layout.resolve("1.0").digest == PACKAGE.digest
    for blob in Manifest.parse(PACKAGE.manifest).blobs:
        assert b"".join(layout.open_blob(blob)) == PACKAGE.blobs[blob.digest]
    assert len(layout.referrers(PACKAGE.digest)) == len(PACKAGE.referrers)


@pytest.mark.parametrize("row", FAULTS, ids=[row.name for row in FAULTS])
def test_a_pull_arrives_whole_and_nothing_is_sent_twice(
    row: Row, simulator: RegistrySimulator, proxy: FaultProxy, tmp_path: Path
) -> None:
    push(simulator.host, tmp_path)
    proxy.faults = row.placed(TOTAL, random.Random(f"{SEED} {row.name}"))  # noqa: S311 - places, not secrets
    layout, registry = LayoutDirectory(tmp_path / "pulled"), client(proxy.host)
    copy(registry, layout, registry.resolve("1.0"), tag="1.0")
    assert len(proxy.struck) == len(row.kinds)
    assert_whole(layout)
    assert not list((tmp_path / "pulled/blobs/sha256").glob(".*"))
    assert proxy.down < TOTAL + SLACK * (1 + len(row.kinds))


@pytest.mark.parametrize("row", FAULTS, ids=[row.name for row in FAULTS])
def test_a_push_arrives_whole_and_nothing_is_sent_twice(
    row: Row, simulator: RegistrySimulator, proxy: FaultProxy, tmp_path: Path
) -> None:
    proxy.faults = row.placed(TOTAL, random.Random(f"{SEED} {row.name}"))  # noqa: S311 - places, not secrets
    push(proxy.host, tmp_path)
    assert len(proxy.struck) == len(row.kinds)
    repository = simulator.repository(NAME)
    assert repository.tags["1.0"] == PACKAGE.digest
    assert repository.blobs.items() >= PACKAGE.blobs.items()
    assert set(map(digest_of, PACKAGE.referrers)) <= repository.manifests.keys()
    assert simulator.received < TOTAL + SLACK * (1 + len(row.kinds))


def test_a_pull_that_is_killed_again_and_again_goes_on_and_the_cache_stays_whole(
    simulator: RegistrySimulator, proxy: FaultProxy, tmp_path: Path
) -> None:
    push(simulator.host, tmp_path)
    home, reference = tmp_path / "home", f"oci://{proxy.host}/{NAME}:1.0"
    chance, cache = random.Random(SEED), Cache(home)  # noqa: S311 - the same
    killed = 0
    for left in range(KILLS, 0, -1):
        puller = Puller(home, reference)
        puller.go()
        moved = proxy.up + proxy.down
        assert proxy.wait_for(moved + int(chance.uniform(0, 2) * max(0, TOTAL - moved) / (left + 1)), 30)
        puller.kill()
        killed += puller.end() is None
        assert cache.verify() == ()
        assert cache.get(Reference.parse(reference)) is None or proxy.down >= TOTAL
    last = Puller(home, reference)
    last.go()
    assert last.end() == PACKAGE.digest
    assert killed
    assert cache.verify() == ()
    entry = cache.get(Reference.parse(reference))
    assert entry is not None
    assert_whole_entry(entry.path)
    assert proxy.down < TOTAL + SLACK * (1 + KILLS)
    assert not list((home / "blobs/sha256").glob(".*"))


def assert_whole_entry(path: Path) -> None:
    layout = LayoutDirectory(path)
    for blob in Manifest.parse(layout.manifest(PACKAGE.digest)).blobs:
        assert b"".join(layout.open_blob(blob)) == PACKAGE.blobs[blob.digest]


@pytest.mark.parametrize("forgets", [False, True], ids=["keeps-parts", "forgets-parts"])
def test_a_push_that_is_killed_again_and_again_goes_on(
    simulator: RegistrySimulator, proxy: FaultProxy, tmp_path: Path, *, forgets: bool
) -> None:
    """Where a registry keeps what came of a request that broke off, nothing is sent twice.

    One that forgets it, as docker-registry 2.8 does, gets again what was on its way, and nothing that had arrived.
    """
    simulator.faults.forgets_broken = forgets
    chance = random.Random(SEED)  # noqa: S311 - the same
    path = PACKAGE.pack(tmp_path / "x.rmpkg")
    for _ in range(KILLS):
        point = proxy.up + proxy.down + int(chance.uniform(0, 1) * TOTAL / (KILLS + 1))
        proxy.hold(point)
        pusher = start_push(proxy.host, path)
        assert proxy.wait_for(point, 30)
        pusher.kill()
        pusher.join()
        proxy.cut()
        assert pusher.exitcode != 0
        assert simulator.repository(NAME).tags == {}
    last = start_push(proxy.host, path)
    last.join()
    assert last.exitcode == 0
    assert simulator.repository(NAME).tags["1.0"] == PACKAGE.digest
    assert simulator.repository(NAME).blobs.items() >= PACKAGE.blobs.items()
    assert bool(simulator.paths("PATCH")) is not forgets
    if forgets:
        assert simulator.received < TOTAL + KILLS * IN_FLIGHT * LAYER_BYTES
    else:
        assert simulator.received == TOTAL
    assert list((tmp_path / "uploads").iterdir()) == []


def start_push(host: str, path: Path) -> BaseProcess:
    process = multiprocessing.get_context("forkserver").Process(target=_push, args=(host, path), daemon=True)
    process.start()
    return process


def _push(host: str, path: Path) -> None:
    registry = client(host, path.parent / "uploads")
    with PackageArchive(path) as archive:
        copy(archive, registry, archive.resolve(None), tag="1.0")
