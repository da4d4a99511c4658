"""From a compiled program to a package file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from remotemedia.compiler import Digests, Program
from remotemedia.packager._archive import Archive
from remotemedia.packager._arrangement import Arrangement
from remotemedia.packager._artifact import LAYOUT_MARKER, Referrer, layout_index, referrer, referrers_index
from remotemedia.packager._assemble import Assembled, assemble
from remotemedia.packager._members import order_members
from remotemedia.packager._names import safe_name
from remotemedia.packager._options import BuildOptions
from remotemedia.packager._statements import KINDS, title_of
from remotemedia.packager.optimize import Optimization
from remotemedia.trust import PROVENANCE_PREDICATE, SBOM_PREDICATE, SIGNATURE_PREDICATE


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
        optimized: what became of the models, if they were to become smaller.
        provenance: the predicate of the SLSA provenance, signed in the package or not.
    """

    path: Path
    digest: str
    name: str
    size: int
    runtimes: Mapping[str, str]
    warnings: tuple[str, ...]
    optimized: Optimization | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)


def build(program: Program, directory: Path, options: BuildOptions, *, archive: Archive | None = None) -> BuiltPackage:
    """Write `<name>-<first 12 hexadecimal digits>.rmpkg`; one that is there with equal content stays as it is.

    The digest follows from what `assemble` says, the whole file from that and the signer.

    Args:
        program: the compiled program; its files are copied and must not have changed.
        directory: an existing directory.
        options: of the package.
        archive: what the program's `rehearsal` was written to, if there was one.

    Raises:
        PackageError: the file cannot be written (RM307), an input changed meanwhile (RM308), or as `assemble`.
        UsageError: as `assemble`.
    """
    if archive is None:
        with Archive(directory, Digests()) as own:
            return build(program, directory, options, archive=own)
    package = assemble(program, options)
    path = directory / f"{safe_name(package.name)}-{package.digest.removeprefix('sha256:')[:12]}.rmpkg"
    arrangement = _arranged(package, options)
    archive.write(path, arrangement)
    return BuiltPackage(
        path,
        package.digest,
        package.name,
        arrangement.size,
        package.runtimes,
        package.warnings,
        options.optimized,
        package.provenance,
    )


def rehearse(draft: Program, options: BuildOptions, archive: Archive) -> None:
    """Copy large files, whose digests are being found out meanwhile, to where they are going to stand.

    Args:
        draft: the program, with anything in the place of digests that are not known.
        options: of the package.
        archive: takes the files.

    Raises:
        RemoteMediaError: as `assemble`.
    """
    if options.attest is None or options.may_rehearse:
        archive.copy_ahead(_arranged(assemble(draft, options), options))


def _arranged(package: Assembled, options: BuildOptions) -> Arrangement:
    """The archive: signatures first, so that who reads a stream can judge before the large files come."""
    referrers = list(_referrers(package, options))
    fallback = referrers_index(referrers) if referrers else None
    documents = [
        ("oci-layout", LAYOUT_MARKER),
        ("index.json", layout_index(package.manifest, options.version, fallback)),
    ]
    members = order_members(package.manifest, package.config, package.layers, referrers, fallback)
    return Arrangement.of(documents, members, package.seconds)


def _referrers(package: Assembled, options: BuildOptions) -> Iterator[Referrer]:
    """What the signer states: that this is the package, where it comes from, and what is in it."""
    if options.attest is None:
        return
    contents = {SIGNATURE_PREDICATE: {}, PROVENANCE_PREDICATE: package.provenance, SBOM_PREDICATE: package.sbom}
    for kind in KINDS:
        bundle = options.attest(package.digest, kind, contents[kind])
        yield referrer(title_of(kind), kind, bundle, package.manifest, package.created)
