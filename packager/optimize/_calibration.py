"""The files of a user's own inputs."""

from pathlib import Path
from typing import Final

from remotemedia.errors import PackageError

_SUFFIX: Final = ".npz"
_MOST: Final = 1 << 30  # bytes

_HINT: Final = "write them by `numpy.savez`, with one array for each input of a model, under its name"


def calibration_files(place: Path | None) -> dict[str, Path]:
    """Return the files with inputs, by their path below `place`, or by name if that is a file; in order.

    Raises:
        PackageError: RM316, there are none, or too many.
    """
    if place is None:
        return {}
    if place.is_dir():
        files = {it.relative_to(place).as_posix(): it for it in sorted(place.rglob(f"*{_SUFFIX}")) if it.is_file()}
    else:
        files = {place.name: place} if place.is_file() else {}
    if not files:
        message = f"expected a `{_SUFFIX}` file, or a directory of such, with inputs at `{place}`, found none"
        raise PackageError(message, code="RM316", hint=_HINT)
    size = sum(it.stat().st_size for it in files.values())
    if size > _MOST:
        message = f"expected at most {_MOST} bytes of inputs, got {size}"
        raise PackageError(message, code="RM316", hint="a few dozen runs are enough")
    return files


def unusable(name: str, why: str) -> PackageError:
    """The failure of data that are not what they should be, for a model."""
    return PackageError(f"expected inputs to calibrate `{name}` with: {why}", code="RM316", hint=_HINT)


def useless(place: Path | None) -> PackageError:
    """The failure of data that are of no model."""
    return PackageError(
        f"expected inputs of a model in `{place}`, but no file there has an array for each input of one",
        code="RM316",
        hint="arrays have the names of inputs; those that the node gives as constants or states may be left out",
    )
