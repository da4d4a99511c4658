"""Pushing to and pulling from a simulated registry, as the tests here do it again and again."""

from pathlib import Path

import pytest

from remotemedia.errors import RemoteMediaError
from remotemedia.registry import HttpRegistry, LayoutDirectory, PackageArchive, RetryPolicy, copy
from remotemedia.registry._referrers import JOBS
from tests.registry.samples import Package
from tests.simulators.registry import RegistrySimulator

QUICK = RetryPolicy(attempts=3, base_delay=0.001, max_delay=5)
NAME = "voice/tts"


def client(simulator: RegistrySimulator, environ: dict[str, str] | None = None) -> HttpRegistry:
    return HttpRegistry(simulator.host, NAME, environ=environ or {}, retry=QUICK)


def push(package: Package, registry: HttpRegistry, path: Path, tag: str = "1.0", *, jobs: int = JOBS) -> None:
    with PackageArchive(package.pack(path / "x.rmpkg")) as archive:
        copy(archive, registry, archive.resolve(None), tag=tag, jobs=jobs)


def pull(registry: HttpRegistry, path: Path, tag: str = "1.0") -> LayoutDirectory:
    layout = LayoutDirectory(path)
    copy(registry, layout, registry.resolve(tag), tag=tag)
    return layout


def refusal(registry: HttpRegistry, path: Path, tag: str = "1.0") -> RemoteMediaError:
    """Pull, and give the error; nothing may be stored under the tag, and nothing kept of bytes that are wrong."""
    layout = LayoutDirectory(path / "refused")
    with pytest.raises(RemoteMediaError) as caught:
        copy(registry, layout, registry.resolve(tag), tag=tag)
    assert not (path / "refused/index.json").exists() or layout.tags() == []
    assert caught.value.code != "RM405" or not list((path / "refused").glob("blobs/sha256/.*"))
    return caught.value
