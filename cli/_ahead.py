"""Hashing the package that a command line names before it is known what is asked of it.

What takes longest of verifying a package is to hash it, and nothing has to be known for that but where it is. So that
begins first, while the rest of this program is imported and it is found out who signed the package. It decides nothing:
what begins in vain is given up, and what is found wrong is found again by who asks.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from remotemedia.errors import RemoteMediaError

if TYPE_CHECKING:
    from remotemedia.registry import BlobCheck, LayoutFiles, PackageArchive, Reference
    from remotemedia.runtime.resolve import ResolvedPackage

# Seconds after which who computes lets another thread have the interpreter: a hash needs it often, for a moment.
_SWITCH: Final = 1e-5


_begun: list[tuple[Path, str, BlobCheck]] = []
"""Place and digest of the package that is being hashed, if there is one."""


@contextmanager
def hashing(words: Sequence[str]) -> Iterator[None]:
    """Hash the package among the words of a command line meanwhile; at the end it is given up, unless it was asked for.

    `check_content` asks for it.
    """
    before = sys.getswitchinterval()
    with ExitStack() as stack:
        stack.callback(sys.setswitchinterval, before)
        stack.callback(_begun.clear)
        for word in words:
            try:
                begun = _begin(word, stack)
            except (RemoteMediaError, OSError):
                continue  # it is something else, or will be refused
            if begun is not None:
                _begun.append(begun)
                sys.setswitchinterval(_SWITCH)
                break
        yield


def check_content(package: ResolvedPackage) -> None:
    """Do as `package.check_content()` does, with what is done of it already."""
    for path, digest, check in _begun:
        if (path, digest) == (package.path, package.digest):
            try:
                check.finish()
            except RemoteMediaError:
                break  # the cache may have put it in order meanwhile
            return
    package.check_content()


def _begin(word: str, stack: ExitStack) -> tuple[Path, str, BlobCheck] | None:
    from remotemedia.registry import BlobCheck, Manifest, Reference

    found = _found(Reference.parse(word), stack)
    if found is None:
        return None
    path, digest, source = found
    manifest = Manifest.parse(source.manifest(digest))
    return path, digest, stack.enter_context(BlobCheck(source, manifest.blobs))


def _found(reference: Reference, stack: ExitStack) -> tuple[Path, str, LayoutFiles | PackageArchive] | None:
    """Find a package without asking anybody: its place, its digest, and what it is read from."""
    from remotemedia.registry import Scheme

    path = Path(reference.path)
    if reference.scheme is Scheme.FILE:
        from remotemedia.registry import PackageArchive

        archive = stack.enter_context(PackageArchive(path))
        return path, archive.resolve(reference.part).digest, archive
    from remotemedia.registry import LayoutFiles

    if reference.scheme is Scheme.LAYOUT:
        layout = LayoutFiles(path)
        return path, layout.resolve(reference.part).digest, layout
    from remotemedia.registry import cached_place
    from remotemedia.runtime.home import home_directory

    place = cached_place(home_directory(os.environ), reference)
    return (*place, LayoutFiles(place[0])) if place is not None else None
