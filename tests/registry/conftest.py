"""A registry and packages for every test here."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from remotemedia.registry import HttpRegistry
from tests.registry.samples import Package, signed_package
from tests.registry.transfers import client, push
from tests.simulators.registry import RegistrySimulator


@pytest.fixture
def registry_simulator() -> Iterator[RegistrySimulator]:
    """A registry with native referrers and no login."""
    with RegistrySimulator() as simulator:
        yield simulator


@pytest.fixture
def registry(registry_simulator: RegistrySimulator) -> HttpRegistry:
    """A repository of that registry."""
    return client(registry_simulator)


@pytest.fixture
def held(registry_simulator: RegistrySimulator, package: Package, tmp_path: Path) -> RegistrySimulator:
    """That registry, holding the package as `1.0`; its log starts empty."""
    push(package, client(registry_simulator), tmp_path)
    registry_simulator.requests.clear()
    return registry_simulator


@pytest.fixture(scope="session")
def package() -> Package:
    """A signed package; do not change it."""
    return signed_package()
