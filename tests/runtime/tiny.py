"""A tiny distribution with native code, as a wheel and as it is installed, and a program that needs it."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import sysconfig
import zipfile
from pathlib import Path

__all__ = ["PROGRAM", "install", "make_wheel"]

PROGRAM = """\
from tinynative import double

from remotemedia import Node, Pipeline


class Double(Node):
    def process(self, value):
        return double(value)


p = Pipeline("tiny")
p.add(Double())
"""

_SOURCE = (
    "from tinynative._bisect import bisect_right\n\n\ndef double(value):\n    return 2 * value + bisect_right([1], 0)\n"
)
_METADATA = "Metadata-Version: 2.1\nName: tinynative\nVersion: {version}\nLicense-Expression: MIT\n"
_WHEEL = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: false\nTag: py3-none-any\n"


def make_wheel(directory: Path, version: str = "1.0") -> Path:
    """Write `tinynative-1.0-py3-none-any.whl`; its native code is a module of this Python's standard library."""
    spec = importlib.util.find_spec("_bisect")
    assert spec is not None
    assert spec.origin is not None
    about = f"tinynative-{version}.dist-info"
    files = {
        "tinynative/__init__.py": _SOURCE.encode(),
        f"tinynative/_bisect{sysconfig.get_config_var('EXT_SUFFIX')}": Path(spec.origin).read_bytes(),
        f"{about}/METADATA": _METADATA.format(version=version).encode(),
        f"{about}/WHEEL": _WHEEL.encode(),
    }
    record = "".join(f"{name},sha256={_urlsafe(data)},{len(data)}\n" for name, data in files.items())
    files[f"{about}/RECORD"] = f"{record}{about}/RECORD,,\n".encode()
    wheel = directory / f"tinynative-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return wheel


def install(wheel: Path, site: Path) -> None:
    """Put a wheel's files where they are imported from."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)


def _urlsafe(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
