"""From a reference to a package that is here and verified: `Resolver(os.environ, Network()).resolve("oci://…")`."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from remotemedia.errors import PackageError, RegistryError
from remotemedia.registry import BlobCheck, Manifest, PackageArchive, Reference, Scheme, bundles_of, hex_of
from remotemedia.runtime._advice import Arrived, advised
from remotemedia.runtime._at_once import Check, checked, go_on
from remotemedia.runtime._documents import expect_package, layer_of, read_document
from remotemedia.runtime._nested import NestedPackage, resolve_nested
from remotemedia.runtime._placements import PLACEMENTS, check_placements
from remotemedia.runtime._trust import Trust
from remotemedia.runtime._verdict import check_configuration, check_layers
from remotemedia.runtime.home import home_directory
from remotemedia.runtime.network import Network
from remotemedia.trust import Mode, strict_json

if TYPE_CHECKING:
    from remotemedia.registry import Cache, CacheEntry, Descriptor, LayoutFiles, Lease, Progress, Source
    from remotemedia.trust import Rule, Verdict

ENVIRONMENT = "meta/environment.json"
"""What nodes on the host's Python need installed; a package without such nodes has none."""

# Who is asked for what a stranger names must not learn it, unless it is for them.
_LOGIN = frozenset({"REMOTEMEDIA_USERNAME", "REMOTEMEDIA_PASSWORD"})

_MAX_NAME: Final = 200
_NAME: Final = re.compile(rf"[^\x00-\x1f\x7f-\x9f]{{1,{_MAX_NAME}}}")  # as the manifest's form has it

_T = TypeVar("_T")


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
            return read_document(source, layer_of(self.manifest, title))

    def has(self, title: str) -> bool:
        """Return whether there is a file at this path in the package's tree."""
        return any(layer.title == title for layer in self.manifest.layers)

    def copy(self, title: str, path: Path) -> None:
        """Write a file of the package elsewhere; hashed while it is read.

        Raises:
            PackageError: RM302, it does not match its digest; RM306, there is no such file.
        """
        with _opened(self.path) as source, path.open("xb") as file:
            for piece in source.open_blob(layer_of(self.manifest, title)):
                file.write(piece)

    def check_content(self) -> None:
        """Hash every file.

        Raises:
            PackageError: RM302, one does not match its digest.
        """
        with _opened(self.path) as source, BlobCheck(source, self.manifest.blobs) as check:
            check.finish()


@dataclass(frozen=True)
class ResolvedPackage(PackageContents):
    """A package that is on this machine and has passed verification.

    Attributes:
        reference: what it was asked for by.
        place: where it is known to be from: the reference, or the digest alone.
        digest: its identity.
        verdict: who signed it, and whether they are trusted.
        config: what the package says of itself and wants.
        rule: what the user's policy says of it, if a rule matched; it holds.
        mode: in which it was verified.
        lease: keeps a cached package from being removed, as long as this object lives.
    """

    reference: Reference
    place: Reference
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
        self,
        text: str,
        *,
        pull: PullPolicy = PullPolicy.MISSING,
        progress: Progress | None = None,
        check: Check = go_on,
    ) -> ResolvedPackage:
        """Find a package, fetch it where it is not here, and verify it.

        Verification takes place on every call, also of what is cached: keys may have been withdrawn since. Signatures
        are those of the last pull; `PullPolicy.ALWAYS` asks the registry for its tag and for those that it has now.

        Args:
            text: the reference.
            pull: when a registry is asked.
            progress: told of the bytes that move.
            check: ends a transfer by raising.

        Raises:
            RegistryError: RM40x: it cannot be found or fetched; the hint says what else is here. RM412: `config.json`.
            PackageError: RM30x: it is not whole.
            TrustError: RM50x: it is not authentic.
        """
        reference = self._network.parse(text)
        asks = pull is PullPolicy.ALWAYS and reference.scheme is Scheme.REGISTRY
        if not asks and (found := self._here(reference, may_ask=pull is PullPolicy.MISSING)) is not None:
            return found
        cache, arrived = self._cache, Arrived(checked(progress, check))
        try:
            if pull is PullPolicy.NEVER:
                raise _not_cached(reference)
            entry = self._pulled(reference, cache, arrived.take, check)
        except RegistryError as error:
            raise advised(error, reference, cache, arrived) from error
        return self._cached(entry, reference, reference)

    def look(self, text: str, directory: Path, *, check: Check = go_on) -> ResolvedPackage:
        """Find a package as `resolve` does, but fetch of one that is not here only its documents, and keep nothing.

        Args:
            text: the reference.
            directory: takes the documents, as a layout that lacks the other files; whoever looks removes it.
            check: as of `resolve`.

        Raises:
            RemoteMediaError: as `resolve`.
        """
        reference = self._network.parse(text)
        if (found := self._here(reference, may_ask=True)) is not None:
            return found
        from remotemedia.registry import LayoutDirectory, copy_documents  # noqa: PLC0415 - few only look

        def fetch(source: Source, descriptor: Descriptor, _: Reference) -> ResolvedPackage:
            path = directory / hex_of(descriptor.digest)
            layout = LayoutDirectory(path)
            judge = partial(self._check, source, reference, descriptor.digest)
            copy_documents(source, layout, descriptor, judge)
            return self._verified(reference, reference, path, layout, descriptor)

        try:
            return self._asked(reference, fetch, check)
        except RegistryError as error:
            raise advised(error, reference, self._cache) from error

    def check(self, package: ResolvedPackage) -> None:
        """Verify a package that somebody found whose trust is another one.

        Raises:
            TrustError: RM50x, RM51x, RM522: it would be refused here.
        """
        with _opened(package.path) as source:
            bundles = bundles_of(source, package.digest)
            self._check(source, package.place, package.digest, package.manifest.raw, bundles)

    def resolve_all(
        self,
        text: str,
        *,
        pull: PullPolicy = PullPolicy.MISSING,
        progress: Progress | None = None,
        check: Check = go_on,
    ) -> tuple[ResolvedPackage, Mapping[str, NestedPackage]]:
        """Find a package, and those that nodes of it are, each as `resolve` does; see `resolve_nested`."""
        package = self.resolve(text, pull=pull, progress=progress, check=check)
        resolve = partial(self.within(package).resolve, pull=pull, progress=progress)
        return package, resolve_nested(package, resolve, check=check)

    def within(self, package: ResolvedPackage) -> Resolver:
        """One for the packages that nodes of a package are: strangers chose their registries.

        A password of the environment that is for no registry in particular goes to that package's own alone.
        """
        environ, host = self._network.environ, package.reference.host
        if environ.get("REMOTEMEDIA_REGISTRY"):
            return self
        if host:
            environ = {**environ, "REMOTEMEDIA_REGISTRY": host}
        else:  # a file, or a digest: anybody's, and of no registry
            environ = {name: value for name, value in environ.items() if name not in _LOGIN}
        return Resolver(self._environ, replace(self._network, environ=environ), trust=self._trust)

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
            if not [damage for digest in cached for damage in self._cache.verify(digest)]:
                raise
            hint = "it was damaged in the cache, and is put away: the next run, or `remotemedia pull`, fetches it"
            raise PackageError(error.message, code=error.code, hint=hint, **error.details) from error

    def _here(self, reference: Reference, *, may_ask: bool) -> ResolvedPackage | None:
        """Find a package where no registry is needed for it; None if one has to be asked, and may be."""
        if reference.scheme in {Scheme.FILE, Scheme.LAYOUT}:
            path = Path(reference.path)
            with _opened(path) as source:
                return self._verified(reference, reference, path, source, source.resolve(reference.part))
        cache = self._cache
        entry = cache.get(reference)
        if entry is None:
            if reference.scheme is Scheme.CACHE:
                raise advised(_not_cached(reference), reference, cache)
            return None
        if not self._trust.by_place or _is_from(entry, reference):
            return self._cached(entry, reference, reference)
        # Nothing says that it was ever there, and whoever names this place may be a stranger: only its registry can.
        if may_ask and not self._network.offline:
            return None
        return self._cached(entry, reference, Reference(Scheme.CACHE, digest=entry.digest))

    def _cached(self, entry: CacheEntry, reference: Reference, place: Reference) -> ResolvedPackage:
        source = entry.open()
        found = self._verified(reference, place, entry.path, source, source.resolve(entry.digest))
        return replace(found, lease=entry.lease)

    @cached_property
    def _cache(self) -> Cache:
        from remotemedia.registry import Cache  # noqa: PLC0415 - a file needs none

        return Cache(self._home, limit=self._network.configuration.cache_size)

    def _pulled(self, reference: Reference, cache: Cache, progress: Progress, check: Check) -> CacheEntry:
        def pull(source: Source, descriptor: Descriptor, place: Reference) -> CacheEntry:
            judge, is_mirror = partial(self._check, source, reference, descriptor.digest), place != reference
            return cache.add(source, descriptor, reference, judge=judge, progress=progress, is_mirror=is_mirror)

        return self._asked(reference, pull, check)

    def _asked(self, reference: Reference, question: Callable[[Source, Descriptor, Reference], _T], check: Check) -> _T:
        """Ask a registry, and its mirrors where it cannot be reached, for what a reference points to."""
        wanted = reference.part

        def ask(source: Source, place: Reference) -> _T:
            nonlocal wanted
            check()
            descriptor = source.resolve(wanted)
            wanted = descriptor.digest  # a mirror that is asked next has this one, or none
            return question(source, descriptor, place)

        return self._network.ask(reference, ask)

    def _check(self, source: Source, place: Reference, digest: str, manifest: bytes, bundles: list[bytes]) -> None:
        """Judge a package by its manifest and signatures alone, before any layer moves."""
        self._trust.judge(digest, bundles, place, partial(_name, source, manifest, place))
        check_layers(expect_package(Manifest.parse(manifest), place))

    def _verified(
        self, reference: Reference, place: Reference, path: Path, source: Source, descriptor: Descriptor
    ) -> ResolvedPackage:
        raw = source.manifest(descriptor.digest)
        bundles = bundles_of(source, descriptor.digest)
        judged = self._trust.judge(descriptor.digest, bundles, place, partial(_name, source, raw, reference))
        manifest = expect_package(Manifest.parse(raw), reference)
        check_layers(manifest)
        config = read_document(source, manifest.config)
        stated = read_document(source, layer_of(manifest, "manifest.json"))
        check_configuration(config, stated)
        if any(layer.title == PLACEMENTS for layer in manifest.layers):
            check_placements(read_document(source, layer_of(manifest, PLACEMENTS)), config, stated)
        return ResolvedPackage(
            path, manifest, reference, place, descriptor.digest, judged.verdict, config, judged.rule, self._trust.mode
        )


def _is_from(entry: CacheEntry, reference: Reference) -> bool:
    """Return whether a cached package is known to be from the repository that a reference names."""
    if reference.scheme is Scheme.CACHE or reference.digest is None:
        return True
    known = (Reference.reread(it) for it in entry.references)
    return any((it.host, it.path) == (reference.host, reference.path) for it in known)


def _not_cached(reference: Reference) -> RegistryError:
    return RegistryError(
        f"expected `{reference}` in the cache, it is not there",
        code="RM407",
        hint="`remotemedia pull` fetches it; `remotemedia cache list` shows what is there",
    )


def _name(source: Source, manifest: bytes, place: Reference) -> str:
    """What a package is called in the configuration that its digest covers: a stranger's, which patterns are tried on.

    Raises:
        PackageError: RM303, it is none that a pipeline can have; RM301, it is no package.
    """
    name = read_document(source, expect_package(Manifest.parse(manifest), place).config).get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise PackageError(
            f"expected a name of at most {_MAX_NAME} characters on one line, got {strict_json.shown(name)}",
            code="RM303",
        )
    return name


def _opened(path: Path) -> AbstractContextManager[PackageArchive | LayoutFiles]:
    if path.suffix == ".py":
        raise PackageError(
            f"expected a package, got the source `{path}`",
            code="RM319",
            hint=f"build it first with `remotemedia build {path}`, or run it in this process with `python {path}`",
        )
    if not os.path.isdir(path):  # noqa: PTH112 - of what may not be looked at, opening it says why
        return PackageArchive(path)
    from remotemedia.registry import LayoutFiles  # noqa: PLC0415 - a file needs none

    return nullcontext(LayoutFiles(path))
