"""From a reference to a package that is here and verified: `Resolver(os.environ, Network()).resolve("oci://…")`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from remotemedia.errors import PackageError, RegistryError
from remotemedia.registry import (
    Cache,
    CacheEntry,
    Descriptor,
    LayoutDirectory,
    Lease,
    Manifest,
    PackageArchive,
    Progress,
    Reference,
    Scheme,
    Source,
    bundles_of,
    media_types,
)
from remotemedia.runtime._nested import NestedPackage, resolve_nested
from remotemedia.runtime._trust import Trust
from remotemedia.runtime.home import home_directory
from remotemedia.runtime.network import Network
from remotemedia.trust import Mode, Rule, Verdict, strict_json

ENVIRONMENT = "meta/environment.json"
"""What nodes on the host's Python need installed; a package without such nodes has none."""

_MAX_DOCUMENT = 4 << 20
# It is not there, not ours to see, out of reach, or wrong: something else may serve.
_NOT_HAD = frozenset({"RM402", "RM403", "RM404", "RM405", "RM406", "RM407"})


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
        rule: what the user's policy says of it, if a rule matched; it holds.
        mode: in which it was verified.
        lease: keeps a cached package from being removed, as long as this object lives.
    """

    reference: Reference
    digest: str
    verdict: Verdict
    config: Mapping[str, Any]
    rule: Rule | None = None
    mode: Mode = Mode.PRODUCTION
    lease: Lease | None = field(default=None, repr=False, compare=False)


class Resolver:
    """Finds packages for one user: in files, layout directories, the cache and registries."""

    def __init__(self, environ: Mapping[str, str], network: Network, *, trust: Trust | None = None) -> None:
        self._environ = environ
        self._home = home_directory(environ)
        self._trust = trust or Trust.of(environ)
        self._network = network

    def resolve(
        self, text: str, *, pull: PullPolicy = PullPolicy.MISSING, progress: Progress | None = None
    ) -> ResolvedPackage:
        """Find a package, fetch it where it is not here, and verify it.

        Verification takes place on every call, also of what is cached: keys may have been withdrawn since.

        Raises:
            RegistryError: RM40x: it cannot be found or fetched; the hint says what else is here. RM412: `config.json`.
            PackageError: RM30x: it is not whole.
            TrustError: RM50x: it is not authentic.
        """
        reference = Reference.parse(text)
        if reference.scheme in {Scheme.FILE, Scheme.LAYOUT}:
            path = Path(reference.path)
            with _opened(path) as source:
                return self._verified(reference, path, source, source.resolve(reference.part))
        cache = Cache(self._home, limit=self._network.configuration.cache_size)
        entry = cache.get(reference) if pull is not PullPolicy.ALWAYS else None
        if entry is None:
            try:
                entry = self._pulled(reference, cache, may_ask=pull is not PullPolicy.NEVER, progress=progress)
            except RegistryError as error:
                raise _advised(error, reference, cache) from error
        source = entry.open()
        found = self._verified(reference, entry.path, source, source.resolve(entry.digest))
        return replace(found, lease=entry.lease)

    def resolve_all(
        self, text: str, *, pull: PullPolicy = PullPolicy.MISSING, progress: Progress | None = None
    ) -> tuple[ResolvedPackage, Mapping[str, NestedPackage]]:
        """Find a package, and those that nodes of it are, each as `resolve` does; see `resolve_nested`."""
        package = self.resolve(text, pull=pull, progress=progress)
        resolve = partial(self.within(package).resolve, pull=pull, progress=progress)
        return package, resolve_nested(package, resolve)

    def within(self, package: ResolvedPackage) -> Resolver:
        """One for the packages that nodes of a package are: strangers chose their registries.

        A password of the environment that is for no registry in particular goes to that package's own alone.
        """
        environ, host = self._network.environ, package.reference.host
        if not host or environ.get("REMOTEMEDIA_REGISTRY"):
            return self
        network = replace(self._network, environ={**environ, "REMOTEMEDIA_REGISTRY": host})
        return Resolver(self._environ, network, trust=self._trust)

    @contextmanager
    def minding(self, packages: Iterable[ResolvedPackage]) -> Iterator[None]:
        """Put away what turns out to be damaged in the cache while packages run; the next use fetches it.

        Raises:
            PackageError: RM302, as the block raised it.
        """
        try:
            yield
        except PackageError as error:
            if error.code != "RM302":
                raise
            cached = {package.digest for package in packages if package.lease is not None}
            if not [damage for digest in cached for damage in Cache(self._home).verify(digest)]:
                raise
            hint = "it was damaged in the cache, and is put away: the next run, or `remotemedia pull`, fetches it"
            raise PackageError(error.message, code=error.code, hint=hint, **error.details) from error

    def _pulled(self, reference: Reference, cache: Cache, *, may_ask: bool, progress: Progress | None) -> CacheEntry:
        if reference.scheme is Scheme.CACHE or not may_ask:
            raise RegistryError(
                f"expected `{reference}` in the cache, it is not there",
                code="RM407",
                hint="`remotemedia pull` fetches it; `remotemedia cache list` shows what is there",
            )
        wanted = reference.part

        def pull(source: Source) -> CacheEntry:
            nonlocal wanted
            descriptor = source.resolve(wanted)
            wanted = descriptor.digest  # a mirror that is asked next has this one, or none

            def judge(manifest: bytes, bundles: list[bytes]) -> None:
                name = partial(_name, source, manifest)
                self._trust.judge(descriptor.digest, bundles, reference, name)

            return cache.add(source, descriptor, reference, judge=judge, progress=progress)

        return self._network.ask(reference, pull)

    def _verified(self, reference: Reference, path: Path, source: Source, descriptor: Descriptor) -> ResolvedPackage:
        raw = source.manifest(descriptor.digest)
        bundles = bundles_of(source, descriptor.digest)
        judged = self._trust.judge(descriptor.digest, bundles, reference, partial(_name, source, raw))
        manifest = Manifest.parse(raw)
        if manifest.artifact_type != media_types.PACKAGE:
            raise PackageError(
                f"expected `{reference}` to be a package (`{media_types.PACKAGE}`), got `{manifest.artifact_type}`",
                code="RM301",
            )
        config = _parsed(source, manifest.config)
        return ResolvedPackage(
            path, manifest, reference, descriptor.digest, judged.verdict, config, judged.rule, self._trust.mode
        )


def _name(source: Source, manifest: bytes) -> str:
    """What a package is called in the configuration that its digest covers; empty if it does not say."""
    name = _parsed(source, Manifest.parse(manifest).config).get("name")
    return name if isinstance(name, str) else ""


def _advised(error: RegistryError, reference: Reference, cache: Cache) -> RegistryError:
    """Say what would work instead, as far as is known here."""
    if error.code not in _NOT_HAD:
        return error
    cached = cache.references(reference)
    advice = [error.hint] if error.hint else []
    if same := cached.get(reference.canonical):
        advice.append(f"the version pulled last runs without asking: `{same}`")
    elif cached:
        advice.append(f"in the cache are {', '.join(f'`{text}`' for text in [*cached][-3:])}")
    if error.code == "RM404" and "mirrors" not in error.details:
        advice.append(f"another place that has it can be named: `--mirror {reference.host}=HOST`")
    advice.append("a pipeline's own source runs without a registry: `python FILE`")
    details = {**error.details, "reference": str(reference), "cached": dict(cached)}
    return RegistryError(error.message, code=error.code, hint="; ".join(advice), **details)


def _opened(path: Path) -> AbstractContextManager[PackageArchive | LayoutDirectory]:
    if path.suffix == ".py":
        raise PackageError(
            f"expected a package, got the source `{path}`",
            code="RM301",
            hint=f"build it first with `remotemedia build {path}`, or run it in this process with `python {path}`",
        )
    try:
        return nullcontext(LayoutDirectory(path)) if path.is_dir() else PackageArchive(path)
    except OSError as exc:
        raise PackageError(f"`{path}` cannot be read: {exc.strerror}", code="RM301", path=str(path)) from exc


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
