"""What writes files, each as one operation on one directory: `WRITES` is a table of what comes of it if it cannot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from remotemedia.packager import attach, referrer_of
from remotemedia.registry import (
    Cache,
    Credentials,
    HttpRegistry,
    LayoutDirectory,
    Manifest,
    PackageArchive,
    Reference,
    copy,
    store_login,
)
from remotemedia.runtime._approvals import Approval, Approvals
from remotemedia.trust import SIGNATURE_PREDICATE, KeyStore, SigningKey, sign_statement
from tests.packager.projects import KEY, Project
from tests.registry.samples import make_package, signed_package
from tests.registry.transfers import NAME, QUICK
from tests.simulators.registry import RegistrySimulator

__all__ = ["WRITES", "Write"]

PACKAGE = signed_package()
OTHER = SigningKey.generate()
DIGEST = "sha256:" + "ab" * 32


@dataclass(frozen=True)
class Write:
    """One row.

    Attributes:
        name: what is written.
        run: writes it below a directory, with the help of a registry; run again it does the same.
        codes: of which one must come if it cannot be written.
        check: asserts that what stands in the directory is whole, or not there.
        before: what stands there already.
        grows: files that may have changed when it fails: signatures come before the package.
    """

    name: str
    run: Callable[[Path, RegistrySimulator], object]
    codes: frozenset[str]
    check: Callable[[Path], object]
    before: Callable[[Path, RegistrySimulator], object] = lambda _place, _registry: None
    grows: frozenset[str] = frozenset()


def _client(simulator: RegistrySimulator) -> HttpRegistry:
    return HttpRegistry(simulator.host, NAME, environ={}, retry=QUICK)


def _pull(place: Path, simulator: RegistrySimulator) -> object:
    registry = _client(simulator)
    reference = Reference.parse(f"oci://{simulator.host}/{NAME}:1.0")
    return Cache(place / "home").add(registry, registry.resolve("1.0"), reference)


def _cache_is_whole(place: Path) -> None:
    cache = Cache(place / "home")
    damage = cache.verify()
    assert damage == (), damage
    for entry in cache.list():
        layout = entry.open()
        assert layout.resolve(entry.digest).digest == PACKAGE.digest
        assert len(layout.referrers(entry.digest)) == len(PACKAGE.referrers)


def _copy(place: Path, simulator: RegistrySimulator) -> None:
    registry = _client(simulator)
    copy(registry, LayoutDirectory(place / "layout"), registry.resolve("1.0"), tag="1.0")


def _layout_is_whole(place: Path) -> None:
    layout = LayoutDirectory(place / "layout")
    if (place / "layout/index.json").exists() and "1.0" in layout.tags():
        manifest = Manifest.parse(layout.manifest(layout.resolve("1.0").digest))
        for blob in manifest.blobs:
            assert b"".join(layout.open_blob(blob)) == PACKAGE.blobs[blob.digest]
        assert len(layout.referrers(PACKAGE.digest)) == len(PACKAGE.referrers)


def _older(place: Path, _: RegistrySimulator) -> object:
    return make_package("0").write(place / "layout", "0")


def _older_is_whole(place: Path) -> None:
    package = make_package("0")
    layout = LayoutDirectory(place / "layout")
    assert layout.resolve("0").digest == package.digest
    _layout_is_whole(place)


def _build(place: Path, _: RegistrySimulator) -> object:
    project = Project(place.parent / f"{place.name}-project", files={"tone.wav": bytes(9000)}).write()
    return project.build(place, key=KEY)


def _packages_are_whole(place: Path) -> None:
    for path in place.glob("*.rmpkg"):
        with PackageArchive(path) as archive:
            manifest = Manifest.parse(archive.manifest(archive.resolve(None).digest))
            for blob in manifest.blobs:
                assert sum(map(len, archive.open_blob(blob))) == blob.size


def _attach(place: Path, _: RegistrySimulator) -> None:
    (path,) = place.glob("*.rmpkg")
    with PackageArchive(path) as archive:
        digest = archive.resolve(None).digest
        manifest = Manifest.parse(archive.manifest(digest))
    bundle = sign_statement(OTHER, digest, SIGNATURE_PREDICATE, {})
    attach(path, digest, [referrer_of(bundle, SIGNATURE_PREDICATE, manifest)])


def _approve(place: Path, _: RegistrySimulator) -> None:
    Approvals(place).add(Approval(DIGEST, "oci://r/a:1", ("net=a:1",)))


def _log_in(place: Path, _: RegistrySimulator) -> object:
    return store_login("r.example", Credentials("ann", "secret"), {"DOCKER_CONFIG": str(place)})


def _other_login(place: Path, _: RegistrySimulator) -> object:
    return store_login("s.example", Credentials("bob", "other"), {"DOCKER_CONFIG": str(place)})


def _logins_are_whole(place: Path) -> None:
    assert b"s.example" in (place / "config.json").read_bytes()
    assert (place / "config.json").read_bytes().endswith(b"}")


def _make_key(place: Path, _: RegistrySimulator) -> object:
    store = KeyStore(place)
    return store.load("ann") if store.has("ann") else store.generate("ann")


_INDEX = frozenset({"layout/index.json"})

WRITES = (
    Write("a package into the cache", _pull, frozenset({"RM408"}), _cache_is_whole),
    Write("a package into a new layout directory", _copy, frozenset({"RM408"}), _layout_is_whole),
    Write("a package into a layout directory", _copy, frozenset({"RM408"}), _older_is_whole, _older, _INDEX),
    Write("a package that is built", _build, frozenset({"RM307"}), _packages_are_whole),
    Write("a signature into a package", _attach, frozenset({"RM307"}), _packages_are_whole, _build),
    Write("an approval", _approve, frozenset({"RM508"}), lambda place: Approvals(place).all()),
    Write("a login", _log_in, frozenset({"RM413"}), _logins_are_whole, _other_login),
    Write("a key", _make_key, frozenset({"RM506"}), lambda place: KeyStore(place).list()),
)
