"""Values that a run may change or must be given: `p.param("rate", 16000)` and `p.secret("API_KEY")`.

A node is passed the `Parameter` or `Secret` itself; its constructor gets the plain value (`resolved`), and its manifest
states the name. So both must be passed whole: computing with them is refused.

This module needs the standard library only, because `node` does.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final, NoReturn

from remotemedia.errors import PipelineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["Declarations", "Declared", "Parameter", "Secret", "replaced", "resolved"]

_REFUSED: Final = (
    *("abs", "add", "and", "bool", "bytes", "call", "ceil", "complex", "contains", "divmod", "float", "floor"),
    *("floordiv", "format", "fspath", "ge", "getitem", "gt", "index", "int", "invert", "iter", "le", "len", "lshift"),
    *("lt", "matmul", "mod", "mul", "neg", "or", "pos", "pow", "radd", "rand", "rdivmod", "rfloordiv", "rlshift"),
    *("rmatmul", "rmod", "rmul", "ror", "round", "rpow", "rrshift", "rshift", "rsub", "rtruediv", "rxor", "str"),
    *("sub", "truediv", "trunc", "xor"),
)
"""What Python would do with a value, by the names of its special methods."""


class Declared:
    """What a pipeline declares; only its name is known before a run."""

    __slots__ = ("name",)
    kind: str

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name}>"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Declared):
            return self is other
        return self._refuse()

    __hash__ = object.__hash__

    def _refuse(self, *_: object) -> NoReturn:
        raise TypeError(
            f"expected the {self.kind} `{self.name}` to be passed to a node whole, got a computation with it; "
            "compute with it in the node's constructor, which gets the plain value"
        )


for _name in _REFUSED:
    setattr(Declared, f"__{_name}__", Declared._refuse)  # noqa: SLF001 - it is this module's own


class Parameter(Declared):
    """A parameter that a run may override.

    Attributes:
        name: an identifier.
        default: the value where a run gives none.
        description: one sentence for people.
    """

    __slots__ = ("default", "description")
    kind = "parameter"

    def __init__(self, name: str, default: Any, description: str | None = None) -> None:
        super().__init__(name)
        self.default = default
        self.description = description


class Secret(Declared):
    """A secret that a run must be given.

    Its value while the pipeline is only built is that of the environment's variable of this name when it is declared,
    else empty. The value shows nowhere: not in `repr`, nor in what is pickled.
    """

    __slots__ = ("_value",)
    kind = "secret"

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._value = os.environ.get(name)

    @property
    def value(self) -> str | None:
        """What the environment gave, if it has such a variable."""
        return self._value

    def __reduce__(self) -> tuple[type[Secret], tuple[str]]:
        return Secret, (self.name,)


class Declarations:
    """What one pipeline declares, in the order of declaration."""

    def __init__(self) -> None:
        self.parameters: dict[str, Parameter] = {}
        self.secrets: dict[str, Secret] = {}

    def parameter(self, name: str, default: Any, description: str | None = None) -> Parameter:
        """Declare a parameter; to declare it again in the same way gives the same one.

        Raises:
            PipelineError: RM703, the name is no identifier, or is declared in another way; RM108, the default is not
                plain data.
        """
        checked = _identifier(name, Parameter.kind)
        return self._added(Parameter(checked, _checked_default(default, checked), description))

    def secret(self, name: str) -> Secret:
        """Declare a secret.

        Raises:
            PipelineError: RM703, the name is no identifier.
        """
        return self.secrets.setdefault(name, Secret(_identifier(name, Secret.kind)))

    def include(self, other: Declarations) -> None:
        """Add what another pipeline declares, whose nodes become this one's.

        Raises:
            PipelineError: RM703, both declare a parameter, in different ways.
        """
        for parameter in other.parameters.values():
            self._added(parameter)
        for name, secret in other.secrets.items():
            self.secrets.setdefault(name, secret)

    def _added(self, parameter: Parameter) -> Parameter:
        known = self.parameters.setdefault(parameter.name, parameter)
        # `repr` tells True from 1, and of plain data all that there is to tell.
        if (repr(known.default), known.description) == (repr(parameter.default), parameter.description):
            return known
        raise PipelineError(
            f"expected the parameter `{parameter.name}` to be declared in one way, "
            f"got the defaults `{known.default!r:.80}` and `{parameter.default!r:.80}`",
            code="RM703",
            hint="declare it once and pass the same object to every node that takes it",
        )


def resolved(value: Any) -> Any:
    """Return a value with the plain values of the parameters and secrets in it; the same object if it has none."""
    return replaced(value, lambda part: _plain(part) if isinstance(part, Declared) else part)


def replaced(value: Any, replace: Callable[[Any], Any]) -> Any:
    """Return a value whose parts went through a function; the same object if that gave each part itself.

    Parts are what lists, tuples, dicts and the fields of dataclasses and NamedTuples hold, at any depth.
    """
    kind = type(value)
    if kind is list or kind is tuple:
        items = [replaced(item, replace) for item in value]
        return value if _same(items, value) else kind(items)
    if issubclass(kind, tuple) and hasattr(kind, "_make"):
        items = [replaced(item, replace) for item in value]
        return value if _same(items, value) else kind._make(items)
    if kind is dict:
        items = [replaced(item, replace) for item in value.values()]
        return value if _same(items, value.values()) else dict(zip(value, items, strict=True))
    if hasattr(kind, "__dataclass_fields__") and not hasattr(kind, "_captured"):  # a node is a part as a whole
        return _with_fields(value, replace)
    return replace(value)


def _with_fields(value: Any, replace: Callable[[Any], Any]) -> Any:
    """Return a dataclass's instance, or a copy of it where a field changes."""
    fields = {name: getattr(value, name) for name in value.__dataclass_fields__ if hasattr(value, name)}
    changed = {name: new for name, old in fields.items() if (new := replaced(old, replace)) is not old}
    if not changed:
        return value
    import copy  # noqa: PLC0415 - rare

    made = copy.copy(value)
    for name, new in changed.items():
        # Its constructor has run already, and a frozen one allows no assignment.
        object.__setattr__(made, name, new)
    return made


def _same(new: Iterable[Any], old: Iterable[Any]) -> bool:
    return all(one is other for one, other in zip(new, old, strict=True))


def _plain(declared: Declared) -> Any:
    if isinstance(declared, Secret):
        return declared.value or ""
    return declared.default if isinstance(declared, Parameter) else declared


def _identifier(name: object, kind: str) -> str:
    if isinstance(name, str) and name.isidentifier():
        return name
    raise PipelineError(
        f"expected the name of a {kind}, got `{name!r:.80}`", code="RM703", hint="a name has letters, digits and `_`"
    )


def _checked_default(value: Any, name: str) -> Any:
    """Refuse what a run could not give in its place."""
    if isinstance(value, (list, tuple)):
        return [_checked_default(item, name) for item in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: _checked_default(item, name) for key, item in value.items()}
    if value is None or isinstance(value, (bool, int, float, str)) or hasattr(value, "__fspath__"):
        return value
    raise PipelineError(
        f"expected the default of parameter `{name}` to be plain data, got an instance of `{type(value).__name__}`",
        code="RM108",
        hint="a default is None, bool, int, float, str, a `Path`, or lists and dicts of these",
    )
