"""From a pipeline's file to a signed package, and to a registry.

from remotemedia.runtime.publish import build_and_push, build_package

built = build_package(Path("pipeline.py"), Path(), environ=os.environ)
build_and_push(Path("pipeline.py"), "oci://registry.example/speech:1.0", environ=os.environ)

The commands and the methods of `Pipeline` ask by the same `BuildRequest`, and get the same package.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.metadata import version as distribution_version
from pathlib import Path
from typing import Any, Protocol, TypeAlias, TypedDict, Unpack

from remotemedia.compiler import Digests, Program, default_runtimes
from remotemedia.packager import (
    Archive,
    BuildOptions,
    BuiltPackage,
    build,
    hosted_distributions,
    references_of,
    rehearse,
    writing,
)
from remotemedia.packager.optimize import AttemptStore, Optimization, OptimizeRequest, optimize, trim_attempts
from remotemedia.registry import Progress, Reference, Scheme
from remotemedia.runtime._config import Configuration
from remotemedia.runtime._pins import resolve_pins
from remotemedia.runtime._push import check_target, push_package
from remotemedia.runtime._signers import NamedSigner, SigningOptions, open_signers
from remotemedia.runtime._verdict import check_manifest
from remotemedia.runtime._wheels import WheelPolicy, find_wheels
from remotemedia.runtime.home import home_directory
from remotemedia.runtime.network import Network
from remotemedia.runtime.program import Reading, attempt_cache, compile_cache, program_of
from remotemedia.trust import PROVENANCE_PREDICATE, statement_payload
from remotemedia.trust.whole_files import replace_file

Password: TypeAlias = Callable[[], bytes]


class Buildable(Protocol):
    """What a `Pipeline` is to a build: a name in a file."""

    @property
    def source(self) -> Path:
        """The file that builds it."""
        ...

    @property
    def name(self) -> str:
        """What it is called."""
        ...


@dataclass(frozen=True)
class BuildRequest:
    """What a package is to be like.

    Attributes:
        version: of the package, its tag inside the file.
        signer: signs it; None leaves it unsigned.
        provenance: takes, unsigned, the statement of where it was built; None writes none.
        wheels: what an index is asked for; by default nothing.
        lock: whether references of packages get the digests of what they point to now.
        optimize: how its models become smaller; None leaves them as they are.
        reading: how the file becomes a program.
    """

    version: str = "0.0.0"
    signer: NamedSigner | None = None
    provenance: Path | None = None
    wheels: WheelPolicy = WheelPolicy.NONE
    lock: bool = False
    optimize: OptimizeRequest | None = None
    reading: Reading = field(default_factory=Reading)


class PackageOptions(TypedDict, total=False):
    """What a program says of its package, under the names that the command has.

    Attributes:
        version: of the package, its tag inside the file; by default `0.0.0`.
        key: what signs it: a file, the NAME of a key of the user's, or `exec:COMMAND`; by default the user's own.
        certificate: PEM of the certificate over that key, which is shown in its place.
        keyless: whether the OpenID identity of a CI job signs instead.
        identity_token: of another OpenID identity.
        trust_config: `ClientTrustConfig` of a private Sigstore instance.
        timestamp_url: of the authority that proves the time of the signatures.
        unsigned: whether it is not signed.
        provenance: a file that takes, unsigned, the statement of where it was built, for others to sign.
        lock: whether packages that nodes are get pinned to what their references mean now.
        lock_python: whether pip's index is asked for hashes that no lock file has.
        vendor_wheels: whether wheels that nodes on the host's Python need are packed.
        optimize: `auto`, or the name of one way in which models become smaller; None leaves them as they are.
        max_error: how far their outputs may be off, relative to their root mean square; by default 0.01.
        calibration: a `.npz` file, or a directory of such, with inputs to measure them with.
    """

    version: str
    key: str | os.PathLike[str] | None
    certificate: Path | None
    keyless: bool
    identity_token: str | None
    trust_config: Path | None
    timestamp_url: str | None
    unsigned: bool
    provenance: Path | None
    lock: bool
    lock_python: bool
    vendor_wheels: bool
    optimize: str | None
    max_error: float | None
    calibration: str | os.PathLike[str] | None


def request_of(
    environ: Mapping[str, str],
    *,
    reading: Reading | None = None,
    password: Password | None = None,
    network: Network | None = None,
    **options: Unpack[PackageOptions],
) -> BuildRequest:
    """What commands and programs ask for, in the same words.

    Raises:
        TrustError: RM506, there is no such key, or none in production.
        UsageError: RM701, an option has a value that cannot be used.
        PackageError: RM316, RM318, models cannot be made smaller that way.
        RegistryError: RM416, pip's index is needed, and the network may not be used.
    """
    data = options.get("calibration")
    inputs = None if data is None else Path(data)
    smaller = OptimizeRequest.of(options.get("optimize"), options.get("max_error"), inputs)
    key = options.get("key")
    signing = SigningOptions(
        keys=() if key is None else (os.fspath(key),),
        certificate=options.get("certificate"),
        keyless=options.get("keyless", False),
        identity_token=options.get("identity_token"),
        trust_config=options.get("trust_config"),
        timestamp_url=options.get("timestamp_url"),
    )
    signers: tuple[NamedSigner | None, ...] = (None,)
    network = network or Network(environ=environ)
    if options.get("unsigned"):
        signing.expect_none("--unsigned")
    else:
        signers = open_signers(signing, environ=environ, network=network, password=password)
    wheels = WheelPolicy.LOCK if options.get("lock_python") else WheelPolicy.NONE
    if wheels is not WheelPolicy.NONE or options.get("vendor_wheels"):
        network.check_index()
    return BuildRequest(
        version=options.get("version", "0.0.0"),
        signer=signers[0],
        provenance=options.get("provenance"),
        wheels=WheelPolicy.VENDOR if options.get("vendor_wheels") else wheels,
        lock=options.get("lock", False),
        optimize=smaller,
        reading=reading or Reading(),
    )


def build_package(
    source: Path,
    directory: Path,
    *,
    environ: Mapping[str, str],
    request: BuildRequest | None = None,
    network: Network | None = None,
) -> BuiltPackage:
    """Write the package of a pipeline's file into a directory.

    Args:
        source: the pipeline's file.
        directory: takes the package.
        environ: for the home directory, `SOURCE_DATE_EPOCH` and git.
        request: what the package is to be like; by default unsigned.
        network: what references are locked through.

    Raises:
        RemoteMediaError: RM1xx of the program, RM2xx of its manifest, RM3xx of the package, RM510 of an index, RM40x of
            references that cannot be locked.
    """
    asked = request or BuildRequest()
    options = options_of(asked, environ)
    digests = Digests(compile_cache(environ) if asked.reading.cached else None)
    with Archive(directory, digests) as archive:
        # What others have to be asked for, and what comes out smaller, may change where things stand.
        is_known = asked.wheels is WheelPolicy.NONE and not asked.lock and asked.optimize is None
        draft = partial(rehearse, options=options, archive=archive) if is_known else None
        program = program_of(source, asked.reading, environ=environ, digests=digests, draft=draft)
        with completed(options, program, asked, network, digests) as whole:
            built = build(program, directory, whole, archive=archive)
    if asked.provenance is not None:
        _write_provenance(built, asked.provenance)
    return built


def _write_provenance(built: BuiltPackage, path: Path) -> None:
    statement = statement_payload(built.digest, PROVENANCE_PREDICATE, built.provenance)
    with writing(path, hint="name a file in a directory that exists and is writable"):
        replace_file(path, statement, 0o644)


@contextmanager
def completed(
    options: BuildOptions, program: Program, request: BuildRequest, network: Network | None, digests: Digests
) -> Iterator[BuildOptions]:
    """Options with what a program needs beside its files: pins, and, there meanwhile, wheels and smaller models."""
    check_manifest(program.manifest)
    pins = resolve_pins(references_of(program.manifest), network or Network()) if request.lock else options.pins
    hosted = hosted_distributions(program, default_runtimes(program))
    with tempfile.TemporaryDirectory(prefix="remotemedia-") as place:
        wheels, models = Path(place, "wheels"), Path(place, "models")
        wheels.mkdir()
        models.mkdir()
        found = find_wheels(hosted, request.wheels, wheels)
        with _smaller(program, request, models, digests, options.environ) as optimized:
            yield replace(options, pins=pins, wheels=found, optimized=optimized)


@contextmanager
def _smaller(
    program: Program, request: BuildRequest, place: Path, digests: Digests, environ: Mapping[str, str]
) -> Iterator[Optimization | None]:
    """What becomes of a program's models; results are there meanwhile."""
    if request.optimize is None:
        yield None
        return
    directory = attempt_cache(home_directory(environ)) if request.reading.cached else None
    limit = Configuration.load(environ).cache_size
    with AttemptStore(directory, digests) as store:
        yield optimize(program, request.optimize, place, store)
    if directory is not None and store.has_grown:
        trim_attempts(directory, limit=limit)


def options_of(request: BuildRequest, environ: Mapping[str, str]) -> BuildOptions:
    """What the packager is told, as far as it does not depend on the program."""
    tool, signer = distribution_version("remotemedia"), request.signer
    return BuildOptions(
        environ,
        tool,
        request.version,
        parameters=_parameters(request),
        attest=signer.attest if signer is not None else None,
        may_rehearse=signer is not None and signer.is_plain,
    )


def _parameters(request: BuildRequest) -> dict[str, Any]:
    """What was asked for beyond source, pipeline and version, as the signed provenance states it."""
    asked = {
        "traceArguments": list(request.reading.arguments),
        "wheels": request.wheels.value if request.wheels is not WheelPolicy.NONE else None,
        "lock": request.lock,
        "optimize": request.optimize.mode if request.optimize is not None else None,
        "maxError": request.optimize.max_error if request.optimize is not None else None,
    }
    return {name: value for name, value in asked.items() if value}


def build_and_push(
    source: Path,
    reference: str,
    *,
    environ: Mapping[str, str],
    request: BuildRequest | None = None,
    network: Network | None = None,
    progress: Progress | None = None,
) -> tuple[BuiltPackage, Reference]:
    """Write the package of a pipeline's file to a registry or a layout directory; what it is called there.

    Raises:
        RemoteMediaError: as `build_package` and `push_package`.
    """
    network = network or Network()
    layout = check_target(reference, network)
    # What goes into a directory is made beside it, where there is room for it twice rather than in memory.
    beside = Path(layout.path).absolute().parent if layout.scheme is Scheme.LAYOUT else None
    with tempfile.TemporaryDirectory(
        prefix=".remotemedia-", dir=beside if beside and beside.is_dir() else None
    ) as place:
        built = build_package(source, Path(place), environ=environ, request=request, network=network)
        target, _ = push_package(reference, built.path, network=network, progress=progress)
        return built, target


def export(pipeline: Buildable, path: Path, *, network: Network | None, **options: Unpack[PackageOptions]) -> Path:
    """Build a pipeline's package: into a directory under its own name, or as the file that is named."""
    own = _own_request(pipeline, network, options)
    if path.is_dir():
        return build_package(pipeline.source, path, environ=os.environ, request=own, network=network).path
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".remotemedia-") as place:
        built = build_package(pipeline.source, Path(place), environ=os.environ, request=own, network=network)
        shutil.move(built.path, path)
    return path


def push(pipeline: Buildable, reference: str, *, network: Network | None, **options: Unpack[PackageOptions]) -> str:
    """Build a pipeline's package and push it; its digest."""
    own = _own_request(pipeline, network, options)
    built, _ = build_and_push(pipeline.source, reference, environ=os.environ, request=own, network=network)
    return built.digest


def _own_request(pipeline: Buildable, network: Network | None, options: PackageOptions) -> BuildRequest:
    return request_of(os.environ, reading=Reading(pipeline=pipeline.name), network=network, **options)
