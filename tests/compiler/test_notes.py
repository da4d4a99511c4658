"""Stamps of files: what tells that one has been touched."""

from pathlib import Path

from remotemedia.compiler._notes import rest, settled, stamp_of


def test_a_change_right_gives_another_stamp(tmp_path: Path) -> None:
    file = tmp_path / "file"
    for _ in range(20):
        file.write_bytes(b"before")
        stamp = settled(file)
        assert stamp
        file.write_bytes(b"after.")
        assert stamp_of(file) != stamp
    assert [*tmp_path.iterdir()] == [file]


def test_of_a_file_that_is_not_there_is_no_stamp(tmp_path: Path) -> None:
    assert settled(tmp_path / "nothing") == rest(tmp_path / "nothing") == ()
