"""A registry and packages for every test here."""

from collections.abc import Iterator

import pytest
from remotemedia.registry import HttpRegistry, RetryPolicy

from tests.registry.samples import Package, signed_package
from tests.simulators.registry import RegistrySimulator

QUICK = RetryPolicy(attempts=3, base_delay=0.001, max_delay=5)


@pytest.fixture
def registry_simulator() -> Iterator[RegistrySimulator]:
    """A registry with native referrers and no login."""
    with RegistrySimulator() as simulator:
        yield simulator


@pytest.fixture
def registry(registry_simulator: RegistrySimulator) -> HttpRegistry:
    """A repository of that registry."""
    return HttpRegistry(registry_simulator.host, "voice/tts", environ={}, retry=QUICK)


@pytest.fixture(scope="session")
def package() -> Package:
    """A signed package; do not change it."""
    return signed_package()
