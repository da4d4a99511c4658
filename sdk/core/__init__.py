"""The core classes under the paths that older programs import them by; each is defined elsewhere."""

from remotemedia.errors import NodeError, PipelineError, RemoteExecutionError, RemoteMediaError, WebRTCError
from remotemedia.node import Node
from remotemedia.pipeline import Pipeline
from remotemedia.remote_config import RemoteExecutorConfig

__all__ = [
    "Node",
    "NodeError",
    "Pipeline",
    "PipelineError",
    "RemoteExecutionError",
    "RemoteExecutorConfig",
    "RemoteMediaError",
    "WebRTCError",
]
