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
        PackageError: RM319, there is none; RM305, there are packages of several names.
    """
    packages = sorted(directory.glob("*.rmpkg"), key=lambda path: path.stat().st_mtime_ns)
    names = {_SUFFIX.sub("", path.name) for path in packages}
    if len(names) == 1:
        return packages[-1]
    if not names:
        raise PackageError(
            f"there is no package in `{directory.absolute()}`",
            code="RM319",
            hint="build one with `remotemedia build FILE`, or name one that is elsewhere",
            path=str(directory),
        )
    listed = ", ".join(f"`{path.name}`" for path in packages)
    raise PackageError(
        f"expected packages of one name in `{directory}`, got {listed}",
        code="RM305",
        hint="name the package: `remotemedia push REF PACKAGE`",
    )


def check_target(reference: str, network: Network) -> Reference:
    """What is pushed to.

    Raises:
        RegistryError: RM401, the reference is not one that can be pushed to.
    """
    target = network.parse(reference)
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
    target = check_target(reference, network)
    with PackageArchive(package) as archive:
        descriptor = archive.resolve(None)
        copy(archive, network.target(target), descriptor, tag=target.tag or "latest", progress=progress)
    return target, descriptor
