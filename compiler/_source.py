"""One source file: its bytes, its syntax tree, and where its nodes stand."""

from __future__ import annotations

import ast
import hashlib
import os
import re
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import libcst as cst

from remotemedia._project import is_file
from remotemedia.compiler._bounds import MAX_FILE_BYTES
from remotemedia.compiler._diagnostic import Diagnostic, Span, compile_error
from remotemedia.compiler._prescan import scan
from remotemedia.compiler._watch import saw

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from libcst.metadata import CodeRange

__all__ = ["Place", "Source", "read_source"]

_COOKIE: Final = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")  # PEP 263
_BLANK_LINE: Final = re.compile(rb"^[ \t\f]*(?:[#\r\n]|$)")
_UTF8_NAMES: Final = frozenset({"utf-8", "utf8", "utf-8-sig", "u8", "ascii", "us-ascii"})


@dataclass(eq=False)
class Source:
    """A parsed source file of the project.

    Attributes:
        path: absolute.
        name: path from the project's root, posix.
        module: dotted name from the project's root.
        text: the whole file; encoding it as UTF-8 gives the file's bytes.
        tokens: how many the file has.
    """

    path: Path
    name: str
    module: str
    text: str
    tree: cst.Module
    tokens: int
    _positions: Mapping[cst.CSTNode, CodeRange] | None = field(default=None, repr=False)

    @property
    def is_package(self) -> bool:
        """Whether this is a package's `__init__.py`."""
        return self.path.name == "__init__.py"

    @property
    def package(self) -> str:
        """The package in which relative imports of this file begin; empty at the root."""
        return self.module if self.is_package else self.module.rpartition(".")[0]

    def sha256(self) -> str:
        """Return the digest of the file's bytes, hex."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def span(self, node: cst.CSTNode) -> Span:
        """Return where a node stands. Positions are computed when the first is asked for: most files need none."""
        if self._positions is None:
            from libcst.metadata import MetadataWrapper, PositionProvider  # noqa: PLC0415 - most files need none

            wrapper = MetadataWrapper(self.tree, unsafe_skip_copy=True)
            self._positions = wrapper.resolve(PositionProvider)
        place = self._positions[node]
        return Span(
            self.name,
            place.start.line,
            place.start.column + 1,
            place.end.line,
            place.end.column + 1,
            line_of(self.text, place.start.line),
        )


@dataclass(frozen=True, eq=False)
class Place:
    """A node of a file's syntax tree."""

    source: Source
    node: cst.CSTNode

    def span(self) -> Span:
        """Return where it stands."""
        return self.source.span(self.node)

    def code(self) -> str:
        """Return its source text, shortened to one line of 40 characters."""
        text = " ".join(self.source.tree.code_for_node(self.node).split())
        return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


_SHOWN: Final = 40


def read_source(path: Path, name: str, module: str, *, code: str) -> Source:
    """Read and parse one file.

    Args:
        path: absolute.
        name: the path from the project's root, posix.
        module: the dotted name from there.
        code: the code of a file that cannot be analysed: RM101 for the pipeline's own, RM110 for a module it imports.

    Raises:
        CompileError: `code`, or RM114 for a file that exceeds a bound.
    """
    text = _decode(_read(path, name, code), name, code)
    tokens, excess = scan(text)
    if excess is not None:
        raise compile_error([_excess(name, text, excess.line, excess.what)])
    try:
        tree = cst.parse_module(text)
    except cst.ParserSyntaxError as error:
        raise compile_error([_misspelt(name, text, code, error)]) from error
    except RecursionError as error:  # the import of a very long dotted name recurses in libcst's own Python code
        raise compile_error([_excess(name, text, 1, "names nested more deeply than can be parsed")]) from error
    return Source(path, name, module, text, tree, tokens)


def line_of(text: str, line: int) -> str:
    """Return a line of a text, from 1, without its end; lines end as the tokenizer sees it, not at form feeds."""
    lines = re.split(r"\r\n|\n|\r", text)
    return lines[line - 1].removeprefix("\ufeff") if line <= len(lines) else ""


def _read(path: Path, name: str, code: str) -> bytes:
    saw(path)
    if not is_file(path):  # neither a directory nor a pipe, which would keep us waiting
        raise compile_error([_no_file(path, name, code)])
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        message = f"expected a readable file at `{name}`, got an error: {reason}"
        raise compile_error([Diagnostic(code, "error", message)]) from error
    if len(data) > MAX_FILE_BYTES:
        message = f"expected at most {MAX_FILE_BYTES} bytes in `{name}`, got more"
        raise compile_error([Diagnostic("RM114", "error", message, help="keep data in files beside the program")])
    return data


def _no_file(path: Path, name: str, code: str) -> Diagnostic:
    if not os.path.isdir(path):  # noqa: PTH112 - `Path.is_dir` fails where the name is too long
        return Diagnostic(code, "error", f"expected a file at `{name}`, found none")
    likely = is_file(path / "pipeline.py")
    help_ = "did you mean `pipeline.py` in it?" if likely else "name the file that builds the pipeline"
    return Diagnostic(code, "error", f"expected a file at `{name}`, found a directory", help=help_)


def _decode(data: bytes, name: str, code: str) -> str:
    declared = _declared_encoding(data)
    if declared is not None and declared.lower().replace("_", "-") not in _UTF8_NAMES:
        raise compile_error([_not_utf8(code, name, f"the declaration of `{declared}`")])
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise compile_error([_not_utf8(code, name, f"the byte 0x{data[error.start]:02x} at {error.start}")]) from error
    if "\0" in text:
        message = f"expected Python in `{name}`, got a NUL byte"
        raise compile_error([Diagnostic(code, "error", message)])
    return text


def _declared_encoding(data: bytes) -> str | None:
    """Return the encoding declared in the first two lines (PEP 263); the second counts if the first is blank."""
    for line in data[:2000].splitlines()[:2]:
        cookie = _COOKIE.match(line)
        if cookie is not None:
            return cookie[1].decode("ascii", "replace")
        if not _BLANK_LINE.match(line):
            break
    return None


def _not_utf8(code: str, name: str, got: str) -> Diagnostic:
    return Diagnostic(code, "error", f"expected UTF-8 in `{name}`, got {got}", help="save the file as UTF-8")


def _misspelt(name: str, text: str, code: str, error: cst.ParserSyntaxError) -> Diagnostic:
    """Return what is wrong with a text that cannot be parsed: Python's own parser says it best, where it agrees."""
    line, column, what = error.raw_line, error.raw_column + 1, "cannot be parsed"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about escapes in strings, which are not what is wrong
            ast.parse(text)
    except SyntaxError as told:  # of which `IndentationError` is one
        line, column, what = told.lineno or line, told.offset or column, told.msg.replace("'", "`")
    line = min(line, text.count("\n") + 1)
    span = Span(name, line, column, line, column + 1, line_of(text, line))
    return Diagnostic(code, "error", f"expected Python, got a syntax error in `{name}`", span, what)


def _excess(name: str, text: str, line: int, what: str) -> Diagnostic:
    shown = line_of(text, line)
    span = Span(name, line, 1, line, min(len(shown), 40) + 1, shown)
    return Diagnostic(
        "RM114",
        "error",
        "expected a program within the bounds of the analysis, got " + what,
        span,
        help="split the expression or the file",
    )
