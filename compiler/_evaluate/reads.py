"""Files of the project that the program reads while it builds its graph; each becomes an input of the build."""

from __future__ import annotations

import hashlib
import io
import json
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Final

import libcst as cst

from remotemedia.compiler._evaluate.arguments import given
from remotemedia.compiler._evaluate.arrays import loaded_array
from remotemedia.compiler._evaluate.computing import Computed, computed
from remotemedia.compiler._evaluate.lifting import lifted
from remotemedia.compiler._values import External, FilePath, Known, NotPlainError, OpenFile, Unknown, Value, plain
from remotemedia.compiler._watch import saw
from remotemedia.errors import PipelineError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from remotemedia._project import Project
    from remotemedia.compiler._evaluate.arguments import Arguments
    from remotemedia.compiler._evaluate.evaluator import Evaluator

__all__ = ["READING", "Input", "Inputs", "read_method", "stream_method"]

_MAX_BYTES: Final = 16 << 20
_SHOWN: Final = 80
_MAX_ELEMENTS: Final = 16 << 20  # that all arrays of a program have together
_WRITTEN: Final = re.compile(r"[rwaxbt+]*[wax+][rwaxbt+]*")
_MAX_DATA: Final = 1 << 20  # of a file that is parsed into Python objects


_LEAVING_FILES: Final = frozenset({
    "argparse", "collections", "dataclasses", "datetime", "enum", "functools", "itertools", "json", "logging", "math",
    "operator", "platform", "random", "re", "remotemedia", "signal", "time", "typing", "uuid", "warnings",
})  # fmt: skip
"""Modules from outside the project whose functions make no files, but for those that say so in their name."""

_CHANGING: Final = frozenset({
    "copy2", "copyfile", "copytree", "move", "remove", "rename", "rmtree", "symlink", "symlink_to", "touch", "truncate",
    "unlink", "write_bytes", "write_text",
})  # fmt: skip
"""Names of functions and methods, in `os`, `shutil` and `pathlib`, that change or remove files; lists `remove` too."""


@dataclass(frozen=True)
class Input:
    """A file that was read: path from the project's root, SHA-256 in hex, bytes."""

    path: str
    sha256: str
    size: int


class Inputs:
    """The files that one program reads, each once, and what arrays may still take.

    Attributes:
        changed: whether the program changes files itself, so that their content while it runs is not known.
        grown: whether it has called what is not followed, and may have made files that are not there yet.
    """

    def __init__(self, project: Project) -> None:
        self.changed = False
        self.grown = False
        self._project = project
        self._content: dict[str, bytes] = {}
        self._elements_left: float = _MAX_ELEMENTS

    def note(self, name: str, arguments: Sequence[cst.Arg]) -> None:
        """Take it that a function or method, of that name or dotted name, is called: what it does to files matters."""
        root, _, last = name.partition(".")[0], *name.rpartition(".")[1:]
        if root not in _LEAVING_FILES or "File" in name:
            self.grown = True
        if (last in _CHANGING and (last != "remove" or root in {"os", "remove"})) or (
            last == "open" and not all(map(_leaves_alone, arguments[0 if root != last else 1 :]))
        ):
            self.changed = True

    @property
    def files(self) -> tuple[Input, ...]:
        """All that were read, by path."""
        return tuple(
            Input(path, hashlib.sha256(data).hexdigest(), len(data)) for path, data in sorted(self._content.items())
        )

    def take(self, elements: float) -> bool:
        """Take elements of arrays from what is left; return whether there were enough."""
        if not 0 <= elements <= self._elements_left:
            return False
        self._elements_left -= elements
        return True

    def shown(self, path: Path) -> str:
        """Return a path for people: from the project's root where it is below that."""
        root = self._project.root
        return str(path.relative_to(root) if path.is_relative_to(root) else path)[:_SHOWN]

    def find(self, path: Path) -> Path | None:
        """Return what a path of the project leads to, whether there is anything or not; None for one outside."""
        found = (self._project.source.parent / path).resolve()
        if not found.is_relative_to(self._project.root):
            return None
        saw(found)
        return found

    def read(self, path: Path) -> bytes:
        """Return a file's bytes.

        Raises:
            PipelineError: RM109, it is missing, lies outside the project, or is larger than 16 MiB.
        """
        name = self._project.file(path)
        if name not in self._content:
            saw(self._project.root / name)
            try:
                with (self._project.root / name).open("rb") as file:
                    data = file.read(_MAX_BYTES + 1)
            except OSError as error:
                reason = (error.strerror or type(error).__name__).lower()
                raise _unreadable(f"expected a readable file at `{name}`, got an error: {reason}") from error
            if len(data) + sum(map(len, self._content.values())) > _MAX_BYTES:
                raise _unreadable(f"expected at most {_MAX_BYTES} bytes in files that the program reads, got more")
            self._content[name] = data
        return self._content[name]


def _unreadable(message: str) -> PipelineError:
    return PipelineError(message, code="RM109", hint="give the file to a node as a `Path`, and read it there")


def _read(ev: Evaluator, path: Any, node: cst.CSTNode) -> bytes:
    """Return the bytes of a file that the program names.

    Raises:
        NotPlainError: it cannot be read.
    """
    if not isinstance(path, (str, PurePath)) or "\0" in str(path):
        raise TypeError(path)
    if ev.inputs.changed:
        raise NotPlainError(ev.unknown("files that the program itself changes", node))
    # A relative path is one from the pipeline's directory, as it is for a node: there the program is to be run.
    try:
        return ev.inputs.read(Path(path))
    except PipelineError as error:
        because = f"`{ev.inputs.shown(Path(path))}`, which is no file of the project"
        ev.doubt()
        raise NotPlainError(Unknown(because, ev.place(node), code=error.code)) from error


def _open(ev: Evaluator, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    found = given(arguments, 1, 2, "mode", "encoding", "newline", "errors", "file")
    if found is None:
        return None
    (path, *modes), named = found
    mode = plain(modes[0] if modes else named.get("mode", Known("r")))
    return _opened(ev, plain(path), mode, named, node)


def _opened(ev: Evaluator, path: Any, mode: Any, named: dict[str, Value], node: cst.CSTNode) -> Value | None:
    if mode not in {"r", "rt", "rb"}:
        ev.inputs.changed = True
        return None
    data = _read(ev, path, node)
    if mode == "rb":
        return OpenFile(io.BytesIO(data), str(path))
    text = io.TextIOWrapper(
        io.BytesIO(data), plain(named.get("encoding", Known("utf-8"))), newline=plain(named.get("newline", Known(None)))
    ).read()
    return OpenFile(io.StringIO(text), str(path))


def stream_method(ev: Evaluator, file: OpenFile, name: str, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    """Call a method of an open file."""
    if file.lost is not None:
        return None
    if name == "__enter__":
        return file
    if name in {"close", "read", "readline", "readlines", "seek", "tell", "__exit__"}:
        return computed(ev, Computed(getattr(file.stream, name)), arguments, node)
    return None


def read_method(  # noqa: PLR0911 - one a method
    ev: Evaluator, path: FilePath, name: str, arguments: Arguments, node: cst.CSTNode
) -> Value | None:
    """Call a method of a path that looks at the disk; only a file's content is an input that a build can name."""
    match name:
        case "hardlink_to" | "mkdir" | "rmdir":
            ev.inputs.grown = True
            return None
        case "rename" | "replace" | "symlink_to" | "touch" | "unlink" | "write_bytes" | "write_text":
            ev.inputs.changed = True
            return None
        case "exists" | "is_dir" | "is_file":
            return _looked_up(ev, path.path, name, node) if given(arguments, 0, 0) is not None else None
        case "read_text":
            found = given(arguments, 0, 2, "encoding", "errors")
            if found is None:
                return None
            by_position, named = found
            encoding = plain(by_position[0] if by_position else named.get("encoding", Known("utf-8")))
            text = io.TextIOWrapper(io.BytesIO(_read(ev, path.path, node)), encoding or "utf-8").read()
            return Known(text)
        case "read_bytes":
            return Known(_read(ev, path.path, node)) if given(arguments, 0, 0) is not None else None
        case "open":
            found = given(arguments, 0, 1, "mode", "encoding", "newline", "errors")
            if found is None:
                return None
            mode = plain(found[0][0] if found[0] else found[1].get("mode", Known("r")))
            return _opened(ev, path.path, mode, found[1], node)
    raise NotPlainError(ev.unknown(f"`{ev.place(node).code()}`, which looks at the disk", node))


def _looked_up(ev: Evaluator, path: Any, question: str, node: cst.CSTNode) -> Value | None:
    """Answer whether there is a file or directory; that it is missing is known as long as the program makes none.

    Raises:
        NotPlainError: it is not known.
    """
    if not isinstance(path, (str, PurePath)) or "\0" in str(path):
        return None
    found = ev.inputs.find(Path(path))
    answer = found is not None and getattr(found, question)()
    if found is None or ev.inputs.changed or (ev.inputs.grown and not answer):
        raise NotPlainError(ev.unknown(f"`{ev.place(node).code()}`, which looks at the disk", node))
    return Known(answer)


def _asking(question: str) -> Callable[[Evaluator, Arguments, cst.CSTNode], Value | None]:
    """Return a handler for a function of `os.path` that asks what is at a path."""

    def handler(ev: Evaluator, arguments: Arguments, node: cst.CSTNode) -> Value | None:
        found = given(arguments, 1, 1)
        return None if found is None else _looked_up(ev, plain(found[0][0]), question, node)

    return handler


def _leaves_alone(argument: cst.Arg) -> bool:
    """Return whether an argument of `open` is no mode in which a file is written."""
    value = argument.value
    if argument.keyword is not None and argument.keyword.value != "mode":
        return True
    return isinstance(value, cst.SimpleString) and not _WRITTEN.fullmatch(str(value.raw_value))


def _parsed(parse: Callable[[Any], Any]) -> Callable[[Evaluator, Arguments, cst.CSTNode], Value | None]:
    """Return a handler for what parses an open file."""

    def handler(ev: Evaluator, arguments: Arguments, node: cst.CSTNode) -> Value | None:
        found = given(arguments, 1, 1)
        if found is None:
            return None
        file = found[0][0]
        if not isinstance(file, OpenFile):
            raise NotPlainError(file)
        if file.lost is not None:
            raise NotPlainError(file.lost)
        content = file.stream.read()
        if len(content) > _MAX_DATA:
            raise NotPlainError(ev.unknown(f"`{file.name}`, which is too large", node))
        return lifted(parse(content))

    return handler


def _tables(content: bytes) -> Any:
    return tomllib.loads(content.decode())


def _load_array(ev: Evaluator, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    found = given(arguments, 1, 1, "allow_pickle")
    if found is None:
        return None
    (source,), named = found
    if "allow_pickle" in named and plain(named["allow_pickle"]):
        return None
    if isinstance(source, (External, Unknown)):
        raise NotPlainError(source)
    if isinstance(source, OpenFile):
        return loaded_array(ev, source.stream.read(), node) if source.lost is None else None
    return loaded_array(ev, _read(ev, plain(source), node), node)


READING: Final[dict[str, Callable[[Evaluator, Arguments, cst.CSTNode], Value | None]]] = {
    "numpy.load": _load_array,
    "json.load": _parsed(json.loads),
    "open": _open,
    "os.path.exists": _asking("exists"),
    "os.path.isdir": _asking("is_dir"),
    "os.path.isfile": _asking("is_file"),
    "io.open": _open,
    "tomllib.load": _parsed(_tables),
}
"""Functions that read a file of the project."""
