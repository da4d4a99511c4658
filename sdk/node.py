"""The base class of every node.

    from remotemedia import Node

    class Gain(Node):
        def __init__(self, factor=2.0, **kw):
            super().__init__(**kw)
            self.factor = factor

        def process(self, value):
            sound, rate = value
            return sound * self.factor, rate

The arguments a node is made with are captured without the author's help: they are what a manifest states.
This module needs the standard library only: it is also part of the sandboxed Python.
"""

from __future__ import annotations

import abc
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, TypeVar

from remotemedia._parameters import resolved
from remotemedia.errors import PipelineError

if TYPE_CHECKING:
    import inspect
    import logging
    from collections.abc import Callable, Generator, Mapping
    from datetime import timedelta
    from typing import Self

    from remotemedia._state import NodeState, SessionState

__all__ = ["DONE", "Done", "Node", "construct", "is_source"]

_N = TypeVar("_N", bound="Node")

# A dict with one of these keys that ends a tuple is about the data before it.
_METADATA_KEYS: Final = frozenset({"session_id", "metadata", "user_name", "timestamp"})


class Done:
    """What is done already, and may be awaited all the same."""

    def __await__(self) -> Generator[Any, None, None]:
        return
        yield


DONE: Final = Done()


class _Capturing(abc.ABCMeta):
    """Notes the arguments of every constructor call: exactly those of the author, for dataclasses too.

    A declared parameter or secret among them stays what it is in the note, and reaches the constructor as its value.
    """

    def __call__(cls: type[_N], *args: Any, **kwargs: Any) -> _N:  # type: ignore[misc]  # as every instance is made
        noted = (_copied(args), _copied(kwargs))
        node: _N = type.__call__(cls, *resolved(args), **resolved(kwargs))
        # A frozen dataclass allows no assignment.
        node.__dict__["_arguments"] = noted
        return node


class _ConstructorSignature:
    """Gives a class the signature of its `__init__`, which the metaclass would hide from `inspect` and `help`."""

    def __get__(self, instance: object, owner: type) -> inspect.Signature:
        if instance is not None:
            raise AttributeError("__signature__")
        return _signature(owner)


class _Computed:
    """An attribute that is computed unless the instance has its own: programs assign to these names."""

    def __init__(self, compute: Callable[[Any], Any]) -> None:
        self._compute = compute

    def __get__(self, instance: object, owner: type) -> Any:
        return self if instance is None else self._compute(instance)


class Node(metaclass=_Capturing):
    """One step of a pipeline.

    Subclasses define `process(value)`, which is called for every packet with one of the values of `schemas/packet.md`.
    It is a function, a coroutine, a generator or an asynchronous generator; what it returns or yields is emitted, and
    None is not. A source takes no value: its `process()` is a generator, asynchronous or not. With `is_streaming` true,
    `process(stream)` is an asynchronous generator that is called once and takes the values from the stream.

    A node may define `initialize()` and `cleanup()`, plain functions or coroutines, which are called before the first
    value and after the last, and `flush()`, which is called once at the end of the input and emits as `process` does.

    Args:
        name: what the node is called, and its id in the manifest; its class's name where absent.
        enable_state: whether the node keeps state per session.
        state_ttl: how long the state of an idle session is kept, as a duration or in seconds; a day where absent.
        max_sessions: sessions whose state is kept at most.
        config: anything else; kept in `config`.
    """

    __signature__ = _ConstructorSignature()

    is_streaming: bool = False

    name: str
    enable_state: bool = True
    state_ttl: timedelta | float | None = None
    max_sessions: int | None = None
    config: dict[str, Any]
    if TYPE_CHECKING:
        is_initialized: bool
        """Whether the node is ready for values."""
        logger: logging.Logger
        """The logger of the node's class."""
        state: Any
        """What is remembered of the sessions, a `NodeState`; None with `enable_state` false."""
    else:
        is_initialized = _Computed(lambda self: self._is_initialized)
        logger = _Computed(lambda self: _logger(type(self)))
        state = _Computed(lambda self: _state_of(self))  # noqa: PLW0108 - defined below
    _arguments: tuple[tuple[Any, ...], dict[str, Any]] = ((), {})
    _is_initialized: bool = False
    _session_id: str | None = None

    def __new__(cls, *_args: Any, **_kwargs: Any) -> Self:
        """Set what a dataclass, which does not call `Node.__init__`, would lack."""
        self = super().__new__(cls)
        # A frozen dataclass allows no assignment.
        self.__dict__.update(name=cls.__name__, config={})
        return self

    def __init__(
        self,
        name: str | None = None,
        enable_state: bool = True,  # noqa: FBT001, FBT002 - programs pass it by position
        state_ttl: timedelta | float | None = None,
        max_sessions: int | None = None,
        **config: Any,
    ) -> None:
        self.name = type(self).__name__ if name is None else name
        self.enable_state = enable_state
        self.state_ttl = state_ttl
        self.max_sessions = max_sessions
        self.config = config

    @abc.abstractmethod
    def process(self, *args: Any, **kwargs: Any) -> Any:
        """Take one value and give what it becomes."""

    def initialize(self) -> Any:
        """Make ready for the first value; called before it, and awaited where it gives something to await.

        Subclasses define it as a plain function or a coroutine, and may call this or await it.
        """
        self.__dict__["_is_initialized"] = True
        return DONE

    def cleanup(self) -> Any:
        """Let go of what `initialize` made; called, or awaited, after the last value, also of a run that failed.

        The state of the sessions goes with it.
        """
        self.__dict__.update(_is_initialized=False)
        self.__dict__.pop("_state", None)
        return DONE

    async def get_session_state(self, session_id: str | None = None) -> SessionState | None:
        """Return what is remembered of a session, by default of the present one; None where there is no such thing."""
        session_id = session_id or self._session_id
        state = _state_of(self)
        return await state.get_or_create_session(session_id) if state is not None and session_id else None

    def set_session_id(self, session_id: str) -> None:
        """Say which session is the present one."""
        self.__dict__["_session_id"] = session_id

    def get_session_id(self) -> str | None:
        """Return which session is the present one."""
        return self._session_id

    def extract_session_id(self, data: Any) -> str | None:
        """Return the `session_id` of a dict, or of the dict that ends a tuple."""
        found = data[-1] if isinstance(data, tuple) and len(data) > 1 else data
        return found.get("session_id") if isinstance(found, dict) else None

    def split_data_metadata(self, data: Any) -> tuple[Any, dict[str, Any] | None]:
        """Part a value from what is said of it: `(data, dict)` and `(array, rate, dict)` are `data` and the dict.

        A dict counts as metadata if it has one of the keys `session_id`, `metadata`, `user_name` and `timestamp`.
        """
        if (
            isinstance(data, tuple)
            and len(data) > 1
            and isinstance(data[-1], dict)
            and _METADATA_KEYS & data[-1].keys()
        ):
            *rest, metadata = data
            return (rest[0] if len(rest) == 1 else tuple(rest)), metadata
        return data, None

    def merge_data_metadata(self, data: Any, metadata: dict[str, Any] | None) -> Any:
        """Put a value and what is said of it together again: the inverse of `split_data_metadata`."""
        if metadata is None:
            return data
        return (*data, metadata) if isinstance(data, tuple) else (data, metadata)

    def get_config(self) -> dict[str, Any]:
        """Return the node's name, its class's name as `class`, and its further arguments as `config`."""
        return {"name": self.name, "class": type(self).__name__, "config": self.config}

    def get_capabilities(self) -> dict[str, Any] | None:
        """Return what the node needs (`gpu`, `cpu`, `memory_gb`); None where nothing special. Subclasses say more."""
        return None

    def to_manifest(self, include_capabilities: bool = True) -> dict[str, Any]:  # noqa: FBT001, FBT002 - programs pass it by position
        """Return the node as it stands in a manifest, under its name.

        Args:
            include_capabilities: whether `capabilities` is what `get_capabilities` returns, unless that is None.

        Raises:
            PipelineError: as `Pipeline.to_manifest`.
        """
        # By name: manifests are made above this room, and not in the sandboxed Python.
        described: dict[str, Any] = import_module("remotemedia._manifest").describe_node(self)
        capabilities = self.get_capabilities() if include_capabilities else None
        return described | ({} if capabilities is None else {"capabilities": capabilities})

    def __repr__(self) -> str:
        return f"{type(self).__name__}(name={self.name!r})"

    @property
    def _captured(self) -> dict[str, Any]:
        """The constructor's arguments by name, without defaults, in the signature's order.

        Those of `**kw` stand beside the others; those of `*args` are a tuple under its name.

        Raises:
            PipelineError: RM105, an argument of `**kw` has the name of a parameter that is passed by position only.
        """
        args, kwargs = self._arguments
        signature = _signature(type(self))
        for name in kwargs.keys() & signature.parameters.keys():
            parameter = signature.parameters[name]
            # Python tells such an argument of `**kw` from the parameter of that name; a manifest cannot.
            if parameter.kind not in {parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY}:
                raise PipelineError(
                    f"expected no further argument named `{parameter.name}` for `{type(self).__name__}`, got one",
                    code="RM105",
                    hint="rename it, or the parameter of `__init__` that has this name",
                )
        captured = dict(signature.bind(*args, **kwargs).arguments)
        for parameter in signature.parameters.values():
            if parameter.kind is parameter.VAR_KEYWORD:
                captured |= captured.pop(parameter.name, {})
        return captured


def construct(cls: type[_N], arguments: Mapping[str, Any]) -> _N:
    """Make a node of the arguments of a manifest: the inverse of capturing.

    Raises:
        TypeError: the arguments do not fit the constructor; as Python itself says it.
    """
    keywords = dict(arguments)
    parameters = list(_signature(cls).parameters.values())
    last = -1
    for index, parameter in enumerate(parameters):
        by_position = parameter.kind in {parameter.POSITIONAL_ONLY, parameter.VAR_POSITIONAL}
        if by_position and parameter.name in keywords:
            last = index
    positional: list[Any] = []
    for parameter in parameters[: last + 1]:
        if parameter.name not in keywords:
            positional.append(parameter.default)
        elif parameter.kind is parameter.VAR_POSITIONAL:
            positional.extend(keywords.pop(parameter.name))
        else:
            positional.append(keywords.pop(parameter.name))
    return cls(*positional, **keywords)


def is_source(node: Any, *, fed: bool) -> bool:
    """Whether a node gives values of its own accord rather than for values that it is given.

    Args:
        node: the node; its `process` may take a value, none, or do with either.
        fed: whether values can reach it: it stands behind another node, or the run has an input.
    """
    import inspect  # noqa: PLC0415 - costs more than all the rest of this module

    parameters = inspect.signature(node.process).parameters.values()
    takes_value = any(it.kind not in {it.KEYWORD_ONLY, it.VAR_KEYWORD} for it in parameters)
    needs_value = any(
        it.default is it.empty and it.kind not in {it.VAR_POSITIONAL, it.VAR_KEYWORD} for it in parameters
    )
    return not takes_value or not (fed or needs_value)


def _logger(cls: type) -> logging.Logger:
    import logging  # noqa: PLC0415 - costs more than all the rest of this module

    return logging.getLogger(cls.__name__)


def _state_of(node: Node) -> NodeState | None:
    if not node.enable_state:
        return None
    state: NodeState | None = node.__dict__.get("_state")
    if state is None:
        from remotemedia._state import NodeState  # noqa: PLC0415 - few nodes have sessions

        state = node.__dict__["_state"] = NodeState(node.state_ttl, node.max_sessions)
    return state


def _signature(cls: type) -> inspect.Signature:
    """Return the signature of a class's `__init__`, without `self`."""
    import inspect  # noqa: PLC0415 - costs more than all the rest of this module

    whole = inspect.signature(cls.__init__)  # type: ignore[misc]  # the class's own, whichever it is
    return whole.replace(parameters=list(whole.parameters.values())[1:], return_annotation=inspect.Signature.empty)


def _copied(value: Any) -> Any:
    """Copy plain containers, so that what a node does to its arguments does not reach what was captured."""
    if type(value) is dict:
        return {key: _copied(item) for key, item in value.items()}
    if type(value) in {list, tuple, set, frozenset}:
        return type(value)(map(_copied, value))
    return value
