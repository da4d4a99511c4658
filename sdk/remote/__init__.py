"""Clients of remote executors, under the paths that older programs import them by."""

from remotemedia.remote.client import RemoteExecutionClient
from remotemedia.remote.proxy_client import RemoteProxyClient

__all__ = ["RemoteExecutionClient", "RemoteProxyClient"]
