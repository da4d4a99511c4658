"""Pipelines: nodes, and the edges between them.

from remotemedia import AudioSource, Pipeline
from remotemedia.nodes.audio import AudioResampleNode

p = Pipeline("telephone")
p.add(AudioSource()).add(AudioResampleNode(target_sample_rate=8000))
p.run("recording.wav")
"""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from remotemedia._graph import Edge, Graph
from remotemedia._ids import assign_ids, chosen_name
from remotemedia._manifest import live_manifest_of, manifest_of
from remotemedia._project import Project
from remotemedia.errors import PipelineError, UsageError
from remotemedia.node import Node

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import FrameType

__all__ = ["Pipeline"]


class Pipeline:
    """An acyclic graph of nodes.

    Args:
        nodes: nodes to chain; a string here is the name.
        name: what the pipeline is called; `pipeline` where absent.
        enable_metrics: accepted for older programs; the engine always measures.

    Raises:
        PipelineError: RM703, an argument is not of its kind; RM112, two nodes have the same name.
    """

    def __init__(
        self,
        nodes: Iterable[Node] | str | None = None,
        name: str | None = None,
        enable_metrics: bool = False,  # noqa: FBT001, FBT002 - programs pass it by position
    ) -> None:
        if isinstance(nodes, str):
            if name is not None:
                raise PipelineError(f"expected one name, got `{nodes}` and `{name}`", code="RM703")
            name, nodes = nodes, None
        self.name = _checked_name("pipeline" if name is None else name)
        self.enable_metrics = enable_metrics
        self._graph = Graph()
        self._source = _source_of(sys._getframe(1), self)  # noqa: SLF001 - the caller's file says where the project is
        for node in nodes or ():
            self.add(node)

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The nodes, in the order they were added."""
        return tuple(self._graph.nodes)

    def add(self, node: Node, after: Node | Sequence[Node] | None = None) -> Pipeline:
        """Add a node, and return the pipeline.

        Args:
            node: the node; each is added once.
            after: the node or nodes whose packets it takes: the one added before where absent, none for `[]`.

        Raises:
            PipelineError: RM703, this is no node or not one of the pipeline; RM112, its name is taken.
        """
        if after is None:
            after = self._graph.nodes[-1:]
        before = [after] if isinstance(after, Node) else after
        name = chosen_name(_checked(node)._captured)  # noqa: SLF001 - it was captured for us
        self._graph.add(node, before, name)
        return self

    def connect(self, a: Node, b: Node, from_port: str | None = None, to_port: str | None = None) -> Pipeline:
        """Add an edge from one node to another, and return the pipeline.

        Args:
            a: the node that gives.
            b: the node that takes.
            from_port: its output; `out` where absent.
            to_port: its input; `in` where absent.

        Raises:
            PipelineError: RM703, one of them is not in the pipeline.
        """
        self._graph.edges.append(Edge(self._graph.position(a), self._graph.position(b), from_port, to_port))
        return self

    def ids(self) -> list[str]:
        """Return the nodes' ids, in the order the nodes were added."""
        return assign_ids((chosen_name(node._captured), type(node).__name__) for node in self.nodes)  # noqa: SLF001 - it was captured for us

    @property
    def source(self) -> Path:
        """The file in which the pipeline was made, absolute; in an interactive session a name that no file has."""
        return self._source

    @property
    def project(self) -> Project:
        """The project that the pipeline belongs to: that of its source file."""
        return Project.of(self._source)

    def to_manifest(self, description: str | None = None) -> dict[str, Any]:
        """Return manifest v1 of the pipeline: what its author wrote, and nothing that is decided later.

        Raises:
            PipelineError: RM104 a class cannot be found from the project, RM105 arguments of a node have the same name,
                RM108 a value cannot stand in a manifest, RM109 a file is missing or lies outside the project.
        """
        return manifest_of(self, description)

    def to_live_manifest(self) -> dict[str, Any]:
        """Return a manifest for a run in this process, where the nodes are objects already.

        Of an author's nodes it leaves out arguments that cannot stand in a manifest, and its `entry` finds no class.
        Files are named from the root of the file system, and may lie outside the project.

        Raises:
            PipelineError: as `to_manifest`, for built-in nodes.
        """
        return live_manifest_of(self)

    def serialize(self, description: str | None = None) -> str:
        """Return the manifest as JSON text, with the time it was made.

        The time is that of `SOURCE_DATE_EPOCH` where it is set.

        Raises:
            PipelineError: as `to_manifest`.
            UsageError: RM701, `SOURCE_DATE_EPOCH` is no number of seconds.
        """
        manifest = self.to_manifest(description)
        manifest["metadata"]["created_at"] = _created_at()
        return json.dumps(manifest, indent=2, ensure_ascii=False)

    def run(self, data: Any = None) -> Any:
        """Run the pipeline in this process.

        Args:
            data: a file's path, a value of `schemas/packet.md`, or a list of values; None for pipelines with a source.

        Returns:
            What comes out: None, one value, or a list of several. Inside a running event loop, an awaitable of that.

        Raises:
            RemoteMediaError: with the code of what failed.
        """
        import asyncio  # noqa: PLC0415 - costs more than all the rest of this module

        try:
            asyncio.get_running_loop()
        except RuntimeError:
            inside = False
        else:
            inside = True
        return asyncio.to_thread(self.run_sync, data) if inside else self.run_sync(data)

    def run_sync(self, data: Any = None) -> Any:
        """Run the pipeline in this process and wait for its end, also inside a running event loop; see `run`."""
        from remotemedia.runtime.inprocess import run_pipeline  # noqa: PLC0415 - the engine is loaded when it is used

        values = run_pipeline(self, data)
        return values if len(values) > 1 else next(iter(values), None)

    def export(self, path: str | os.PathLike[str]) -> Path:
        """Build the pipeline's file into a package, and return the package's path.

        Raises:
            RemoteMediaError: with the code of what failed.
        """
        from remotemedia.runtime import publish  # noqa: PLC0415 - most programs never build

        return publish.export(self, Path(path))

    def push(self, ref: str) -> str:
        """Build the pipeline's file, push the package to a reference, and return its digest.

        Raises:
            RemoteMediaError: with the code of what failed.
        """
        from remotemedia.runtime import publish  # noqa: PLC0415 - most programs never push

        return publish.push(self, ref)

    def inspect(self) -> str:
        """Return the graph as text: each node with its class, where it runs in this process, and its arguments."""
        from remotemedia._describe import describe  # noqa: PLC0415 - for people, not for runs

        return describe(self)


def _checked_name(name: object) -> str:
    if isinstance(name, str) and name:
        return name
    raise PipelineError(f"expected a name, got `{name!r:.80}`", code="RM703", hint="pass a string that is not empty")


def _checked(node: object) -> Node:
    if isinstance(node, Node):
        return node
    hint = f"add an instance: `{node.__name__}(…)`" if isinstance(node, type) else "derive its class from `Node`"
    raise PipelineError(f"expected a node, got `{node!r:.80}`", code="RM703", hint=hint)


def _source_of(frame: FrameType, pipeline: Pipeline) -> Path:
    """Return the file whose code makes the pipeline, passing over constructors of subclasses."""
    while frame.f_code.co_name == "__init__" and frame.f_locals.get("self") is pipeline and frame.f_back is not None:
        frame = frame.f_back
    file = Path(frame.f_globals.get("__file__") or frame.f_code.co_filename).resolve()
    return file if file.is_file() else Path.cwd() / "<interactive>"


def _created_at() -> str:
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    try:
        moment = datetime.now(UTC) if epoch is None else datetime.fromtimestamp(int(epoch), UTC)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"expected seconds in `SOURCE_DATE_EPOCH`, got `{epoch}`", code="RM701") from error
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
