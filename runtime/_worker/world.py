"""What the sandbox's own modules import of their host, as a worker has it.

`remotemedia._sandbox` is written against the world `python-runner` of `schemas/node.wit`. A worker shares with it how
authors' modules are imported, arguments made, exceptions told and state kept; so it has that world's `host` and
`types`.
"""

from __future__ import annotations

import sys
from enum import Enum
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from remotemedia.runtime._worker.frames import Kind

if TYPE_CHECKING:
    from remotemedia.runtime._worker.frames import Channel

__all__ = ["Failure", "Level", "install"]


class Level(Enum):
    """How urgent a line of the log is."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Failure(NamedTuple):
    """Why a call failed; see `types.failure` of `schemas/node.wit`."""

    kind: str
    message: str
    trace: str
    code: str = ""
    hint: str = ""


class Err(Exception):  # noqa: N818 - the name that componentize-py gives it
    """A failure as it is raised.

    Attributes:
        value: the failure.
    """

    def __init__(self, value: Failure) -> None:
        super().__init__(value)
        self.value = value

    def __class_getitem__(cls, _: object) -> type[Err]:
        """Be subscribed, as annotations do."""
        return cls


def install(channel: Channel) -> None:
    """Make the modules importable; lines of the log go to the parent."""

    def log(level: Level, message: str) -> None:
        channel.say(Kind.LOG, {"level": level.value, "message": message})

    def log_at(level: Level, message: str, file: str, line: int) -> None:
        channel.say(Kind.LOG, {"level": level.value, "message": message, "file": file, "line": line})

    host = _module("wit_world.imports.host", log=log, log_at=log_at, Level=Level)
    types = _module("wit_world.imports.types", Failure=Failure)
    _module("wit_world.imports", host=host, types=types)
    _module("wit_world")
    _module("componentize_py_types", Err=Err)


def _module(name: str, **contents: Any) -> ModuleType:
    module = ModuleType(name)
    vars(module).update(contents)
    sys.modules[name] = module
    return module
