"""Archives that could do harm, read by Python and by the executor."""

from __future__ import annotations

import os
import resource
import time
from pathlib import Path

import pytest

from remotemedia.errors import PackageError
from remotemedia.packager import BuiltPackage
from tests.hostile_packages.archives import ARCHIVES, Archive, entries_of, written
from tests.hostile_packages.readers import Readers
from tests.packager.projects import Project

PATIENCE = 5.0  # seconds in which any archive is refused, on a machine with other work
MEMORY = 64 << 20  # bytes that reading one may add


@pytest.fixture(params=ARCHIVES, ids=[row.name for row in ARCHIVES])
def row(request: pytest.FixtureRequest) -> Archive:
    """Each of the table."""
    found: Archive = request.param
    return found


def test_a_hostile_archive_comes_to_what_the_table_says(
    row: Archive, built: BuiltPackage, readers: Readers, tmp_path: Path
) -> None:
    path = tmp_path / "x.rmpkg"
    path.write_bytes(row.make(entries_of(built.path.read_bytes())))
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    python, executor = readers.python(path), readers.executor(path)
    assert time.monotonic() - began < PATIENCE
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) << 10 < MEMORY
    assert python.code in row.python, python
    assert executor.code in row.executor, executor
    if python.code is None:
        assert python == readers.right
    if executor.code is None:
        assert executor.content == readers.played


def test_the_entries_of_the_table_are_a_package_before_something_is_put_in(
    built: BuiltPackage, readers: Readers, tmp_path: Path
) -> None:
    path = tmp_path / "x.rmpkg"
    path.write_bytes(written(entries_of(built.path.read_bytes())))
    assert readers.python(path) == readers.right
    assert readers.executor(path).content == readers.played


@pytest.mark.parametrize("name", ["x" * 300, "a\nb", "."])
def test_a_name_of_no_file_is_refused(readers: Readers, tmp_path: Path, name: str) -> None:
    assert readers.python(tmp_path / f"{name}.rmpkg").code in {"RM319", "RM401"}


@pytest.mark.parametrize("names", [("a.bin", "A.bin"), ("\u00e9", "e\u0301"), ("a", "a/b")])
def test_what_readers_refuse_is_not_built(tmp_path: Path, names: tuple[str, str]) -> None:
    project = Project(tmp_path / "project", sources={}, entries=(), files=dict.fromkeys(names, b"1"))
    with pytest.raises(PackageError) as caught:
        project.build(tmp_path / "out")
    assert caught.value.code == "RM304"
    assert not list((tmp_path / "out").glob("*"))


def test_a_pipe_in_the_place_of_a_package_is_refused_at_once(readers: Readers, tmp_path: Path) -> None:
    path = tmp_path / "x.rmpkg"
    os.mkfifo(path)
    assert readers.python(path).code == "RM319"
