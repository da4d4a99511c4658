"""Every failure a user can meet.

    from remotemedia.errors import RemoteMediaError

    try:
        pipeline.run(sound)
    except RemoteMediaError as error:
        log.error("%s: %s (%s)", error.code, error, error.hint)

Codes are stable and listed in `schemas/errors.v1.json`. This module needs the standard library only: it is also part
of the sandboxed Python.
"""

from __future__ import annotations

from typing import ClassVar, Final

__all__ = [
    "CompileError",
    "ManifestError",
    "NodeError",
    "PackageError",
    "PipelineError",
    "RegistryError",
    "RemoteExecutionError",
    "RemoteMediaError",
    "SerializationError",
    "TrustError",
    "UsageError",
    "WebRTCError",
]


class RemoteMediaError(Exception):
    """Root of every failure a user can meet.

    Attributes:
        message: what was expected and what was got; lower case, without a full stop.
        code: the stable code, such as `RM302`; that of the class where absent, as in programs that raise one of these
            themselves.
        hint: the remedy, or None.
        details: plain values that belong to the failure (node, digest, path …), for machines.
    """

    _code: ClassVar[str] = "RM602"

    def __init__(self, message: str, *, code: str | None = None, hint: str | None = None, **details: object) -> None:
        super().__init__(message)
        self.message: Final = message
        self.code: Final = self._code if code is None else code
        self.hint: Final = hint
        self.details: Final[dict[str, object]] = details

    def __reduce__(self) -> tuple[object, ...]:
        """Make copies and pickles whole: keyword arguments are not in `args`."""
        return _rebuild, (type(self), self.message, self.code, self.hint, self.details)


class CompileError(RemoteMediaError):
    """A program cannot be compiled without running it (RM1xx)."""

    @property
    def diagnostics(self) -> tuple[object, ...]:
        """What was found, each with its place in the source; given as the detail `diagnostics`."""
        found = self.details.get("diagnostics", ())
        return tuple(found) if isinstance(found, (tuple, list)) else (found,)


class ManifestError(RemoteMediaError):
    """A manifest is not what manifest v1 allows (RM2xx)."""


class PackageError(RemoteMediaError):
    """A package cannot be read, contradicts itself or was altered (RM3xx)."""


class RegistryError(RemoteMediaError):
    """A reference, a registry or the cache failed (RM4xx)."""


class TrustError(RemoteMediaError):
    """A package is not authentic, or wants what it was not granted (RM5xx)."""


class NodeError(RemoteMediaError):
    """One node failed (RM6xx); what it raised is `__cause__`."""

    @property
    def node(self) -> object:
        """The node's id; given as the detail `node`."""
        return self.details.get("node")

    @property
    def input(self) -> object:
        """Type and size of the value it was given, in one line, where it was given one; given as the detail `input`."""
        return self.details.get("input")

    @property
    def partial(self) -> list[object]:
        """What had come out of the run before; given as the detail `partial`."""
        partial = self.details.get("partial")
        return partial if isinstance(partial, list) else []


class PipelineError(RemoteMediaError):
    """A pipeline failed as a whole, or is used in a way it does not allow (RM6xx, RM703)."""

    _code = "RM703"


class RemoteExecutionError(RemoteMediaError):
    """What was to be done elsewhere was not done (RM618)."""

    _code = "RM618"


class WebRTCError(RemoteExecutionError):
    """A real-time connection failed (RM618)."""


class SerializationError(RemoteMediaError):
    """A node cannot be written for another process, or made again there (RM108).

    Attributes:
        node_name: the node's name.
        reason: the message.
        suggestion: the hint.
    """

    _code = "RM108"

    @property
    def node_name(self) -> object:
        """The node's name; given as the detail `node`."""
        return self.details.get("node", "unknown")

    @property
    def reason(self) -> str:
        """The message, under the name that older programs read."""
        return self.message

    @property
    def suggestion(self) -> str | None:
        """The hint, under the name that older programs read."""
        return self.hint


class UsageError(RemoteMediaError):
    """An option or the home directory cannot be used (RM701, RM702)."""


def _rebuild(
    kind: type[RemoteMediaError], message: str, code: str, hint: str | None, details: dict[str, object]
) -> RemoteMediaError:
    return kind(message, code=code, hint=hint, **details)
