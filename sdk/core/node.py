"""`Node` and what belongs to it under its older path."""

from remotemedia._state import NodeState, SessionState
from remotemedia.node import Node
from remotemedia.remote_config import RemoteExecutorConfig

__all__ = ["Node", "NodeState", "RemoteExecutorConfig", "SessionState"]
