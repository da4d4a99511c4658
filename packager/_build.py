"""From a compiled program to a package file."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from remotemedia.compiler import Distribution, Program, default_runtimes
from remotemedia.errors import UsageError
from remotemedia.packager._archive import write_archive
from remotemedia.packager._artifact import (
    LAYOUT_MARKER,
    Referrer,
    artifact_manifest,
    layout_index,
    referrer,
    referrers_index,
)
from remotemedia.packager._blob import Blob
from remotemedia.packager._canonical import canonical_json
from remotemedia.packager._clock import build_time, rfc3339
from remotemedia.packager._contents import content_layers
from remotemedia.packager._environment import (
    Wheel,
    environment_document,
    hosted_distributions,
    locked_hashes,
)
from remotemedia.packager._members import order_members
from remotemedia.packager._metadata import config_document, provenance_document
from remotemedia.packager._names import safe_name
from remotemedia.packager._origin import Origin
from remotemedia.packager._sbom import sbom_document
from remotemedia.packager._slsa import provenance_predicate
from remotemedia.trust import PROVENANCE_PREDICATE, SIGNATURE_PREDICATE, SigningKey, sign_statement

_VERSION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")  # distribution-spec 1.1: what a tag may be


@dataclass(frozen=True)
class BuiltPackage:
    """A package that was written.

    Attributes:
        path: the file.
        digest: its identity, `sha256:…`: the digest of the OCI manifest.
        name: the pipeline's name.
        size: of the file, in bytes.
        runtimes: runtime kind by node id.
        warnings: what may fail elsewhere, one sentence each.
    """

    path: Path
    digest: str
    name: str
    size: int
    runtimes: Mapping[str, str]
    warnings: tuple[str, ...]


def build(
    program: Program,
    out_dir: Path,
    *,
    key: SigningKey | None,
    environ: Mapping[str, str],
    tool_version: str,
    version: str = "0.0.0",
    wheels: Mapping[str, Wheel] = MappingProxyType({}),
) -> BuiltPackage:
    """Writes `<name>-<first 12 hexadecimal digits>.rmpkg`.

    The digest follows from the sources, the versions of the dependencies and of this tool, and the build time, which
    is `SOURCE_DATE_EPOCH`, else the commit's, else the newest input's; the whole file from these and the key.

    Args:
        program: the compiled program; its files are read again and must not have changed.
        out_dir: an existing directory.
        key: signs the package and its provenance; without it the package is unsigned.
        environ: for `SOURCE_DATE_EPOCH`, and for git.
        tool_version: version of the builder.
        version: version of the package, which is also its tag inside the file.
        wheels: of distributions that nodes on the host's Python need, by name.

    Raises:
        PackageError: the file cannot be written (RM307), an input changed meanwhile (RM308), or a file has a name that
            no reader would accept (RM304).
        UsageError: the version cannot be a tag, or `SOURCE_DATE_EPOCH` is not a time (RM701).
    """
    _check_version(version)
    origin = Origin.of(program)
    seconds = build_time(program.root, program.source, (program.root / path for path in origin.inputs), environ)
    created = rfc3339(seconds)
    runtimes = default_runtimes(program)
    provenance = provenance_document(origin, builder=f"remotemedia/{tool_version}", timestamp=created)
    stamp = created if "SOURCE_DATE_EPOCH" in environ else None
    sbom = sbom_document(program, version=version, tool_version=tool_version, timestamp=stamp)
    hosted = hosted_distributions(program, runtimes)
    environment = environment_document(hosted, wheels) if hosted else None
    layers = content_layers(program, runtimes, provenance=provenance, sbom=sbom, environment=environment, wheels=wheels)
    name = program.manifest["metadata"]["name"]
    config = Blob.of_bytes(canonical_json(config_document(program.manifest, runtimes, version)))
    artifact = artifact_manifest(layers, config, created)

    predicate = provenance_predicate(origin, pipeline=name, version=version, tool_version=tool_version)
    referrers = _attest(key, artifact, predicate, created) if key else []
    fallback = referrers_index(referrers) if referrers else None

    path = out_dir / f"{safe_name(name)}-{artifact.digest.removeprefix('sha256:')[:12]}.rmpkg"
    documents = [("oci-layout", LAYOUT_MARKER), ("index.json", layout_index(artifact, version, fallback))]
    write_archive(path, documents, order_members(artifact, config, layers, referrers, fallback), seconds)
    warnings = (*_warnings(program), *_unlocked(hosted, wheels))
    return BuiltPackage(path, artifact.digest, name, path.stat().st_size, runtimes, warnings)


def _attest(key: SigningKey, artifact: Blob, predicate: Mapping[str, Any], created: str) -> list[Referrer]:
    """The signature, and the signed provenance."""
    statements: tuple[tuple[str, str, Mapping[str, Any]], ...] = (
        ("meta/signature.sigstore.json", SIGNATURE_PREDICATE, {}),
        ("meta/provenance.sigstore.json", PROVENANCE_PREDICATE, predicate),
    )
    return [
        referrer(title, kind, sign_statement(key, artifact.digest, kind, content), artifact, created)
        for title, kind, content in statements
    ]


def _check_version(version: str) -> None:
    if not _VERSION.fullmatch(version):
        raise UsageError(
            f"expected a version of at most 128 letters, digits, `.`, `_` and `-`, got `{version[:140]}`",
            code="RM701",
            hint="it becomes a tag in registries, which allow no other characters",
        )


def _unlocked(hosted: tuple[Distribution, ...], wheels: Mapping[str, Wheel]) -> tuple[str, ...]:
    """That nobody can install what the package needs, where neither a lock file nor an index gave its hashes."""
    unknown = [f"`{it.name}` {it.version}" for it in hosted if it.name not in wheels and not locked_hashes(it)]
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
