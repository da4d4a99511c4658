"""Where a node runs, if not here.

from remotemedia import Pipeline, RemoteExecutorConfig

p = Pipeline("upscale")
gpu = RemoteExecutorConfig("gpu.example", 50052, auth_token=p.secret("GPU_TOKEN"))
p.add(gpu(Upscale()))
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from remotemedia.errors import PipelineError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from remotemedia.node import Node

__all__ = ["RemoteExecutorConfig"]

_PROTOCOLS: Final = ("grpc", "http")
_MAX_PORT: Final = 65535


@dataclass(frozen=True)
class RemoteExecutorConfig:
    """An executor on another machine, and how it is spoken to.

    Args:
        host: its name or address.
        port: 1 to 65535.
        protocol: `grpc` or `http`.
        auth_token: what it lets callers in for; in what is serialised or built, a secret of the pipeline.
        timeout: of one call, in seconds.
        max_retries: how often a call that failed on the way is made again.
        ssl_enabled: whether TLS protects the connection.
        pip_packages: distributions that the node's code needs there.

    Raises:
        PipelineError: RM211, protocol, port or timeout cannot be used.
    """

    host: str
    port: int
    protocol: str = "grpc"
    auth_token: str | None = None
    timeout: float = 30.0
    max_retries: int = 3
    ssl_enabled: bool = True
    pip_packages: Sequence[str] | None = None

    def __post_init__(self) -> None:
        self._check(self.protocol in _PROTOCOLS, "protocol", "`grpc` or `http`")
        self._check(1 <= self.port <= _MAX_PORT, "port", f"1 to {_MAX_PORT}")
        self._check(self.timeout > 0, "timeout", "more than 0 seconds")

    def __call__(self, target: Node | str, **kw: Any) -> Node:
        """Return a node that stands for one which runs there.

        Args:
            target: the node itself, or the name of a node's class that the executor has.
            kw: further arguments of `RemoteObjectExecutionNode` and `RemoteExecutionNode`: `node_config`, `name`.
        """
        # Most programs run nothing elsewhere.
        from remotemedia.nodes.remote import RemoteExecutionNode, RemoteObjectExecutionNode  # noqa: PLC0415

        if isinstance(target, str):
            return RemoteExecutionNode(node_to_execute=target, remote_config=self, **kw)
        return RemoteObjectExecutionNode(obj_to_execute=target, remote_config=self, **kw)

    def __repr__(self) -> str:
        return f"RemoteExecutorConfig({self.protocol}://{self.host}:{self.port})"

    def _check(self, holds: bool, name: str, expected: str) -> None:  # noqa: FBT001 - what is checked
        if not holds:
            raise PipelineError(
                f"expected {expected} for `{name}` of a remote executor, got `{getattr(self, name)!r:.80}`",
                code="RM211",
            )
