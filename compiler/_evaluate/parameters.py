"""The parameters of the project's own functions, and what a call binds them to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from remotemedia.compiler._values import Function, Items, Table, Unknown, Value

if TYPE_CHECKING:
    from remotemedia.compiler._evaluate.arguments import Argument, Arguments
    from remotemedia.compiler._evaluate.evaluator import Evaluator
    from remotemedia.compiler._scope import Scope

__all__ = ["bind_parameters", "defaults_of", "required_parameters"]


def defaults_of(ev: Evaluator, params: cst.Parameters) -> dict[str, Value]:
    """Evaluate the defaults of parameters, as `def` does."""
    listed = [*params.posonly_params, *params.params, *params.kwonly_params]
    return {param.name.value: ev.evaluate(param.default) for param in listed if param.default is not None}


def required_parameters(function: Function) -> list[str]:
    """Return the names of the parameters that a call has to give."""
    params = function.node.params
    listed = [*params.posonly_params, *params.params, *params.kwonly_params]
    return [param.name.value for param in listed if param.default is None]


def bind_parameters(
    ev: Evaluator, function: Function, arguments: Arguments, receiver: Value | None, scope: Scope
) -> str | None:
    """Bind a call's arguments in its scope, by the rules of Python's reference, section 6.3.4.

    Returns:
        What does not fit, completing "a call that …"; None if all does.
    """
    params = function.node.params
    by_position: list[Value] = [receiver] if receiver is not None else []
    by_position += [_passed(argument) for argument in arguments.given if argument.name is None]
    by_name: dict[str, Value] = {}
    for argument in arguments.given:
        if argument.name in by_name:
            return f"gives `{argument.name}` twice"
        if argument.name is not None:
            by_name[argument.name] = _passed(argument)
    ev.charge(len(by_position))
    return (
        _bind_by_position(params, by_position, scope)
        or _bind_by_name(params, by_name, scope)
        or _bind_defaults(function, scope)
    )


def _bind_by_position(params: cst.Parameters, values: list[Value], scope: Scope) -> str | None:
    either = [*params.posonly_params, *params.params]
    for param, value in zip(either, values, strict=False):
        scope.names[param.name.value] = value
    rest = values[len(either) :]
    if isinstance(params.star_arg, cst.Param):
        scope.names[params.star_arg.name.value] = Items("tuple", rest)
    elif rest:
        return "gives too many arguments"
    return None


def _bind_by_name(params: cst.Parameters, values: dict[str, Value], scope: Scope) -> str | None:
    for param in (*params.params, *params.kwonly_params):
        name = param.name.value
        if name in values:
            if name in scope.names:
                return f"gives `{name}` twice"
            scope.names[name] = values.pop(name)
    if params.star_kwarg is not None:
        scope.names[params.star_kwarg.name.value] = Table(dict(values))
    elif values:
        return f"gives `{next(iter(values))}`, which it does not take"
    return None


def _bind_defaults(function: Function, scope: Scope) -> str | None:
    params = function.node.params
    for param in (*params.posonly_params, *params.params, *params.kwonly_params):
        name = param.name.value
        if name not in scope.names:
            if name not in function.defaults:
                return f"does not give `{name}`"
            scope.names[name] = function.defaults[name]
    return None


def _passed(argument: Argument) -> Value:
    value = argument.value
    return value.set_to(argument.name, argument.place) if isinstance(value, Unknown) and argument.name else value
