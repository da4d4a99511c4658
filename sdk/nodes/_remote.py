"""What nodes and clients say of executors on other machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remotemedia.errors import RemoteExecutionError

if TYPE_CHECKING:
    from remotemedia.remote_config import RemoteExecutorConfig

__all__ = ["address", "unreachable"]


def address(remote_config: RemoteExecutorConfig | None, host: str | None) -> str | None:
    """Return `HOST:PORT` of an executor; the host as it was given where there is no configuration."""
    return host if remote_config is None else f"{remote_config.host}:{remote_config.port}"


def unreachable(
    what: str, where: str | None, remote_ref: str | None = None, node: str | None = None
) -> RemoteExecutionError:
    """Make the error for what was to be done elsewhere (RM618).

    Args:
        what: that which was to be done, for the message.
        where: the executor's address, where one was given.
        remote_ref: the reference of the package that was to be run, where one was given.
        node: the name of the node that was to do it, if it was one.
    """
    if where is None and remote_ref is None:
        return RemoteExecutionError(
            f"remote unreachable: expected a host for {what}, got none",
            hint='pass `host="HOST:PORT"`, a `remote_config`, or the package as `remote_ref="oci://…"`',
            node=node,
        )
    place = f"an executor at `{where}`" if where is not None else f"an executor for `{remote_ref}`"
    here = f"`remotemedia run {remote_ref}` runs the package here"
    return RemoteExecutionError(
        f"remote unreachable: expected {place} for {what}, but this version connects to none",
        hint=here if remote_ref is not None else "leave out `remote_config` and `host` to run it in this process",
        host=where,
        remote_ref=remote_ref,
        node=node,
    )
