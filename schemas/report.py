"""What a run counted and measured, and the file that keeps it: `remotemedia run --metrics FILE.json`.

from remotemedia.schemas.report import RunReport

report = RunReport.model_validate_json(Path("metrics.json").read_bytes())
slowest = max(report.report.nodes, key=lambda node: node.call_ns.p99)
"""

from typing import Annotated, Literal, TypeAlias

from pydantic import ConfigDict, Field

from remotemedia.schemas._document import Document
from remotemedia.schemas.manifest import RuntimeKind

__all__ = [
    "Cause",
    "EdgeReport",
    "Failure",
    "NodeReport",
    "PackageIdentity",
    "Report",
    "RunReport",
    "Stage",
    "Times",
]

Count: TypeAlias = Annotated[int, Field(ge=0)]
Nanoseconds: TypeAlias = Annotated[int, Field(ge=0)]
Milliseconds: TypeAlias = Annotated[float, Field(ge=0)]


class Cause(Document):
    """Why something failed, as the runtime of the node says it."""

    kind: str
    """The exception's type."""
    message: str
    """Its message."""
    trace: str | None = None
    """Its traceback, of the author's files only."""


class Failure(Document):
    """What went wrong; further fields say what it belongs to: `node`, `runtime`, `call`, `seq`, `input`."""

    model_config = ConfigDict(extra="allow")

    code: Annotated[str, Field(pattern=r"^RM[1-7][0-9]{2}$")]
    """Of `errors.v1.json`."""
    message: str
    """What was expected and what was got."""
    hint: str | None = None
    """The remedy."""
    causes: tuple[Cause, ...] | None = None
    """Why, the outermost first."""


class Times(Document):
    """How long calls took, in nanoseconds, to 6 %. The first 1024 calls are timed, and slow ones; others by sample."""

    timed: Count
    """How many calls were timed."""
    p50: Nanoseconds
    """Half of the calls took at most this."""
    p95: Nanoseconds
    """95 % of the calls took at most this."""
    p99: Nanoseconds
    """99 % of the calls took at most this."""
    max: Nanoseconds
    """No timed call took more."""
    histogram: tuple[tuple[Nanoseconds, Count], ...] = ()
    """Upper bound of each bucket that is not empty, and how many calls it holds, extrapolated; sixteen an octave."""


class NodeReport(Document):
    """What one node did."""

    id: str
    """Its id."""
    runtime: RuntimeKind
    """The runtime it ran in."""
    packets_in: Count
    """Packets it was given."""
    packets_out: Count
    """Packets it emitted."""
    bytes_in: Count = 0
    """Bytes of payload it was given."""
    bytes_out: Count
    """Bytes of payload it emitted."""
    calls: Count
    """How often it was called: `process`, `pull` and `flush`."""
    errors: Count = 0
    """Calls that failed."""
    skipped: Count = 0
    """Packets that were passed over because the node failed on them, by its policy."""
    restarts: Count = 0
    """How often it was made anew, by its policy."""
    busy_ns: Nanoseconds
    """Time spent in calls; extrapolated from the timed ones."""
    call_ns: Times
    """Duration of the timed calls."""


class EdgeReport(Document):
    """What passed along one edge."""

    from_: str = Field(alias="from")
    """Id of the node that gives."""
    from_port: str
    """Its output port."""
    to: str
    """Id of the node that takes."""
    to_port: str
    """Its input port."""
    fused: bool
    """Whether there is no queue, because both nodes run in one thread."""
    packets: Count = 0
    """Packets that passed."""
    bytes: Count = 0
    """Bytes of payload that passed."""
    depth: Count = 0
    """Packets that wait in the queue now."""
    high_water: Count
    """The most packets that waited at once."""
    dropped: Count = 0
    """Packets that were let go because the queue was full; only a live source's are."""


class Report(Document):
    """What a run counted and measured; of one that goes on, until now."""

    wall_ns: Nanoseconds
    """From the start of the run to its end."""
    first_output_ns: Nanoseconds | None = None
    """From the start of the run to the first packet that came out."""
    late: Count = 0
    """Packets of a live run that came later than their time."""
    nodes: tuple[NodeReport, ...]
    """The nodes, in the manifest's order."""
    edges: tuple[EdgeReport, ...]
    """The edges, in the manifest's order."""


class PackageIdentity(Document):
    """Which package was run."""

    reference: str
    """As the user wrote it."""
    name: str
    """Its name."""
    digest: str
    """Its identity: digest of the OCI manifest."""
    signer: str | None = None
    """Who signed it, where that is known and they are trusted."""


class Stage(Document):
    """A stage on the way to the first packet."""

    name: str
    """Which."""
    at_ms: Milliseconds
    """When it was done, in milliseconds since the executor started."""


class RunReport(Document):
    """A run as it ended: `report.v1`."""

    version: Literal[1]
    """Always 1."""
    package: PackageIdentity
    """Which package."""
    started: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")]
    """When the executor was started (RFC 3339, UTC)."""
    outcome: Literal["done", "failed", "interrupted"]
    """How it ended."""
    error: Failure | None = None
    """Why it did not end well."""
    stages: tuple[Stage, ...]
    """The stages that were reached."""
    report: Report | None = None
    """What was counted and measured, up to its end; absent where the nodes did not come to run."""
