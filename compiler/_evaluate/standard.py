"""Functions and constants of the standard library that are pure, by dotted name."""

from __future__ import annotations

import base64
import datetime as dt
import decimal
import fractions
import json
import logging
import math
import os
import statistics
import string
import textwrap
from typing import Any, Final

from remotemedia.compiler._evaluate.computing import Computed

__all__ = ["COMPUTED", "CONSTANTS"]

_MAX_BITS: Final = 4096
_MAX_DIGITS: Final = 100
_MAX_INDENT: Final = 16


def _bounded(function: Any) -> Any:
    """Return a function of integers that refuses large ones, since its result grows fast."""

    def checked(*numbers: Any) -> Any:
        if any(isinstance(number, int) and abs(number) > _MAX_BITS for number in numbers):
            raise OverflowError
        return function(*numbers)

    return checked


def _exact(cls: Any) -> Any:
    """Return a class of exact numbers that refuses those with many digits or an exponent."""

    def checked(*parts: Any) -> Any:
        if any(isinstance(part, str) and (len(part) > _MAX_DIGITS or "e" in part.lower()) for part in parts):
            raise OverflowError
        return cls(*parts)

    return checked


def _small(function: Any) -> Any:
    """Return a function of numbers that refuses integers of many bits."""

    def checked(*numbers: Any, **named: Any) -> Any:
        if any(isinstance(number, int) and number.bit_length() > _MAX_BITS for number in numbers):
            raise OverflowError
        return function(*numbers, **named)

    return checked


def _dumped(value: Any, **options: Any) -> str:
    indent = options.get("indent")
    if isinstance(indent, int) and indent > _MAX_INDENT:
        raise OverflowError
    return json.dumps(value, **options)


def _named(module: Any, names: str, wrap: Any = None) -> dict[str, Computed]:
    found = {f"{module.__name__}.{name}": getattr(module, name) for name in names.split()}
    return {name: Computed(function if wrap is None else wrap(function)) for name, function in found.items()}


COMPUTED: Final[dict[str, Computed]] = {
    **_named(
        math,
        "acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh degrees dist erf erfc exp exp2 expm1 fabs "
        "floor fmod frexp fsum gamma gcd hypot isclose isfinite isinf isnan isqrt lcm ldexp lgamma log log10 log1p "
        "log2 modf nextafter radians remainder sin sinh sqrt tan tanh trunc ulp",
        _small,
    ),
    **_named(math, "comb factorial perm", _bounded),
    **_named(
        statistics,
        "fmean geometric_mean harmonic_mean mean median median_high median_low mode multimode pstdev pvariance stdev "
        "variance",
    ),
    **_named(string, "capwords"),
    **_named(textwrap, "dedent"),
    **_named(base64, "b64decode b64encode b32decode b32encode b16decode b16encode urlsafe_b64decode urlsafe_b64encode"),
    "datetime.timedelta": Computed(dt.timedelta),
    "decimal.Decimal": Computed(_exact(decimal.Decimal)),
    "fractions.Fraction": Computed(_exact(fractions.Fraction)),
    "json.dumps": Computed(_dumped),
    "json.loads": Computed(json.loads),
}
"""Functions that are computed when all their arguments are plain; a size that grows fast is bounded."""

CONSTANTS: Final[dict[str, Any]] = {
    **{f"math.{name}": getattr(math, name) for name in ("e", "inf", "nan", "pi", "tau")},
    **{f"os.{name}": getattr(os, name) for name in ("curdir", "extsep", "linesep", "pardir", "pathsep", "sep")},
    **{f"os.path.{name}": getattr(os.path, name) for name in ("curdir", "extsep", "pardir", "sep")},
    **{
        f"string.{name}": getattr(string, name)
        for name in (
            "ascii_letters", "ascii_lowercase", "ascii_uppercase", "digits", "hexdigits", "octdigits", "printable",
            "punctuation", "whitespace",
        )
    },
    **{f"logging.{name}": getattr(logging, name) for name in ("CRITICAL", "DEBUG", "ERROR", "INFO", "WARNING")},
    "numpy.e": math.e,
    "numpy.euler_gamma": 0.5772156649015329,
    "numpy.inf": math.inf,
    "numpy.nan": math.nan,
    "numpy.newaxis": None,
    "numpy.pi": math.pi,
    "typing.TYPE_CHECKING": False,
}  # fmt: skip
"""Constants of the standard library and of numpy."""
