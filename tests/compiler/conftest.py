"""What the tests of the compiler share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from remotemedia.compiler import Diagnostic, Program, compile_file
from remotemedia.errors import CompileError

if TYPE_CHECKING:
    from pathlib import Path


class Compile(Protocol):
    """Compiles a text, with other files beside it."""

    def __call__(self, text: str, /, *, pipeline: str | None = None, **files: str) -> Program: ...


class Refuse(Protocol):
    """Compiles a text that has to be refused, and gives the findings."""

    def __call__(self, text: str | bytes, /, **files: str) -> tuple[Diagnostic, ...]: ...


@pytest.fixture
def compiled(tmp_path: Path) -> Compile:
    def compile_text(text: str, /, *, pipeline: str | None = None, **files: str) -> Program:
        write(tmp_path, text.encode(), files)
        return compile_file(tmp_path / "pipeline.py", pipeline=pipeline)

    return compile_text


@pytest.fixture
def refused(tmp_path: Path) -> Refuse:
    def compile_text(text: str | bytes, /, **files: str) -> tuple[Diagnostic, ...]:
        write(tmp_path, text.encode() if isinstance(text, str) else text, files)
        with pytest.raises(CompileError) as caught:
            compile_file(tmp_path / "pipeline.py")
        found = tuple(each for each in caught.value.diagnostics if isinstance(each, Diagnostic))
        assert found
        assert caught.value.code == found[0].code
        return found

    return compile_text


def write(directory: Path, text: bytes, files: dict[str, str]) -> None:
    (directory / "pipeline.py").write_bytes(text)
    for name, content in files.items():
        (directory / f"{name}.py").write_text(content, encoding="utf-8")
