"""References: where a package is, as people write it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Self

from remotemedia.errors import RegistryError
from remotemedia.registry._digest import is_digest
from remotemedia.registry._hosts import DOCKER_HUB, canonical_host

DEFAULT_TAG = "latest"

_REGISTRY_PREFIX = "oci://"
_LAYOUT_PREFIX = "oci-layout:"
_FILE_SUFFIX = ".rmpkg"
_MAX_LENGTH = 4096

# Grammar of distribution-spec 1.1 ("Pulling manifests"); hosts as RFC 3986 has them, without user information.
_HOST = re.compile(r"(?:\[[0-9a-fA-F:]{2,39}\]|[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?)(?::[0-9]{1,5})?", re.ASCII)
_REPOSITORY = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*", re.ASCII)
_TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}", re.ASCII)
_MAX_REPOSITORY = 255


class Scheme(StrEnum):
    """Kinds of places."""

    REGISTRY = "registry"
    LAYOUT = "layout"
    FILE = "file"
    CACHE = "cache"


@dataclass(frozen=True)
class Reference:
    """A parsed reference; `str()` gives it as text, whichever way its registry was spelled.

    Attributes:
        scheme: what kind of place it is.
        host: `HOST[:PORT]` of a registry in its one spelling (`canonical_host`), else empty.
        path: the repository, the directory of a layout, or the file; empty for the cache.
        tag: the tag, if written.
        digest: `sha256:…`, if written.
    """

    scheme: Scheme
    host: str = ""
    path: str = ""
    tag: str | None = None
    digest: str | None = None

    @classmethod
    def parse(cls, text: str, *, plain_http: bool | None = None) -> Self:
        """Read a reference; raises `RegistryError` RM401. An existing file is a reference whatever its name.

        What is going to be asked for over a network is read by `Network.parse`: which port goes without saying depends
        on whether http is spoken with registries; None: on this machine alone.
        """
        return cls._parse(text, partial(canonical_host, plain_http=plain_http))

    @classmethod
    def reread(cls, text: str) -> Self:
        """Read what `str` gave of a reference, whose registry is spelled already; raises `RegistryError` RM401."""
        return cls._parse(text, str)

    @classmethod
    def _parse(cls, text: str, spell: Callable[[str], str]) -> Self:
        if len(text) > _MAX_LENGTH or "\0" in text:
            raise _malformed(f"expected at most {_MAX_LENGTH} characters without NUL", text)
        if text.startswith(_REGISTRY_PREFIX):
            return cls._registry(text, spell)
        if text.startswith(_LAYOUT_PREFIX):
            return cls._layout(text)
        if text.startswith("sha256:"):
            if not is_digest(text):
                raise _malformed("expected 64 hexadecimal digits behind `sha256:`", text)
            return cls(Scheme.CACHE, digest=text)
        if text.endswith(_FILE_SUFFIX) or _is(Path.is_file, text):
            return cls(Scheme.FILE, path=text)
        raise _malformed("expected `oci://…`, `oci-layout:…`, a `.rmpkg` file or `sha256:…`", text, _likely(text))

    @classmethod
    def _registry(cls, text: str, spell: Callable[[str], str]) -> Self:
        rest, digest = _split_digest(text.removeprefix(_REGISTRY_PREFIX), text)
        host, slash, named = rest.partition("/")
        if not _HOST.fullmatch(host):
            raise _malformed("expected `HOST` or `HOST:PORT` behind `oci://`", text)
        repository, colon, tag = named.partition(":")
        if not slash or len(repository) > _MAX_REPOSITORY or not _REPOSITORY.fullmatch(repository):
            raise _malformed("expected a repository (`a-z 0-9 . _ - /`, lower case) behind the host", text)
        try:
            host = spell(host)
        except ValueError as exc:
            raise _malformed(f"{exc} behind `oci://`", text) from exc
        if host == DOCKER_HUB and "/" not in repository:
            repository = f"library/{repository}"
        return cls(Scheme.REGISTRY, host, repository, _checked_tag(colon, tag, text), digest)

    @classmethod
    def _layout(cls, text: str) -> Self:
        rest, digest = _split_digest(text.removeprefix(_LAYOUT_PREFIX), text)
        # A tag stands after the last colon that is behind the last slash: directories may have colons too.
        directory, slash, last = rest.rpartition("/")
        name, colon, tag = last.rpartition(":")
        path = f"{directory}{slash}{name if colon else last}"
        if not path:
            raise _malformed("expected a directory behind `oci-layout:`", text)
        return cls(Scheme.LAYOUT, path=path, tag=_checked_tag(colon, tag, text), digest=digest)

    @property
    def part(self) -> str | None:
        """What a source resolves: the digest, else the tag, else `latest` in a registry and None elsewhere."""
        return self.digest or self.tag or (DEFAULT_TAG if self.scheme is Scheme.REGISTRY else None)

    @property
    def canonical(self) -> str:
        """The text with the tag that is meant, so that `oci://h/r` and `oci://h/r:latest` are one."""
        if self.scheme is Scheme.REGISTRY and self.tag is None and self.digest is None:
            return f"{self}:{DEFAULT_TAG}"
        return str(self)

    def __str__(self) -> str:
        """Give the reference as text."""
        suffix = (f":{self.tag}" if self.tag is not None else "") + (f"@{self.digest}" if self.digest else "")
        match self.scheme:
            case Scheme.REGISTRY:
                return f"{_REGISTRY_PREFIX}{self.host}/{self.path}{suffix}"
            case Scheme.LAYOUT:
                return f"{_LAYOUT_PREFIX}{self.path}{suffix}"
            case Scheme.FILE:
                return self.path
            case Scheme.CACHE:
                return self.digest or ""


def _is(kind: Callable[[Path], bool], text: str) -> bool:
    try:
        return bool(text) and kind(Path(text))
    except OSError:  # no file can have this name, or nobody may look
        return False


def _split_digest(rest: str, text: str) -> tuple[str, str | None]:
    before, at, digest = rest.rpartition("@")
    if not at or not digest.startswith("sha"):  # a directory may have an at sign in its name
        return rest, None
    if not is_digest(digest):
        raise _malformed("expected `sha256:` and 64 hexadecimal digits behind `@`", text)
    return before, digest


def _checked_tag(colon: str, tag: str, text: str) -> str | None:
    if not colon:
        return None
    if not _TAG.fullmatch(tag):
        raise _malformed("expected a tag of letters, digits and `_ . -`, at most 128, behind the last colon", text)
    return tag


def _likely(text: str) -> str | None:
    if _is(Path.is_dir, text):
        return f"for an OCI layout directory write `oci-layout:{text[:80]}`"
    if "/" in text:
        return f"for a registry write `oci://{text.partition('://')[2] or text}`"[:160]
    return None


def _malformed(expected: str, text: str, hint: str | None = None) -> RegistryError:
    shown = text if len(text) <= 200 else f"{text[:200]}…"  # noqa: PLR2004 - enough to recognise one's own text
    return RegistryError(
        f"{expected}, got `{shown}`",
        code="RM401",
        hint=hint
        or "references are `oci://HOST/REPO[:TAG][@DIGEST]`, `oci-layout:PATH[:TAG][@DIGEST]`, "
        "a file, or `sha256:…` from the cache",
        reference=shown,
    )
