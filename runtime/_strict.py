"""What production asks of a package beyond a signature: that nothing in it is left open or not understood."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from remotemedia import _native
from remotemedia.errors import TrustError
from remotemedia.registry import Reference
from remotemedia.runtime._nested import is_package

if TYPE_CHECKING:
    from remotemedia.runtime._nested import NestedPackage
    from remotemedia.runtime.resolve import ResolvedPackage

__all__ = ["check_strictly"]


def check_strictly(package: ResolvedPackage, nested: Mapping[str, NestedPackage]) -> None:
    """Refuse to run a package that is not fit for production.

    Raises:
        TrustError: RM518, its manifest, or that of a package in it, has fields that are not understood, or names a
            package by a tag, which may point to another one tomorrow.
    """
    _check("", package)
    for name, it in nested.items():
        _check(name, it.package)


def _check(name: str, package: ResolvedPackage) -> None:
    manifest = package.document("manifest.json")
    where = f"node `{name}`: " if name else ""
    for message, pointer in _native.validate_manifest(json.dumps(manifest).encode()):
        raise TrustError(
            f"{where}expected a manifest that is understood as a whole, got `{pointer}`: {message}",
            code="RM518",
            hint="build the package again with this version, or run it where `REMOTEMEDIA_ENV=development`",
            pointer=pointer,
        )
    for node in manifest.get("nodes", ()):
        if is_package(node) and not _is_pinned(node):
            raise TrustError(
                f"{where}expected node `{node['id']}` to name its package by digest, got `{node['remote_ref']}`",
                code="RM518",
                hint="`remotemedia build --lock` pins the packages that nodes are",
                node=node["id"],
            )


def _is_pinned(node: Mapping[str, Any]) -> bool:
    return Reference.parse(node["remote_ref"]).digest is not None
