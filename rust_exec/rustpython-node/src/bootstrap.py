"""Stands in for the host of the WebAssembly runner: makes the sandbox's modules importable, and its runner.

`_files`, `_write`, `_log` and `_now` are put here before this is run; `_runner` is what it leaves behind.
"""
# ruff: noqa: INP001 - run by its text, it is no module of a package

import _frozen_importlib
import enum
import importlib._bootstrap_external
import inspect
import json.encoder
import math
import os
import sys
import types
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from typing import Any, Generic, TypeVar

_given: dict[str, Any] = globals()
_files: list[tuple[str, str]] = _given["_files"]
"""Path and text of each of the sandbox's own modules."""
_write: Callable[[bytes], bool] = _given["_write"]
"""Takes what a packet or a state is made of; whether there was room."""
_log: Callable[[int, str, str, int], None] = _given["_log"]
"""Takes a line of the log: level, message, file, line."""
_now: Callable[[], int] = _given["_now"]
"""Nanoseconds since the node was made."""

_T = TypeVar("_T")
_STDOUT = 1


class _Guest(MetaPathFinder, Loader):
    """Imports the sandbox's own modules."""

    def __init__(self, files: list[tuple[str, str]]) -> None:
        self._files = dict(files)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: types.ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target
        place = name.replace(".", "/")
        for file, is_package in ((f"{place}/__init__.py", True), (f"{place}.py", False)):
            if file in self._files:
                spec = spec_from_loader(name, self, origin=file, is_package=is_package)
                if spec is not None and is_package:
                    spec.submodule_search_locations = [place]
                return spec
        return None

    def exec_module(self, module: types.ModuleType) -> None:
        file = module.__spec__ and module.__spec__.origin
        if file is None:
            raise ImportError(f"`{module.__name__}` has no source", name=module.__name__)
        code = compile(self._files[file], file, "exec", dont_inherit=True)
        exec(code, module.__dict__)  # noqa: S102 - the loader's very task


class _Level(enum.Enum):
    DEBUG = 0
    INFO = 1
    WARNING = 2
    ERROR = 3


class _Failure:
    """The record `failure` of `schemas/node.wit`."""

    def __init__(self, kind: str, message: str, trace: str, code: str, hint: str) -> None:
        self.kind, self.message, self.trace, self.code, self.hint = kind, message, trace, code, hint


class _Err(Exception, Generic[_T]):  # noqa: N818 - the name in a component
    """What an export raises."""

    def __init__(self, value: _T) -> None:
        super().__init__(value)
        self.value = value


def _module(name: str, **contents: object) -> None:
    """Make a module that stands nowhere."""
    module = types.ModuleType(name)
    vars(module).update(contents)
    sys.modules[name] = module
    parent, _, last = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], last, module)


def _make_encoder(  # noqa: PLR0917 - it is called like the one in C
    markers: Any,
    default: Any,
    encoder: Any,
    indent: Any,
    key_separator: str,
    item_separator: str,
    sort_keys: bool,  # noqa: FBT001 - the same
    skipkeys: bool,  # noqa: FBT001 - the same
    allow_nan: bool,  # noqa: FBT001 - the same
) -> Any:
    """Stand in for the encoder that CPython has in C."""

    def number(value: float) -> str:
        if not (allow_nan or math.isfinite(value)):
            raise ValueError("expected a number that JSON has")
        return float.__repr__(value)

    return json.encoder._make_iterencode(  # type: ignore[attr-defined]  # noqa: SLF001 - the library's own alternative
        markers, default, encoder, indent, number, key_separator, item_separator, sort_keys, skipkeys, _one_shot=False
    )


def _has_code_flag(function: object, flag: int) -> bool:
    """Say what kind of function it is: an asynchronous generator is marked as a coroutine and a generator at once."""
    marks = [_has_mark(function, mark) for mark in (inspect.CO_COROUTINE, inspect.CO_GENERATOR)]
    return flag == inspect.CO_ASYNC_GENERATOR if all(marks) else _has_mark(function, flag)


def _put(descriptor: int, data: bytes) -> int:
    """Write, to the host where a component would write to its host."""
    if descriptor != _STDOUT:
        return _system_write(descriptor, data)
    if not _write(bytes(data)):
        raise OSError("the host takes no more in this call")
    return len(data)


_module("wit_world", __path__=[])
_module("wit_world.exports", Python=object)
_module("wit_world.imports", __path__=[])
_module(
    "wit_world.imports.host",
    Level=_Level,
    log=lambda level, message: _log(level.value, message, "", 0),
    log_at=lambda level, message, file, line: _log(level.value, message, file, line),
    now=_now,
    random=os.urandom,
)
_module("wit_world.imports.types", Failure=_Failure)
_module("componentize_py_types", Err=_Err)
# There it decides what the component has; here the whole standard library is at hand.
sys.modules["remotemedia._sandbox.preload"] = types.ModuleType("remotemedia._sandbox.preload")

if json.encoder.c_make_encoder is None:  # type: ignore[attr-defined]  # not in the stubs
    json.encoder.c_make_encoder = _make_encoder  # type: ignore[attr-defined]
if _frozen_importlib._bootstrap_external is None:  # noqa: SLF001 - RustPython leaves it out
    # A module with a file asks it where its compiled form would be.
    importlib._bootstrap_external._set_bootstrap_module(_frozen_importlib)  # type: ignore[attr-defined]  # noqa: SLF001
    _frozen_importlib._bootstrap_external = importlib._bootstrap_external  # noqa: SLF001 - the same

_has_mark = inspect._has_code_flag  # type: ignore[attr-defined]  # noqa: SLF001 - what all its judgements rest on
inspect._has_code_flag = _has_code_flag  # type: ignore[attr-defined]  # noqa: SLF001 - the same
_system_write = os.write
os.write = _put  # type: ignore[assignment]  # the stubs take more kinds of bytes
sys.meta_path.append(_Guest(_files))

from remotemedia._sandbox.runner import Python  # noqa: E402 - found by what stands above

for _path, _ in _files:
    # The importer of the author's sources leaves no other in its place.
    _name = _path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    if not _name.startswith("remotemedia._sandbox"):
        __import__(_name)

_runner = Python()
