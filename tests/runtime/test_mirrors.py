"""A mirror may add to what is known of a package, and takes nothing away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from remotemedia.errors import RegistryError, TrustError
from remotemedia.registry import HttpRegistry, RetryPolicy, copy
from remotemedia.runtime.network import Network
from remotemedia.runtime.resolve import PullPolicy, ResolvedPackage, Resolver
from remotemedia.trust import KeyStore
from tests.registry.samples import KEY, Package, make_package
from tests.simulators.registry import RegistrySimulator

NAME = "voice/tts"


@pytest.fixture
def environ(home: Path) -> dict[str, str]:
    KeyStore(home).trust(KEY.public.to_pem(), "ann")
    return {"REMOTEMEDIA_HOME": str(home), "REMOTEMEDIA_ENV": "production", "HOME": str(home)}


@pytest.fixture
def origin() -> Iterator[RegistrySimulator]:
    with RegistrySimulator() as simulator:
        yield simulator


@pytest.fixture
def mirror() -> Iterator[RegistrySimulator]:
    with RegistrySimulator() as simulator:
        yield simulator


def push(package: Package, simulator: RegistrySimulator, path: Path) -> None:
    registry = HttpRegistry(simulator.host, NAME, environ={}, retry=RetryPolicy(attempts=1))
    copy(package.write(path / simulator.host), registry, package.descriptor, tag="1.0")


def strip(simulator: RegistrySimulator) -> None:
    """Take all signatures away."""
    manifests = simulator.repository(NAME).manifests
    for digest in [digest for digest, (_, raw) in manifests.items() if b'"subject"' in raw]:
        del manifests[digest]


def resolve(
    environ: dict[str, str], origin: RegistrySimulator, pull: str, *mirrors: RegistrySimulator
) -> ResolvedPackage:
    network = Network(environ=environ, mirrors={origin.host: tuple(it.host for it in mirrors)})
    return Resolver(environ, network).resolve(f"oci://{origin.host}/{NAME}:1.0", pull=PullPolicy(pull))


def signed() -> Package:
    package = make_package("1", 4000)
    package.sign()
    return package


@pytest.mark.parametrize("mode", ["production", "development"])
def test_a_mirror_without_signatures_takes_none_away(
    environ: dict[str, str], origin: RegistrySimulator, mirror: RegistrySimulator, tmp_path: Path, mode: str
) -> None:
    package, environ = signed(), environ | {"REMOTEMEDIA_ENV": mode}
    push(package, origin, tmp_path)
    push(package, mirror, tmp_path)
    strip(mirror)
    resolve(environ, origin, "missing")
    origin.faults.unavailable, origin.faults.retry_after = 99, "3600"
    assert resolve(environ, origin, "always", mirror).verdict.status == "trusted"
    assert resolve(environ, origin, "never").verdict.status == "trusted"


def test_a_mirror_that_is_refused_leaves_what_is_here(
    environ: dict[str, str], origin: RegistrySimulator, mirror: RegistrySimulator, tmp_path: Path
) -> None:
    """Its statement names somebody trusted, and is wrong."""
    package, other = signed(), make_package("2", 4000)
    push(package, origin, tmp_path)
    resolve(environ, origin, "missing")
    package.refer(other.blobs[other_bundle(other)])
    push(package, mirror, tmp_path)
    origin.faults.unavailable, origin.faults.retry_after = 99, "3600"
    with pytest.raises(TrustError) as caught:
        resolve(environ, origin, "always", mirror)
    assert caught.value.code == "RM504"
    assert resolve(environ, origin, "never").verdict.status == "trusted"


def other_bundle(other: Package) -> str:
    before = set(other.blobs)
    other.sign()
    return next(digest for digest in other.blobs if digest not in before and len(other.blobs[digest]) > 100)


def test_a_mirror_adds_a_signature(
    environ: dict[str, str], origin: RegistrySimulator, mirror: RegistrySimulator, tmp_path: Path
) -> None:
    package, environ = make_package("1", 4000), environ | {"REMOTEMEDIA_ENV": "development"}
    push(package, origin, tmp_path)
    assert resolve(environ, origin, "missing").verdict.status == "unsigned"
    package.sign()
    push(package, mirror, tmp_path)
    origin.faults.unavailable, origin.faults.retry_after = 99, "3600"
    assert resolve(environ, origin, "always", mirror).verdict.status == "trusted"
    assert resolve(environ, origin, "never").verdict.status == "trusted"


def test_the_registry_itself_takes_a_signature_away(
    environ: dict[str, str], origin: RegistrySimulator, tmp_path: Path
) -> None:
    push(signed(), origin, tmp_path)
    resolve(environ, origin, "missing")
    strip(origin)
    with pytest.raises(TrustError) as caught:
        resolve(environ, origin, "always")
    assert caught.value.code == "RM501"
    with pytest.raises(RegistryError) as missing:
        resolve(environ, origin, "never")
    assert missing.value.code == "RM407"


def test_what_is_in_use_stays_and_is_not_used_again(
    environ: dict[str, str], origin: RegistrySimulator, tmp_path: Path
) -> None:
    push(signed(), origin, tmp_path)
    used = resolve(environ, origin, "missing")
    strip(origin)
    with pytest.raises(TrustError):
        resolve(environ, origin, "always")
    used.check_content()
    assert used.document("manifest.json")["version"] == "v1"
    with pytest.raises(TrustError) as caught:
        resolve(environ, origin, "never")
    assert caught.value.code == "RM501"


def test_a_registry_that_sends_wrong_bytes_takes_no_signature_away(
    environ: dict[str, str], origin: RegistrySimulator, tmp_path: Path
) -> None:
    package = signed()
    push(package, origin, tmp_path)
    resolve(environ, origin, "missing")
    bundle = next(digest for digest, data in package.blobs.items() if b"dsseEnvelope" in data)
    origin.faults.tampered = {bundle}
    assert resolve(environ, origin, "always").verdict.status == "trusted"
    assert resolve(environ, origin, "never").verdict.status == "trusted"
