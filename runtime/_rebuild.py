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
from remotemedia.packager.optimize import CHOICES
from remotemedia.registry import Manifest, Reference, Source, media_types
from remotemedia.runtime._documents import expect_package, read_document, read_small
from remotemedia.runtime._wheels import WheelPolicy
from remotemedia.runtime.program import compile_cache, program_of
from remotemedia.runtime.publish import BuildRequest, completed, options_of

if TYPE_CHECKING:
    from remotemedia.runtime.network import Network

__all__ = ["Rebuilt", "rebuild"]

_PROVENANCE = "meta/provenance.json"
_OPTIMIZE = "meta/optimize.json"
_WHEELS = "wheels/"


@dataclass(frozen=True)
class Rebuilt:
    """A package beside what its source gives now.

    Attributes:
        source: the pipeline's file.
        digest: of the package that there is.
        rebuilt: of the package that the source gives.
        differences: of the two; none where they are the same.
        warnings: of the build.
        hint: what may be the reasons, where that can be told, a line for each.
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
    options: tuple[str, ...]


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
    parsed = network.parse(reference)
    there = network.ask(parsed, lambda found, _: _there(found, parsed))
    asked = replace(request, version=str(there.config.get("version")), signer=None, lock=False)
    options = replace(options_of(asked, environ), pins=there.pins, seconds=_seconds(there.manifest))
    digests = Digests(compile_cache(environ) if asked.reading.cached else None)
    program = program_of(source, asked.reading, environ=environ, digests=digests)
    with completed(options, program, asked, network, digests) as whole:
        package = assemble(program, whole)
    differences = compare(package, there.manifest)
    here = f"remotemedia/{options.tool_version}"
    hints = []
    if differences and there.options != (given := _given(request)):
        with_what = f"with `{' '.join(there.options)}`" if there.options else f"without `{' '.join(given)}`"
        hints.append(f"it was built {with_what}")
    if differences and there.builder != here:
        hints.append(f"it was built by `{there.builder}`, and this is `{here}`")
    hint = "\n".join(hints) or None
    return Rebuilt(source, there.manifest.descriptor.digest, package.digest, differences, package.warnings, hint)


def _there(source: Source, reference: Reference) -> _There:
    manifest = expect_package(Manifest.parse(source.manifest(source.resolve(reference.part).digest)), reference)
    layers = {layer.title: layer for layer in manifest.layers}
    pins = _pins(read_small(source, layers[LOCK])) if LOCK in layers else {}
    provenance = read_document(source, layers[_PROVENANCE]) if _PROVENANCE in layers else {}
    builder = provenance.get("builder")
    name = builder.get("id") if isinstance(builder, dict) else None
    optimize = read_document(source, layers[_OPTIMIZE]) if _OPTIMIZE in layers else None
    options = _options(optimize, vendored=any((title or "").startswith(_WHEELS) for title in layers))
    config = read_document(source, manifest.config)
    return _There(manifest, config, pins, name if isinstance(name, str) else "", options)


def _options(optimize: Mapping[str, Any] | None, *, vendored: bool) -> tuple[str, ...]:
    """Give the options of `build` by which a package has what it has, as far as its documents tell."""
    words = ["--vendor-wheels"] if vendored else []
    if optimize is not None:
        mode, error = optimize.get("mode"), optimize.get("maxError")
        words += [f"--optimize={mode if mode in CHOICES else '…'}"]
        words += [f"--max-error {error:g}"] if isinstance(error, float) else []
        words += ["--calibration …"] if optimize.get("calibration") else []
    return tuple(words)


def _given(request: BuildRequest) -> tuple[str, ...]:
    asked = request.optimize
    optimize = None
    if asked is not None:
        optimize = {"mode": asked.mode, "maxError": asked.max_error, "calibration": asked.calibration}
    return _options(optimize, vendored=request.wheels is WheelPolicy.VENDOR)


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
