"""That native programs of nodes are what they are named for; none of them is ever run here.

A program is known by the header of its ELF file (System V ABI, chapter 4). The executor looks at it again before it
runs it.
"""

import struct
from pathlib import Path
from typing import Final

from remotemedia.compiler import Program
from remotemedia.errors import PackageError
from remotemedia.schemas.modules import programs

_MACHINES: Final = {"linux/amd64": 62, "linux/arm64": 183}
"""`e_machine` of the platforms whose processes can be confined."""

_LINUX: Final = (0, 3)
"""`EI_OSABI`: none in particular, and GNU."""

_EXECUTABLES: Final = (2, 3)
"""`ET_EXEC`, and `ET_DYN` for what can be loaded anywhere."""

_HEADER: Final = struct.Struct("<4sBBBB8xHHIQ32x")
_LARGEST: Final = 64 << 20


def check_programs(program: Program) -> None:
    """Refuse a file that is no program of the platform that a node names it for.

    Raises:
        PackageError: RM636.
    """
    for node in program.manifest["nodes"]:
        for platform, file in programs(node.get("params", {})).items():
            if platform not in _MACHINES:
                known = " or ".join(f"`{it}`" for it in _MACHINES)
                raise PackageError(
                    f"expected programs of node `{node['id']}` for {known}, got one for `{platform}`",
                    code="RM636",
                    hint="platforms have the names that OCI gives them; programs run where a process can be confined",
                    path=file,
                )
            found = _found(program.root / file)
            if found != platform:
                raise PackageError(
                    f"expected a program for `{platform}` as `{file}` of node `{node['id']}`, got {found}",
                    code="RM636",
                    hint="a program is an ELF executable of at most 64 MiB; `docs/reference/programs.md` says how to "
                    "build one",
                    path=file,
                )


def _found(file: Path) -> str:
    """The platform that a file is a program for, else what it is, in words."""
    try:
        with file.open("rb") as stream:
            header = stream.read(_HEADER.size)
            size = stream.seek(0, 2)
    except OSError as error:
        return f"a file that cannot be read: {error.strerror or error}"
    wrong = _no_elf(header) or _no_executable(header)
    if wrong is None and size > _LARGEST:
        wrong = f"one of {size} bytes"
    machine = _HEADER.unpack(header)[6] if wrong is None else None
    named = next((name for name, number in _MACHINES.items() if number == machine), "one for another processor")
    return wrong or named


def _no_elf(header: bytes) -> str | None:
    if header.startswith(b"#!"):
        return "a script"
    if not header.startswith(b"\x7fELF"):
        return "no ELF file" if header else "an empty file"
    return "an ELF file that is cut short" if len(header) < _HEADER.size else None


def _no_executable(header: bytes) -> str | None:
    _, bits, order, _, abi, kind, _, _, entry = _HEADER.unpack(header)
    if (bits, order) != (2, 1) or abi not in _LINUX:
        return "an ELF file of another system"
    # A library has no place to begin at.
    return None if kind in _EXECUTABLES and entry else "an ELF file that is no executable"
