"""From a reference to a package that is here and verified: `Resolver(os.environ, Network()).resolve("oci://…")`."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from remotemedia.errors import PackageError, RegistryError
from remotemedia.registry import (
    Cache,
    Descriptor,
    LayoutDirectory,
    Manifest,
    PackageArchive,
    Progress,
    Reference,
    Scheme,
    Source,
    bundles_of,
    media_types,
)
from remotemedia.runtime.home import home_directory
from remotemedia.runtime.network import Network
from remotemedia.trust import KeyStore, Mode, Verdict, strict_json, verify

ENVIRONMENT = "meta/environment.json"
"""What nodes on the host's Python need installed; a package without such nodes has none."""

_MAX_DOCUMENT = 4 << 20


class PullPolicy(StrEnum):
    """When a registry is asked for what a reference points to."""

    MISSING = "missing"  # only if the cache does not know the reference
    ALWAYS = "always"
    NEVER = "never"


class Documents(Protocol):
    """What a package's documents are read from."""

    def has(self, title: str, /) -> bool:
        """Return whether there is one at this path."""
        ...

    def document(self, title: str, /) -> dict[str, Any]:
        """Return it."""
        ...


@dataclass(frozen=True)
class PackageContents:
    """The files of a package.

    Attributes:
        path: the layout directory, or the `.rmpkg` file.
        manifest: the artifact's OCI manifest.
    """

    path: Path
    manifest: Manifest

    def document(self, title: str) -> dict[str, Any]:
        """A JSON document of the package, by its path in the tree; hashed while it is read.

        Raises:
            PackageError: RM306, the package has no such file.
        """
        with _opened(self.path) as source:
            return _document(source, self.manifest, title)

    def has(self, title: str) -> bool:
        """Return whether there is a file at this path in the package's tree."""
        return any(layer.title == title for layer in self.manifest.layers)

    def copy(self, title: str, path: Path) -> None:
        """Write a file of the package elsewhere; hashed while it is read.

        Raises:
            PackageError: RM302, it does not match its digest; RM306, there is no such file.
        """
        with _opened(self.path) as source, path.open("xb") as file:
            for piece in source.open_blob(_layer(self.manifest, title)):
                file.write(piece)

    def check_content(self) -> None:
        """Hash every file.

        Raises:
            PackageError: RM302, one does not match its digest.
        """
        with _opened(self.path) as source:
            for descriptor in self.manifest.blobs:
                for _ in source.open_blob(descriptor):
                    pass


@dataclass(frozen=True)
class ResolvedPackage(PackageContents):
    """A package that is on this machine and has passed verification.

    Attributes:
        reference: as the user wrote it.
        digest: its identity.
        verdict: who signed it, and whether they are trusted.
        config: what the package says of itself and wants.
    """

    reference: Reference
    digest: str
    verdict: Verdict
    config: Mapping[str, Any]


class Resolver:
    """Finds packages for one user: in files, layout directories, the cache and registries."""

    def __init__(self, environ: Mapping[str, str], network: Network) -> None:
        self._home = home_directory(environ)
        self._mode = Mode.detect(environ)
        self._keyring = KeyStore(self._home).keyring()
        self._network = network

    def resolve(
        self, text: str, *, pull: PullPolicy = PullPolicy.MISSING, progress: Progress | None = None
    ) -> ResolvedPackage:
        """Find a package, fetch it where it is not here, and verify it.

        Verification takes place on every call, also of what is cached: keys may have been withdrawn since.

        Raises:
            RegistryError: RM401, RM402, RM403, RM404, RM407: it cannot be found or fetched.
            PackageError: RM30x: it is not whole.
            TrustError: RM50x: it is not authentic.
        """
        reference = Reference.parse(text)
        if reference.scheme in {Scheme.FILE, Scheme.LAYOUT}:
            path = Path(reference.path)
            with _opened(path) as source:
                return self._verified(reference, path, source, source.resolve(reference.part))
        cache = Cache(self._home)
        entry = cache.get(reference) if pull is not PullPolicy.ALWAYS else None
        if entry is None:
            if reference.scheme is Scheme.CACHE or pull is PullPolicy.NEVER:
                raise RegistryError(
                    f"expected `{reference}` in the cache, it is not there",
                    code="RM407",
                    hint="`remotemedia pull` fetches it; `remotemedia cache list` shows what is there",
                )
            remote = self._network.target(reference)
            descriptor = remote.resolve(reference.part)

            def judge(_manifest: bytes, bundles: list[bytes]) -> None:
                verify(descriptor.digest, bundles, self._keyring, self._mode)

            entry = cache.add(remote, descriptor, reference, judge=judge, progress=progress)
        source = entry.open()
        return self._verified(reference, entry.path, source, source.resolve(entry.digest))

    def _verified(self, reference: Reference, path: Path, source: Source, descriptor: Descriptor) -> ResolvedPackage:
        verdict = verify(descriptor.digest, bundles_of(source, descriptor.digest), self._keyring, self._mode)
        manifest = Manifest.parse(source.manifest(descriptor.digest))
        if manifest.artifact_type != media_types.PACKAGE:
            raise PackageError(
                f"expected `{reference}` to be a package (`{media_types.PACKAGE}`), got `{manifest.artifact_type}`",
                code="RM301",
            )
        config = _parsed(source, manifest.config)
        return ResolvedPackage(path, manifest, reference, descriptor.digest, verdict, config)


def _opened(path: Path) -> AbstractContextManager[PackageArchive | LayoutDirectory]:
    if path.suffix == ".py":
        raise PackageError(
            f"expected a package, got the source `{path}`",
            code="RM301",
            hint=f"build it first with `remotemedia build {path}`, or run it in this process with `python {path}`",
        )
    return nullcontext(LayoutDirectory(path)) if path.is_dir() else PackageArchive(path)


def _document(source: Source, manifest: Manifest, title: str) -> dict[str, Any]:
    return _parsed(source, _layer(manifest, title))


def _layer(manifest: Manifest, title: str) -> Descriptor:
    layer = next((layer for layer in manifest.layers if layer.title == title), None)
    if layer is None:
        raise PackageError(f"expected `{title}` in the package, it is not there", code="RM306")
    return layer


def _parsed(source: Source, descriptor: Descriptor) -> dict[str, Any]:
    if descriptor.size > _MAX_DOCUMENT:
        raise PackageError(f"expected at most {_MAX_DOCUMENT} bytes of metadata, got {descriptor.size}", code="RM303")
    try:
        return strict_json.loads_object(b"".join(source.open_blob(descriptor)))
    except ValueError as exc:
        raise PackageError(f"expected metadata as a JSON object: {exc}", code="RM303") from exc
