"""The exports of the world `python-runner`: one instance of this component is one node.

Packets cross as flat tuples, and what is the same for all of them is looked up once: this code is on the hot path.
"""
# ruff: noqa: BLE001, TRY301 - the exports are the outermost boundary: they turn every exception into a `failure`

import gc
import random
import sys
import time
from collections.abc import Callable, Generator, Iterator
from json import loads
from typing import Any, Final, TypeAlias

from wit_world import exports

import remotemedia._sandbox.preload  # noqa: F401 - its imports are its effect
from remotemedia._sandbox import importer, logs
from remotemedia._sandbox.arguments import arguments, hold, make, named
from remotemedia._sandbox.drive import settle
from remotemedia._sandbox.failures import failed
from remotemedia._sandbox.inert import Inert
from remotemedia._sandbox.missing import end_building
from remotemedia._sandbox.state import State
from remotemedia._sandbox.streaming import Streaming, is_streaming
from remotemedia.array import Array
from remotemedia.node import is_source
from remotemedia.values import decode, encode

Packet: TypeAlias = tuple[int, int, int, int, int, int, str, str, str, bytes]
Emission: TypeAlias = tuple[list[Packet], bool]

_NO_TIME: Final = -(1 << 63)
# A call gives back what a generator has yielded when one of these is reached: packets, bytes, seconds.
_BATCH_PACKETS: Final = 32
_BATCH_BYTES: Final = 1 << 20
_BATCH_SECONDS: Final = 0.005
# What is emitted as it is, without asking whether it has to be run first.
_PLAIN: Final = frozenset({str, bytes, int, float, bool, list, dict, tuple, Array})
_NOTHING: Final[Emission] = ([], False)


class _Running:
    """The node, and where it is in its stream."""

    def __init__(self, node: Any, *, is_source: bool, modules: list[str]) -> None:
        self.streaming = Streaming(node) if not is_source and is_streaming(node) else None
        self.process: Callable[..., Any] = node.process if self.streaming is None else self.streaming.give
        self.node = node
        self.is_source = is_source
        # Stream, time, duration and session of the packet in hand: what is emitted has the same.
        self.origin: tuple[int, int, int, str] = (0, _NO_TIME, _NO_TIME, "")
        self.rest: Iterator[object] | None = None
        self.unstarted = is_source
        self.state = State(node, modules)

    def last(self) -> object:
        """Give what the node still has at the end of its input."""
        if self.streaming is None:
            return _hook(self.node, "flush")
        return self._rest_and_flush(self.streaming)

    def _rest_and_flush(self, streaming: Streaming) -> Iterator[object]:
        yield from streaming.end()
        flushed = settle(_hook(self.node, "flush"))
        yield from flushed if isinstance(flushed, Iterator) else (flushed,)

    def close(self) -> None:
        """Let go of the node."""
        if isinstance(self.rest, Generator):
            self.rest.close()
        if self.streaming is not None:
            self.streaming.close()
        settle(_hook(self.node, "cleanup"))

    def packet(self, value: object) -> Packet:
        """Make a packet of a value that is not None."""
        body = encode(value)
        if body is None:
            raise TypeError("expected a value")
        kind, head, meta, data = body
        stream, pts, duration, session = self.origin
        return 0, stream, 0, pts, duration, kind, head, meta, session, data if type(data) is bytes else bytes(data)

    def emit(self, result: object) -> Emission:
        """Make packets of what a call of the node gave."""
        if type(result) not in _PLAIN:
            result = settle(result)
        if result is None:
            return _NOTHING
        if isinstance(result, Iterator):
            self.rest = result
            return self.take(_BATCH_PACKETS)
        return [self.packet(result)], False

    def take(self, limit: int) -> Emission:
        """Go on with a generator; an exception comes after what was yielded before it."""
        packets: list[Packet] = []
        size = 0
        until = time.monotonic() + _BATCH_SECONDS
        try:
            for value in self.rest or ():
                if value is not None:
                    packet = self.packet(value)
                    packets.append(packet)
                    size += len(packet[9]) + len(packet[6])
                if len(packets) >= limit or size >= _BATCH_BYTES or time.monotonic() >= until:
                    return packets, True
        except BaseException as error:
            self.rest = None
            if not packets:
                raise
            self.rest = _raising(error)
            return packets, True
        self.rest = None
        return packets, False


def _hook(node: object, name: str) -> object:
    """Call what a node may define; give what is to be settled of it."""
    hook = getattr(node, name, None)
    return None if hook is None else hook()


def _raising(error: BaseException) -> Iterator[object]:
    yield None
    raise error


_modules: list[str] = []
_class: type | None = None
_running: _Running | None = None


def _current() -> _Running:
    if _running is None:
        raise RuntimeError("expected `init` before this call")
    return _running


class Loader(exports.Loader):
    """Takes the node's code."""

    def load(self, sources: list[tuple[str, str]], entry: str) -> None:
        """Import the module of `entry` and find its class."""
        global _class  # noqa: PLW0603 - an instance of this component is one node
        try:
            logs.install()
            importer.install(dict(sources))
            found = named(entry)
            if not isinstance(found, type):
                raise TypeError(f"expected `{entry}` to be a class, got {type(found).__name__}")
            if getattr(found, "process", Inert.process) is Inert.process:
                raise TypeError(f"expected `{entry}` to have a `process` of its own")
            _class = found
            files = [path.removesuffix(".py") for path, _ in sources if path.endswith(".py")]
            _modules[:] = [file.removesuffix("/__init__").replace("/", ".") for file in files]
        except BaseException as error:
            raise failed(error) from None

    def data(self, arrays: list[tuple[str, bytes]]) -> None:
        """Keep the arrays that the node's parameters name."""
        try:
            hold(dict(arrays))
        except BaseException as error:
            raise failed(error) from None

    def is_source(self) -> bool:
        """Tell whether the node, which has been made, takes no packets."""
        try:
            return _current().is_source
        except BaseException as error:
            raise failed(error) from None


class Processor(exports.Processor):
    """Runs the node."""

    def init(self, config: str) -> None:
        """Construct the node with its parameters."""
        global _running  # noqa: PLW0603 - an instance of this component is one node
        try:
            if _class is None:
                raise RuntimeError("expected `load` before `init`")
            given = loads(config)
            random.seed(given["seed"])
            values = arguments(given["params"])
            end_building()
            node: Any = make(_class, values)
            if getattr(node, "name", None) in {None, _class.__name__} and hasattr(node, "__dict__"):
                node.name = given["id"]
            settle(_hook(node, "initialize"))
            unasked = not given["inputs"] or is_source(node, fed=given["fed"])
            _running = _Running(node, is_source=unasked, modules=_modules)
        except BaseException as error:
            raise failed(error) from None

    def process(self, packet: Packet) -> Emission:
        """Give one packet to the node."""
        try:
            running = _running or _current()
            _, stream, _, pts, duration, kind, head, meta, session, data = packet
            running.origin = (stream, pts, duration, session)
            return running.emit(running.process(decode(kind, head, meta, data, numpy=False)))
        except BaseException as error:
            raise failed(error) from None

    def pull(self, max: int) -> Emission:  # noqa: A002 - the name in `node.wit`
        """Go on with a generator; start a source."""
        try:
            running = _current()
            if running.unstarted:
                running.unstarted = False
                return running.emit(running.process())
            return running.take(min(max, _BATCH_PACKETS)) if running.rest is not None else _NOTHING
        except BaseException as error:
            raise failed(error) from None

    def flush(self) -> Emission:
        """Give what the node kept back."""
        try:
            running = _current()
            stream, pts, duration, session = running.origin
            if _NO_TIME not in {pts, duration}:
                pts += duration
            running.origin = (stream, pts, _NO_TIME, session)
            return running.emit(running.last())
        except BaseException as error:
            raise failed(error) from None

    def snapshot(self) -> bytes:
        """Describe the node's state."""
        try:
            return _current().state.save()
        except BaseException as error:
            raise failed(error) from None

    def restore(self, state: bytes) -> None:
        """Become what `snapshot` described."""
        try:
            running = _current()
            running.state.load(state)
            running.unstarted = False
        except BaseException as error:
            raise failed(error) from None

    def close(self) -> None:
        """Let go of the node."""
        global _running
        try:
            running, _running = _running, None
            if running is not None:
                running.close()
            logs.flush()
        except BaseException as error:
            # The call has no way to fail.
            logs.warn(f"closing failed: {type(error).__name__}")


# What stands now is part of the component; the collector need not look at it again.
sys.path[:] = []
gc.collect()
gc.freeze()
