"""What goes to an executor, and what comes back: plan and events.

from remotemedia.schemas.execution import parse_event

for line in events:
    event = parse_event(line)
"""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import ConfigDict, Field, TypeAdapter

from remotemedia.schemas._document import Document
from remotemedia.schemas.manifest import Grant, Limits, RuntimeKind
from remotemedia.schemas.report import Cause, Failure, Report

__all__ = [
    "Cause",
    "CheckpointEvent",
    "CheckpointPlan",
    "DoneEvent",
    "ErrorEvent",
    "Event",
    "Failure",
    "FailureHandledEvent",
    "LogEvent",
    "MetricsEvent",
    "NodePlan",
    "NoticeEvent",
    "PackagePlan",
    "Plan",
    "ProbeEvent",
    "PythonPlan",
    "Segment",
    "Segments",
    "Series",
    "SetEvent",
    "StageEvent",
    "Track",
    "parse_event",
]

Milliseconds: TypeAlias = Annotated[float, Field(ge=0)]
Outline: TypeAlias = tuple[Annotated[int, Field(ge=-1000, le=1000)] | None, ...]


class PythonPlan(Document):
    """The host's Python, for one node."""

    model_config = ConfigDict(extra="forbid")

    interpreter: str
    """The program."""
    path: tuple[str, ...]
    """Directories that modules are imported from, in their order."""
    read: tuple[str, ...] | None = None
    """Further files and directories that it has to read, such as those that links in `path` lead to."""


class PackagePlan(Document):
    """A package as a node."""

    model_config = ConfigDict(extra="forbid")

    package: str
    """An OCI image layout: a directory, or a `.rmpkg` file."""
    digest: Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
    """Of the package's OCI manifest."""
    signer_trusted: bool | None = None
    """Whether its signer is trusted: its models then run in the executor's process."""
    node: str | None = None
    """The one node of it that runs; all of them where absent."""


class NodePlan(Document):
    """What is decided about one node."""

    model_config = ConfigDict(extra="forbid")

    runtime: RuntimeKind | None = None
    """The runtime it gets."""
    limits: Limits | None = None
    """The host's bounds; the package's own can only be lower."""
    on_error: Annotated[str, Field(pattern=r"^(fail|skip|restart:[0-9]{1,9})$")] | None = None
    """What becomes of the run when it fails: it fails too, passes over the packet, or makes the node anew so often."""
    grants: tuple[Grant, ...] | None = None
    """What it is granted."""
    python: PythonPlan | None = None
    """Where the runtime `python` finds its interpreter and libraries."""
    workers: Annotated[int, Field(ge=1, le=64)] | None = None
    """In how many processes at once the node runs, in the runtime `python`; one where absent."""
    pipeline: PackagePlan | None = None
    """The package that the node is; what is decided about its nodes stands in the plan by their ids `NODE/ID`."""


class CheckpointPlan(Document):
    """How a run makes checkpoints."""

    model_config = ConfigDict(extra="forbid")

    directory: str
    """Where they are."""
    every_ms: Annotated[int, Field(gt=0, lt=2**64)] | None = None
    """Milliseconds from one to the next; 5000 where absent."""
    resume: bool | None = None
    """Whether to go on from the last one."""


class Plan(Document):
    """What is decided about a run, beside the manifest."""

    model_config = ConfigDict(extra="forbid")

    version: Literal[1]
    """Always 1."""
    nodes: dict[str, NodePlan] | None = None
    """Decisions about single nodes, by id."""
    set: dict[str, Any] | None = None
    """Values of parameters: `NAME` of a declared parameter, or `NODE.PARAM`."""
    input: str | None = None
    """A file, or `-` for stdin."""
    output: str | None = None
    """A file; stdout where absent."""
    packets: bool | None = None
    """Whether output lines carry the packet's times besides its value."""
    input_packets: bool | None = None
    """Whether input lines do."""
    pace: Literal["batch", "live"] | None = None
    """Whether packets are taken as fast as can be, which is the default, or at their times."""
    seed: Annotated[int, Field(ge=0, lt=2**64)] | None = None
    """Seed of the nodes' random numbers."""
    signer_trusted: bool | None = None
    """Whether the package's signer is trusted: its models then run in the executor's process, else in confined ones."""
    metrics_interval_ms: Annotated[int, Field(gt=0, lt=2**64)] | None = None
    """How often to tell what was counted so far; never where absent."""
    probe: bool | None = None
    """Whether to tell, at the end, what a picture of the run needs of its packets."""
    checkpoint: CheckpointPlan | None = None
    """Where the run notes how far it is, so that it can go on after it was killed."""


class StageEvent(Document):
    """A stage of starting up is done, or the first packet is out."""

    event: Literal["stage"]
    name: str
    """Which stage."""
    at_ms: Milliseconds
    """Milliseconds since the executor started."""


class NoticeEvent(Document):
    """Something a person should know."""

    event: Literal["notice"]
    at_ms: Milliseconds
    """Milliseconds since the executor started."""
    message: str
    """What."""


class LogEvent(Document):
    """A line of a node's log."""

    event: Literal["log"]
    at_ms: Milliseconds
    """Milliseconds since the executor started."""
    node: str
    """The node's id."""
    level: Literal["debug", "info", "warning", "error"]
    """How grave."""
    message: str
    """The line."""
    file: str | None = None
    """The author's file that wrote it, where the runtime knows."""
    line: int | None = None
    """Its line."""


class Track(Document):
    """The outline of the run's input, or of the sound that a node emitted."""

    node: str
    """The node's id."""
    is_input: bool
    """Whether it is the run's input, which is no node's."""
    rate: Annotated[int, Field(ge=0)]
    """Samples per second."""
    channels: Annotated[int, Field(ge=0)]
    """How many, outlined together."""
    bin_s: Annotated[float, Field(gt=0)]
    """How long a moment is, in seconds; the first begins at 0."""
    low: Outline
    """The least sample of each moment, in thousandths of full scale; `null` where there was no sound."""
    high: Outline
    """The greatest, as many."""


class Series(Document):
    """A number over time."""

    node: str
    """The node that emitted it."""
    name: str
    """Its field; `value` of an array of one element."""
    points: tuple[tuple[float, float], ...]
    """Seconds since the start of the stream, and the number; the mean where there were too many."""


class Segment(Document):
    """A stretch of time that a node found."""

    start: float
    """In seconds."""
    end: float
    """In seconds."""
    label: str | None = None
    """What it is, where its node says so."""


class Segments(Document):
    """All that one node found."""

    node: str
    """The node's id."""
    found: tuple[Segment, ...]
    """In the order in which they came."""


class ProbeEvent(Document):
    """What a picture of the run needs of its packets; all bounded. Only where the plan asks for it."""

    event: Literal["probe"]
    at_ms: Milliseconds
    """Milliseconds since the executor started."""
    tracks: tuple[Track, ...]
    """Sound."""
    series: tuple[Series, ...]
    """Numbers over time."""
    segments: tuple[Segments, ...]
    """Stretches of time."""
    dropped: Annotated[int, Field(ge=0)]
    """How many stretches were too many."""


class MetricsEvent(Document):
    """What was counted and measured so far. As often as the plan asks for it."""

    event: Literal["metrics"]
    at_ms: Milliseconds
    """Milliseconds since the executor started."""
    report: Report
    """Counts and times of nodes and edges."""


class FailureHandledEvent(Document):
    """A node failed, and by its policy the run goes on."""

    event: Literal["failure_handled"]
    at_ms: Milliseconds
    """Milliseconds since the executor started."""
    node: str
    """Which."""
    action: Literal["skip", "restart"]
    """What became of it: the packet was passed over, or the node made anew."""
    error: Failure
    """What went wrong."""


class SetEvent(Document):
    """A parameter was given another value while the run goes on, or could not be."""

    event: Literal["set"]
    at_ms: Milliseconds
    """Milliseconds since the executor started."""
    node: str
    """Whose."""
    param: str
    """Which."""
    ok: bool
    """Whether the node has the value now."""
    error: Failure | None = None
    """Why it has not."""


class CheckpointEvent(Document):
    """A checkpoint is durable."""

    event: Literal["checkpoint"]
    at_ms: Milliseconds
    """Milliseconds since the executor started."""
    n: int
    """Its number, counted from 1 over all executors that went on with the run."""
    bytes: int
    """Its size, without the output."""
    pause_ms: Milliseconds
    """How long the sources waited for it."""


class ErrorEvent(Document):
    """The run failed; the last event."""

    event: Literal["error"]
    at_ms: Milliseconds
    """Milliseconds since the executor started."""
    error: Failure
    """What went wrong."""
    report: Report | None = None
    """Counts and times of nodes and edges until then; absent where the nodes did not come to run."""


class DoneEvent(Document):
    """The run ended as it should; the last event."""

    event: Literal["done"]
    at_ms: Milliseconds
    """Milliseconds since the executor started."""
    report: Report
    """Counts and times of nodes and edges."""


Event: TypeAlias = Annotated[
    StageEvent
    | NoticeEvent
    | LogEvent
    | MetricsEvent
    | FailureHandledEvent
    | ProbeEvent
    | CheckpointEvent
    | SetEvent
    | ErrorEvent
    | DoneEvent,
    Field(discriminator="event"),
]

_EVENT: TypeAdapter[Event] = TypeAdapter(Event)


def parse_event(line: str | bytes) -> Event:
    """Return the event of one line.

    Raises:
        pydantic.ValidationError: the line is no event.
    """
    return _EVENT.validate_json(line)
