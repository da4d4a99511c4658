"""The modules of a node: what does its work in the place of its class, where a package has it (ADR 0024).

from remotemedia.schemas.modules import platform, programs

programs(node["params"]).get(platform())  # "bin/gain-amd64", a file of the project
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["COMPONENT", "PROGRAMS", "component", "platform", "programs", "programs_in"]

COMPONENT: Final = "component"
"""The argument of a node that names its WebAssembly component."""

PROGRAMS: Final = "programs"
"""The argument of a node that names its native programs, by platform."""

_PLATFORM: Final = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+){1,2}")
_ARCHITECTURES: Final = {"x86_64": "amd64", "aarch64": "arm64"}


def component(params: Mapping[str, Any]) -> str | None:
    """Return the component among a node's parameters: a file of the project."""
    return _file(params.get(COMPONENT))


def programs(params: Mapping[str, Any]) -> dict[str, str]:
    """Return the programs among a node's parameters: files of the project by platform. Empty where there are none."""
    return programs_in(params.get(PROGRAMS))


def programs_in(value: Any) -> dict[str, str]:
    """Return the same of one value. An argument of that name that is something else is the author's own, and has none.

    Whether there is such a platform is judged where the program is packed.
    """
    found = {key: _file(it) for key, it in value.items() if _PLATFORM.fullmatch(key)} if isinstance(value, dict) else {}
    files = {key: file for key, file in found.items() if file is not None}
    return files if isinstance(value, dict) and len(files) == len(value) else {}


def platform() -> str:
    """Return the platform that this runs on, as OCI names it: `linux/amd64`."""
    import platform as host  # noqa: PLC0415 - it is slow to import, and seldom needed

    return f"{sys.platform}/{_ARCHITECTURES.get(host.machine(), host.machine())}"


def _file(value: Any) -> str | None:
    file = value.get("$file") if isinstance(value, dict) and len(value) == 1 else None
    return file if isinstance(file, str) else None
