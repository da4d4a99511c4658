"""A pipeline in this process: native nodes in Rust, the author's classes in this very interpreter.

from remotemedia.runtime.inprocess import run_pipeline

segments = run_pipeline(pipeline, "recording.wav")
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakKeyDictionary

from remotemedia import _native
from remotemedia.node import Node
from remotemedia.nodes.io import AudioSource
from remotemedia.runtime import onnxruntime
from remotemedia.runtime._host_node import HostNode
from remotemedia.runtime.executor import error_of
from remotemedia.values import decode, encode

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from remotemedia._project import Project


_MODELS: WeakKeyDictionary[Runnable, _native.Models] = WeakKeyDictionary()


class Runnable(Protocol):
    """What a `Pipeline` is to a run: nodes that are there already, and how they hang together."""

    @property
    def nodes(self) -> Sequence[Node]:
        """The nodes."""
        ...

    @property
    def project(self) -> Project:
        """Where its files are."""
        ...

    def ids(self) -> list[str]:
        """The nodes' ids, in the order of `nodes`."""
        ...

    def to_live_manifest(self) -> dict[str, Any]:
        """The graph."""
        ...


def run_pipeline(pipeline: Runnable, data: object = None) -> list[object]:
    """Run to the end of the input and give all results in order.

    A list is many items, anything else one, and None no input at all. Where the pipeline starts with an
    `AudioSource`, a string or a path is a sound file.

    Raises:
        NodeError: a node failed; `partial` of its details are the results that were ready before.
        PipelineError: the input cannot be read, or the pipeline cannot run here.
    """
    results: list[object] = []
    hosts = {name: HostNode(node) for name, node in zip(pipeline.ids(), pipeline.nodes, strict=True)}

    def interrupt() -> None:
        for host in hosts.values():
            host.interrupt()

    sound = _sound_file(pipeline, data)
    try:
        _native.run_pipeline(
            json.dumps(pipeline.to_live_manifest()).encode(),
            root=pipeline.project.root.anchor,
            nodes=hosts,
            decode=_arrives,
            encode=encode,
            values=None if sound or data is None else iter(_items(data)),
            sound=sound,
            models=_models_of(pipeline),
            emit=results.append,
            interrupt=interrupt,
        )
    except _native.NativeError as exc:
        error = error_of(json.loads(exc.args[0]))
        error.details["partial"] = results
        raise error from exc.__cause__
    return results


def _models_of(pipeline: Runnable) -> _native.Models:
    """The pipeline's models: loaded by its first run, gone with the pipeline."""
    if pipeline not in _MODELS:
        _MODELS[pipeline] = _native.Models(onnxruntime.library())
    return _MODELS[pipeline]


def _arrives(kind: int, head: str, meta: str, data: Buffer) -> object:
    return decode(kind, head, meta, data, numpy=True)


def _items(data: object) -> Iterable[object]:
    return data if isinstance(data, list) else [data]


def _sound_file(pipeline: Runnable, data: object) -> str | None:
    """The sound that is to be read, where the data names a file and the pipeline starts with what reads one."""
    if not isinstance(data, str | Path) or not any(isinstance(node, AudioSource) for node in pipeline.nodes[:1]):
        return None
    return os.fspath(data)
