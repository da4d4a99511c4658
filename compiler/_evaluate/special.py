"""Functions of Python and its standard library that do something to the program itself.

A handler returns what a call gives, or None for one that is not followed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeAlias

import libcst as cst

from remotemedia.compiler._evaluate.arguments import Arguments, given
from remotemedia.compiler._evaluate.enumerations import AUTO
from remotemedia.compiler._evaluate.instances import FIELD
from remotemedia.compiler._evaluate.names import attribute_of
from remotemedia.compiler._evaluate.records import RECORD_FUNCTIONS
from remotemedia.compiler._evaluate.stops import RunEndsError
from remotemedia.compiler._evaluate.trials import ENDING_FUNCTIONS
from remotemedia.compiler._tree import walk
from remotemedia.compiler._values import (
    Coroutine,
    External,
    Instance,
    Known,
    PipelineInstance,
    Prepared,
    Super,
    Table,
    Value,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from remotemedia.compiler._evaluate.evaluator import Evaluator

__all__ = ["SLEEP", "SPECIAL"]

SLEEP: Final = Prepared("asyncio.sleep", lambda *_: None)
"""What `asyncio.sleep(…)` gives, to be awaited."""

_WAITING: Final = (cst.Await, cst.Asynchronous)
_Handler: TypeAlias = "Callable[[Evaluator, Arguments, cst.CSTNode], Value | None]"
_LOOP: Final = "asyncio.AbstractEventLoop"
_LOGGER: Final = "logging.Logger"
_LOG_METHODS: Final = ("critical", "debug", "error", "exception", "info", "log", "warning")


def _super(ev: Evaluator, arguments: Arguments, _node: cst.CSTNode) -> Value | None:
    """Call `super()`, without arguments or with those that are its defaults."""
    function, receiver = ev.frame.function, ev.frame.receiver
    if function is None or function.owner is None or receiver is None or len(arguments.given) not in {0, 2}:
        return None
    if arguments.given and (arguments.given[0].value is not function.owner or arguments.given[1].value is not receiver):
        return None
    return Super(function.owner, receiver)


def _run(_ev: Evaluator, arguments: Arguments, _node: cst.CSTNode) -> Value | None:
    """Run a coroutine to its end, as `asyncio.run` does."""
    first = arguments.given[0].value if arguments.given else None
    if not isinstance(first, Coroutine) or first.done:
        return None
    first.done = True
    return first.run()


def gathered(arguments: Sequence[tuple[str | None, Value]]) -> list[Coroutine] | None:
    """Return the coroutines that `asyncio.gather` runs; None if one may wait, so that another goes on meanwhile."""
    found: list[Coroutine] = []
    for name, value in arguments:
        if name is not None or not isinstance(value, Coroutine) or value.done or value in found:
            return None
        found.append(value)
    if len(found) > 1 and any(isinstance(part, _WAITING) for each in found for part in walk(each.function.node.body)):
        return None
    for each in found:
        each.done = True
    return found


def _end(_ev: Evaluator, _arguments: Arguments, _node: cst.CSTNode) -> Value | None:
    raise RunEndsError(is_exit=True)


def _get(ev: Evaluator, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    """Call `getattr` with a constant name; a default is taken where it is known that there is no such attribute."""
    if len(arguments.given) not in {2, 3} or any(argument.name is not None for argument in arguments.given):
        return None
    owner, name = arguments.given[0].value, arguments.given[1].value
    if not isinstance(name, Known) or not isinstance(name.value, str):
        return None
    if len(arguments.given) == 3:  # noqa: PLR2004 - with a default
        known = isinstance(owner, Instance) and owner.lost is None and _has(owner, name.value)
        if not known and not isinstance(owner, PipelineInstance):
            return None
    return attribute_of(ev, owner, name.value, node)


def _has(owner: Instance, name: str) -> bool:
    return name in owner.attributes or owner.cls.find(name) is not None


def _field(_ev: Evaluator, arguments: Arguments, _node: cst.CSTNode) -> Value | None:
    """Call `dataclasses.field`: its options are kept until the dataclass is made."""
    return Prepared(FIELD, lambda *_: None, (Table({each.name: each.value for each in arguments.given}),))


def _auto(_ev: Evaluator, _arguments: Arguments, _node: cst.CSTNode) -> Value | None:
    return AUTO


def _wraps(_ev: Evaluator, _arguments: Arguments, _node: cst.CSTNode) -> Value | None:
    """Call `functools.wraps(f)`: the decorator that it gives changes no more than names."""
    return External("functools.wraps")


def _cache(_ev: Evaluator, _arguments: Arguments, _node: cst.CSTNode) -> Value | None:
    """Call `functools.lru_cache(maxsize=…)`; it is taken to hold all that this program puts there."""
    return External("functools.lru_cache")


def _log(_ev: Evaluator, _arguments: Arguments, _node: cst.CSTNode) -> Value | None:
    """Write to the log, which neither fails nor changes what it is given."""
    return Known(None)


def _logger(_ev: Evaluator, _arguments: Arguments, _node: cst.CSTNode) -> Value | None:
    return External(_LOGGER)


def _sleep(_ev: Evaluator, _arguments: Arguments, _node: cst.CSTNode) -> Value | None:
    return SLEEP


def _cast(_ev: Evaluator, arguments: Arguments, _node: cst.CSTNode) -> Value | None:
    """Call `typing.cast`, which gives its second argument."""
    named = {each.name or str(at): each.value for at, each in enumerate(arguments.given)}
    return named.get("val", named.get("1")) if arguments.unknown is None else None


def _new_type(_ev: Evaluator, _arguments: Arguments, _node: cst.CSTNode) -> Value | None:
    """Call `typing.NewType`: a call of what it gives gives its argument."""
    return Prepared("a type that `typing.NewType` gave", _same)


def _same(_ev: Evaluator, arguments: Arguments, _node: cst.CSTNode) -> Value | None:
    found = given(arguments, 1, 1)
    return None if found is None else found[0][0]


def _loop(_ev: Evaluator, _arguments: Arguments, _node: cst.CSTNode) -> Value | None:
    return External(_LOOP)


SPECIAL: Final[dict[str, _Handler]] = {
    "asyncio.get_event_loop": _loop,
    "asyncio.new_event_loop": _loop,
    "asyncio.run": _run,
    "asyncio.sleep": _sleep,
    f"{_LOOP}.run_until_complete": _run,
    "enum.auto": _auto,
    "dataclasses.field": _field,
    "functools.lru_cache": _cache,
    "functools.wraps": _wraps,
    "getattr": _get,
    "logging.getLogger": _logger,
    "super": _super,
    "typing.NewType": _new_type,
    "typing.cast": _cast,
    **RECORD_FUNCTIONS,
    **{f"logging.{name}": _log for name in (*_LOG_METHODS, "basicConfig")},
    **{f"{_LOGGER}.{name}": _log for name in (*_LOG_METHODS, "setLevel")},
    **dict.fromkeys(ENDING_FUNCTIONS, _end),
}
