"""Files that change as a whole: the old content or the new, and nothing beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from remotemedia.trust.whole_files import replace_file, replacing, write_new


def modes(directory: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o777 for path in directory.iterdir()}


def test_a_file_is_made_and_replaced_with_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "x"
    write_new(path, b"one", 0o600)
    assert (path.read_bytes(), modes(tmp_path)) == (b"one", {"x": 0o600})
    replace_file(path, b"two", 0o644, sync=True)
    assert (path.read_bytes(), modes(tmp_path)) == (b"two", {"x": 0o644})


def test_a_new_file_takes_no_name_that_is_taken(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"old")
    with pytest.raises(FileExistsError):
        write_new(tmp_path / "x", b"new", 0o600)
    assert ((tmp_path / "x").read_bytes(), [*modes(tmp_path)]) == (b"old", ["x"])


def test_an_error_leaves_what_was_there_and_nothing_beside_it(tmp_path: Path) -> None:
    def fail() -> None:
        with replacing(tmp_path / "x", 0o644) as stream:
            stream.write(b"half of the ")
            stream.flush()
            assert (tmp_path / "x").read_bytes() == b"old"
            raise KeyboardInterrupt

    (tmp_path / "x").write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt):
        fail()
    assert ((tmp_path / "x").read_bytes(), [*modes(tmp_path)]) == (b"old", ["x"])


def test_a_directory_in_the_place_of_a_file_is_an_error_and_stays(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    with pytest.raises(OSError, match="directory"):
        replace_file(tmp_path / "x", b"new", 0o644)
    assert [*modes(tmp_path)] == ["x"]


def test_a_name_may_be_as_long_as_a_name_can_be(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 255)
    replace_file(path, b"new", 0o644)
    assert path.read_bytes() == b"new"
