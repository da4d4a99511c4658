"""Packages that are nodes of a pipeline in this process: each runs in an executor of its own, in its sandbox.

with_packages([HFPipelineNode("voice", remote_ref="oci://registry.example/voice:1.0")], ["voice"], fed=…)

They are found, verified and granted what was approved for them, as `remotemedia run` does; values go to them and come
back as lines.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import threading
from contextlib import suppress
from functools import partial
from typing import IO, TYPE_CHECKING, Any, Final

from remotemedia.nodes.remote import HFPipelineNode
from remotemedia.runtime._at_once import ask_each
from remotemedia.runtime._lines import from_line, to_line
from remotemedia.runtime.home import home_directory
from remotemedia.runtime.network import Network
from remotemedia.runtime.resolve import Resolver
from remotemedia.runtime.run import RunOptions, run_package

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, Callable, Mapping, Sequence
    from pathlib import Path

    from remotemedia.node import Node
    from remotemedia.runtime._nested import NestedPackage
    from remotemedia.runtime.resolve import ResolvedPackage

__all__ = ["PackageNode", "with_packages"]

_MAX_LINE: Final = 96 << 20  # bytes: a value of 64 MiB as base64, and what stands around it


def with_packages(nodes: Sequence[Node], ids: Sequence[str], is_fed: Callable[[str], bool]) -> list[Any]:
    """Return what runs in the place of nodes: packages, fetched at once, for those that are one; else they themselves.

    Args:
        nodes: of the pipeline.
        ids: theirs.
        is_fed: whether values can reach the node of an id.

    Raises:
        RemoteMediaError: a package cannot be found, is not authentic, or wants what it was not granted.
    """
    home = home_directory(os.environ)
    resolver = Resolver(os.environ, Network())
    wanted = [reference for node in nodes if (reference := package_of(node)) is not None]
    resolved = ask_each(resolver.resolve_all, wanted)
    return [
        node
        if (reference := package_of(node)) is None
        else PackageNode(*resolved[reference], home=home, fed=is_fed(name))
        for node, name in zip(nodes, ids, strict=True)
    ]


def package_of(node: Node) -> str | None:
    """Return the package that a node is, if it is one of this machine."""
    return node.package if isinstance(node, HFPipelineNode) else None


class PackageNode:
    """One run of a package, as the engine calls a streaming node.

    Args:
        package: verified.
        nested: the packages that nodes of it are.
        home: the user's.
        fed: whether values can reach the node; else the package begins by itself.
    """

    is_streaming = True

    def __init__(self, package: ResolvedPackage, nested: Mapping[str, NestedPackage], *, home: Path, fed: bool) -> None:
        options = RunOptions(input="-" if fed else None, packets=True, input_packets=True)
        self._call = partial(run_package, package, options, home=home, nested=nested, on_event=lambda _event: None)

    async def process(self, stream: AsyncIterable[Any]) -> AsyncGenerator[Any, None]:
        """Give the package the values of the stream, and what it makes of them as it comes."""
        run = _Run(self._call)
        feeding: asyncio.Task[None] | None = None
        try:
            lines, writer = await run.start()
            feeding = asyncio.create_task(_feed(stream, writer))
            while line := await lines.readline():
                yield from_line(line)
            await run.ended()
            feeding.cancel()  # a package may end before its input does
            with suppress(asyncio.CancelledError):
                await feeding
        finally:
            if feeding is not None:
                feeding.cancel()
            run.stop()


async def _feed(stream: AsyncIterable[Any], writer: asyncio.StreamWriter) -> None:
    """Write values until the stream ends, or the package takes no more: then its failure says why."""
    try:
        async for value in stream:
            line = to_line(value)
            if line is not None:
                writer.write(line)
                await writer.drain()
    except (BrokenPipeError, ConnectionResetError):
        return
    finally:
        writer.close()


class _Run:
    """The executor's process, and a thread that waits for it; `call` is `run_package` but for its streams."""

    def __init__(self, call: Callable[..., None]) -> None:
        self._call = call
        self._child: subprocess.Popen[bytes] | None = None
        self._stopped = False
        self._loop = asyncio.get_running_loop()
        self._end: asyncio.Future[None] = self._loop.create_future()
        self._transports: list[asyncio.BaseTransport] = []

    async def start(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Start the process; return what reads its packets, and what its input is written to."""
        taken, given = os.pipe()
        read, written = os.pipe()
        reader = asyncio.StreamReader(limit=_MAX_LINE)
        transport, _ = await self._loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(read, "rb", buffering=0)
        )
        sink, protocol = await self._loop.connect_write_pipe(
            lambda: asyncio.StreamReaderProtocol(asyncio.StreamReader()), os.fdopen(given, "wb", buffering=0)
        )
        self._transports += [transport, sink]
        inner = os.fdopen(taken, "rb", buffering=0), os.fdopen(written, "wb", buffering=0)
        threading.Thread(target=self._work, args=inner, name="remotemedia-package", daemon=True).start()
        return reader, asyncio.StreamWriter(sink, protocol, None, self._loop)

    async def ended(self) -> None:
        """Wait for the end.

        Raises:
            RemoteMediaError: what the package failed by.
        """
        await asyncio.shield(self._end)

    def stop(self) -> None:
        """End the process before its time, and close the pipes."""
        self._stopped = True
        if self._child is not None and self._child.poll() is None:
            self._child.kill()
        for transport in self._transports:
            transport.close()

    def _work(self, stdin: IO[bytes], stdout: IO[bytes]) -> None:
        error: BaseException | None = None
        try:
            with stdin, stdout:
                self._call(stdin=stdin, stdout=stdout, on_start=self._started)
        except BaseException as failure:  # noqa: BLE001 - it is raised where it is waited for
            error = failure
        with suppress(RuntimeError):  # the loop is closed: nobody waits any longer
            self._loop.call_soon_threadsafe(self._settle, error)

    def _started(self, child: subprocess.Popen[bytes]) -> None:
        self._child = child
        if self._stopped:
            child.kill()

    def _settle(self, error: BaseException | None) -> None:
        if self._end.cancelled():
            return
        if error is None or self._stopped:
            self._end.set_result(None)
        else:
            self._end.set_exception(error)
