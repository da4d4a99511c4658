"""The cache over time: room is made, what is used or pinned stays, what is damaged is found and fetched again."""

import logging
import os
import time
from pathlib import Path

import pytest

from remotemedia.errors import RegistryError
from remotemedia.registry import Cache, CacheEntry, Reference, hex_of
from tests.registry.samples import Package, make_package, signed_package
from tests.registry.test_cache import pull, push
from tests.simulators.registry import RegistrySimulator

SMALL = 4000


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def cache(home: Path) -> Cache:
    return Cache(home)


def put(cache: Cache, path: Path, version: str, *, age: float = 0, size: int | None = None) -> Reference:
    """Add a package that was used so many seconds ago; its digest. Models of one size are one blob."""
    package = make_package(version, size or SMALL + ord(version))
    layout = package.write(path / f"from-{version}")
    entry = cache.add(layout, layout.resolve("1.0"), Reference.parse(f"oci://r/a:{version}"))
    os.utime(entry.path, (time.time() - age,) * 2)
    return Reference.parse(package.digest)


def versions(cache: Cache) -> list[str]:
    return sorted(text.removeprefix("oci://r/a:") for it in cache.list() for text in it.references)


def damaged(home: Path, entry: CacheEntry, digest: str, *, later: bool = True) -> None:
    """Change a letter of a blob, as a program does that writes into it."""
    path = entry.path / "blobs/sha256" / hex_of(digest)
    before = path.stat()
    path.chmod(0o644)
    with path.open("r+b") as file:
        file.write(b"X")
    if later:
        os.utime(path, (time.time() + 1,) * 2)
    else:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


# Room


def test_room_is_made_for_a_new_package_by_what_was_not_used_longest(cache: Cache, home: Path, tmp_path: Path) -> None:
    for version, age in (("a", 30), ("b", 10), ("c", 20)):
        put(cache, tmp_path, version, age=age)
    size = cache.size() // 3
    del cache
    limited = Cache(home, limit=3 * size + size // 2)
    put(limited, tmp_path, "d")
    assert versions(limited) == ["b", "c", "d"]
    assert limited.size() <= 3 * size + size // 2
    assert limited.get(Reference.parse("oci://r/a:c")) is not None  # which is a use
    put(limited, tmp_path, "e")
    assert versions(limited) == ["c", "d", "e"]
    assert limited.verify() == ()


def test_a_package_above_the_limit_stays_until_the_next(home: Path, tmp_path: Path) -> None:
    cache = Cache(home, limit=SMALL // 2)
    put(cache, tmp_path, "a")
    assert versions(cache) == ["a"]
    put(cache, tmp_path, "b")
    assert versions(cache) == ["b"]


def test_shared_blobs_count_once(cache: Cache, home: Path, tmp_path: Path) -> None:
    for version in ("a", "b", "c"):
        put(cache, tmp_path, version, size=100_000)  # the same model
    assert cache.make_room(110_000) == ()


def test_what_is_pinned_or_in_use_stays(cache: Cache, tmp_path: Path) -> None:
    first, second, third = (put(cache, tmp_path, version, age=10) for version in ("a", "b", "c"))
    assert cache.pin(first).pinned
    used = cache.get(second)
    assert [it.digest for it in cache.make_room(0, dry_run=True)] == [third.digest]
    assert [it.digest for it in cache.make_room(0)] == [third.digest]
    assert versions(cache) == ["a", "b"]
    del used
    assert not cache.pin(first, keep=False).pinned
    assert len(cache.make_room(0)) == 2
    assert cache.list() == ()
    assert cache.size() == 0


def test_what_is_in_use_is_not_removed(cache: Cache, tmp_path: Path) -> None:
    reference = put(cache, tmp_path, "a")
    used = cache.get(Reference.parse("oci://r/a:a"))
    with pytest.raises(RegistryError) as caught:
        cache.remove(reference)
    assert caught.value.code == "RM414"
    assert [it.digest for it in cache.clear()] == [reference.digest]
    assert used is not None
    assert used.open().resolve(None).digest == reference.digest
    del used
    assert cache.clear() == ()
    assert cache.list() == ()


def test_a_pin_goes_with_its_package(cache: Cache, tmp_path: Path) -> None:
    reference = put(cache, tmp_path, "a")
    cache.pin(reference)
    assert [it.digest for it in cache.clear()] == [reference.digest]
    assert cache.clear(pinned=True) == ()
    put(cache, tmp_path / "again", "a")
    assert not cache.list()[0].pinned
    cache.clear()
    with pytest.raises(RegistryError) as caught:
        cache.pin(reference)
    assert caught.value.code == "RM402"


def test_partial_blobs_are_kept_for_a_day(cache: Cache, home: Path, tmp_path: Path) -> None:
    put(cache, tmp_path, "a")
    fresh, old = (home / "blobs/sha256" / f".part-{letter * 64}" for letter in "ab")
    for path in (fresh, old):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 25 * 3600,) * 2)
    assert [path for path, _ in cache.partials()] == [old]
    assert cache.sweep()
    assert fresh.exists()
    assert not old.exists()
    cache.clear()
    assert not fresh.exists()


def test_a_cache_that_cannot_be_written_still_serves(cache: Cache, home: Path, tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    put(cache, tmp_path, "a")
    for path in (home / "pipelines", home):
        path.chmod(0o555)
    try:
        assert cache.get(Reference.parse("oci://r/a:a")) is not None
    finally:
        for path in (home, home / "pipelines"):
            path.chmod(0o755)


# Damage


def test_a_file_that_was_edited_is_found_by_its_name_and_fetched_again(  # noqa: PLR0917 - fixtures
    registry_simulator: RegistrySimulator,
    cache: Cache,
    home: Path,
    package: Package,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    reference = push(package, registry_simulator, tmp_path)
    pull(cache, reference)
    damaged(home, cache.list()[0], package.model.digest)
    with caplog.at_level(logging.WARNING, "remotemedia"):
        assert cache.get(reference) is None
        pull(cache, reference)
    assert "`models/vad.onnx` of it is to be fetched again" in caplog.text
    assert cache.get(reference) is not None
    assert cache.verify() == ()
    assert [path for path in registry_simulator.paths("GET") if "/blobs/" in path].count(
        f"/v2/model/blobs/{package.model.digest}"
    ) == 2


def test_a_file_that_was_touched_is_as_good_as_before(cache: Cache, home: Path, tmp_path: Path) -> None:
    put(cache, tmp_path, "a")
    entry = cache.list()[0]
    blob = max((entry.path / "blobs/sha256").iterdir(), key=lambda it: it.stat().st_size)
    os.utime(blob)
    before = (entry.path / "index.json").stat().st_mtime_ns
    assert cache.get(Reference.parse("oci://r/a:a")) is not None
    assert (entry.path / "index.json").stat().st_mtime_ns > before  # so that it is not hashed every time


def test_bytes_that_rot_are_found_by_verify_and_fetched_again(
    registry_simulator: RegistrySimulator, cache: Cache, home: Path, package: Package, tmp_path: Path
) -> None:
    reference = push(package, registry_simulator, tmp_path)
    pull(cache, reference)
    damaged(home, cache.list()[0], package.model.digest, later=False)
    assert cache.get(reference) is not None  # nobody hashes a gigabyte for each look
    (found,) = cache.verify()
    assert (found.digest, found.title, found.blob) == (package.digest, "models/vad.onnx", package.model.digest)
    assert cache.get(reference) is None
    pull(cache, reference)
    assert cache.verify() == ()


@pytest.mark.parametrize("what", ["index.json", "oci-layout", "manifest", "signature", "signature's manifest"])
def test_documents_that_were_damaged_are_fetched_again(
    registry_simulator: RegistrySimulator, cache: Cache, home: Path, tmp_path: Path, what: str
) -> None:
    package = signed_package()
    reference = push(package, registry_simulator, tmp_path)
    pull(cache, reference)
    entry = cache.list()[0]
    referrer = entry.open().referrers(package.digest)[0]
    if what in {"index.json", "oci-layout"}:
        (entry.path / what).write_bytes(b"{}")
    elif what == "signature":
        bundles = [it for it in (entry.path / "blobs/sha256").iterdir() if b"payloadType" in it.read_bytes()[:4000]]
        damaged(home, entry, f"sha256:{bundles[0].name}")
    else:
        damaged(home, entry, package.digest if what == "manifest" else referrer.digest, later=False)
    assert cache.get(reference) is None
    pull(cache, reference)
    assert cache.get(reference) is not None
    assert cache.verify() == ()


def test_links_to_a_damaged_file_are_not_used_again(cache: Cache, home: Path, tmp_path: Path) -> None:
    first = put(cache, tmp_path, "a", size=100_000)
    entry = cache.list()[0]
    blob = max((entry.path / "blobs/sha256").iterdir(), key=lambda it: it.stat().st_size)
    damaged(home, entry, f"sha256:{blob.name}", later=False)
    put(cache, tmp_path, "b", size=100_000)  # shares the file, which nobody knows to be damaged
    assert len(cache.verify()) >= 1
    put(cache, tmp_path / "again", "a", size=100_000)
    put(cache, tmp_path / "again", "b", size=100_000)
    assert cache.verify() == ()
    assert cache.get(first) is not None


def test_what_somebody_else_put_among_the_blobs_is_left_alone(cache: Cache, home: Path, tmp_path: Path) -> None:
    put(cache, tmp_path, "a")
    before = cache.size()
    stray = home / "blobs/sha256/backup.txt"
    stray.write_text("x")
    assert cache.size() == before
    cache.clear()
    assert cache.size() == 0
    assert stray.exists()
