"""The files that a `.pynode` carries beside the author's sources: of distributions, and data of the project's packages.

A `.pynode` holds text only. What is not UTF-8 stands in it as base64, under its name and `.base64`.
"""

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path

from remotemedia.compiler import Program
from remotemedia.errors import PackageError

VENDORED = "site-packages"
_ENCODED = ".base64"


def extra_members(program: Program) -> dict[str, bytes]:
    """Names and contents.

    Raises:
        PackageError: a file is not what the compiler found, or what its distribution's RECORD says (RM308).
    """
    return dict(_members(program))


def _members(program: Program) -> Iterator[tuple[str, bytes]]:
    sources = {module.path for module in program.modules}
    for resource in program.resources:
        if resource.path not in sources:
            yield _member(resource.path, _read(program.root / resource.path, resource.sha256))
    for file in program.dependencies.vendored:
        yield _member(f"{VENDORED}/{file.path}", _read(file.location, file.sha256))


def _member(name: str, content: bytes) -> tuple[str, bytes]:
    if not name.endswith(_ENCODED):
        try:
            content.decode()
        except UnicodeDecodeError:
            pass
        else:
            return name, content
    return name + _ENCODED, base64.b64encode(content)


def _read(path: Path, sha256: str) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _changed(path, f"it cannot be read: {error.strerror or error}") from error
    if (got := hashlib.sha256(content).hexdigest()) != sha256:
        raise _changed(path, f"expected `sha256:{sha256}`, got `sha256:{got}`")
    return content


def _changed(path: Path, how: str) -> PackageError:
    return PackageError(
        f"`{path}` is not what it was: {how}",
        code="RM308",
        hint="build again; if a file of a distribution was edited, install that distribution again",
        path=str(path),
    )
