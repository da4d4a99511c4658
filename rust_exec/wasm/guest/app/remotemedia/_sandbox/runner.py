"""The exports of the world `python-runner`: one instance of this component is one node.

What is the same for all packets is looked up once: this code is on the hot path.
"""
# ruff: noqa: BLE001, TRY300, TRY301 - the exports are the outermost boundary: they turn every exception into a `failure`

import gc
import random
import sys
import time
from collections.abc import Callable, Generator, Iterator
from json import dumps, loads
from typing import Any, Final

from wit_world import exports

import remotemedia._sandbox.preload  # noqa: F401 - its imports are its effect
from remotemedia._json_text import plain_json, read
from remotemedia._sandbox import importer, logs, outlet
from remotemedia._sandbox.arguments import arguments, hold, make, named
from remotemedia._sandbox.drive import pending, settle
from remotemedia._sandbox.failures import failed, texts
from remotemedia._sandbox.inert import Inert
from remotemedia._sandbox.missing import end_building
from remotemedia._sandbox.outlet import send, send_body
from remotemedia._sandbox.quick import give_sound, reader
from remotemedia._sandbox.state import State
from remotemedia._sandbox.streaming import Streaming, is_streaming
from remotemedia.array import Array
from remotemedia.errors import NodeError
from remotemedia.node import is_source
from remotemedia.values import decode, encode

# A call gives back what a generator has yielded when one of these is reached: packets, bytes, seconds.
_BATCH_PACKETS: Final = 32
_BATCH_BYTES: Final = 1 << 20
_BATCH_SECONDS: Final = 0.005
# An `answer` of `node.wit`, or how it starts.
_DONE: Final = "0"
_MORE: Final = "1"
_FAILED: Final = "!"
_JSON: Final = "5"
# The kinds of packets that are text.
_TEXTS: Final = (4, 5)
# What is emitted as it is, without asking whether it has to be run first.
_PLAIN: Final = frozenset({str, bytes, int, float, bool, list, dict, tuple, Array})


class _Running:
    """The node, and where it is in its stream."""

    def __init__(self, node: Any, *, is_source: bool, modules: list[str]) -> None:
        self.streaming = Streaming(node) if not is_source and is_streaming(node) else None
        self.process: Callable[..., Any] = node.process if self.streaming is None else self.streaming.give
        self.node = node
        self.is_source = is_source
        # Reads the data of what is like the packet that `process` took last.
        self.read: Callable[[bytes], Any]
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

    def save(self) -> bytes:
        """Describe the node's state.

        Raises:
            NodeError: RM624, the node is in the midst of something that is no value.
        """
        unfinished = (
            "a generator that has not ended"
            if self.rest is not None
            else "a stream that it is reading"
            if self.streaming is not None
            else "a task that has not ended"
            if pending()
            else None
        )
        if unfinished is not None:
            raise NodeError(
                f"expected a node whose state is its attributes, got {unfinished}",
                code="RM624",
                hint="keep what is to be carried over in `self`, and return from `process`",
            )
        return self.state.save()

    def answer(self, result: object) -> str:
        """Give what `process` gave, as its export does: one text without data needs no writing."""
        form = type(result)
        if form is dict and (text := plain_json(result)) is not None:
            return _JSON + text
        if form is tuple and give_sound(result):
            return _DONE
        if form in _PLAIN and (body := encode(result)) is not None:
            kind, text, meta, data = body
            if kind in _TEXTS and not data and not meta and text:  # type: ignore[truthy-bool]  # bytes, or a view of bytes
                return f"{kind}{text}"
            send_body(body)
            return _DONE
        return _MORE if self.emit(result) else _DONE

    def emit(self, result: object) -> bool:
        """Give what a call of the node gave; return whether there is more."""
        if type(result) not in _PLAIN:
            result = settle(result)
        if result is None:
            return False
        if isinstance(result, Iterator):
            self.rest = result
            return self.take(_BATCH_PACKETS)
        send(result)
        return False

    def take(self, limit: int) -> bool:
        """Go on with a generator; an exception comes after what was yielded before it."""
        count = size = 0
        until = time.monotonic() + _BATCH_SECONDS
        try:
            for value in self.rest or ():
                if value is not None:
                    size += send(value)
                    count += 1
                if count >= limit or size >= _BATCH_BYTES or time.monotonic() >= until:
                    return True
        except BaseException as error:
            self.rest = None
            if not count:
                raise
            self.rest = _raising(error)
            return True
        self.rest = None
        return False


def _hook(node: object, name: str) -> object:
    """Call what a node may define; give what is to be settled of it."""
    hook = getattr(node, name, None)
    return None if hook is None else hook()


def _raising(error: BaseException) -> Iterator[object]:
    yield None
    raise error


def _told(error: BaseException) -> str:
    """Answer that the call failed."""
    return _FAILED + dumps(texts(error))


_modules: list[str] = []
_class: type | None = None
_running: _Running | None = None


def _current() -> _Running:
    if _running is None:
        raise RuntimeError("expected `init` before this call")
    return _running


class Python(exports.Python):  # type: ignore[misc]  # a component has its base
    """Takes the node's code, and runs it."""

    def load(self, sources: list[tuple[str, str]], entry: str) -> None:
        """Import the module of `entry` and find its class."""
        global _class  # noqa: PLW0603 - an instance of this component is one node
        try:
            logs.install()
            outlet.install()
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

    def init(self, config: str) -> bool:
        """Construct the node with its parameters; return whether it takes no packets."""
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
            return unasked
        except BaseException as error:
            raise failed(error) from None

    def process(self, kind: int, head: str | None, meta: str | None, data: bytes) -> str:
        """Give one packet to the node."""
        try:
            running = _running or _current()
            value = decode(kind, head or "", meta or "", data, numpy=False)
            running.read = reader(kind, head or "", meta or "", value)
            return running.answer(running.process(value))
        except BaseException as error:
            raise failed(error) from None

    def text(self, text: str) -> str:
        """Give one text to the node."""
        try:
            running = _running or _current()
            return running.answer(running.process(text))
        except BaseException as error:
            return _told(error)

    def json(self, text: str) -> str:
        """Give one JSON value to the node."""
        try:
            running = _running or _current()
            return running.answer(running.process(read(text, b"", numpy=False)))
        except BaseException as error:
            return _told(error)

    def again(self, data: bytes) -> str:
        """Give one packet to the node that is like the last one but for its data."""
        try:
            running = _running or _current()
            return running.answer(running.process(running.read(data)))
        except BaseException as error:
            return _told(error)

    def pull(self, max: int) -> bool:  # noqa: A002 - the name in `node.wit`
        """Go on with a generator; start a source."""
        try:
            running = _current()
            if running.unstarted:
                running.unstarted = False
                return running.emit(running.process())
            return running.rest is not None and running.take(min(max, _BATCH_PACKETS))
        except BaseException as error:
            raise failed(error) from None

    def flush(self) -> bool:
        """Give what the node kept back."""
        try:
            running = _current()
            return running.emit(running.last())
        except BaseException as error:
            raise failed(error) from None

    def snapshot(self) -> None:
        """Describe the node's state."""
        try:
            outlet.give(_current().save())
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

    def set_param(self, name: str, value: str) -> None:
        """Change an attribute that the node's class lists in `live`."""
        try:
            node = _current().node
            if name not in getattr(type(node), "live", ()):
                raise NodeError(f"parameter `{name:.80}` cannot change while the node runs", code="RM619")
            setattr(node, name, loads(value))
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
