"""Does what the parent asks: makes the node, calls it, keeps and restores its state, lets it go."""
# ruff: noqa: BLE001 - this is the outermost boundary: it turns every exception of a node into a failure for the parent

from __future__ import annotations

import json
import time
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from remotemedia._sandbox.failures import failed
from remotemedia._sandbox.state import State
from remotemedia.errors import RemoteMediaError
from remotemedia.runtime._host_node import HostNode
from remotemedia.runtime._worker.code import Code
from remotemedia.runtime._worker.driven import Driven
from remotemedia.runtime._worker.frames import Channel, Kind, RefusedError
from remotemedia.runtime._worker.running import Answer, Called
from remotemedia.runtime._worker.wire import decode
from remotemedia.runtime.place import Place
from remotemedia.values import UnsupportedValueError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from remotemedia.runtime._worker.wire import Received

__all__ = ["Worker"]

# Answers to packets that wait behind each other leave together, but wait no longer than this.
_BYTES: Final = 1 << 18
_SECONDS: Final = 0.01
_MESSAGE: Final = 300


class Worker:
    """One node, and the channel to its parent."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._place = Place()
        self._node: Any = None
        self._running: Called | Driven | None = None
        self._state: State | None = None
        self._parts: list[bytes | memoryview] = []
        self._size = 0
        self._since = 0.0

    def work(self) -> None:
        """Answer until the node is closed, cannot be made, or the parent is gone."""
        while (frame := self._channel.receive()) is not None:
            kind, payload = frame
            try:
                self._do(kind, payload)
            except EOFError:
                return
            except BaseException as error:
                self._let_go()
                self._channel.say(Kind.FAILED, _told(error, while_made=kind == Kind.INIT))
                if kind == Kind.INIT:
                    return
            else:
                self._let_go()
                if kind == Kind.CLOSE:
                    return

    def _do(self, kind: int, payload: bytearray) -> None:
        match kind:
            case Kind.PROCESS:
                self._made.take(_packets(payload))
            case Kind.PULL:
                self._made.pull()
            case Kind.FLUSH:
                self._made.flush()
            case Kind.INIT:
                self._init(json.loads(payload))
                self._channel.say(Kind.READY, {"is_source": self._made.is_source})
            case Kind.SNAPSHOT:
                state = self._state.save() if self._state is not None else b""
                self._channel.send(Kind.STATE, [b"\1", state])
            case Kind.RESTORE:
                if self._state is not None:
                    self._state.load(bytes(payload))
                self._made.restored()
                self._channel.send(Kind.DONE, [])
            case Kind.SET_PARAM:
                name = json.loads(payload)["name"]
                raise RemoteMediaError(f"parameter `{name}` cannot change while the node runs", code="RM619")
            case Kind.CLOSE:
                self._close()
                self._channel.send(Kind.DONE, [])
            case _:
                raise RemoteMediaError(f"expected a known kind of frame, got {kind}", code="RM628")

    @property
    def _made(self) -> Called | Driven:
        if self._running is None:
            raise RemoteMediaError("expected `init` before this call", code="RM628")
        return self._running

    def _init(self, given: Mapping[str, Any]) -> None:
        sources = dict(json.loads(self._channel.ask(Kind.READ_SOURCES)))
        code = Code(sources)
        arrays = {path: bytes(self._channel.ask(Kind.READ, path.encode())) for path in sorted(_refs(given["params"]))}
        if not given["entry"]:
            raise TypeError(f"expected an `entry` for `{given['node_type']}`, got none")
        self._node = code.node(given["entry"], given["params"], arrays, seed=given["seed"], name=given["id"])
        self._settle("initialize")
        self._state = State(self._node, code.modules)
        fed = bool(given["inputs"]) and given["fed"]
        host = HostNode(self._node, self._place, fed=fed)
        numpy = find_spec("numpy") is not None
        driver = host.driver()
        self._running = (
            Called(host, numpy=numpy, reply=self._reply)
            if driver is None
            else Driven(host, driver, numpy=numpy, reply=self._reply)
        )

    def _close(self) -> None:
        if self._running is not None:
            self._running.close()
            self._settle("cleanup")
        self._place.close()

    def _settle(self, hook: str) -> None:
        """Call what a node may define, and wait for what it leaves to be awaited."""
        method = getattr(self._node, hook, None)
        left: Any = method() if method is not None else None
        if hasattr(left, "__await__"):
            self._place.wait(left)

    def _reply(self, answer: Answer) -> None:
        now = time.monotonic()
        if not self._parts:
            self._since = now
        self._parts += self._channel.framed(Kind.EMITTED, [b"\1" if answer.done else b"\0", *answer.parts])
        self._size += answer.size
        if self._size >= _BYTES or now - self._since >= _SECONDS:
            self._let_go()

    def _let_go(self) -> None:
        """Send the answers that wait."""
        parts, self._parts, self._size = self._parts, [], 0
        if parts:
            self._channel.write(parts)


def _packets(payload: bytearray) -> Iterator[Received]:
    view, at = memoryview(payload), 0
    while at < len(view):
        start = at + 4
        at = start + int.from_bytes(view[at:start], "little")
        yield decode(view[start:at])


def _refs(value: Any) -> Iterator[str]:
    """Give the paths of the arrays that parameters refer to."""
    if isinstance(value, list):
        for item in value:
            yield from _refs(item)
    elif isinstance(value, dict):
        if value.keys() == {"$ref"}:
            yield value["$ref"]
        for item in value.values():
            yield from _refs(item)


def _told(error: BaseException, *, while_made: bool) -> dict[str, Any]:
    """Say what a failure is, as `schemas/child.md` has it."""
    if isinstance(error, RefusedError):
        return error.failure
    kind, message, trace, *_ = failed(error).value
    first = message.partition("\n")[0][:_MESSAGE]
    told: dict[str, Any] = {"causes": [{"kind": kind, "message": message, "trace": trace or None}]}
    if isinstance(error, MemoryError):
        return told | {"code": "RM604", "message": first}
    if isinstance(error, UnsupportedValueError):
        return told | {"code": "RM605", "message": first}
    if isinstance(error, RemoteMediaError):
        return told | {"code": error.code, "message": first, "hint": error.hint}
    if while_made:
        return told | {"code": "RM601", "message": f"the node cannot be made: {kind}: {first}"}
    return told | {"code": "RM602", "message": f"the node raised {kind}: {first}"}
