"""Stands in for the host of the WebAssembly runner: makes the sandbox's modules importable, and its runner.

`_files` (path and text of each module), `_write`, `_log` and `_now` are put here before this is run; `_runner` is what it
leaves behind.
"""

import _frozen_importlib
import enum
import importlib._bootstrap_external
import json.encoder
import math
import os
import sys
import types
from importlib.abc import Loader, MetaPathFinder
from importlib.util import spec_from_loader


class _Guest(MetaPathFinder, Loader):
    """Imports the sandbox's own modules."""

    def __init__(self, files):
        self._files = dict(files)

    def find_spec(self, name, path=None, target=None):
        place = name.replace(".", "/")
        for file, is_package in ((f"{place}/__init__.py", True), (f"{place}.py", False)):
            if file in self._files:
                spec = spec_from_loader(name, self, origin=file, is_package=is_package)
                if is_package:
                    spec.submodule_search_locations = [place]
                return spec
        return None

    def exec_module(self, module):
        file = module.__spec__.origin
        exec(compile(self._files[file], file, "exec", dont_inherit=True), module.__dict__)


class Level(enum.Enum):
    DEBUG = 0
    INFO = 1
    WARNING = 2
    ERROR = 3


class Failure:
    def __init__(self, kind, message, trace, code, hint):
        self.kind, self.message, self.trace, self.code, self.hint = kind, message, trace, code, hint


class Err(Exception):
    def __init__(self, value):
        super().__init__(value)
        self.value = value

    def __class_getitem__(cls, _):
        return cls


def _module(name, **contents):
    module = types.ModuleType(name)
    vars(module).update(contents)
    sys.modules[name] = module
    parent, _, last = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], last, module)
    return module


_module("wit_world", __path__=[])
_module("wit_world.exports", Python=object)
_module("wit_world.imports", __path__=[])
_module(
    "wit_world.imports.host",
    Level=Level,
    log=lambda level, message: _log(level.value, message, "", 0),
    log_at=lambda level, message, file, line: _log(level.value, message, file, line),
    now=_now,
    random=os.urandom,
)
_module("wit_world.imports.types", Failure=Failure)
_module("componentize_py_types", Err=Err)
# There it decides what the component has; here the whole standard library is at hand.
sys.modules["remotemedia._sandbox.preload"] = types.ModuleType("remotemedia._sandbox.preload")



def _make_encoder(markers, default, encoder, indent, key_separator, item_separator, sort_keys, skipkeys, allow_nan):
    """Stand in for the encoder that CPython has in C."""

    def number(value):
        if not (allow_nan or math.isfinite(value)):
            raise ValueError("expected a number that JSON has")
        return float.__repr__(value)

    separators = (key_separator, item_separator)
    return json.encoder._make_iterencode(
        markers, default, encoder, indent, number, *separators, sort_keys, skipkeys, _one_shot=False
    )


if json.encoder.c_make_encoder is None:
    json.encoder.c_make_encoder = _make_encoder

if _frozen_importlib._bootstrap_external is None:
    # A module with a file asks it where its compiled form would be.
    importlib._bootstrap_external._set_bootstrap_module(_frozen_importlib)
    _frozen_importlib._bootstrap_external = importlib._bootstrap_external

_system_write = os.write


def _put(descriptor, data):
    if descriptor != 1:
        return _system_write(descriptor, data)
    if not _write(bytes(data)):
        raise OSError("the host takes no more in this call")
    return len(data)


os.write = _put
sys.meta_path.append(_Guest(_files))

from remotemedia._sandbox.runner import Python  # noqa: E402 - found by what stands above

for _path, _ in _files:
    # The importer of the author's sources leaves no other in its place.
    _name = _path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    if not _name.startswith("remotemedia._sandbox"):
        __import__(_name)

_runner = Python()
