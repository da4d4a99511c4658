"""Nodes that run models.

from remotemedia.nodes.ml import OnnxNode

pipeline.add(OnnxNode("vad.onnx", state={"state": "stateN"}, constants={"sr": 16000}))
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from remotemedia.node import Node
from remotemedia.nodes._engine_only import engine_only

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

__all__ = ["OnnxNode"]

_NONE: Final[Mapping[str, Any]] = MappingProxyType({})


class OnnxNode(Node):
    """Runs an ONNX model on every packet: sound as float32, a tensor as it is; gives a tensor.

    Args:
        model: the `.onnx` file, relative to the file that defines the pipeline.
        input: the model's input that takes the packet.
        output: the model's output that is emitted.
        state: recurrent state, input name to output name; zeros at the start of a stream.
        context: last samples of the previous packet that are put before the next; zeros at the start.
        constants: further inputs that never change, name to number or nested list of numbers.
        kw: arguments of `Node`.
    """

    def __init__(  # noqa: PLR0917 - as in `schemas/nodes.v1.json`
        self,
        model: str | os.PathLike[str],
        input: str = "input",  # noqa: A002 - the model's own word
        output: str = "output",
        state: Mapping[str, str] = _NONE,
        context: int = 0,
        constants: Mapping[str, Any] = _NONE,
        **kw: Any,
    ) -> None:
        super().__init__(**kw)
        self.model = model
        self.input = input
        self.output = output
        self.state = dict(state)
        self.context = context
        self.constants = dict(constants)

    def process(self, value: Any) -> Any:  # noqa: ARG002 - no node takes less
        """Refuse: only the engine runs models.

        Raises:
            PipelineError: RM703.
        """
        engine_only(self)
