"""A client of a remote executor.

    from remotemedia.remote.client import RemoteExecutionClient

    async with RemoteExecutionClient(config) as client:
        result = await client.execute_node("Upscale", {}, picture)

This version has no transport to other machines: what would need one ends with RM618, which names the host.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from remotemedia.nodes._remote import address, unreachable

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Mapping, Sequence
    from types import TracebackType
    from typing import Self

    from remotemedia.remote_config import RemoteExecutorConfig

__all__ = ["RemoteExecutionClient"]


class RemoteExecutionClient:
    """Speaks to the executor of a configuration.

    Args:
        config: the executor.
    """

    def __init__(self, config: RemoteExecutorConfig) -> None:
        self.config = config

    async def connect(self) -> None:
        """Connect to the executor.

        Raises:
            RemoteExecutionError: RM618.
        """
        self._refuse("a connection")

    async def disconnect(self) -> None:
        """End the connection, if there is one."""

    async def execute_node(self, node_type: str, config: Mapping[str, Any], input_data: Any) -> Any:  # noqa: ARG002 - what a call consists of
        """Give one value to a node of the executor's, and return what it becomes.

        Raises:
            RemoteExecutionError: RM618.
        """
        self._refuse(f"the node `{node_type}`")

    def stream_node(self, node_type: str, config: Mapping[str, Any], input_stream: AsyncIterable[Any]) -> Any:  # noqa: ARG002 - the same
        """Give a stream of values to a node of the executor's.

        Raises:
            RemoteExecutionError: RM618.
        """
        self._refuse(f"the node `{node_type}`")

    async def execute_object_method(self, obj: Any, method_name: str, method_args: Sequence[Any] = ()) -> Any:  # noqa: ARG002 - the same
        """Call a method of an object that is sent to the executor.

        Raises:
            RemoteExecutionError: RM618.
        """
        self._refuse(f"`{type(obj).__name__}.{method_name}`")

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.disconnect()

    def _refuse(self, what: str) -> NoReturn:
        raise unreachable(what, address(self.config, None))
