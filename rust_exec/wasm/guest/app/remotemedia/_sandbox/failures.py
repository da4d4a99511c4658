"""Turns an exception into the `failure` of `schemas/node.wit`, bounded, with the author's lines only."""

import linecache
from collections.abc import Iterator
from typing import Final

from componentize_py_types import Err
from wit_world.imports.types import Failure

from remotemedia._sandbox.logs import is_authors
from remotemedia.errors import RemoteMediaError

_KIND: Final = 200
_MESSAGE: Final = 2000
_TRACE: Final = 4000
_FRAMES: Final = 20
_CHAIN: Final = 4


def failed(error: BaseException) -> Err[Failure]:
    """Make what an export raises; the exception lets go of its frames."""
    return Err(Failure(*texts(error)))


def texts(error: BaseException) -> tuple[str, str, str, str, str]:
    """Give kind, message, trace, code and hint of a `failure`; the exception lets go of its frames."""
    code, hint = "", ""
    if isinstance(error, RemoteMediaError):
        code, hint = _text(error.code)[:_KIND], _text(error.hint or "")[:_MESSAGE]
    kind, trace = _text(type(error).__name__)[:_KIND], _text("".join(_chain(error)))[-_TRACE:]
    message = _message(error)
    error.__traceback__ = None
    return kind, message, trace, code, hint


def _message(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception as inner:  # noqa: BLE001 - whatever an author's `__str__` raises
        return f"its message cannot be given: {type(inner).__name__}"
    return _text(text[:_MESSAGE])


def _text(text: object) -> str:
    # Lone surrogates cannot cross the boundary.
    return str(text).encode("utf-8", "replace").decode()


def _chain(error: BaseException) -> Iterator[str]:
    """Give the lines of a traceback, causes first, as Python orders them."""
    links: list[tuple[BaseException, str]] = []
    link: BaseException | None = error
    joint = ""
    while link is not None and len(links) < _CHAIN:
        links.append((link, joint))
        joint = "the cause of" if link.__cause__ is not None else "while handling it there was"
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    for link, joint in reversed(links):
        yield from _frames(link)
        if link is not error:
            yield f"{type(link).__name__[:_KIND]}: {_message(link)[:500]}\n{joint}\n"


def _frames(error: BaseException) -> list[str]:
    lines = []
    if isinstance(error, SyntaxError) and error.filename and is_authors(error.filename):
        lines.append(_line(error.filename, error.lineno or 0, "<module>"))
    place = error.__traceback__
    while place is not None:
        code = place.tb_frame.f_code
        if is_authors(code.co_filename):
            lines.append(_line(code.co_filename, place.tb_lineno, code.co_qualname))
        place = place.tb_next
    return lines[-_FRAMES:]


def _line(file: str, number: int, function: str) -> str:
    source = linecache.getline(file, number).strip()[:200]
    return f'  File "{file}", line {number}, in {function}\n' + (f"    {source}\n" if source else "")
