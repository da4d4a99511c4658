"""Wheels for a package that is built: their hashes, or they themselves, from pip's index."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from packaging.utils import canonicalize_name, parse_wheel_filename

from remotemedia.compiler import Distribution
from remotemedia.packager import Wheel, locked_hashes
from remotemedia.runtime import _installer

__all__ = ["WheelPolicy", "find_wheels"]


class WheelPolicy(StrEnum):
    """What a build asks pip's index for."""

    NONE = "none"  # nothing: hashes are those of the project's lock file
    LOCK = "lock"  # hashes that no lock file states
    VENDOR = "vendor"  # the wheels


def find_wheels(distributions: Sequence[Distribution], policy: WheelPolicy, directory: Path) -> dict[str, Wheel]:
    """Return wheels for this Python and this machine, by the distribution's name.

    Args:
        distributions: exact versions; where a lock file has their hashes, the wheel must match one.
        policy: what is asked for.
        directory: takes the files.

    Raises:
        TrustError: RM510 with pip's last lines.
    """
    if policy is WheelPolicy.VENDOR and distributions:
        _installer.download([_requirement(it) for it in distributions], directory)
        return {_name(file): Wheel(_sha256(file), file) for file in sorted(directory.glob("*.whl"))}
    unknown = [_requirement(it) for it in distributions if not locked_hashes(it)]
    if policy is WheelPolicy.LOCK and unknown:
        found = _installer.look_up(unknown)
        return {canonicalize_name(name): Wheel(sha256) for name, sha256 in found.items()}
    return {}


def _requirement(it: Distribution) -> str:
    hashes = (f"--hash=sha256:{digest}" for digest in locked_hashes(it))
    return " ".join((f"{it.name}=={it.version}", *hashes))


def _name(file: Path) -> str:
    return parse_wheel_filename(file.name)[0]


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
