"""Pipelines: nodes, and the edges between them.

from remotemedia import AudioSource, Pipeline
from remotemedia.nodes.audio import AudioResampleNode

p = Pipeline("telephone")
p.add(AudioSource()).add(AudioResampleNode(target_sample_rate=8000))
p.run("recording.wav")

Where code runs: plain functions and generators of nodes on threads of the engine; everything asynchronous on one event
loop, which is the caller's where there is one running, else a loop in a thread of its own.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from remotemedia._graph import Edge, Graph
from remotemedia._manifest import live_manifest_of, manifest_of
from remotemedia._parameters import Declarations
from remotemedia._project import Project
from remotemedia.errors import PipelineError, UsageError
from remotemedia.node import DONE, Node

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Iterable, Iterator, Mapping, Sequence
    from types import FrameType

    from remotemedia._graph import Element, FlatGraph, Sync
    from remotemedia._running import Managed
    from remotemedia.runtime.lifecycle import Lifecycle
    from remotemedia.runtime.network import Network
    from remotemedia.runtime.publish import PackageOptions

__all__ = ["Pipeline"]


class Pipeline:
    """An acyclic graph of nodes, and of pipelines whose nodes are meant.

    Args:
        nodes: nodes to chain; a string here is the name.
        name: what the pipeline is called; `pipeline` where absent.
        enable_metrics: accepted for older programs; the engine always measures.

    Raises:
        PipelineError: RM703, an argument is not of its kind; RM112, two nodes have the same name.
    """

    def __init__(
        self,
        nodes: Iterable[Node | Pipeline] | str | None = None,
        name: str | None = None,
        enable_metrics: bool = False,  # noqa: FBT001, FBT002 - programs pass it by position
    ) -> None:
        if isinstance(nodes, str):
            if name is not None:
                raise PipelineError(f"expected one name, got `{nodes}` and `{name}`", code="RM703")
            name, nodes = nodes, None
        self.name = _checked_name("pipeline" if name is None else name)
        self.enable_metrics = enable_metrics
        self._built = Graph()
        self._own = Declarations()
        self._lifecycle: Lifecycle | None = None
        self._metrics: dict[str, Any] | None = None
        self._source = _source_of(sys._getframe(1), self)  # noqa: SLF001 - the caller's file says where the project is
        for node in nodes or ():
            self.add(node)

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The nodes, in the order they were added; those of a pipeline in its place."""
        return self._graph.nodes

    def add(
        self,
        node: Node | Pipeline,
        after: Node | Pipeline | Sequence[Node | Pipeline] | None = None,
        sync: Sync | None = None,
    ) -> Pipeline:
        """Add a node, or the nodes of a pipeline, and return this pipeline.

        Args:
            node: the node or pipeline; each is added once. What a pipeline is given later counts too.
            after: whose packets it takes: those of what was added before where absent, nobody's for `[]`.
            sync: how a node behind several takes their packets: `arrival`, as they come, or `pts`, by their times.

        Raises:
            PipelineError: RM703, this is no node or not one of the pipeline, or the pipeline is initialized; RM112, its
                name is taken.
        """
        self._check_unused("add")
        before: Sequence[Element]
        if after is None:
            before = self._built.elements[-1:]
        else:
            before = [after] if isinstance(after, Node | Pipeline) else after
        self._built.add(_checked(node), before, sync)
        return self

    def add_node(self, node: Node | Pipeline) -> Pipeline:
        """Add a node behind the one added before, and return the pipeline; see `add`."""
        return self.add(node)

    def remove_node(self, name: str) -> bool:
        """Take out the node of that name, and join what stood before and behind it.

        Returns:
            Whether there was one.

        Raises:
            PipelineError: RM703, the pipeline is initialized.
        """
        self._check_unused("remove_node")
        found = next((element for element in self._built.elements if element.name == name), None)
        if found is not None:
            self._built.remove(found)
        return found is not None

    def get_node(self, name: str) -> Node | None:
        """Return the node of that name, or None."""
        return next((node for node in self.nodes if node.name == name), None)

    def connect(
        self, a: Node | Pipeline, b: Node | Pipeline, from_port: str | None = None, to_port: str | None = None
    ) -> Pipeline:
        """Add an edge from one node to another, and return the pipeline.

        Args:
            a: the node that gives, or a pipeline: its nodes without output.
            b: the node that takes, or a pipeline: its nodes without input.
            from_port: its output; `out` where absent.
            to_port: its input; `in` where absent.

        Raises:
            PipelineError: RM703, one of them is not in the pipeline, or the pipeline is initialized.
        """
        self._check_unused("connect")
        self._built.edges.append(Edge(self._built.position(a), self._built.position(b), from_port, to_port))
        return self

    def param(self, name: str, default: Any, description: str | None = None) -> Any:
        """Declare a parameter, which a run may override, and return what to pass to nodes in its place.

        Args:
            name: letters, digits and `_`; the same name may be declared again in the same way.
            default: the value where a run gives none: plain data or a path.
            description: one sentence for people.

        Raises:
            PipelineError: RM703, the name cannot be one, or is declared in another way; RM108, the default is not plain
                data.
        """
        return self._own.parameter(name, default, description)

    def secret(self, name: str) -> Any:
        """Declare a secret, which a run must be given, and return what to pass to nodes in its place.

        While the pipeline is built its value is that of the environment's variable of this name, else empty.

        Raises:
            PipelineError: RM703, the name cannot be one.
        """
        return self._own.secret(name)

    def ids(self) -> list[str]:
        """Return the nodes' ids, in the order of `nodes`.

        Raises:
            PipelineError: RM112, two nodes have the same name.
        """
        return self._graph.ids

    @property
    def _graph(self) -> FlatGraph:
        """The graph that is meant: what it is made of may have been added to since."""
        return self._built.flat()

    @property
    def _declared(self) -> Declarations:
        """All that this pipeline and those in it declare."""
        nested = [element for element in self._built.elements if isinstance(element, Pipeline)]
        if not nested:
            return self._own
        every = Declarations()
        for declarations in (self._own, *(pipeline._declared for pipeline in nested)):  # noqa: SLF001 - of this class
            every.include(declarations)
        return every

    def __len__(self) -> int:
        return len(self.nodes)

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    def __repr__(self) -> str:
        return f"Pipeline(name={self.name!r}, nodes={[node.name for node in self.nodes]})"

    @property
    def node_count(self) -> int:
        """How many nodes there are."""
        return len(self.nodes)

    def get_config(self) -> dict[str, Any]:
        """Return name, `node_count`, `is_initialized` and the `get_config` of every node, as `nodes`."""
        nodes = [node.get_config() for node in self.nodes]
        return {
            "name": self.name,
            "node_count": len(nodes),
            "nodes": nodes,
            "is_initialized": self.is_initialized,
        }

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

    def arrays(self) -> dict[str, bytes]:
        """Return the arrays that the manifest refers to, as npy files by their path in a package.

        Raises:
            PipelineError: as `to_manifest`.
        """
        files: dict[str, bytes] = {}
        manifest_of(self, data=files)
        return files

    def to_live_manifest(self, nodes: Sequence[Node] | None = None) -> dict[str, Any]:
        """Return a manifest for a run in this process, where the nodes are objects already.

        Of an author's nodes it leaves out arguments that cannot stand in a manifest, and its `entry` finds no class.
        Files are named from the root of the file system, and may lie outside the project.

        Args:
            nodes: what runs in the place of the nodes, where a run has values of its own.

        Raises:
            PipelineError: as `to_manifest`, for built-in nodes.
        """
        return live_manifest_of(self, nodes)

    def serialize(self, description: str | None = None, *, include_capabilities: bool = False) -> str:
        """Return the manifest as JSON text, with the time it was made.

        The time is that of `SOURCE_DATE_EPOCH` where it is set.

        Args:
            description: one sentence for people.
            include_capabilities: whether a node has `capabilities`: what its `get_capabilities` returns, unless None.

        Raises:
            PipelineError: as `to_manifest`.
            UsageError: RM701, `SOURCE_DATE_EPOCH` is no number of seconds.
        """
        manifest = self.to_manifest(description)
        manifest["metadata"]["created_at"] = _created_at()
        for node, described in zip(self.nodes, manifest["nodes"], strict=True):
            if include_capabilities and (capabilities := node.get_capabilities()) is not None:
                described["capabilities"] = capabilities
        return json.dumps(manifest, indent=2, ensure_ascii=False)

    @property
    def is_initialized(self) -> bool:
        """Whether the nodes are ready for values, or being made so."""
        return self._lifecycle is not None and not self._lifecycle.failed

    def initialize(self) -> Awaitable[None]:
        """Make every node ready: at once, as far as nothing has to be awaited; what is returned awaits the rest.

        Outside a running event loop all is done when this returns. A run does it by itself where it was not done.

        Raises:
            NodeError: RM601 or the node's own code, a node failed; those that were ready have been let go.
            PipelineError: RM703, there are no nodes.
        """
        if self._lifecycle is not None and not self._lifecycle.failed:
            return self._lifecycle.started
        if not self._built.elements:
            raise PipelineError(f"expected nodes in `{self.name}`, got none", code="RM703", hint="`add` one first")
        from remotemedia.runtime.lifecycle import Lifecycle, running_loop  # noqa: PLC0415 - loaded when it is used
        from remotemedia.runtime.place import Place  # noqa: PLC0415 - as above

        self._lifecycle = Lifecycle(self.nodes, Place(running_loop()))
        return self._lifecycle.start()

    def cleanup(self) -> Awaitable[None]:
        """Let go of what `initialize` made ready: at once or when awaited, as that; without it nothing is done.

        Raises:
            NodeError: RM602 or the node's own code, a node failed; the others have been let go.
        """
        lifecycle, self._lifecycle = self._lifecycle, None
        return DONE if lifecycle is None else lifecycle.stop(close=True)

    def managed_execution(self) -> Managed:
        """Return a context, for `async with` or `with`, in which the pipeline is initialized."""
        from remotemedia._running import Managed  # noqa: PLC0415 - loaded when it is used

        return Managed(self)

    def process(self, stream: AsyncIterable[Any] | Iterable[Any] | None = None) -> AsyncGenerator[Any, None]:
        """Run the pipeline on a stream, in the caller's event loop, and give what comes out as it comes.

        Asynchronous nodes and the stream run on this loop, plain functions on threads. Nodes are made ready first and
        let go at the end, unless `initialize` was called before. To leave the generator early ends the run.

        Args:
            stream: the values; without it the first nodes must be sources.

        Raises:
            NodeError: a node failed; all that was ready before has been given.
            PipelineError: RM703, there is neither a stream nor a source.
        """
        from remotemedia import _running  # noqa: PLC0415 - the engine is loaded when it is used

        return _running.stream(self, stream)

    def run(
        self,
        input_data: Any = None,
        use_rust: bool = True,  # noqa: FBT001, FBT002, ARG002 - programs pass it, also by position
        *,
        settings: Mapping[str, Any] | None = None,
        secrets: Mapping[str, str] | None = None,
    ) -> Any:
        """Run the pipeline in this process.

        Args:
            input_data: a file's path, a value of `schemas/packet.md`, or a list of values; None for pipelines with a
                source.
            use_rust: accepted for older programs; there is one engine, which runs nodes in Rust and in Python.
            settings: values of parameters, by name, for this run.
            secrets: values of secrets, by name, for this run.

        Returns:
            What comes out: None, one value, or a list of several. Inside a running event loop, an awaitable of that:
            the run begins when it is awaited, and asynchronous nodes run on this loop.

        Raises:
            RemoteMediaError: with the code of what failed.
        """
        from remotemedia import _running  # noqa: PLC0415 - the engine is loaded when it is used
        from remotemedia.runtime.lifecycle import running_loop  # noqa: PLC0415 - as above

        run = _running.run_blocking if running_loop() is None else _running.run_async
        return run(self, input_data, _running.Values(settings, secrets))

    def run_sync(
        self,
        input_data: Any = None,
        *,
        settings: Mapping[str, Any] | None = None,
        secrets: Mapping[str, str] | None = None,
    ) -> Any:
        """Run the pipeline in this process and wait for its end, also inside a running event loop; see `run`."""
        from remotemedia import _running  # noqa: PLC0415 - the engine is loaded when it is used

        return _running.run_blocking(self, input_data, _running.Values(settings, secrets))

    def get_metrics(self) -> dict[str, Any] | None:
        """Return what the last run that ended well counted and measured; None before.

        `total_duration_us`; `node_metrics` with `node_id`, `execution_count` (by value), `packets_in`, `packets_out`,
        `total_duration_us`, `avg_duration_us` of an execution, and percentiles of the engine's calls; `edges` with
        `from`, `to` and `high_water`, the most packets that waited there.
        """
        return self._metrics

    def export(
        self, path: str | os.PathLike[str], *, network: Network | None = None, **options: Unpack[PackageOptions]
    ) -> Path:
        """Build the pipeline's file into a package, and return the package's path: `remotemedia build` in Python.

        Args:
            path: a directory, which takes the package under its own name, or the file that it is to be.
            network: how registries are reached; by default as the environment says.
            options: `version`, `key`, `unsigned`, `lock`, `lock_python`, `vendor_wheels`, `optimize`, `max_error` and
                `calibration`, as the command has them.

        Raises:
            RemoteMediaError: with the code of what failed.
        """
        from remotemedia.runtime import publish  # noqa: PLC0415 - most programs never build

        return publish.export(self, Path(path), network=network, **options)

    def push(self, ref: str, *, network: Network | None = None, **options: Unpack[PackageOptions]) -> str:
        """Build the pipeline's file, push the package to a reference, and return its digest; arguments as of `export`.

        Raises:
            RemoteMediaError: with the code of what failed.
        """
        from remotemedia.runtime import publish  # noqa: PLC0415 - most programs never push

        return publish.push(self, ref, network=network, **options)

    def inspect(self) -> str:
        """Return the graph as text: each node with its runtime in this process, its arguments and where else it runs.

        Parameters are shown with their defaults, secrets by name.
        """
        from remotemedia._describe import picture_of  # noqa: PLC0415 - for people, not for runs
        from remotemedia._graph_text import render  # noqa: PLC0415 - as above

        return render(picture_of(self))

    def _check_unused(self, call: str) -> None:
        if self.is_initialized:
            raise PipelineError(
                f"expected `{call}` before `initialize`, got it after", code="RM703", hint="call `cleanup` first"
            )


def _checked_name(name: object) -> str:
    if isinstance(name, str) and name:
        return name
    raise PipelineError(f"expected a name, got `{name!r:.80}`", code="RM703", hint="pass a string that is not empty")


def _checked(node: object) -> Element:
    if isinstance(node, Node | Pipeline):
        return node
    hint = f"add an instance: `{node.__name__}(…)`" if isinstance(node, type) else "derive its class from `Node`"
    raise PipelineError(f"expected a node, got `{node!r:.80}`", code="RM703", hint=hint)


def _source_of(frame: FrameType, pipeline: Pipeline) -> Path:
    """Return the file whose code makes the pipeline, passing over constructors of subclasses and this package."""
    while frame.f_back is not None and (
        (frame.f_code.co_name == "__init__" and frame.f_locals.get("self") is pipeline)
        or frame.f_globals.get("__name__", "").startswith("remotemedia.")
    ):
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
