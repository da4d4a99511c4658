"""The table of commands, and the one place where a failure becomes words and an exit status."""

from __future__ import annotations

import sys

import typer

from remotemedia.cli import (
    _build,
    _cache,
    _check,
    _compile,
    _doctor,
    _help,
    _inspect,
    _keys,
    _pull,
    _push,
    _run,
    _verify,
    _version,
)
from remotemedia.cli._console import show_error
from remotemedia.errors import RemoteMediaError

app = typer.Typer(
    name="remotemedia",
    help="Build, push, pull and run media and AI pipelines written as ordinary Python.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.callback()(_version.options)
app.command("build")(_build.build)
app.command("compile")(_compile.compile_)
app.command("check")(_check.check)
app.command("inspect")(_inspect.inspect)
app.command("push")(_push.push)
app.command("pull")(_pull.pull)
app.command("run")(_run.run)
app.command("verify")(_verify.verify)
app.add_typer(_keys.app, name="keys")
app.add_typer(_cache.app, name="cache")
app.command("doctor")(_doctor.doctor)
app.command("help")(_help.help_)


def main() -> None:
    """Run the command line and exit with one of the statuses of `schemas/errors.v1.json`."""
    try:
        app()
    except RemoteMediaError as error:
        sys.exit(show_error(error, as_json="--json" in sys.argv))
    except BrokenPipeError:
        # Whoever read our output has left; what is still buffered must not be complained about at exit.
        sys.stdout = None
        sys.exit(0)
    except KeyboardInterrupt:
        sys.exit(130)
