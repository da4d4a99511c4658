"""The table of commands, and the one place where a failure becomes words and an exit status."""

from __future__ import annotations

import codecs
import errno
import gc
import io
import os
import sys
from pathlib import Path
from typing import TextIO

import typer

from remotemedia.cli import (
    _approve,
    _build,
    _cache,
    _check,
    _compile,
    _copy,
    _doctor,
    _help,
    _inspect,
    _keys,
    _login,
    _logout,
    _optimize,
    _policy,
    _pull,
    _push,
    _run,
    _sign,
    _tags,
    _verify,
    _version,
)
from remotemedia.cli._command import Command, Commands
from remotemedia.cli._console import show_error
from remotemedia.errors import PipelineError, RemoteMediaError, UsageError

# What is said of a file, or a pipe into one, that takes no more.
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})

app = typer.Typer(
    name="remotemedia",
    cls=Commands,
    help="Build, push, pull and run media and AI pipelines written as ordinary Python.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.callback()(_version.options)
app.command("build", cls=_optimize.OptimizingCommand)(_build.build)
app.command("compile", cls=Command)(_compile.compile_)
app.command("check", cls=Command)(_check.check)
app.command("inspect", cls=Command)(_inspect.inspect)
app.command("push", cls=Command)(_push.push)
app.command("pull", cls=Command)(_pull.pull)
app.command("tags", cls=Command)(_tags.tags)
app.command("copy", cls=Command)(_copy.copy)
app.command("run", cls=Command)(_run.run)
app.command("approve", cls=Command)(_approve.approve)
app.command("sign", cls=Command)(_sign.sign)
app.command("verify", cls=Command)(_verify.verify)
app.add_typer(_keys.app, name="keys")
app.add_typer(_policy.app, name="policy")
app.add_typer(_cache.app, name="cache")
app.command("login", cls=Command)(_login.login)
app.command("logout", cls=Command)(_logout.logout)
app.command("doctor", cls=Command)(_doctor.doctor)
app.command("help", cls=Command)(_help.help_)


def main() -> None:
    """Run the command line and exit with one of the statuses of `schemas/errors.v1.json`."""
    # A command makes many objects that live until its end: looking for garbage among them takes a tenth of its time.
    gc.set_threshold(50_000, 20, 20)
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
