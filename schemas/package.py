"""What a package says of itself, beside its manifest.

from remotemedia.schemas.package import PackageConfig

config = PackageConfig.model_validate_json(blob)
config.grants      # what it wants, before any layer was fetched
"""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from remotemedia.schemas._document import Document
from remotemedia.schemas.manifest import Entry, Grant, Name, RuntimeKind

__all__ = [
    "Builder",
    "ConfigNode",
    "Dependency",
    "Distribution",
    "DistributionFacts",
    "EnvironmentDocument",
    "Hashes",
    "LockDocument",
    "LockedDistribution",
    "LockedReference",
    "NodeModule",
    "NodePlacement",
    "OptimizeDocument",
    "OptimizedAttempt",
    "OptimizedFile",
    "OptimizedModel",
    "PackageConfig",
    "ProvenanceDocument",
    "PynodeDocument",
    "RuntimeDocument",
]

Digest: TypeAlias = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
OptimizingMethod: TypeAlias = Literal["int8-dynamic", "int8-static", "fp16", "4bit"]
Instant: TypeAlias = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$")]


class ConfigNode(Document):
    """One node, as far as a user decides about it."""

    id: Name
    """Its id in the manifest."""
    node_type: Name
    """Its type in the manifest."""
    runtime: RuntimeKind
    """Where it runs."""


class PackageConfig(Document):
    """The artifact's configuration: what can be shown before any layer is fetched.

    Media type `application/vnd.remotemedia.package.config.v1+json`.
    """

    schema_version: Literal[1] = Field(alias="schemaVersion")
    """Always 1."""
    name: Name
    """The pipeline's name."""
    version: str
    """The package's version, as its author counts."""
    runtimes: tuple[RuntimeKind, ...]
    """The runtimes that its nodes need, sorted."""
    grants: tuple[Grant, ...]
    """What it wants beyond its sandboxes, sorted."""
    requires: tuple[Name, ...]
    """Features without which it must not run."""
    nodes: tuple[ConfigNode, ...]
    """The nodes, in the manifest's order."""


class Distribution(Document):
    """A Python distribution."""

    name: str
    """Normalised."""
    version: str
    """As installed where the package was built, else as locked."""


class Hashes(Document):
    """By what a distribution can be known again."""

    source: str
    """The lock file that states them; `record` for one digest over the installed files."""
    sha256: tuple[Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")], ...]
    """Hex, sorted; of a lock file, one for each archive that it allows."""


class DistributionFacts(Distribution):
    """A distribution that the sources need, themselves or through another."""

    license: str | None = None
    """An SPDX expression where its author states one, else what its metadata says; absent if that is nothing."""
    hashes: Hashes | None = None
    """Absent if neither a lock file nor a RECORD states any."""
    extras: tuple[str, ...]
    """Those that are asked for, sorted."""
    requires: tuple[str, ...]
    """Names of the distributions that it needs, sorted."""
    native: tuple[str, ...]
    """Its extension modules, dotted, sorted."""
    vendored: bool
    """Whether its files are in the package."""


class NodeModule(Document):
    """What can do a node's work in the place of its class."""

    kind: Literal["wasm", "program"]
    """A WebAssembly component, or a native program."""
    platform: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+){1,2}$")] | None = None
    """The one that a program is for, as OCI names it; absent for a component."""
    file: str
    """Of the project; in the package below `modules/files/`."""


class NodePlacement(Document):
    """Where one node runs, and why."""

    id: Name
    """Its id in the manifest."""
    node_type: Name
    """Its type in the manifest."""
    runtime: RuntimeKind
    """Where it runs."""
    why: str
    """The reason, a clause."""
    others: tuple[RuntimeKind, ...]
    """Where it could run as well."""
    needs: tuple[str, ...]
    """Distributions that its code loads, with their versions."""
    lacks: tuple[str, ...]
    """What keeps it out of the sandbox."""
    grants: tuple[Grant, ...]
    """What its user has to allow."""
    modules: tuple[NodeModule, ...] = ()
    """The forms that it has beside its class; absent where there are none."""


class Dependency(Document):
    """A top-level name that the sources import."""

    import_: str = Field(alias="import")
    """The name imported."""
    optional: bool
    """Whether the sources cope without it."""
    importers: tuple[str, ...]
    """The modules that import it."""
    distributions: tuple[Distribution, ...]
    """What provides it."""


class RuntimeDocument(Document):
    """`meta/runtime.json`: what the package needs in order to run."""

    schema_version: Literal[1] = Field(alias="schemaVersion")
    """Always 1."""
    python: str
    """Versions of Python that its sources are for, as in `requires-python`."""
    entry_points: tuple[Entry, ...] = Field(alias="entryPoints")
    """The nodes' classes, `module:Class`, sorted."""
    runtimes: dict[str, RuntimeKind]
    """Where each node runs, by id."""
    nodes: tuple[NodePlacement, ...]
    """The same, with the reasons, in the manifest's order."""
    grants: tuple[Grant, ...]
    """What it wants beyond its sandboxes, sorted."""
    dependencies: tuple[Dependency, ...]
    """What its sources import from outside the project and the standard library."""
    distributions: tuple[DistributionFacts, ...]
    """The distributions, those that others need included, by name."""
    unresolved: tuple[str, ...]
    """Names imported that nothing provided and the sources cope without."""


class Builder(Document):
    """Who built a package."""

    id: str
    """Name and version of the tool."""


class LockedDistribution(Document):
    """One distribution of an environment."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=200)]
    """Normalised."""
    version: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.!+_-]*$", max_length=100)]
    """Exactly this one."""
    sha256: Annotated[tuple[Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")], ...], Field(max_length=1000)]
    """Hex, sorted: of every archive that it may be installed from; empty where the builder knew none."""
    wheel: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.!+_-]*\.whl$", max_length=300)] | None = None
    """The file below `wheels/`, if the package holds it."""


class EnvironmentDocument(Document):
    """`meta/environment.json`: what nodes on the host's Python need installed."""

    schema_version: Literal[1] = Field(alias="schemaVersion")
    """Always 1."""
    python: Annotated[str, Field(pattern=r"^3\.[0-9]{1,2}$")]
    """The version of Python that it is for."""
    packages: Annotated[tuple[LockedDistribution, ...], Field(max_length=1000)]
    """By name."""


class LockedReference(Document):
    """A package that nodes are."""

    reference: str
    """As the author wrote it."""
    digest: Digest
    """What it pointed to when the package was built."""


class LockDocument(Document):
    """`meta/lock.json`: what references were pinned to."""

    schema_version: Literal[1] = Field(alias="schemaVersion")
    """Always 1."""
    references: Annotated[tuple[LockedReference, ...], Field(max_length=1000)]
    """By reference."""


class OptimizedFile(Document):
    """A model's file."""

    digest: Digest
    """Of its bytes."""
    size: int
    """In bytes."""


class OptimizedAttempt(Document):
    """A method that was tried on a model."""

    method: OptimizingMethod
    """Which."""
    reason: Name
    """What came of it: `chosen`, or why not."""
    size: int | None = None
    """Of the result, in bytes; absent if there is none."""
    error_at_most: float | None = Field(default=None, alias="errorAtMost")
    """How far its outputs are off, rounded up to 1, 2 or 5 of a power of ten; absent if that is not known."""


class OptimizedModel(Document):
    """What became of one model."""

    path: str
    """Of the project's file."""
    original: OptimizedFile
    """The project's."""
    packed: OptimizedFile
    """The package's: the same where the original was kept."""
    method: OptimizingMethod | None = None
    """By which the packed one was made; absent where the original was kept."""
    inputs: Literal["seeded", "calibration"] | None = None
    """What it was measured with; absent if it was not run."""
    attempts: tuple[OptimizedAttempt, ...]
    """In order."""
    absorbed: tuple[str, ...] = ()
    """Files of weights that are part of the packed model now."""


class OptimizeDocument(Document):
    """`meta/optimize.json`: what became of the models when they were to become smaller."""

    schema_version: Literal[1] = Field(alias="schemaVersion")
    """Always 1."""
    mode: Literal["auto", "int8-dynamic", "int8-static", "fp16", "4bit"]
    """What was asked for."""
    max_error: float = Field(alias="maxError")
    """How far outputs may be off."""
    tools: dict[str, str]
    """Versions by distribution."""
    calibration: dict[str, Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]]
    """SHA-256 of files with inputs, by name."""
    models: tuple[OptimizedModel, ...]
    """By path."""


class ProvenanceDocument(Document):
    """`meta/provenance.json`: where the package comes from."""

    schema_version: Literal[1] = Field(alias="schemaVersion")
    """Always 1."""
    builder: Builder
    """Who built it."""
    build_timestamp: Instant = Field(alias="buildTimestamp")
    """RFC 3339; of the sources, not of the build's wall clock."""
    source: str
    """The pipeline's file, relative to the project."""
    source_hash: Digest = Field(alias="sourceHash")
    """One digest over all inputs."""
    dependencies: tuple[DistributionFacts, ...]
    """The distributions that its sources need, by name."""
    traced: bool | None = None
    """Whether the program was run, so that the package need not follow from the inputs alone."""


class PynodeDocument(Document):
    """`pynode.json` in a `.pynode`: what a Python runtime must know before it loads the sources."""

    version: Literal[1]
    """Always 1."""
    python: str
    """Versions of Python that the sources are for, as in `requires-python`."""
    entries: tuple[Entry, ...]
    """The nodes' classes, `module:Class`."""
    imports: tuple[str, ...]
    """Top-level names outside the project that the sources import."""
    missing: tuple[str, ...]
    """Those that the sandbox lacks and the sources have no fallback for."""
