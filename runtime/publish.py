"""From a pipeline's file to a signed package, and to a registry.

from remotemedia.runtime.publish import build_package, push_package

built = build_package(Path("pipeline.py"), Path(), environ=os.environ)
push_package("oci://registry.example/speech:1.0", built.path, network=Network())
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from importlib.metadata import version as distribution_version
from pathlib import Path
from typing import Protocol

from remotemedia.compiler import default_runtimes
from remotemedia.errors import PackageError, RegistryError, TrustError
from remotemedia.packager import BuiltPackage, build, hosted_distributions
from remotemedia.registry import Descriptor, PackageArchive, Progress, Reference, Scheme, copy
from remotemedia.runtime._verdict import check_manifest
from remotemedia.runtime._wheels import WheelPolicy, find_wheels
from remotemedia.runtime.home import home_directory
from remotemedia.runtime.network import Network
from remotemedia.runtime.program import Reading, program_of
from remotemedia.trust import KeyStore, Mode, SigningKey, read_signing_key

_SUFFIX = re.compile(r"-[0-9a-f]{12}\.rmpkg$")


class Buildable(Protocol):
    """What a `Pipeline` is to a build: a name in a file."""

    @property
    def source(self) -> Path:
        """The file that builds it."""
        ...

    @property
    def name(self) -> str:
        """What it is called."""
        ...


def signing_key(environ: Mapping[str, str], path: Path | None = None) -> SigningKey:
    """The key that signs a build: the file given, else that of `REMOTEMEDIA_KEY`, else the user's own.

    Raises:
        TrustError: RM506, production makes no key by itself, and none was given.
    """
    named = path or (Path(environ["REMOTEMEDIA_KEY"]) if environ.get("REMOTEMEDIA_KEY") else None)
    if named is not None:
        return read_signing_key(named)
    if Mode.detect(environ) is Mode.PRODUCTION:
        raise TrustError(
            "expected a signing key in production, got none",
            code="RM506",
            hint="give one with `--key FILE` or `REMOTEMEDIA_KEY`, or build with `--unsigned`",
        )
    return KeyStore(home_directory(environ)).default()


def build_package(
    source: Path,
    directory: Path,
    *,
    environ: Mapping[str, str],
    reading: Reading | None = None,
    key: SigningKey | None = None,
    version: str = "0.0.0",
    wheels: WheelPolicy = WheelPolicy.NONE,
) -> BuiltPackage:
    """Write the package of a pipeline's file into a directory; unsigned without a key.

    `wheels` says what an index is asked for; by default no network is used.

    Raises:
        RemoteMediaError: RM1xx of the program, RM2xx of its manifest, RM3xx of the package, RM510 of an index.
    """
    program = program_of(source, reading, environ=environ)
    check_manifest(program.manifest)
    tool = distribution_version("remotemedia")
    with tempfile.TemporaryDirectory(prefix="remotemedia-") as place:
        found = find_wheels(hosted_distributions(program, default_runtimes(program)), wheels, Path(place))
        return build(program, directory, key=key, environ=environ, tool_version=tool, version=version, wheels=found)


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


def push_package(
    reference: str, package: Path, *, network: Network, progress: Progress | None = None
) -> tuple[Reference, Descriptor]:
    """Copy a package file, its signatures first, to a registry or a layout directory; what it is called there.

    Raises:
        RegistryError: RM401, the reference is not one that can be pushed to.
    """
    target = Reference.parse(reference)
    if target.scheme not in {Scheme.REGISTRY, Scheme.LAYOUT} or target.digest is not None:
        raise RegistryError(
            f"expected `oci://HOST/REPO[:TAG]` or `oci-layout:PATH[:TAG]` to push to, got `{reference}`", code="RM401"
        )
    with PackageArchive(package) as archive:
        descriptor = archive.resolve(None)
        copy(archive, network.target(target), descriptor, tag=target.tag or "latest", progress=progress)
    return target, descriptor


def export(pipeline: Buildable, path: Path) -> Path:
    """Build a pipeline's package: into a directory under its own name, or as the file that is named."""
    key, reading = signing_key(os.environ), Reading(pipeline=pipeline.name)
    if path.is_dir():
        return build_package(pipeline.source, path, environ=os.environ, reading=reading, key=key).path
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".remotemedia-") as place:
        built = build_package(pipeline.source, Path(place), environ=os.environ, reading=reading, key=key)
        shutil.move(built.path, path)
    return path


def push(pipeline: Buildable, reference: str) -> str:
    """Build a pipeline's package and push it; its digest."""
    with tempfile.TemporaryDirectory(prefix="remotemedia-") as place:
        built = export(pipeline, Path(place))
        _, descriptor = push_package(reference, built, network=Network())
    return descriptor.digest
