"""Whether a package is what a pipeline's file gives: `rebuild(Path("pipeline.py"), "oci://…", …).differences`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from remotemedia.compiler import Digests
from remotemedia.errors import PackageError
from remotemedia.packager import LOCK, Difference, assemble, compare, pins_of
from remotemedia.registry import Manifest, Reference, Source, media_types
from remotemedia.runtime._documents import expect_package, read_document, read_small
from remotemedia.runtime.program import compile_cache, program_of
from remotemedia.runtime.publish import BuildRequest, completed, options_of

if TYPE_CHECKING:
    from remotemedia.runtime.network import Network

__all__ = ["Rebuilt", "rebuild"]

_PROVENANCE = "meta/provenance.json"


@dataclass(frozen=True)
class Rebuilt:
    """A package beside what its source gives now.

    Attributes:
        source: the pipeline's file.
        digest: of the package that there is.
        rebuilt: of the package that the source gives.
        differences: of the two; none where they are the same.
        warnings: of the build.
        hint: what may be the reason, where that can be told.
    """

    source: Path
    digest: str
    rebuilt: str
    differences: tuple[Difference, ...]
    warnings: tuple[str, ...]
    hint: str | None

    @property
    def is_same(self) -> bool:
        """Whether the package is what the source gives."""
        return self.digest == self.rebuilt


@dataclass(frozen=True)
class _There:
    manifest: Manifest
    config: Mapping[str, Any]
    pins: Mapping[str, str]
    builder: str


def rebuild(
    source: Path, reference: str, *, environ: Mapping[str, str], request: BuildRequest, network: Network
) -> Rebuilt:
    """Make a package's documents again and compare them; nothing is written, and no layer but small ones is fetched.

    Version, build time and what references were locked to are those of the package.

    Raises:
        RegistryError: RM401 to RM406, the package cannot be found or asked for.
        PackageError: RM301, RM302, RM303, it is none or not whole; RM3xx of the build.
        RemoteMediaError: RM1xx of the program, RM2xx of its manifest.
    """
    parsed = Reference.parse(reference)
    there = network.ask(parsed, lambda found: _there(found, parsed))
    asked = replace(request, version=str(there.config.get("version")), signer=None, lock=False)
    options = replace(options_of(asked, environ), pins=there.pins, seconds=_seconds(there.manifest))
    digests = Digests(compile_cache(environ) if asked.reading.cached else None)
    program = program_of(source, asked.reading, environ=environ, digests=digests)
    with completed(options, program, asked, network, digests) as whole:
        package = assemble(program, whole)
    differences = compare(package, there.manifest)
    here = f"remotemedia/{options.tool_version}"
    hint = f"it was built by `{there.builder}`, and this is `{here}`" if differences and there.builder != here else None
    return Rebuilt(source, there.manifest.descriptor.digest, package.digest, differences, package.warnings, hint)


def _there(source: Source, reference: Reference) -> _There:
    manifest = expect_package(Manifest.parse(source.manifest(source.resolve(reference.part).digest)), reference)
    layers = {layer.title: layer for layer in manifest.layers}
    pins = _pins(read_small(source, layers[LOCK])) if LOCK in layers else {}
    provenance = read_document(source, layers[_PROVENANCE]) if _PROVENANCE in layers else {}
    builder = provenance.get("builder")
    name = builder.get("id") if isinstance(builder, dict) else None
    return _There(manifest, read_document(source, manifest.config), pins, name if isinstance(name, str) else "")


def _pins(document: bytes) -> dict[str, str]:
    try:
        return pins_of(document)
    except ValueError as error:
        raise PackageError(f"expected `{LOCK}` to pin references, it does not", code="RM303") from error


def _seconds(manifest: Manifest) -> int | None:
    try:
        moment = datetime.fromisoformat(manifest.annotations.get(media_types.CREATED, ""))
    except ValueError:  # no package of ours; what differs is told
        return None
    return int(moment.timestamp()) if moment.tzinfo is not None else None
