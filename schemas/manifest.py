"""Manifest v1.

    from remotemedia.schemas.manifest import Manifest

    manifest = Manifest.model_validate_json(text)
    manifest.nodes[0].node_type

These models build and document manifests. Whether one is valid is for `remotemedia._native.validate_manifest` to say,
which also looks at graph, node types, parameters and references.
"""

from enum import StrEnum
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field

from remotemedia.schemas._document import Document

__all__ = [
    "Capabilities",
    "Connection",
    "CpuCapability",
    "GpuCapability",
    "Limits",
    "Manifest",
    "Metadata",
    "Node",
    "Parameter",
    "RuntimeKind",
]

_MAX_INT = 2**53 - 1

Name: TypeAlias = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$")]
Identifier: TypeAlias = Annotated[str, Field(pattern=r"^[^\W\d]\w*$")]
Positive: TypeAlias = Annotated[int, Field(gt=0, le=_MAX_INT)]
PositiveNumber: TypeAlias = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Entry: TypeAlias = Annotated[str, Field(pattern=r"^[^\s:]+:[^\s:]+$")]
Grant: TypeAlias = Annotated[
    str, Field(pattern=r"^(program|python|host|native|net=.+:[0-9]+|(read|write)=.+|device=[a-z][a-z0-9-]*)$")
]


class RuntimeKind(StrEnum):
    """Where a node runs."""

    NATIVE = "native"
    ONNX = "onnx"
    WASM = "wasm"
    PYTHON_WASM = "python-wasm"
    RUSTPYTHON = "rustpython"
    PROGRAM = "program"
    PYTHON = "python"
    PIPELINE = "pipeline"


class Metadata(Document):
    """What a pipeline is called."""

    name: Name
    """The pipeline's name."""
    description: str | None = None
    """One paragraph for people."""
    created_at: str | None = None
    """RFC 3339, UTC; never part of what is hashed."""
    traced: bool | None = None
    """Whether the pipeline was found out by running its program, because reading it was not enough."""


class GpuCapability(Document):
    """A graphics processor that a node can use."""

    type: str
    """`cuda`, `rocm` or `metal`."""
    min_memory_gb: PositiveNumber | None = None
    """Its memory at least, in GiB."""
    required: bool | None = None
    """Whether the node cannot do without it."""


class CpuCapability(Document):
    """Processors that a node can use."""

    cores: Positive | None = None
    """Cores at least."""
    arch: str | None = None
    """Such as `x86_64`."""
    required: bool | None = None
    """Whether the node cannot do without them."""


class Capabilities(Document):
    """What a node needs of the machine it runs on."""

    gpu: GpuCapability | None = None
    """A graphics processor."""
    cpu: CpuCapability | None = None
    """Processors."""
    memory_gb: PositiveNumber | None = None
    """Memory at least, in GiB."""


class Limits(Document):
    """Bounds on one node; a host may only lower them."""

    memory_mb: Positive | None = None
    """Memory in MiB."""
    timeout_s: PositiveNumber | None = None
    """Wall time of one call in seconds."""
    output_bytes: Positive | None = None
    """Bytes that one call may emit."""
    output_packets: Positive | None = None
    """Packets that one call may emit."""
    log_bytes: Positive | None = None
    """Bytes of log that one call may write."""


class Node(Document):
    """One node."""

    id: Name
    """Unique in the manifest."""
    node_type: Name
    """Class name: one of `nodes.v1.json`, or any with an `entry`."""
    params: dict[str, Any] = Field(default_factory=dict)
    """The arguments the author passed, by name, without defaults; see `docs/reference/values.md`."""
    entry: Entry | None = None
    """`module:Class` from the project's root, for a class of the author's."""
    runtime: RuntimeKind | None = None
    """The runtime the author asked for."""
    capabilities: Capabilities | None = None
    """What the node needs of the machine it runs on."""
    host: str | None = None
    """`HOST` or `HOST:PORT` of a remote executor."""
    remote_ref: Annotated[str, Field(min_length=1)] | None = None
    """Reference of the package that this node runs."""
    limits: Limits | None = None
    """Limits the author asked for."""
    grants: tuple[Grant, ...] | None = None
    """What the node wants beyond its sandbox."""
    sync: Literal["arrival", "pts"] | None = None
    """How packets of several edges meet; `arrival` where absent."""


class Connection(Document):
    """One edge."""

    from_: str = Field(alias="from")
    """Id of the node that gives."""
    to: str
    """Id of the node that takes."""
    from_port: Name | None = None
    """Output port; `out` where absent."""
    to_port: Name | None = None
    """Input port; `in` where absent."""


class Parameter(Document):
    """A parameter that a run may override; params refer to it as `{"$param": NAME}`."""

    default: Any
    """The value where a run gives none; its JSON type is the parameter's type."""
    description: str | None = None
    """One sentence for people."""


class Manifest(Document):
    """A pipeline as its author wrote it; nothing that is decided later stands here."""

    version: Annotated[str, Field(pattern=r"^v?1(\.([0-9]{1,9}|x))?$")]
    """`v1`, `1`, `1.0` or `1.x`; written as `v1`."""
    metadata: Metadata
    """Name and description."""
    nodes: tuple[Node, ...]
    """The nodes, in the order they were added."""
    connections: tuple[Connection, ...]
    """The edges, in the order they were made."""
    parameters: dict[Identifier, Parameter] | None = None
    """Parameters that a run may override, by name."""
    secrets: tuple[Identifier, ...] | None = None
    """Names of secrets that a run must be given."""
    requires: tuple[Name, ...] | None = None
    """Features without which the pipeline must not run."""
    budget: dict[str, Any] | None = None
    """What the pipeline may cost; read by schedulers."""
