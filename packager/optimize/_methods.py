"""What a user can ask for, and in which ways a model can become smaller."""

import math
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, Self

from remotemedia.errors import PackageError, UsageError

MAX_ERROR: Final = 0.01
"""How far outputs may be off by default, relative to their root mean square: 40 dB below the signal."""

_AUTO: Final = "auto"
_NONE: Final = "none"
_ZSTD: Final = "zstd"


class Method(StrEnum):
    """A way of making a model smaller."""

    INT8_DYNAMIC = "int8-dynamic"
    INT8_STATIC = "int8-static"
    FP16 = "fp16"
    FOUR_BIT = "4bit"


CHOICES: Final = (_AUTO, *(it.value for it in Method), _ZSTD, _NONE)


@dataclass(frozen=True)
class OptimizeRequest:
    """How the models of a package are to become smaller.

    Attributes:
        mode: `auto`, or the name of a method.
        max_error: how far outputs may be off, relative to their root mean square; above 0.
        calibration: a file or a directory of `.npz` files with inputs; None makes inputs up.
    """

    mode: str
    max_error: float
    calibration: Path | None

    @classmethod
    def of(cls, mode: str | None, max_error: float | None = None, calibration: Path | None = None) -> Self | None:
        """Read what a user asks for; None if that is nothing.

        Raises:
            UsageError: RM701, there is no such method, or its options do not fit.
            PackageError: RM318, layers are to be compressed; RM316, `int8-static` was asked for without data.
        """
        if mode == _ZSTD:
            raise PackageError(
                "expected a way of making models smaller, got `zstd`: layers of packages are not compressed",
                code="RM318",
                hint="weights are noise to a compressor, which saves 8 % of a large model; `fp16` saves half",
            )
        if mode is not None and mode not in CHOICES:
            listed = ", ".join(f"`{it}`" for it in CHOICES if it != _ZSTD)
            raise UsageError(f"expected one of {listed} as the value of `optimize`, got `{mode}`", code="RM701")
        if mode is None or mode == _NONE:
            if max_error is not None or calibration is not None:
                raise UsageError(
                    "expected `--max-error` and `--calibration` beside `--optimize`, got them alone", code="RM701"
                )
            return None
        bound = MAX_ERROR if max_error is None else max_error
        if not (math.isfinite(bound) and bound > 0):
            raise UsageError(f"expected a number above 0 as the greatest error, got `{bound}`", code="RM701")
        if mode == Method.INT8_STATIC and calibration is None:
            raise PackageError(
                "expected data to calibrate with, since `int8-static` fixes the ranges of all values: got none",
                code="RM316",
                hint="give inputs of the model with `--calibration DIR|FILE.npz`, or ask for `int8-dynamic`",
            )
        return cls(mode, bound, calibration)

    @property
    def methods(self) -> tuple[Method, ...]:
        """What is tried, in the order that decides between results of equal size."""
        if self.mode != _AUTO:
            return (Method(self.mode),)
        return tuple(it for it in Method if it is not Method.INT8_STATIC or self.calibration is not None)
