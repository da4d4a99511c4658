"""A pipeline in this process: native nodes in Rust, the author's classes in this very interpreter.

from remotemedia.runtime.inprocess import Run
from remotemedia.runtime.place import Place

segments = []
Run(pipeline, pipeline.nodes, Place()).execute("recording.wav", segments.append)
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import AsyncIterable, Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakKeyDictionary

from remotemedia import _native
from remotemedia.errors import PipelineError, RemoteMediaError
from remotemedia.node import Node
from remotemedia.runtime import onnxruntime
from remotemedia.runtime._driver import Pump
from remotemedia.runtime._host_node import HostNode
from remotemedia.runtime._metrics import metrics_of
from remotemedia.runtime.executor import error_of
from remotemedia.values import decode, encode

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from remotemedia._project import Project
    from remotemedia.nodes.io import AudioSource
    from remotemedia.runtime.place import Place


_MODELS: WeakKeyDictionary[Runnable, _native.Models] = WeakKeyDictionary()


class Runnable(Protocol):
    """What a `Pipeline` is to a run: how nodes that are there already hang together."""

    name: str

    @property
    def project(self) -> Project:
        """Where its files are."""
        ...

    def ids(self) -> list[str]:
        """The nodes' ids, in the order of `nodes`."""
        ...

    def to_live_manifest(self, nodes: Sequence[Node]) -> dict[str, Any]:
        """The graph, with these nodes in the place of its own."""
        ...


class Run:
    """One run of a pipeline.

    Args:
        pipeline: the graph.
        nodes: what runs in the place of its nodes, ready for values.
        place: the event loop of the asynchronous ones.
    """

    def __init__(self, pipeline: Runnable, nodes: Sequence[Node], place: Place) -> None:
        self._pipeline = pipeline
        self._nodes = nodes
        self._place = place
        self._cancel = _native.Cancel()
        self._working: list[HostNode | Pump] = []
        self._input_error: BaseException | None = None

    def execute(self, data: object, emit: Callable[[object], None]) -> dict[str, Any]:
        """Run to the end of the input, and hand over all results in order.

        Args:
            data: a list is many items, an asynchronous iterable as many as it gives, anything else is one, and None no
                input at all. Where the pipeline starts with an `AudioSource`, a string or a path is a sound file, `-`
                the standard input, and the source's device is heard where there is no input.
            emit: takes the results; where it waits, so do the nodes.

        Returns:
            What was counted and measured, as `Pipeline.get_metrics` describes it.

        Raises:
            NodeError: a node failed.
            PipelineError: the input cannot be read, or the pipeline cannot run here.
        """
        manifest = self._pipeline.to_live_manifest(self._nodes)
        heard = _microphone(self._nodes) if data is None else None
        has_input = data is not None or heard is not None
        led_to = {edge["to"] for edge in manifest["connections"]}
        names = self._pipeline.ids()
        working = _with_packages(self._nodes, names, lambda name: has_input or name in led_to)
        hosts = {
            name: HostNode(node, self._place, fed=has_input or name in led_to)
            for name, node in zip(names, working, strict=True)
        }
        if not has_input:
            _expect_source([node for node in manifest["nodes"] if node["id"] not in led_to], hosts)
            _expect_sound(self._nodes)
        self._working += hosts.values()
        sound = _sound_file(self._nodes, data)
        try:
            report = _native.run_pipeline(
                json.dumps(manifest).encode(),
                root=self._pipeline.project.root.anchor,
                nodes=hosts,
                decode=_arrives,
                encode=encode,
                values=self._values(heard, data) if sound is None else None,
                # Of a list the next value is there: nobody waits for it.
                at_hand=isinstance(data, list) or sound is not None,
                sound=sound,
                models=_models_of(self._pipeline),
                emit=emit,
                interrupt=self.interrupt,
                cancel=self._cancel,
            )
        except _native.NativeError as exc:
            cause = exc.__cause__ or self._input_error
            raise error_of(_in_own_words(json.loads(exc.args[0]), cause)) from cause
        return metrics_of(self._pipeline.name, json.loads(report))

    def cancel(self) -> None:
        """End the run before its time: what is on the event loop is cancelled, plain functions go on to their end."""
        for each in self._working:
            each.cancel()
        self._cancel.cancel()

    def interrupt(self) -> None:
        """End also plain functions, by `KeyboardInterrupt`."""
        for each in self._working:
            each.interrupt()
        self._place.interrupt()

    def _values(self, heard: Iterator[object] | None, data: object) -> Iterator[object] | None:
        if heard is not None:
            return self._watched(heard)
        return None if data is None else self._items(data)

    def _items(self, data: object) -> Iterator[object]:
        if isinstance(data, AsyncIterable):
            stream = Pump(self._place, data)
            self._working.append(stream)
            return self._watched(stream)
        return iter(data if isinstance(data, list) else [data])

    def _watched(self, values: Iterable[object]) -> Iterator[object]:
        """Give the caller's values; keep the exception that ends them, which the engine only quotes."""
        try:
            yield from values
        except BaseException as error:
            self._input_error = error
            raise


def _in_own_words(fields: dict[str, Any], cause: BaseException | None) -> dict[str, Any]:
    """Let a failure that a node has itself said what it is keep its code, hint and details."""
    if not isinstance(cause, RemoteMediaError):
        return fields
    hint = fields.get("hint") if cause.hint is None else cause.hint
    return {**cause.details, **fields, "code": cause.code, "hint": hint}


def _expect_source(roots: list[dict[str, Any]], hosts: dict[str, HostNode]) -> None:
    """Refuse a graph of which no node can begin without input.

    Raises:
        PipelineError: RM703.
    """
    # Of the others the engine knows whether they are sources.
    if roots and all("entry" in node and not hosts[node["id"]].begins for node in roots):
        raise PipelineError(
            f"expected input or a source, got neither: `{roots[0]['id']}` takes values",
            code="RM703",
            hint="give `run` a value; a source is a node whose `process()` takes none and yields",
        )


def _expect_sound(nodes: Sequence[Node]) -> None:
    """Refuse a source of sound that has nothing to read or hear.

    Raises:
        PipelineError: RM703.
    """
    silent = next((source for node in nodes if (source := _audio_source(node)) and source.path is None), None)
    if silent is not None:
        raise PipelineError(
            f"expected input, a path or a device for `{silent.name}`, got none of them",
            code="RM703",
            hint='give `run` a sound file, or the source `device="default"`',
        )


def _with_packages(nodes: Sequence[Node], names: Sequence[str], is_fed: Callable[[str], bool]) -> Sequence[Any]:
    """Return the nodes, and what runs packages in the place of those that are one."""
    remote = sys.modules.get("remotemedia.nodes.remote")
    if remote is None or not any(isinstance(node, remote.HFPipelineNode) for node in nodes):
        return nodes
    # Few pipelines have one, and it brings the network along.
    from remotemedia.runtime._package_node import with_packages  # noqa: PLC0415

    return with_packages(nodes, names, is_fed)


def _models_of(pipeline: Runnable) -> _native.Models:
    """The pipeline's models: loaded by its first run, gone with the pipeline."""
    if pipeline not in _MODELS:
        _MODELS[pipeline] = _native.Models(onnxruntime.library())
    return _MODELS[pipeline]


def _arrives(kind: int, head: str, meta: str, data: Buffer) -> object:
    return decode(kind, head, meta, data, numpy=True)


def _sound_file(nodes: Sequence[Node], data: object) -> str | None:
    """The sound that is to be read, where the data names a file and the pipeline starts with what reads one."""
    if not isinstance(data, str | Path) or not any(_audio_source(node) for node in nodes[:1]):
        return None
    return "/dev/stdin" if data == "-" else os.fspath(data)


def _microphone(nodes: Sequence[Node]) -> Iterator[object] | None:
    """What a pipeline hears that starts with a device."""
    first = _audio_source(nodes[0]) if nodes else None
    return first.process() if first is not None and first.path is None and first.device else None


def _audio_source(node: Node) -> AudioSource | None:
    """The node as what it is. A pipeline without built-in nodes does not wait for them to be imported."""
    module = sys.modules.get("remotemedia.nodes.io")
    return node if module is not None and isinstance(node, module.AudioSource) else None
