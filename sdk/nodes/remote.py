"""Nodes that stand for others, which run elsewhere.

    from remotemedia import HFPipelineNode, Pipeline

    p = Pipeline("assistant").add(HFPipelineNode("speech_to_text", host="ai.example.com:50052"))

Where a node runs stands in the manifest. Without a transport to other machines, running one of them here ends with
RM618, which names the host; an object that is given no place runs in this process, and a pipeline that is given a
package and no host in an executor on this machine, in its sandbox.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from remotemedia.node import DONE, Node
from remotemedia.nodes._remote import address, unreachable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from remotemedia.remote_config import RemoteExecutorConfig

__all__ = ["HFPipelineNode", "RemoteExecutionNode", "RemoteObjectExecutionNode"]


class HFPipelineNode(Node):
    """Another pipeline as one node.

    Args:
        name: what the pipeline is called there, and this node here.
        host: the executor that has it, `HOST` or `HOST:PORT`.
        remote_ref: its package, such as `oci://registry.example/voice:1.0`; without a host it runs on this machine.
        remote_config: the executor, in full.
        kw: arguments of `Node`.
    """

    def __init__(
        self,
        name: str,
        host: str | None = None,
        remote_ref: str | None = None,
        remote_config: RemoteExecutorConfig | None = None,
        **kw: Any,
    ) -> None:
        super().__init__(name, **kw)
        self.host = host
        self.remote_ref = remote_ref
        self.remote_config = remote_config

    @property
    def package(self) -> str | None:
        """The package that a run of the pipeline starts on this machine; None where it is another machine's."""
        return self.remote_ref if self.host is None and self.remote_config is None else None

    def process(self, value: Any) -> NoReturn:  # noqa: ARG002 - no node takes less
        """Refuse: a package takes the stream of a whole run, and another machine is not reached.

        Raises:
            RemoteExecutionError: RM618.
        """
        where = address(self.remote_config, self.host)
        raise unreachable(f"the pipeline `{self.name}`", where, self.remote_ref, node=self.name)


class RemoteExecutionNode(Node):
    """A node of an executor, by the name of its class.

    Args:
        node_to_execute: the class's name there.
        remote_config: the executor.
        node_config: the class's arguments.
        host: the executor as `HOST` or `HOST:PORT`, where there is no `remote_config`.
        remote_ref: a package that has the class.
        kw: arguments of `Node`.
    """

    def __init__(
        self,
        node_to_execute: str,
        remote_config: RemoteExecutorConfig | None = None,
        node_config: Mapping[str, Any] | None = None,
        host: str | None = None,
        remote_ref: str | None = None,
        **kw: Any,
    ) -> None:
        super().__init__(**kw)
        self.node_to_execute = node_to_execute
        self.remote_config = remote_config
        self.node_config = dict(node_config or {})
        self.host = host
        self.remote_ref = remote_ref

    def process(self, value: Any) -> NoReturn:  # noqa: ARG002 - no node takes less
        """Refuse.

        Raises:
            RemoteExecutionError: RM618.
        """
        where = address(self.remote_config, self.host)
        raise unreachable(f"the node `{self.node_to_execute}`", where, self.remote_ref, node=self.name)


class RemoteObjectExecutionNode(Node):
    """A node that is sent to an executor; without a place to send it to, it runs in this process.

    Args:
        obj_to_execute: the node, or another object with a method `process`.
        remote_config: the executor.
        node_config: what the executor is told beside it.
        host: the executor as `HOST` or `HOST:PORT`, where there is no `remote_config`.
        remote_ref: a package to run in its place.
        kw: arguments of `Node`.

    Raises:
        ValueError: the object has no `process`.
    """

    def __init__(
        self,
        obj_to_execute: Any,
        remote_config: RemoteExecutorConfig | None = None,
        node_config: Mapping[str, Any] | None = None,
        host: str | None = None,
        remote_ref: str | None = None,
        **kw: Any,
    ) -> None:
        super().__init__(**kw)
        if not callable(getattr(obj_to_execute, "process", None)):
            raise ValueError(f"expected an object with a method `process`, got `{obj_to_execute!r:.80}`")  # noqa: TRY004 - what older programs catch
        self.obj_to_execute = obj_to_execute
        self.remote_config = remote_config
        self.node_config = dict(node_config or {})
        self.host = host
        self.remote_ref = remote_ref
        self.is_streaming = getattr(obj_to_execute, "is_streaming", False)
        if self._where is None and remote_ref is None:
            # The object's own, so that a run sees whether it is a coroutine, a generator or a source.
            self.process = obj_to_execute.process  # type: ignore[method-assign]

    def initialize(self) -> Any:
        """Make the object ready.

        Raises:
            RemoteExecutionError: RM618, it was to run elsewhere.
        """
        if self._where is not None or self.remote_ref is not None:
            self._refuse()
        super().initialize()
        return self._call("initialize") or DONE

    def process(self, value: Any) -> Any:  # noqa: ARG002 - no node takes less
        """Refuse, unless the object runs here: then this is its own.

        Raises:
            RemoteExecutionError: RM618.
        """
        self._refuse()

    def flush(self) -> Any:
        """Return what the object has kept back."""
        return self._call("flush")

    def cleanup(self) -> Any:
        """Let go of what the object holds."""
        super().cleanup()
        return self._call("cleanup") or DONE

    def _call(self, method: str) -> Any:
        """Call a method that an object need not have."""
        found = getattr(self.obj_to_execute, method, None)
        return None if found is None else found()

    @property
    def _where(self) -> str | None:
        return address(self.remote_config, self.host)

    def _refuse(self) -> NoReturn:
        name = getattr(self.obj_to_execute, "name", type(self.obj_to_execute).__name__)
        raise unreachable(f"the node `{name}`", self._where, self.remote_ref, node=self.name)
