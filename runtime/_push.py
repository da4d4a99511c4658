"""A package file goes to a registry: `push_package("oci://a/b:1", path, network=Network())`.

Apart from what builds packages, as pushing one that is there already takes less time than to import that.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from remotemedia.errors import PackageError, RegistryError
from remotemedia.registry import Descriptor, PackageArchive, Progress, Reference, Scheme, copy

if TYPE_CHECKING:
    from remotemedia.runtime.network import Network

__all__ = ["check_target", "newest_package", "push_package"]

_SUFFIX = re.compile(r"-[0-9a-f]{12}\.rmpkg$")


def newest_package(directory: Path) -> Path:
    """The package last built in a directory.

    Raises:
        PackageError: RM305, there is none, or there are packages of several names.
    """
    packages = sorted(directory.glob("*.rmpkg"), key=lambda path: path.stat().st_mtime_ns)
    names = {_SUFFIX.sub("", path.name) for path in packages}
    if len(names) == 1:
        return packages[-1]
    listed = ", ".join(f"`{path.name}`" for path in packages) or "none"
    raise PackageError(
        f"expected packages of one name in `{directory}`, got {listed}",
        code="RM305",
        hint="name the package: `remotemedia push REF PACKAGE`",
    )


def check_target(reference: str) -> Reference:
    """What is pushed to.

    Raises:
        RegistryError: RM401, the reference is not one that can be pushed to.
    """
    target = Reference.parse(reference)
    if target.scheme not in {Scheme.REGISTRY, Scheme.LAYOUT} or target.digest is not None:
        raise RegistryError(
            f"expected `oci://HOST/REPO[:TAG]` or `oci-layout:PATH[:TAG]` to push to, got `{reference}`", code="RM401"
        )
    return target


def push_package(
    reference: str, package: Path, *, network: Network, progress: Progress | None = None
) -> tuple[Reference, Descriptor]:
    """Copy a package file with its signatures to a registry or a layout directory; what it is called there.

    Raises:
        RegistryError: RM401, the reference is not one that can be pushed to.
    """
    target = check_target(reference)
    with PackageArchive(package) as archive:
        descriptor = archive.resolve(None)
        copy(archive, network.target(target), descriptor, tag=target.tag or "latest", progress=progress)
    return target, descriptor
