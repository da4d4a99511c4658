"""Nodes whose work is written elsewhere: a function, a WebAssembly component, a program, a native node by its name.

    from remotemedia.nodes.logic import PythonNode

    pipeline.add(PythonNode(str.upper))

This module is also part of the sandboxed Python.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from remotemedia.errors import NodeError
from remotemedia.node import Node

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping

__all__ = ["ProgramNode", "PythonNode", "RustNode", "WasmNode"]


class PythonNode(Node):
    """Runs a function on every value; what it returns or yields is emitted, as from `Node.process`.

    Args:
        func: a function or a class; one of a module, where the pipeline is to be packed.
        kw: arguments of `Node`.
    """

    def __init__(self, func: Callable[[Any], Any], **kw: Any) -> None:
        super().__init__(**kw)
        self.func = func

    def process(self, value: Any) -> Any:
        """Return what the function gives."""
        return self.func(value)


class WasmNode(Node):
    """Runs a WebAssembly component of the world `node` (`schemas/node.wit`), in a sandbox.

    Args:
        component: the `.wasm` file, relative to the file that defines the pipeline.
        programs: native programs that do the same, by platform (`linux/amd64`); they run where they are granted.
        params: what the component is told when it is made; `name` is this node's own.
    """

    def __init__(
        self,
        component: str | os.PathLike[str],
        programs: Mapping[str, str | os.PathLike[str]] | None = None,
        **params: Any,
    ) -> None:
        super().__init__(**params)
        self.component = component
        self.programs = programs
        self.params = self.config

    def process(self, value: Any) -> NoReturn:  # noqa: ARG002 - no node takes less
        """Refuse: the executor runs components, this process has no sandbox for them.

        Raises:
            NodeError: RM610.
        """
        raise NodeError(
            f"expected a sandbox for `{self.component!s:.80}`, got a run in this process",
            code="RM610",
            hint="build a package of the pipeline and run that: `remotemedia build`, `remotemedia run`",
            node=self.name,
        )


class ProgramNode(Node):
    """Runs a native program that comes with the package, in a confined process, where it is granted (`program`).

    Args:
        programs: the files by platform (`linux/amd64`, `linux/arm64`), relative to the file that defines the pipeline;
            each speaks the protocol of `schemas/child.md`.
        params: what the program is told when it is made; `name` is this node's own.
    """

    def __init__(self, programs: Mapping[str, str | os.PathLike[str]], **params: Any) -> None:
        super().__init__(**params)
        self.programs = programs
        self.params = self.config

    def process(self, value: Any) -> NoReturn:  # noqa: ARG002 - no node takes less
        """Refuse: the executor runs programs, this process could not confine them.

        Raises:
            NodeError: RM610.
        """
        raise NodeError(
            "expected an executor for a native program, got a run in this process",
            code="RM610",
            hint="build a package of the pipeline and run that: `remotemedia build`, `remotemedia run`",
            node=self.name,
        )


class RustNode(Node):
    """A native node by its name in `schemas/nodes.v1.json`.

    Args:
        node: the name, such as `AudioResampleNode`.
        params: its parameters; `name` is this node's own.
    """

    def __init__(self, node: str, **params: Any) -> None:
        super().__init__(**params)
        self.node = node
        self.params = self.config

    def process(self, value: Any) -> NoReturn:  # noqa: ARG002 - no node takes less
        """Refuse: the engine runs native nodes itself.

        Raises:
            NodeError: RM610.
        """
        raise NodeError(
            f"expected `{self.node}` to be run by the engine, got a direct call of `process`",
            code="RM610",
            hint=f"use the class of that name: `{self.node}(…)`",
            node=self.name,
        )
