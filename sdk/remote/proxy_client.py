"""Objects whose methods run on a remote executor.

    from remotemedia.remote.proxy_client import RemoteProxyClient

    async with RemoteProxyClient(config) as client:
        counter = await client.create_proxy(Counter())

This version has no transport to other machines: what would need one ends with RM618, which names the host.
"""

from __future__ import annotations

from typing import Any

from remotemedia.remote.client import RemoteExecutionClient

__all__ = ["RemoteProxyClient"]


class RemoteProxyClient(RemoteExecutionClient):
    """Sends objects to an executor, and gives stand-ins for them.

    Args:
        config: the executor.
    """

    async def create_proxy(self, obj: Any) -> Any:
        """Return a stand-in for an object that is sent to the executor.

        Raises:
            RemoteExecutionError: RM618.
        """
        self._refuse(f"an object of `{type(obj).__name__}`")
