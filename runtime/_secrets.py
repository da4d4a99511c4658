"""Secrets of a run: where they come from, and how they reach the executor."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from remotemedia.errors import UsageError

__all__ = ["handed_over", "parse_secrets", "without"]

_MAX_SECRET: Final = 65536


def parse_secrets(words: Iterable[str], environ: Mapping[str, str]) -> dict[str, str]:
    """`NAME=env:VARIABLE` and `NAME=file:PATH` words as values by name.

    Of a file one newline at its end is left out, which editors put there.

    Raises:
        UsageError: RM701, a word has another form, or the variable or file cannot be read. No message repeats a value.
    """
    secrets: dict[str, str] = {}
    for word in words:
        name, equals, source = word.partition("=")
        kind, _, place = source.partition(":")
        if not name.isidentifier() or kind not in {"env", "file"} or not place:
            whose = f" for the secret `{name[:80]}`" if equals else ""  # without a name it may be the secret itself
            raise UsageError(
                f"expected `NAME=env:VARIABLE` or `NAME=file:PATH`{whose}, got something else",
                code="RM701",
                hint="a value on the command line is seen by all users of this machine and kept by the shell's history",
            )
        if name in secrets:
            raise UsageError(f"expected the secret `{name}` once, got it twice", code="RM701")
        secrets[name] = _variable(name, place, environ) if kind == "env" else _file(name, Path(place))
    return secrets


def without(secrets: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without the variables that hold a secret."""
    values = set(secrets.values()) - {""}
    return {name: value for name, value in environ.items() if value not in values}


@contextmanager
def handed_over(secrets: Mapping[str, str]) -> Iterator[tuple[int, ...]]:
    """Give the descriptor from which a child reads the secrets, if there are any; they are written at the end.

    Nothing of them is in the child's arguments, in its environment or in a file.
    """
    if not secrets:
        yield ()
        return
    reading, writing = os.pipe()
    try:
        try:
            yield (reading,)
        finally:
            os.close(reading)
        # A child that ended already does not read them.
        with suppress(BrokenPipeError), os.fdopen(writing, "w", encoding="utf-8", closefd=False) as pipe:
            json.dump(dict(secrets), pipe)
    finally:
        os.close(writing)


def _variable(name: str, variable: str, environ: Mapping[str, str]) -> str:
    value = environ.get(variable)
    if value is None:
        raise UsageError(f"expected the secret `{name}` in the variable `{variable}`, which is not set", code="RM701")
    return value


def _file(name: str, path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_SECRET + 1)
        text = content.decode()
    except OSError as error:
        why = (error.strerror or "it cannot be read").lower()
        raise UsageError(f"expected the secret `{name}` in the file `{path}`: {why}", code="RM701") from error
    except UnicodeDecodeError:
        # The error quotes the bytes.
        raise UsageError(f"expected UTF-8 text as the secret `{name}` in `{path}`", code="RM701") from None
    if len(content) > _MAX_SECRET:
        raise UsageError(f"expected a secret of at most {_MAX_SECRET} bytes in `{path}`, got more", code="RM701")
    return text.removesuffix("\n").removesuffix("\r")
