"""Which places may be asked, and how: one set of options for every command that uses the network.

    network = Network(environ=os.environ)
    reference = network.parse("oci://registry.example/voice_tts:1.0")
    descriptor = network.ask(reference, lambda source, place: source.resolve(place.part))

A registry that cannot be reached may have mirrors; what they give is checked by its digest like anything else.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from remotemedia.errors import RegistryError, RemoteMediaError, TrustError, UsageError
from remotemedia.registry import Reference, Scheme, canonical_host
from remotemedia.runtime._config import Configuration, Mirrors, parse_mirrors
from remotemedia.runtime.home import home_directory

if TYPE_CHECKING:
    from remotemedia.registry import Credentials, HttpRegistry, LayoutDirectory, Source, TlsOptions

__all__ = ["Network", "parse_mirrors"]

_T = TypeVar("_T")
# The registry cannot be reached, is busy or broken, or is not who it should be: another place may help.
_UNREACHABLE: Final = frozenset({"RM404", "RM409"})
# A signature that is asked for is missing: a mirror need not have what refers to a package.
_UNSIGNED: Final = frozenset({"RM501", "RM502", "RM517"})
_CA_FILE, _CLIENT_CERTIFICATE, _CLIENT_KEY = _TLS_VARIABLES = (
    "REMOTEMEDIA_CA_FILE",
    "REMOTEMEDIA_CLIENT_CERT",
    "REMOTEMEDIA_CLIENT_KEY",
)


@dataclass(frozen=True)
class Network:
    """How to reach registries, and who gives signatures their time and their certificates.

    Attributes:
        offline: open no socket.
        plain_http: speak http with registries that are not on this machine.
        ca_file: PEM file of authorities that servers are trusted by, beside the system's; else `REMOTEMEDIA_CA_FILE`.
        client_certificate: PEM file of what is shown to servers that ask; else `REMOTEMEDIA_CLIENT_CERT`.
        client_key: PEM file of its key, unless that is in the same file; else `REMOTEMEDIA_CLIENT_KEY`.
        mirrors: where to ask when a registry cannot be reached, before those of `config.json`.
        environ: for these, credentials and proxies.
    """

    offline: bool = False
    plain_http: bool = False
    ca_file: Path | None = None
    client_certificate: Path | None = None
    client_key: Path | None = None
    mirrors: Mirrors = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)

    @cached_property
    def configuration(self) -> Configuration:
        """What the user has set for good.

        Raises:
            RegistryError: RM412, it is malformed.
        """
        return Configuration.load(self.environ)

    @property
    def tls(self) -> TlsOptions:
        """How servers are trusted, and what they are shown."""
        from remotemedia.registry import TlsOptions  # noqa: PLC0415 - `ssl` is slow to import

        return TlsOptions(
            ca_file=self.ca_file or self._named(_CA_FILE),
            client_certificate=self.client_certificate or self._named(_CLIENT_CERTIFICATE),
            client_key=self.client_key or self._named(_CLIENT_KEY),
        )

    def parse(self, text: str) -> Reference:
        """Read a reference of what is on this network: the one way from a text to what is asked.

        Raises:
            RegistryError: RM401, it is malformed.
        """
        return Reference.parse(text, plain_http=self._speaks_http)

    def target(self, reference: Reference) -> HttpRegistry | LayoutDirectory:
        """The registry or layout directory that a reference names.

        Raises:
            RegistryError: RM401, it names neither; RM407, a registry is needed, and the network may not be used.
        """
        if reference.scheme is Scheme.LAYOUT:
            from remotemedia.registry import LayoutDirectory  # noqa: PLC0415 - few commands need it

            return LayoutDirectory(Path(reference.path))
        if reference.scheme is Scheme.REGISTRY:
            self._check_online(reference.host)
            from remotemedia.registry import prepare_tls  # noqa: PLC0415 - `ssl` is slow to import

            tls = self.tls
            prepare_tls(reference.host, plain_http=self.plain_http, tls=tls)
            # It compiles large expressions, by recursion: deep in the stack, where the next import would begin that,
            # CPython 3.11 can map and unmap a piece of its stack two thousand times meanwhile.
            import urllib3  # noqa: F401, PLC0415 - importing it opens a socket

            from remotemedia.registry import HttpRegistry  # noqa: PLC0415 - the same

            return HttpRegistry(
                reference.host,
                reference.path,
                plain_http=self.plain_http,
                tls=tls,
                environ=self.environ,
                uploads=self._uploads(),
            )
        raise RegistryError(f"expected a registry or a layout directory, got `{reference}`", code="RM401")

    def source(self, reference: Reference) -> AbstractContextManager[Source]:
        """What packages are read from: a registry, a layout directory, or a file.

        Raises:
            RegistryError: RM401, the reference names none of these.
            PackageError: RM301, RM304, the file is no package.
        """
        if reference.scheme is Scheme.FILE:
            from remotemedia.registry import PackageArchive  # noqa: PLC0415 - the same

            return PackageArchive(Path(reference.path))
        return nullcontext(self.target(reference))

    def ask(self, reference: Reference, question: Callable[[Source, Reference], _T]) -> _T:
        """Ask what a reference names, and its mirrors in turn where that cannot be reached.

        A mirror whose copy lacks a signature that is asked for does not have the package.

        Args:
            reference: what is looked for.
            question: what is done with a source, and what that is a source of: the reference, or the same at a mirror.
                With the next one it begins anew.

        Raises:
            RegistryError: RM404, none can be reached; the details name the `mirrors` that were tried.
        """
        refusals: list[tuple[Reference, RemoteMediaError]] = []
        for place in (reference, *self._mirrors_of(reference)):
            try:
                with self.source(place) as source:
                    return question(source, place)
            except RegistryError as error:
                if place is reference and error.code not in _UNREACHABLE:
                    raise
                refusals.append((place, error))
            except TrustError as error:
                if place is reference or error.code not in _UNSIGNED:
                    raise
                refusals.append((place, error))
        (_, first), *others = refusals
        if not others:
            raise first
        told = "; ".join(f"`{place.host}`: {error.message}" for place, error in others)
        raise RegistryError(
            f"{first.message}; nor do its mirrors help: {told}",
            code=first.code,
            hint=first.hint,
            **{**first.details, "mirrors": [place.host for place, _ in others]},
        ) from first

    def check_login(self, host: str, credentials: Credentials) -> bool:
        """Try credentials at a registry; False says that it lets anybody in.

        Raises:
            RegistryError: RM403, it refuses them.
        """
        self._check_online(host)
        from remotemedia.registry import check_login  # noqa: PLC0415 - importing it opens a socket

        return check_login(host, credentials, plain_http=self.plain_http, tls=self.tls, environ=self.environ)

    def check_signing(self, what: str, hint: str) -> None:
        """Refuse a signature that needs the network where that may not be used, before any socket is opened.

        Args:
            what: is needed, as in `expected a network for …`.
            hint: how to sign without.

        Raises:
            TrustError: RM520.
        """
        if self.offline:
            raise TrustError(f"expected a network for {what}, got `--offline`", code="RM520", hint=hint)

    def check_index(self) -> None:
        """Refuse what pip's index would have to be asked for where the network may not be used.

        Raises:
            RegistryError: RM416.
        """
        if self.offline:
            raise RegistryError(
                "expected a network for pip's index, got `--offline`",
                code="RM416",
                hint="build without `--lock-python` and `--vendor-wheels`",
            )

    def _mirrors_of(self, reference: Reference) -> tuple[Reference, ...]:
        if reference.scheme is not Scheme.REGISTRY or self.offline:
            return ()
        named = (*self.mirrors.items(), *self.configuration.mirrors.items())
        places = [place for host, listed in named if self._host(host) == reference.host for place in listed]
        parts = [place.partition("/") for place in places]
        found = (
            replace(reference, host=self._host(host), path=f"{prefix}/{reference.path}" if prefix else reference.path)
            for host, _, prefix in parts
        )
        return tuple(dict.fromkeys(found))

    def _host(self, text: str) -> str:
        return canonical_host(text, plain_http=self._speaks_http)

    @property
    def _speaks_http(self) -> bool | None:
        """Whether http is spoken with registries; None: with those of this machine (`HttpRegistry`)."""
        if self.plain_http:
            return True
        named = (self.ca_file, self.client_certificate, self.client_key, *map(self._named, _TLS_VARIABLES))
        return False if any(named) else None

    def _uploads(self) -> Path | None:
        """Where uploads that were not finished are remembered; without a home nowhere."""
        try:
            return home_directory(self.environ) / "uploads"
        except UsageError:
            return None

    def _check_online(self, host: str) -> None:
        if self.offline:
            raise RegistryError(
                f"expected no use of the network, but `{host}` is needed",
                code="RM407",
                hint="pull the package once without `--offline`",
                host=host,
            )

    def _named(self, variable: str) -> Path | None:
        value = self.environ.get(variable)
        return Path(value) if value else None
