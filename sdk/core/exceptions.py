"""The errors under their older path."""

from remotemedia.errors import (
    NodeError,
    PipelineError,
    RemoteExecutionError,
    RemoteMediaError,
    SerializationError,
    WebRTCError,
)

__all__ = [
    "NodeError",
    "PipelineError",
    "RemoteExecutionError",
    "RemoteMediaError",
    "SerializationError",
    "WebRTCError",
]
