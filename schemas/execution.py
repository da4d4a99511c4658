"""What goes to an executor, and what comes back: plan and events.

from remotemedia.schemas.execution import parse_event

for line in events:
    event = parse_event(line)
"""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import ConfigDict, Field, TypeAdapter

from remotemedia.schemas._document import Document
from remotemedia.schemas.manifest import Grant, Limits, RuntimeKind

__all__ = [
    "Cause",
    "DoneEvent",
    "ErrorEvent",
    "Event",
    "Failure",
    "LogEvent",
    "NodePlan",
    "NoticeEvent",
    "Plan",
    "StageEvent",
    "parse_event",
]

Milliseconds: TypeAlias = Annotated[float, Field(ge=0)]


class NodePlan(Document):
    """What is decided about one node."""

    model_config = ConfigDict(extra="forbid")

    runtime: RuntimeKind | None = None
    """The runtime it gets."""
    limits: Limits | None = None
    """The host's bounds; the package's own can only be lower."""
    grants: tuple[Grant, ...] | None = None
    """What it is granted."""


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
    seed: Annotated[int, Field(ge=0, lt=2**64)] | None = None
    """Seed of the nodes' random numbers."""


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


class ErrorEvent(Document):
    """The run failed; the last event."""

    event: Literal["error"]
    at_ms: Milliseconds
    """Milliseconds since the executor started."""
    error: Failure
    """What went wrong."""


class DoneEvent(Document):
    """The run ended as it should; the last event."""

    event: Literal["done"]
    at_ms: Milliseconds
    """Milliseconds since the executor started."""
    report: dict[str, Any]
    """Counts and times of nodes and edges."""


Event: TypeAlias = Annotated[StageEvent | NoticeEvent | LogEvent | ErrorEvent | DoneEvent, Field(discriminator="event")]

_EVENT: TypeAdapter[Event] = TypeAdapter(Event)


def parse_event(line: str | bytes) -> Event:
    """Return the event of one line.

    Raises:
        pydantic.ValidationError: the line is no event.
    """
    return _EVENT.validate_json(line)
