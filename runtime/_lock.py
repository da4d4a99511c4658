"""What a package locks of host Python: `lock_of(package).requirements`."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from remotemedia.errors import TrustError
from remotemedia.runtime._documents import expect_form
from remotemedia.runtime._installer import python_version
from remotemedia.runtime.resolve import ENVIRONMENT, Documents
from remotemedia.schemas.package import EnvironmentDocument, LockedDistribution
from remotemedia.trust import strict_json

__all__ = ["EnvironmentLock", "lock_of"]


@dataclass(frozen=True)
class EnvironmentLock:
    """Exact versions, and the archives that each may come from.

    Attributes:
        python: the version of Python that it is for: `3.11`.
        packages: by name.
    """

    python: str
    packages: tuple[LockedDistribution, ...] = ()

    @property
    def requirements(self) -> list[str]:
        """As pip takes them."""
        return [
            " ".join((f"{it.name}=={it.version}", *(f"--hash=sha256:{digest}" for digest in it.sha256)))
            for it in self.packages
        ]

    @property
    def wheels(self) -> tuple[str, ...]:
        """Names of the wheels that are in the package: all or none."""
        return tuple(it.wheel for it in self.packages if it.wheel is not None)

    @property
    def digest(self) -> str:
        """Hex; equal for packages that state the same, whether or not they hold the wheels."""
        return hashlib.sha256(strict_json.dumps([self.python, self.requirements])).hexdigest()


def lock_of(package: Documents) -> EnvironmentLock:
    """Return the lock of a package; an empty one for this Python where it needs nothing but the standard library.

    Raises:
        PackageError: RM303, it is malformed.
        TrustError: RM510, it has no hash of a distribution.
    """
    if not package.has(ENVIRONMENT):
        return EnvironmentLock(python_version())
    document = expect_form(package.document(ENVIRONMENT), EnvironmentDocument, ENVIRONMENT)
    unknown = [f"`{it.name}` {it.version}" for it in document.packages if not it.sha256]
    if unknown:
        raise TrustError(
            f"expected hashes of all libraries in the package, got none of {', '.join(unknown)}",
            code="RM510",
            hint="build it with `--lock-python` or `--vendor-wheels`, or beside a lock file with hashes",
        )
    return EnvironmentLock(document.python, document.packages)
