"""What a package is made of, before it is signed and written."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from remotemedia.compiler import Distribution, Program, default_runtimes
from remotemedia.errors import UsageError
from remotemedia.packager._artifact import artifact_manifest
from remotemedia.packager._blob import Blob, Layer
from remotemedia.packager._canonical import canonical_json
from remotemedia.packager._clock import build_time, rfc3339
from remotemedia.packager._contents import content_layers
from remotemedia.packager._environment import environment_document, hosted_distributions, locked_hashes
from remotemedia.packager._lock import lock_document, pinned
from remotemedia.packager._metadata import config_document, provenance_document
from remotemedia.packager._options import BuildOptions
from remotemedia.packager._origin import Origin
from remotemedia.packager._programs import check_programs
from remotemedia.packager._sbom import sbom_document
from remotemedia.packager._screen import screen
from remotemedia.packager._slsa import builder_id, provenance_predicate

_VERSION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")  # distribution-spec 1.1: what a tag may be


@dataclass(frozen=True)
class Assembled:
    """A package without signatures: all that its digest follows from.

    Attributes:
        name: the pipeline's name.
        manifest: the OCI manifest, whose digest is the package's identity.
        config: the artifact's configuration.
        layers: the files, in their order.
        seconds: the build time, since 1970.
        runtimes: runtime kind by node id.
        warnings: what may fail elsewhere, one sentence each.
        provenance: what a signer states of where it comes from.
        sbom: what a signer states of what is in it.
    """

    name: str
    manifest: Blob
    config: Blob
    layers: tuple[Layer, ...]
    seconds: int
    runtimes: Mapping[str, str]
    warnings: tuple[str, ...]
    provenance: Mapping[str, Any]
    sbom: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """The package's identity, `sha256:…`."""
        return self.manifest.digest

    @property
    def created(self) -> str:
        """The build time, RFC 3339."""
        return rfc3339(self.seconds)


def assemble(program: Program, options: BuildOptions) -> Assembled:
    """Make all documents of a package.

    The digest follows from the sources, the versions of the dependencies and of this tool, and the build time, which
    is `SOURCE_DATE_EPOCH`, else the commit's, else the newest input's.

    Raises:
        PackageError: a file looks like a secret (RM309) or is excluded (RM310), changed meanwhile (RM308), or has a
            name that no reader would accept (RM304); a file is no program of the platform it is named for (RM636).
        UsageError: the version cannot be a tag, or `SOURCE_DATE_EPOCH` is not a time (RM701).
    """
    _check_version(options.version)
    screen(program)
    check_programs(program)
    program = pinned(program, options.pins)
    version, tool = options.version, options.tool_version
    origin = Origin.of(program)
    seconds = options.seconds
    if seconds is None:
        inputs = (program.root / path for path in origin.inputs)
        seconds = build_time(program.root, program.source, inputs, options.environ)
    created = rfc3339(seconds)
    optimized = options.optimized
    if optimized is not None:
        program = optimized.packed(program)  # from here on it is about what is packed, not about what it is made from
    runtimes = default_runtimes(program)
    hosted = hosted_distributions(program, runtimes)
    sbom = sbom_document(program, version=version, tool_version=tool, timestamp=created)
    documents = {
        "environment": environment_document(hosted, options.wheels) if hosted else None,
        "lock": lock_document(options.pins) if options.pins else None,
        "optimize": optimized.document if optimized is not None else None,
        "provenance": provenance_document(origin, builder=f"remotemedia/{tool}", timestamp=created),
        "sbom.cdx": sbom,
    }
    contents = optimized.contents if optimized is not None else {}
    layers = tuple(content_layers(program, runtimes, documents, options.wheels, contents))
    config = Blob.of_bytes(canonical_json(config_document(program.manifest, runtimes, version)))
    name = program.manifest["metadata"]["name"]
    return Assembled(
        name=name,
        manifest=artifact_manifest(layers, config, created),
        config=config,
        layers=layers,
        seconds=seconds,
        runtimes=runtimes,
        warnings=(*_warnings(program), *_unlocked(hosted, options)),
        provenance=provenance_predicate(
            origin,
            parameters={"pipeline": name, "version": version, **options.parameters},
            builder=builder_id(options.environ),
            tool_version=tool,
            environment=documents["environment"],
            optimized=optimized,
        ),
        sbom=sbom,
    )


def _check_version(version: str) -> None:
    if not _VERSION.fullmatch(version):
        raise UsageError(
            f"expected a version of at most 128 letters, digits, `.`, `_` and `-`, got `{version[:140]}`",
            code="RM701",
            hint="it becomes a tag in registries, which allow no other characters",
        )


def _unlocked(hosted: tuple[Distribution, ...], options: BuildOptions) -> tuple[str, ...]:
    """That nobody can install what the package needs, where neither a lock file nor an index gave its hashes."""
    unknown = [f"`{it.name}` {it.version}" for it in hosted if it.name not in options.wheels and not locked_hashes(it)]
    if not unknown:
        return ()
    listed = ", ".join(unknown)
    remedy = "build it with `--lock-python` or `--vendor-wheels`, or beside a lock file with hashes"
    return (f"the package has no hash of {listed}, so that its Python cannot be installed: {remedy}",)


def _warnings(program: Program) -> tuple[str, ...]:
    return tuple(
        f"{finding.message} ({finding.span.file}:{finding.span.line})" if finding.span else finding.message
        for finding in program.diagnostics
        if finding.severity == "warning"
    )
