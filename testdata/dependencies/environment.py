"""Distributions for the programs beside it: small, made up, and installed as an installer would.

python testdata/dependencies/environment.py DIRECTORY
"""

import base64
import hashlib
import sys
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Wheel:
    """What an installer unpacks.

    Attributes:
        files: content by path.
        metadata: further lines of METADATA.
        tag: of the wheel.
    """

    name: str
    version: str
    files: dict[str, str]
    metadata: tuple[str, ...] = ()
    tag: str = "py3-none-any"
    licences: dict[str, str] = field(default_factory=dict)


WHEELS = (
    Wheel(
        "Pure-Words",
        "1.2.0",
        {
            "pure_words/__init__.py": "from pure_words.split import split\n\n__all__ = ['split']\n",
            "pure_words/split.py": (
                "from importlib.resources import files\n\nimport tiny_helper\n\n\n"
                "def split(text):\n"
                "    stops = files('pure_words').joinpath('stops.txt').read_text().split()\n"
                "    return [word for word in tiny_helper.words(text) if word not in stops]\n"
            ),
            "pure_words/stops.txt": "the\na\n",
            "pure_words/py.typed": "",
            "pure_words/tests/test_split.py": "import pytest\n",
        },
        ("License-Expression: MIT", "Requires-Dist: tiny-helper>=1", 'Requires-Dist: winonly; sys_platform == "win32"'),
        licences={"LICENSE": "MIT License\n"},
    ),
    Wheel(
        "tiny_helper",
        "1.0.0",
        {"tiny_helper.py": "def words(text):\n    return text.split()\n"},
        ("Classifier: License :: OSI Approved :: BSD License",),
    ),
    Wheel(
        "native-fft",
        "2.0.0",
        {
            "native_fft/__init__.py": "from native_fft._core import fft\n",
            "native_fft/_core.cpython-311-x86_64-linux-gnu.so": "machine code",
        },
        ("License: Apache-2.0",),
        tag="cp311-cp311-manylinux_2_17_x86_64",
    ),
    Wheel(
        "reaches-native",
        "0.3",
        {
            "reaches_native/__init__.py": "from . import spectrum\n",
            "reaches_native/spectrum.py": "import native_fft\n",
        },
        ("Requires-Dist: native-fft",),
    ),
    Wheel(
        "maybe-native",
        "1.0",
        {
            "maybe_native/__init__.py": (
                "try:\n    from maybe_native._speedups import fold\n"
                "except ImportError:\n    from maybe_native._slow import fold\n"
            ),
            "maybe_native/_slow.py": "def fold(values):\n    return sum(values)\n",
            "maybe_native/_speedups.abi3.so": "machine code",
        },
        ("License: a licence of my own\n        that says more than its name",),
        tag="cp311-abi3-manylinux_2_17_x86_64",
    ),
    Wheel("acme-alpha", "1.0", {"acme/alpha/__init__.py": "ALPHA = 1\n"}),
    Wheel("acme-beta", "1.0", {"acme/beta.py": "import ctypes\n\nBETA = ctypes\n"}),
    Wheel(
        "with-extras",
        "5.0",
        {"with_extras.py": "X = 1\n"},
        ("Provides-Extra: words", 'Requires-Dist: pure-words; extra == "words"'),
    ),
)


def install(directory: Path) -> None:
    """Unpack all wheels into a directory that is to be on `sys.path`."""
    for wheel in WHEELS:
        _install(wheel, directory)


def _install(wheel: Wheel, directory: Path) -> None:
    info = f"{wheel.name.replace('-', '_')}-{wheel.version}.dist-info"
    head = ("Metadata-Version: 2.4", f"Name: {wheel.name}", f"Version: {wheel.version}")
    files = {
        **wheel.files,
        f"{info}/METADATA": "\n".join((*head, *wheel.metadata)) + "\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {wheel.tag}\n",
        **{f"{info}/licenses/{name}": text for name, text in wheel.licences.items()},
    }
    rows = []
    for path, text in files.items():
        target = directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
        rows.append(f"{path},sha256={digest},{len(text.encode())}")
    (directory / info / "INSTALLER").write_text("by hand\n", encoding="utf-8")
    rows += [f"{info}/INSTALLER,,", f"{info}/RECORD,,"]
    (directory / info / "RECORD").write_text("\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    install(Path(sys.argv[1]))
