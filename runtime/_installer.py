"""Python environments and wheels, by way of `venv` and pip: the one place that starts either."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from remotemedia.errors import TrustError

__all__ = ["download", "failed", "install", "look_up", "make_environment", "python_version"]

_LAST_LINES: Final = 12
_REDIRECTING: Final = frozenset({
    "PIP_PREFIX", "PIP_REQUIRE_VIRTUALENV", "PIP_ROOT", "PIP_TARGET", "PIP_USER", "PYTHONHOME", "PYTHONPATH",
})  # fmt: skip
"""Variables that would make pip install elsewhere, or import what is no part of it."""

_COMMON: Final = ("--disable-pip-version-check", "--no-input", "--no-color")
_EXACT: Final = ("--no-deps", "--only-binary", ":all:")


def python_version() -> str:
    """Return the version of this Python as environments know it: `3.11`."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def make_environment(directory: Path, version: str) -> None:
    """Make an empty environment of a version of Python.

    Raises:
        TrustError: RM510, there is no such Python, or it cannot be made.
    """
    run([*_interpreter(version), "-m", "venv", "--without-pip", str(directory)], f"cannot make `{directory}`")


def install(requirements: Iterable[str], environment: Path, wheels: Path | None) -> None:
    """Install exactly these requirements, each with its hashes, from wheels alone; no code of theirs is run.

    Args:
        requirements: `NAME==VERSION --hash=sha256:HEX …`.
        environment: made by `make_environment`.
        wheels: a directory that has them all, and then no index is asked; None asks pip's index.

    Raises:
        TrustError: RM510 with pip's last lines.
    """
    with tempfile.TemporaryDirectory(prefix="remotemedia-") as place:
        file = Path(place) / "requirements.txt"
        file.write_text("\n".join(requirements) + "\n", encoding="utf-8")
        source = ("--no-index", "--find-links", str(wheels)) if wheels is not None else ()
        options = ("--require-hashes", "--no-warn-script-location", *source, "-r", str(file))
        command = [*_pip(), "--python", str(environment / "bin" / "python"), "install", *_COMMON, *_EXACT, *options]
        run(command, "cannot install what the package needs")


def look_up(requirements: Sequence[str]) -> dict[str, str]:
    """Ask pip's index which wheels fit this Python: SHA-256 in hexadecimal, by name as the wheel has it.

    Raises:
        TrustError: RM510 with pip's last lines.
    """
    options = ("--dry-run", "--ignore-installed", "--quiet", "--report", "-")
    done = run([*_pip(), "install", *_COMMON, *_EXACT, *options, *requirements], "cannot find wheels")
    report: dict[str, Any] = json.loads(done)
    found = {}
    for it in report["install"]:
        hashes = it["download_info"].get("archive_info", {}).get("hashes", {})
        if "sha256" not in hashes:
            raise failed(f"the index states no SHA-256 of `{it['metadata']['name']}`", "")
        found[it["metadata"]["name"]] = hashes["sha256"]
    return found


def download(requirements: Iterable[str], directory: Path) -> None:
    """Put the wheels that fit this Python into a directory; those with hashes must match them.

    Raises:
        TrustError: RM510 with pip's last lines.
    """
    command = [*_pip(), "download", *_COMMON, *_EXACT, "--dest", str(directory)]
    for requirement in requirements:  # one by one: with a hash at one, pip would want one at each
        if " --hash=" in requirement:
            file = directory / "requirements.txt"
            file.write_text(requirement + "\n", encoding="utf-8")
            run([*command, "--require-hashes", "-r", str(file)], "cannot fetch a wheel")
            file.unlink()
        else:
            run([*command, requirement], "cannot fetch a wheel")


def run(command: Sequence[str], what: str) -> str:
    """Run a program to its end and return its output; RM510 with what it said last if it fails."""
    try:
        done = subprocess.run(command, env=_environ(os.environ), capture_output=True, text=True, check=False)
    except OSError as error:
        raise failed(f"{what}: {error.strerror}", "") from error
    if done.returncode != 0:
        raise failed(what, f"{done.stdout}\n{done.stderr}")
    return done.stdout


def failed(what: str, output: str) -> TrustError:
    """Return the failure of an installer, with what it said last."""
    readable = "".join(it if it.isprintable() or it == "\n" else "?" for it in output)
    lines = [line for line in readable.splitlines() if line.strip() and not line.startswith("[notice]")]
    said = "\n".join(lines[-_LAST_LINES:])
    return TrustError(f"{what}\n{said}" if said else what, code="RM510", output=said)


def _interpreter(version: str) -> list[str]:
    if version == python_version():
        return [getattr(sys, "_base_executable", sys.executable)]
    found = shutil.which(f"python{version}")
    if found is None:
        raise TrustError(
            f"expected Python {version}, for which the package's libraries are locked, got {python_version()} alone",
            code="RM510",
            hint=f"install it so that `python{version}` is on the path, or build the package with this Python",
        )
    return [found]


def _pip() -> list[str]:
    """Return the pip of this Python, else the one that comes with the standard library."""
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    if (ensurepip := importlib.util.find_spec("ensurepip")) is not None and ensurepip.origin is not None:
        for wheel in sorted(Path(ensurepip.origin).parent.glob("_bundled/pip-*.whl")):
            return [sys.executable, f"{wheel}/pip"]
    raise TrustError("expected pip in this Python, found none", code="RM510", hint="`python -m ensurepip` installs it")


def _environ(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name not in _REDIRECTING}
