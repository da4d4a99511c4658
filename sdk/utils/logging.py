"""The log of a program that has none of its own.

from remotemedia.utils import setup_logging

setup_logging("DEBUG")
"""

from __future__ import annotations

import logging

__all__ = ["setup_logging"]


def setup_logging(
    level: str = "INFO",
    format_string: str | None = None,
    include_timestamp: bool = True,  # noqa: FBT001, FBT002 - programs pass it by position
) -> None:
    """Write what is logged to standard error, in the place of what was set up before.

    Args:
        level: the least level that is written: `DEBUG`, `INFO`, `WARNING`, `ERROR` or `CRITICAL`, in any case.
        format_string: what a line looks like, as `logging` describes it.
        include_timestamp: whether a line starts with the time, where there is no `format_string`.

    Raises:
        ValueError: there is no such level.
    """
    number = logging.getLevelNamesMapping().get(level.upper())
    if number is None:
        raise ValueError(f"expected a level of {', '.join(logging.getLevelNamesMapping())}, got `{level}`")
    line = "%(name)s - %(levelname)s - %(message)s"
    default = f"%(asctime)s - {line}" if include_timestamp else line
    logging.basicConfig(level=number, format=format_string or default, force=True)
    logging.getLogger("remotemedia").setLevel(number)
