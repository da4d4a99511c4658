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
from typing import TYPE_CHECKING, Any, TypeVar

from remotemedia.errors import PipelineError

if TYPE_CHECKING:
    import inspect
    from collections.abc import Mapping
    from typing import Self

__all__ = ["Node", "construct"]

_N = TypeVar("_N", bound="Node")


class _ConstructorSignature:
    """Gives a class the signature of its `__init__`, which `Node.__new__` would hide from `inspect` and `help`."""

    def __get__(self, instance: object, owner: type) -> inspect.Signature:
        if instance is not None:
            raise AttributeError("__signature__")
        return _signature(owner)


class Node(abc.ABC):
    """One step of a pipeline.

    Subclasses define `process(value)`, which is called for every packet with one of the values of `schemas/packet.md`.
    It is a function, a coroutine, a generator or an asynchronous generator; what it returns or yields is emitted, and
    None is not. A source takes no value: its `process()` is a generator. A node that keeps something back may define
    `flush()`, which is called once at the end of the input and emits in the same way.

    Args:
        name: what the node is called, and its id in the manifest; its class's name where absent.
        enable_state: whether the node keeps state per session.
        state_ttl: seconds after which the state of an idle session may go.
        max_sessions: sessions whose state is kept at most.
        config: anything else; kept in `config`.
    """

    __signature__ = _ConstructorSignature()

    name: str
    enable_state: bool = True
    state_ttl: float | None = None
    max_sessions: int | None = None
    config: dict[str, Any]
    _arguments: tuple[tuple[Any, ...], dict[str, Any]]

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Note the arguments: here pass exactly those of the author, for every class, dataclasses included."""
        self = super().__new__(cls)
        # A dataclass does not call `Node.__init__`, and a frozen one allows no assignment.
        self.__dict__.update(
            name=cls.__name__,
            config={},
            _arguments=(_copied(args), _copied(kwargs)),
        )
        return self

    def __init__(
        self,
        name: str | None = None,
        enable_state: bool = True,  # noqa: FBT001, FBT002 - programs pass it by position
        state_ttl: float | None = None,
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


def _signature(cls: type) -> inspect.Signature:
    """Return the signature of a class's `__init__`, without `self`."""
    import inspect  # noqa: PLC0415 - costs more than all the rest of this module

    whole = inspect.signature(cls.__init__)  # type: ignore[misc]  # the class's own, whichever it is
    return whole.replace(parameters=list(whole.parameters.values())[1:], return_annotation=inspect.Signature.empty)


def _copied(value: Any) -> Any:
    """Copy plain containers, so that what a node does to its arguments does not reach what was captured."""
    if type(value) is dict:
        return {key: _copied(item) for key, item in value.items()}
    if type(value) in {list, tuple}:
        return type(value)(map(_copied, value))
    return value
