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
    "PackageConfig",
    "ProvenanceDocument",
    "PynodeDocument",
    "RuntimeDocument",
]

Digest: TypeAlias = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
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
    """An installed Python distribution."""

    name: str
    """Normalised."""
    version: str
    """As installed where the package was built."""


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
    grants: tuple[Grant, ...]
    """What it wants beyond its sandboxes, sorted."""
    dependencies: tuple[Dependency, ...]
    """What its sources import from outside the project and the standard library."""
    unresolved: tuple[str, ...]
    """Names imported that no installed distribution provides."""


class Builder(Document):
    """Who built a package."""

    id: str
    """Name and version of the tool."""


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
    dependencies: tuple[Distribution, ...]
    """The distributions that its sources import."""


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
