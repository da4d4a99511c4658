"""Environments of host Python: one for each lock, shared by all packages that state it.

with Environments(home).python_of(package, ["Spectrum"]) as python:
    python["Spectrum"]  # {"interpreter": …, "path": […], "read": […]}

`envs/<digest>/` is a virtual environment whose marker `remotemedia.json` names the digest of the lock that it was made
from; it appears under its name when it is complete. Whoever makes, uses or removes one holds its lock.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from remotemedia.errors import TrustError
from remotemedia.runtime import _installer

if TYPE_CHECKING:
    from remotemedia.runtime._lock import EnvironmentLock
    from remotemedia.runtime.resolve import ResolvedPackage

__all__ = ["Environment", "Environments"]

_MARKER: Final = "remotemedia.json"
_TEMPORARY: Final = ".new-"
_SDK: Final = ".sdk"
_NAMED: Final = 3


@dataclass(frozen=True)
class Environment:
    """One that is here.

    Attributes:
        digest: of its lock, hex.
        path: its directory.
        size: bytes.
        used: seconds since 1970, of the last use.
    """

    digest: str
    path: Path
    size: int
    used: float


def linked(package: Path) -> list[str]:
    """Where the files of an installed package really lie: it may be linked, or each of its files."""
    real = {os.path.realpath(it) for it in (package, *package.iterdir())}
    if (package / "__init__.py").is_symlink():
        # An installation for editing links file by file.
        real |= {str(it.resolve().parent) for it in package.rglob("*.py")}
    return sorted(real)


class Environments:
    """The environments of one home directory; safe to use from several processes at once. Failures are RM510."""

    def __init__(self, home: Path) -> None:
        self._directory = home / "envs"

    @contextmanager
    def python_of(
        self,
        package: ResolvedPackage,
        nodes: Iterable[str],
        *,
        offline: bool = False,
        notice: Callable[[str], None] = lambda _message: None,
    ) -> Iterator[Mapping[str, Mapping[str, Any]]]:
        """Give interpreter and search path of nodes on the host's Python; make their environment where it is not here.

        Raises:
            TrustError: RM510, the package's lock has no hashes, or the environment cannot be made.
            PackageError: RM30x, the package is not whole.
        """
        ids = list(nodes)
        if not ids:
            yield {}
            return
        from remotemedia.runtime._lock import lock_of  # noqa: PLC0415 - it imports pydantic; most runs need none

        lock = lock_of(package)
        with self._held(lock.digest, fcntl.LOCK_SH) as path:
            if not self._is_made(path, lock.digest):
                self._make(lock, package, offline=offline, notice=notice)
            os.utime(path / _MARKER)
            python = self._plan(path, lock)
            yield dict.fromkeys(ids, python)

    def all(self) -> tuple[Environment, ...]:
        """Return those that are here, by digest."""
        found = sorted(path for path in self._directory.glob("[0-9a-f]*") if (path / _MARKER).is_file())
        return tuple(Environment(it.name, it, _size(it), (it / _MARKER).stat().st_mtime) for it in found)

    def remove(self, digest: str) -> bool:
        """Remove one; return whether it was not in use."""
        try:
            with self._held(digest, fcntl.LOCK_EX | fcntl.LOCK_NB) as path:
                gone = Path(tempfile.mkdtemp(prefix=_TEMPORARY, dir=self._directory))
                path.rename(gone / "environment")
                shutil.rmtree(gone)
        except BlockingIOError:
            return False
        return True

    def sweep(self) -> None:
        """Remove what killed processes left half made."""
        for path in self._directory.glob(f"{_TEMPORARY}*"):
            if time.time() - path.stat().st_mtime > 24 * 3600:
                shutil.rmtree(path, ignore_errors=True)

    def _is_made(self, path: Path, digest: str) -> bool:
        try:
            marker = json.loads((path / _MARKER).read_bytes())
        except (OSError, ValueError):
            return False
        return isinstance(marker, dict) and marker.get("digest") == digest and (path / "bin" / "python").exists()

    def _make(
        self, lock: EnvironmentLock, package: ResolvedPackage, *, offline: bool, notice: Callable[[str], None]
    ) -> None:
        """Make one beside its place, and move it there when it is complete; another process may be faster."""
        path = self._directory / lock.digest
        if lock.packages:
            names = [f"{it.name} {it.version}" for it in lock.packages]
            more = [f"{len(names) - _NAMED} more"] if len(names) > _NAMED else []
            notice(f"making the Python environment of `{package.config['name']}`: {', '.join(names[:_NAMED] + more)}")
        with self._making(lock.digest):
            if self._is_made(path, lock.digest):
                return
            shutil.rmtree(path, ignore_errors=True)
            temporary = Path(tempfile.mkdtemp(prefix=_TEMPORARY, dir=self._directory))
            try:
                _installer.make_environment(temporary, lock.python)
                _install(lock, package, temporary, offline=offline)
                _forget_scripts(temporary)
                marker = {"digest": lock.digest, "python": lock.python, "packages": lock.requirements}
                (temporary / _MARKER).write_text(json.dumps(marker), encoding="utf-8")
                temporary.rename(path)
            except OSError as error:
                raise _installer.failed(f"cannot write `{path}`: {error.strerror}", "") from error
            finally:
                shutil.rmtree(temporary, ignore_errors=True)

    def _plan(self, path: Path, lock: EnvironmentLock) -> dict[str, Any]:
        library = path / "lib" / f"python{lock.python}" / "site-packages"
        sdk, real = self._sdk()
        return {"interpreter": str(path / "bin" / "python"), "path": [str(library), str(sdk)], "read": real}

    def _sdk(self) -> tuple[Path, list[str]]:
        """Return a directory that has this SDK and nothing of what is installed beside it, and where its links lead."""
        import remotemedia  # noqa: PLC0415 - the façade, which is this package's parent

        own = Path(remotemedia.__file__).parent
        place = self._directory / _SDK / hashlib.sha256(str(own).encode()).hexdigest()[:16]
        link = place / "remotemedia"
        if not link.is_symlink():
            place.mkdir(parents=True, exist_ok=True)
            with suppress(FileExistsError):  # another process was faster
                link.symlink_to(own)
        return place, linked(own)

    @contextmanager
    def _held(self, digest: str, how: int) -> Iterator[Path]:
        with self._locked(f".{digest}.lock", how):
            yield self._directory / digest

    @contextmanager
    def _making(self, digest: str) -> Iterator[None]:
        with self._locked(f".{digest}.making", fcntl.LOCK_EX):
            yield

    @contextmanager
    def _locked(self, name: str, how: int) -> Iterator[None]:
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self._directory / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _installer.failed(f"cannot write `{self._directory}`: {error.strerror}", "") from error
        try:
            fcntl.flock(descriptor, how)
            yield
        finally:
            os.close(descriptor)


def _install(lock: EnvironmentLock, package: ResolvedPackage, environment: Path, *, offline: bool) -> None:
    if not lock.packages:
        return
    if not lock.wheels:
        if offline:
            raise TrustError(
                "expected the wheels in the package, for no socket may be opened; it has only their hashes",
                code="RM510",
                hint="run it once without `--offline`, or build it with `--vendor-wheels`",
            )
        _installer.install(lock.requirements, environment, None)
        return
    with tempfile.TemporaryDirectory(prefix="remotemedia-") as place:
        for wheel in lock.wheels:
            package.copy(f"wheels/{wheel}", Path(place) / wheel)
        _installer.install(lock.requirements, environment, Path(place))


def _forget_scripts(environment: Path) -> None:
    """Remove programs: their first line names the directory that the environment was made in."""
    for file in (environment / "bin").iterdir():
        if not file.name.startswith("python"):
            file.unlink()


def _size(directory: Path) -> int:
    return sum(file.lstat().st_size for file in directory.rglob("*") if not file.is_dir() or file.is_symlink())
