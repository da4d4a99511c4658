"""A package from anywhere to anywhere: `copy_package("oci://a/b:1", "oci-layout:DIR:1", network=Network())`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from remotemedia.errors import RegistryError
from remotemedia.packager import export_package, writing
from remotemedia.registry import Cache, Descriptor, LayoutDirectory, Progress, Reference, Scheme, Source, copy
from remotemedia.runtime.home import home_directory

if TYPE_CHECKING:
    from remotemedia.runtime.network import Network

__all__ = ["copy_package"]


def copy_package(
    source: str, target: str, *, network: Network, progress: Progress | None = None
) -> tuple[Reference, Descriptor]:
    """Copy a package with all that refers to it, every byte checked; where it is now, and what it is.

    Nobody is asked whether its signer is trusted: that is for whoever runs it. A target without a tag gets that of the
    source, or `latest`; a file is the one that was built, byte for byte, if no signature was added since. What others
    attached comes along where it can; a file has signatures alone.

    Raises:
        RegistryError: RM40x, one place cannot be read or written, or the target is none that can be written.
        PackageError: RM30x, the package is not whole.
    """
    taken, given = network.parse(source), network.parse(target)
    if given.scheme is Scheme.CACHE or given.digest is not None:
        raise RegistryError(
            f"expected a registry, a layout directory or a `.rmpkg` file to copy to, got `{target}`", code="RM401"
        )
    if given.scheme is not Scheme.FILE:
        given = replace(given, tag=given.tag or taken.tag or "latest")
    wanted = taken.part

    def move(place: Source, _: Reference) -> Descriptor:
        nonlocal wanted
        descriptor = place.resolve(wanted)
        wanted = descriptor.digest  # a mirror that is asked next has this one, or none
        if given.scheme is Scheme.FILE:
            _export(place, descriptor, Path(given.path), progress)
        else:
            copy(place, network.target(given), descriptor, tag=given.tag, progress=progress)
        return descriptor

    if taken.scheme is not Scheme.CACHE:
        return given, network.ask(taken, move)
    entry = Cache(home_directory(network.environ)).get(taken)
    if entry is None:
        raise RegistryError(
            f"expected `{taken}` in the cache, it is not there",
            code="RM407",
            hint="`remotemedia cache list` shows what is there",
        )
    return given, move(entry.open(), taken)


def _export(source: Source, descriptor: Descriptor, path: Path, progress: Progress | None) -> None:
    """Write a package file; from elsewhere the package comes into a layout directory first, beside the file."""
    if isinstance(source, LayoutDirectory):
        export_package(source, descriptor.digest, path)
        return
    with writing(path, hint="name a directory that is there"):
        place = TemporaryDirectory(dir=path.absolute().parent, prefix=".remotemedia-")
    with place as directory:
        layout = LayoutDirectory(Path(directory))
        copy(source, layout, descriptor, progress=progress, notes=False)
        export_package(layout, descriptor.digest, path)
