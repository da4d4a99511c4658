"""Blobs that are checked in the background, while other things are done."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from remotemedia.errors import PackageError
from remotemedia.registry import BlobCheck, Descriptor, LayoutDirectory, PackageArchive
from remotemedia.registry._extent import Extent
from remotemedia.registry._layout_source import LayoutSource
from tests.registry.samples import Package, make_package

OCTETS = "application/octet-stream"


def blob_file(place: Path, blob: Descriptor) -> Path:
    return place / "blobs/sha256" / blob.digest.removeprefix("sha256:")


def change(file: Path, at: int) -> None:
    """Flip a bit of a file whose mode and length stay."""
    file.chmod(0o644)
    with file.open("r+b") as opened:
        opened.seek(at)
        byte = opened.read(1)
        opened.seek(at)
        opened.write(bytes([byte[0] ^ 1]))


@pytest.fixture
def package() -> Package:
    return make_package()


@pytest.fixture
def place(package: Package, tmp_path: Path) -> Path:
    package.write(tmp_path / "layout")
    return tmp_path / "layout"


def blobs_of(package: Package) -> list[Descriptor]:
    return [Descriptor.of(OCTETS, data) for data in package.blobs.values()]


def test_blobs_that_match_pass_in_a_directory_and_in_a_file(package: Package, place: Path, tmp_path: Path) -> None:
    with BlobCheck(LayoutDirectory(place), blobs_of(package)) as check:
        check.finish()
    with PackageArchive(package.pack(tmp_path / "a.rmpkg")) as archive, BlobCheck(archive, blobs_of(package)) as check:
        check.finish()


@pytest.mark.parametrize("at", [0, 300_000, -1])
def test_a_changed_byte_is_refused_wherever_it_is(package: Package, place: Path, at: int) -> None:
    change(blob_file(place, package.model), at % package.model.size)
    with BlobCheck(LayoutDirectory(place), blobs_of(package)) as check, pytest.raises(PackageError) as refused:
        check.finish()
    assert refused.value.code == "RM302"
    assert package.model.digest in refused.value.message


def test_of_several_the_first_is_named_although_others_are_found_earlier(package: Package, place: Path) -> None:
    order = sorted(blobs_of(package), key=lambda blob: -blob.size)  # the large one takes longest
    for blob in order:
        change(blob_file(place, blob), blob.size - 1)
    for first in order:
        blobs = [first, *(blob for blob in order if blob != first)]
        with BlobCheck(LayoutDirectory(place), blobs) as check, pytest.raises(PackageError, match=first.digest):
            check.finish()


def test_one_that_is_missing_and_one_of_another_size_are_refused(package: Package, place: Path) -> None:
    file = blob_file(place, package.model)
    file.chmod(0o644)
    os.truncate(file, package.model.size - 1)
    with BlobCheck(LayoutDirectory(place), [package.model]) as check, pytest.raises(PackageError, match="bytes, got"):
        check.finish()
    file.unlink()
    with BlobCheck(LayoutDirectory(place), [package.model]) as check, pytest.raises(PackageError, match="is missing"):
        check.finish()


class Shrinking(LayoutDirectory):
    """Whose files are cut off once their size was looked at."""

    @contextmanager
    def blob_extent(self, descriptor: Descriptor) -> Iterator[Extent]:
        with super().blob_extent(descriptor) as extent:
            file = blob_file(self.path, descriptor)
            file.chmod(0o644)
            os.truncate(file, extent.size // 2)
            yield extent


def test_a_file_that_becomes_shorter_while_it_is_read_is_refused(package: Package, place: Path) -> None:
    with BlobCheck(Shrinking(place), [package.model]) as check, pytest.raises(PackageError, match="does not match"):
        check.finish()


class Broken(LayoutDirectory):
    """Whose files fail in a way that nobody has thought of."""

    @contextmanager
    def blob_extent(self, descriptor: Descriptor) -> Iterator[Extent]:
        with super().blob_extent(descriptor) as extent:
            yield extent
            raise MemoryError


def test_whatever_goes_wrong_in_a_thread_is_no_success(package: Package, place: Path) -> None:
    with BlobCheck(Broken(place), [package.model]) as check, pytest.raises(MemoryError):
        check.finish()


def test_what_no_thread_does_is_done_by_who_finishes(
    package: Package, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with BlobCheck(LayoutDirectory(place), blobs_of(package)) as check:
        check.finish()
    change(blob_file(place, package.model), 0)
    with (
        BlobCheck(LayoutDirectory(place), blobs_of(package)) as check,
        pytest.raises(PackageError, match="does not match"),
    ):
        check.finish()


class Endless(LayoutSource):
    """A blob that would take hours."""

    def __init__(self) -> None:
        super().__init__("endless")

    @contextmanager
    def _extent(self, name: str) -> Iterator[Extent]:
        with Path("/dev/zero").open("rb") as file:
            yield Extent(file.fileno(), 0, 1 << 50)


def test_who_leaves_is_not_kept_waiting_for_what_nobody_asks_for() -> None:
    before = threading.active_count()
    began = time.monotonic()
    with BlobCheck(Endless(), [Descriptor(OCTETS, f"sha256:{'0' * 64}", 1 << 50)]):
        assert threading.active_count() > before
    assert threading.active_count() == before
    assert time.monotonic() - began < 60  # seconds, far from the hours
