"""The table of commands, and the one place where a failure becomes words and an exit status."""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys
from pathlib import Path
from typing import ClassVar, TextIO

import typer

from remotemedia.cli import _version
from remotemedia.cli._command import Commands, Place
from remotemedia.cli._console import show_error
from remotemedia.errors import PipelineError, RemoteMediaError, UsageError

# What is said of a file, or a pipe into one, that takes no more.
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})


class _Remotemedia(Commands):
    """The program: its commands in the order of its help."""

    table: ClassVar = {
        "build": Place(f"{__package__}._build", "build", (f"{__package__}._optimize", "OptimizingCommand")),
        "compile": Place(f"{__package__}._compile", "compile_"),
        "check": Place(f"{__package__}._check", "check"),
        "inspect": Place(f"{__package__}._inspect", "inspect"),
        "push": Place(f"{__package__}._push", "push"),
        "pull": Place(f"{__package__}._pull", "pull"),
        "tags": Place(f"{__package__}._tags", "tags"),
        "copy": Place(f"{__package__}._copy", "copy"),
        "run": Place(f"{__package__}._run", "run"),
        "approve": Place(f"{__package__}._approve", "approve"),
        "sign": Place(f"{__package__}._sign", "sign"),
        "verify": Place(f"{__package__}._verify", "verify"),
        "login": Place(f"{__package__}._login", "login"),
        "logout": Place(f"{__package__}._logout", "logout"),
        "doctor": Place(f"{__package__}._doctor", "doctor"),
        "help": Place(f"{__package__}._help", "help_"),
        "keys": Place(f"{__package__}._keys", "app"),
        "policy": Place(f"{__package__}._policy", "app"),
        "cache": Place(f"{__package__}._cache", "app"),
    }


app = typer.Typer(
    name="remotemedia",
    cls=_Remotemedia,
    help="Build, push, pull and run media and AI pipelines written as ordinary Python.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.callback()(_version.options)


def run() -> None:
    """Take the words of the command line, do as they say, and exit."""
    sys.stdout, sys.stderr = sys.stdout or _nowhere(), sys.stderr or _nowhere()
    codecs.register_error("escaped", _escaped)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="escaped")
    try:
        _check_directory()
        try:
            app()
        finally:
            sys.stdout.flush()
    except RemoteMediaError as error:
        sys.exit(show_error(error, as_json="--json" in sys.argv))
    except BrokenPipeError:
        # Whoever read our output has left; what is still buffered must not be complained about at exit.
        sys.stdout = None
        sys.exit(0)
    except OSError as error:
        if error.errno not in _FULL:
            raise
        sys.stdout = None
        full = PipelineError(f"the output cannot be written: {error.strerror}", code="RM616")
        sys.exit(show_error(full, as_json="--json" in sys.argv))
    except KeyboardInterrupt:
        sys.exit(130)


def _nowhere() -> TextIO:
    """What takes the output if our caller has closed it."""
    return Path(os.devnull).open("w", encoding="utf-8")


def _escaped(error: UnicodeError) -> tuple[str, int]:
    """Write what a terminal's encoding lacks, or a file's name that is not Unicode, as JSON does: by code units."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2)), error.end


def _check_directory() -> None:
    try:
        Path.cwd()
    except FileNotFoundError as error:
        raise UsageError(
            "expected a working directory, but it was removed", code="RM701", hint="`cd` to one that is there"
        ) from error
