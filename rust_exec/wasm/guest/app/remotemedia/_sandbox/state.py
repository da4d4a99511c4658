"""A node's state as bytes, so that it can be carried into a fresh instance.

The state is the node's `__dict__`, the values of the author's modules and the state of `random`. It is a pickle, made
and read only inside the sandbox: the host keeps it as opaque bytes. What cannot be pickled need not be if the fresh
instance makes its own: modules, stand-ins, lambdas and locks that the constructor made, and module-level values such as
a table of lambdas.
"""

import importlib
import io
import pickle
import random
import sys
import threading
import types
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from remotemedia._sandbox import logs
from remotemedia._sandbox.inert import Inert, inert

Values: TypeAlias = dict[str, dict[str, object]]

# Attributes of these types are taken from the fresh node, as long as they are still those of the constructor.
_REMADE: Final = (types.FunctionType, types.MethodType, type(threading.Lock()), type(threading.RLock()))
_CODE: Final = (
    type,
    types.ModuleType,
    types.FunctionType,
    types.BuiltinFunctionType,
    types.GenericAlias,
    types.UnionType,
)


class State:
    """What is carried over; made when the node has been constructed.

    Args:
        node: the node.
        modules: names of the author's modules, whether imported or not.
    """

    def __init__(self, node: object, modules: Sequence[str]) -> None:
        self._node = node
        self._modules = modules
        # The values are kept alive, so that no other gets the id of one.
        made = ((name, value) for name, value in _attributes(node).items() if isinstance(value, _REMADE))
        self._made: dict[int, tuple[str, object]] = {id(value): (name, value) for name, value in made}

    def save(self) -> bytes:
        """Describe the state.

        Raises:
            Exception: something in the node cannot be pickled; whatever pickling it raised.
        """
        values = {name: _values(sys.modules[name]) for name in self._modules if name in sys.modules}
        try:
            return self._dump((_attributes(self._node), values, random.getstate()))
        except Exception:  # noqa: BLE001 - pickling runs the author's own methods
            return self._dump((_attributes(self._node), self._carried(values), random.getstate()))

    def load(self, state: bytes) -> None:
        """Become what `save` described."""
        attributes, values, seed = _Unpickler(io.BytesIO(state), _attributes(self._node)).load()
        vars(self._node).update(attributes)
        for name, contents in values.items():
            vars(importlib.import_module(name)).update(contents)
        random.setstate(seed)

    def _dump(self, value: object) -> bytes:
        buffer = io.BytesIO()
        _Pickler(buffer, self._made).dump(value)
        return buffer.getvalue()

    def _carried(self, values: Values) -> Values:
        """Leave out the module-level values that cannot be pickled: the fresh module has its own."""
        carried: Values = {}
        for module, contents in values.items():
            carried[module] = {}
            for name, value in contents.items():
                try:
                    self._dump(value)
                except Exception as error:  # noqa: BLE001 - the same
                    logs.debug(f"`{module}.{name}` starts anew in a fresh sandbox: {error}")
                else:
                    carried[module][name] = value
        return carried


class _Pickler(pickle.Pickler):
    def __init__(self, file: io.BytesIO, made: Mapping[int, tuple[str, object]]) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self._made = made

    def persistent_id(self, value: object) -> tuple[str, str] | None:
        if isinstance(value, types.ModuleType):
            return "module", value.__name__
        if _is_stand_in(type(value)):
            return "instance", type(value).__name__
        if isinstance(value, type) and _is_stand_in(value):
            return "class", value.__name__
        if (made := self._made.get(id(value))) is not None:
            return "attribute", made[0]
        return None


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, attributes: Mapping[str, object]) -> None:
        super().__init__(file)
        self._attributes = dict(attributes)

    def persistent_load(self, reference: tuple[str, str]) -> object:
        kind, name = reference
        match kind:
            case "module":
                return importlib.import_module(name)
            case "instance":
                return Inert()
            case "class":
                return inert(name)
        return self._attributes[name]


def _is_stand_in(kind: type) -> bool:
    """Whether a class is one of ours, not one that the author derived from it."""
    return kind.__module__ == Inert.__module__ and issubclass(kind, Inert)


def _attributes(node: object) -> dict[str, Any]:
    return getattr(node, "__dict__", {})


def _values(module: types.ModuleType) -> dict[str, object]:
    """Give a module's data: what is neither code nor of the module system."""
    return {
        name: value
        for name, value in vars(module).items()
        if not name.startswith("__") and not isinstance(value, _CODE)
    }
