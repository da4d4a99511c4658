"""What an expression is known to be without running the program.

Containers are compared by identity and changed in place, as Python's own are: two names of one list see each other's
changes. What the evaluator cannot follow makes a value `Unknown`, or a container `lost`, and says because of what.
"""

from remotemedia.compiler._scope import Scope
from remotemedia.compiler._values._code import (
    ENUMS,
    Bound,
    Coroutine,
    Function,
    Instance,
    LibraryClass,
    LibraryObject,
    Member,
    Method,
    Prepared,
    ProjectClass,
    ProjectModule,
    Super,
)
from remotemedia.compiler._values._containers import ArrayValue, Items, Iteration, Memory, OpenFile, Table, View
from remotemedia.compiler._values._facts import (
    Builtin,
    Declared,
    External,
    FilePath,
    Known,
    Link,
    Live,
    RecordField,
    Unknown,
)
from remotemedia.compiler._values._graph import Declaration, Edge, NodeInstance, PipelineInstance
from remotemedia.compiler._values._whole import NotPlainError, Value, contained, copied, plain, size_of

__all__ = [
    "ENUMS",
    "ArrayValue",
    "Bound",
    "Builtin",
    "Coroutine",
    "Declaration",
    "Declared",
    "Edge",
    "External",
    "FilePath",
    "Function",
    "Instance",
    "Items",
    "Iteration",
    "Known",
    "LibraryClass",
    "LibraryObject",
    "Link",
    "Live",
    "Member",
    "Memory",
    "Method",
    "NodeInstance",
    "NotPlainError",
    "OpenFile",
    "PipelineInstance",
    "Prepared",
    "ProjectClass",
    "ProjectModule",
    "RecordField",
    "Scope",
    "Super",
    "Table",
    "Unknown",
    "Value",
    "View",
    "contained",
    "copied",
    "plain",
    "size_of",
]
