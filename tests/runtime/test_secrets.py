"""Secrets: where a run takes them from."""

from __future__ import annotations

from pathlib import Path

import pytest

from remotemedia.errors import UsageError
from remotemedia.runtime._plan import RunOptions, make_plan
from remotemedia.runtime._secrets import parse_secrets, without

VALUE = "s3cr3t"


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b"s3cr3t", "s3cr3t"),
        (b"s3cr3t\n", "s3cr3t"),
        (b"s3cr3t\r\n", "s3cr3t"),
        (b"s3cr3t\n\n", "s3cr3t\n"),
        (b" two\nlines ", " two\nlines "),
        (b"", ""),
        (b"x" * 65536, "x" * 65536),
    ],
)
def test_a_file_loses_one_newline(tmp_path: Path, content: bytes, value: str) -> None:
    (tmp_path / "key").write_bytes(content)
    assert parse_secrets([f"KEY=file:{tmp_path / 'key'}"], {}) == {"KEY": value}


def test_variables_are_taken_as_they_are() -> None:
    assert parse_secrets(["A=env:X", "B=env:Y"], {"X": "a\n", "Y": ""}) == {"A": "a\n", "B": ""}


@pytest.mark.parametrize("content", [b"x" * 65537, b"\xff\xfe", None], ids=["large", "not text", "missing"])
def test_files_that_cannot_be_a_secret_are_refused(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "key").write_bytes(content)
    with pytest.raises(UsageError) as caught:
        parse_secrets([f"KEY=file:{tmp_path / 'key'}"], {})
    assert caught.value.code == "RM701"
    assert "xxx" not in str(caught.value)


@pytest.mark.parametrize(
    "word", [VALUE, f"KEY={VALUE}", f"={VALUE}", f"KEY={VALUE}:x", "KEY=env:", "KEY=file:", "a.b=env:X", "KEY"]
)
def test_values_on_the_command_line_are_refused_and_not_repeated(word: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_secrets([word], {"X": "1"})
    assert caught.value.code == "RM701"
    assert VALUE not in f"{caught.value} {caught.value.hint}"


def test_what_is_left_of_the_environment_holds_no_secret() -> None:
    environ = {"A": VALUE, "B": "kept", "C": ""}
    assert without({"KEY": VALUE, "EMPTY": ""}, environ) == {"B": "kept", "C": ""}


def test_plans_and_options_do_not_show_secrets() -> None:
    options = RunOptions(secrets={"KEY": VALUE})
    assert VALUE not in repr(options)
    assert VALUE not in repr(make_plan((), options))
